"""scikit-learn's SGDClassifier: a logistic regression per class (no softmax), a row at a time (no minibatch).

It cannot follow the recipe, so it runs with its own defaults for rate and penalty. An epoch is one
``partial_fit``; the probabilities are the normalised logistic ones of ``predict_proba``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.linear_model import SGDClassifier

from benchmarks.rival import Rival, scale


class SklearnSGD(Rival):
    label = "scikit-learn SGDClassifier, one-versus-rest"
    distributions = ("scikit-learn",)

    def prepare(self, X: np.ndarray, y: np.ndarray) -> None:
        self.X = np.multiply(X, np.float32(scale(X)), dtype=np.float32)
        self.y = y

    def train(self, epochs: int, pause: Callable[[], None]) -> None:
        self.model = SGDClassifier(loss="log_loss", n_jobs=self.recipe.threads, random_state=self.recipe.seed)
        classes = np.arange(self.recipe.n_classes)
        for _ in range(epochs):
            self.model.partial_fit(self.X, self.y, classes=classes)
            pause()

    def probabilities(self, X: np.ndarray) -> np.ndarray:
        return self.model.predict_proba(np.multiply(X, np.float32(scale(X)), dtype=np.float32))

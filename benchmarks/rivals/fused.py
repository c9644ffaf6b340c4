"""onelayer itself: ``SoftmaxRegression`` as a user calls it; a callback ends each epoch's turn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import onelayer as ol
from benchmarks.rival import Rival
from onelayer.solvers.events import Epoch


class EndOfTurn(ol.callbacks.Callback):
    """Call ``pause`` after each epoch."""

    def __init__(self, pause: Callable[[], None]) -> None:
        self.pause = pause

    def on_epoch(self, epoch: Epoch) -> None:
        self.pause()


class Fused(Rival):
    label = "onelayer"
    distributions = ("onelayer", "numba", "llvmlite", "numpy", "scikit-learn")

    def prepare(self, X: np.ndarray, y: np.ndarray) -> None:
        self.X, self.y = X, y

    def train(self, epochs: int, pause: Callable[[], None]) -> None:
        recipe = self.recipe
        self.model = ol.SoftmaxRegression(
            alpha=0.0,
            solver="sgd",
            epochs=epochs,
            batch_size=recipe.batch_size,
            learning_rate=recipe.learning_rate,
            schedule="constant",
            random_state=recipe.seed,
            n_threads=recipe.threads,
        )
        self.model.fit(self.X, self.y, callbacks=[EndOfTurn(pause)])

    def probabilities(self, X: np.ndarray) -> np.ndarray:
        return self.model.predict_proba(X)

"""The null rival: everything but the work, so that its time and memory are those of the harness."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.rival import Rival


class Null(Rival):
    label = "null (the harness alone)"
    distributions = ()

    def prepare(self, X: np.ndarray, y: np.ndarray) -> None:
        self.X, self.y = X, y

    def train(self, epochs: int, pause: Callable[[], None]) -> None:
        for _ in range(epochs):
            pause()

    def probabilities(self, X: np.ndarray) -> np.ndarray:
        return np.full((len(X), self.recipe.n_classes), 1 / self.recipe.n_classes)

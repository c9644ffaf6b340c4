"""The floor: the arithmetic of an epoch at the rate that a large matrix product reaches in the same run.

An epoch takes every row into two products, with the weights for the scores and with the scores' gradient for
the gradient of the weights, of ``2 · n_features · n_outputs`` operations each.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.rival import Recipe, Rival

SIZE = 2000


def flops_of_epoch(n_rows: int, n_features: int, n_outputs: int) -> int:
    """Return the floating-point operations of one epoch: 4 · n_rows · n_features · n_outputs."""
    return 4 * n_rows * n_features * n_outputs


def rate(seconds: float) -> float:
    """Return the operations per second of one SIZE × SIZE × SIZE product that took ``seconds``."""
    return 2 * SIZE**3 / seconds


class Sgemm(Rival):
    """One large float32 matrix product by NumPy's BLAS takes the place of an epoch."""

    label = "sgemm"
    distributions = ("numpy",)

    def __init__(self, recipe: Recipe) -> None:
        super().__init__(recipe)
        draw = np.random.default_rng(recipe.seed)
        self.A = draw.standard_normal((SIZE, SIZE), dtype=np.float32)
        self.B = draw.standard_normal((SIZE, SIZE), dtype=np.float32)
        self.out = np.empty((SIZE, SIZE), dtype=np.float32)

    def prepare(self, X: np.ndarray, y: np.ndarray) -> None:
        """Need nothing of the data."""

    def train(self, epochs: int, pause: Callable[[], None]) -> None:
        for _ in range(epochs):
            np.matmul(self.A, self.B, out=self.out)
            pause()

    def probabilities(self, X: np.ndarray) -> np.ndarray:
        return np.full((len(X), self.recipe.n_classes), 1 / self.recipe.n_classes)

"""The floor of an iteration: the scores of all rows, and the gradient of all weights, by NumPy or SciPy alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.classification.task import Task
from benchmarks.rival import scale


class Products(Task):
    label = "the two products of an iteration, X W and Xᵀ G"
    distributions = ("numpy", "scipy")

    def take(self, X: Any, y: np.ndarray, alpha: float) -> None:
        self.X = (X * np.float32(scale(X))).astype(np.float32) if X.dtype == np.uint8 else X
        n_outputs = len(np.unique(y))
        self.W = np.zeros((X.shape[1], 1 if n_outputs == 2 else n_outputs), self.X.dtype)

    def run(self, effort: float) -> None:
        self.gradient = self.X.T @ (self.X @ self.W)

    def outcome(self) -> dict[str, Any]:
        return {"flops": 4 * self.X.size * self.W.shape[1]}

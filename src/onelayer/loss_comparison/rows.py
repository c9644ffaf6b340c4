"""The rows that losses are compared on, checked and drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_array

from onelayer.errors import InvalidDataError
from onelayer.validation import as_numbers, check_finite, check_weights


@dataclass(frozen=True)
class Rows:
    """Rows that have been checked, all with a weight above 0."""

    X: NDArray
    y: NDArray
    weights: NDArray

    @classmethod
    def of(cls, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None) -> Rows:
        """Check what came from a caller."""
        inputs = check_array(X, dtype=[np.float64, np.float32, np.uint8], ensure_all_finite=False)
        check_finite(inputs, "X")
        targets = as_numbers("y", y).astype(np.float64)
        if targets.ndim == 2 and targets.shape[1] != 1:
            raise InvalidDataError(f"y has {targets.shape[1]} columns; compare the losses for each by itself")
        targets = targets.reshape(len(targets), -1)[:, 0] if targets.size else targets.ravel()
        if len(targets) != len(inputs):
            raise InvalidDataError(f"X has {len(inputs)} rows and y has {len(targets)}; expected as many")
        check_finite(targets, "y")
        weights = check_weights(sample_weight, len(inputs))
        if weights is None:
            return cls(inputs, targets, np.ones(len(inputs)))
        counted = weights > 0
        return cls(inputs[counted], targets[counted], weights[counted])

    def drawn(self, size: int, random: np.random.RandomState) -> tuple[Rows, int]:
        """Return at most ``size`` of the rows, drawn at random, in their order; and how many there are in all."""
        n_rows = len(self.y)
        if n_rows <= size:
            return self, n_rows
        chosen = np.sort(random.choice(n_rows, size, replace=False))
        return Rows(self.X[chosen], self.y[chosen], self.weights[chosen]), n_rows

    def check_enough(self, n_folds: int, alpha: float) -> None:
        """Refuse rows that say nothing about their noise."""
        n_rows, n_features = self.X.shape
        if n_rows < 2 * n_folds:
            raise InvalidDataError(
                f"{n_rows} rows with a weight above 0 are too few for cv={n_folds} folds; give at least {2 * n_folds}"
            )
        if self.y.min() == self.y.max():
            raise InvalidDataError(f"y is {self.y[0]:g} in every row; there is no noise to compare losses by")
        kept = n_rows - -(-n_rows // n_folds)
        if alpha == 0 and kept <= n_features + 1:
            raise InvalidDataError(
                f"X has {n_features} columns, and with cv={n_folds} a fit has {kept} of the {n_rows} rows: every "
                f"loss would meet them all exactly, so nothing tells the losses apart; give alpha above 0, more rows "
                f"or fewer columns"
            )

"""Rows of a sparse matrix, as the solver sees them."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from onelayer.objective import Objective
from onelayer.solvers.lbfgs.by_columns import ByColumns
from onelayer.solvers.lbfgs.sparse_rows import SparseRows


class SparseDesign(ByColumns):
    """Rows of a sparse matrix, as they are in its unit; kept by columns too."""

    def __init__(self, objective: Objective, number: np.dtype) -> None:
        X = objective.X
        n_features = X.shape[1]
        super().__init__(objective, np.zeros(n_features), np.full(n_features, X.unit), number)
        self._rows = SparseRows(objective, self.share, number)

    def in_type(self, number: np.dtype) -> Self:
        """Return a design of the same rows whose passes compute in another type."""
        return type(self)(self.objective, number)

    def _pass(self, theta: NDArray) -> tuple[float, NDArray]:
        rows, n_outputs = self._rows, self.n_outputs
        slopes = rows.times(rows.lines(theta[:-1]))
        total = rows.losses(slopes, theta[-1])
        gradient = np.empty(theta.shape)
        gradient[:-1] = rows.transposed_times(slopes)[:, :n_outputs]
        gradient[-1] = slopes[:, :n_outputs].sum(axis=0, dtype=np.float64)
        return total, gradient

    def rows(self, which: NDArray) -> NDArray:
        """Return some rows [z, 1] with every value."""
        return self.objective.X.design(which, self.center, self.scale, self.intercept).toarray()

    @property
    def work(self) -> float:
        """The multiplications of a pass."""
        return 4.0 * self._rows.nnz * self.n_outputs

    def column_moments(self) -> tuple[NDArray, NDArray]:
        """Return mean and mean square of each column, over all rows."""
        return self._rows.moments(self.weights_of(np.arange(self.n_rows)))

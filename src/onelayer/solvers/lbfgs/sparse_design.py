"""Rows of a sparse matrix, as the solver sees them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from onelayer.kernels import lines, row_losses, sparse_pass
from onelayer.kernels.scoring import writeable
from onelayer.matrices import Sparse
from onelayer.objective import Objective
from onelayer.solvers.lbfgs.design import Design


class SparseDesign(Design):
    """Rows of a sparse matrix, as they are in its unit; kept by columns too."""

    def __init__(self, objective: Objective, number: np.dtype) -> None:
        X = objective.X
        assert isinstance(X, Sparse)
        n_features = X.shape[1]
        super().__init__(objective, np.zeros(n_features), np.full(n_features, X.unit), number)
        unit = np.full(1, X.unit, number)
        self._columns = csr_array((X.values, X.columns, X.starts), X.shape).tocsc()
        self._X, self._XT = (
            lines.Entries(
                writeable(values), indices.astype(np.int32, copy=False), starts.astype(np.int64), unit
            )
            for values, indices, starts in (
                (X.values, X.columns, X.starts),
                (self._columns.data, self._columns.indices, self._columns.indptr),
            )
        )
        nothing = np.zeros(0, number)
        share = nothing if self.share is None else self.share.astype(number)
        self._labelled = sparse_pass.Labelled(np.ascontiguousarray(objective.targets, number), share)
        self._loss = row_losses.RowLoss(objective.loss.code, objective.loss.parameter(number), nothing)

    def _pass(self, theta: NDArray) -> tuple[float, NDArray]:
        return sparse_pass.sparse_pass(
            self._X, self._XT, self._labelled, self._loss, theta, self.objective.n_threads
        )

    def rows(self, which: NDArray) -> NDArray:
        """Return some rows [z, 1] with every value."""
        return self.objective.X.design(which, self.center, self.scale, self.intercept).toarray()

    @property
    def work(self) -> float:
        """The multiplications of a pass."""
        return 4.0 * len(self._X.values) * self.n_outputs

    def column_moments(self) -> tuple[NDArray, NDArray]:
        """Return mean and mean square of each column, over all rows."""
        weights, unit = self.weights_of(np.arange(self.n_rows)), self.objective.X.unit
        columns = self._columns.astype(np.float64) * unit
        return weights @ columns, weights @ columns.power(2)

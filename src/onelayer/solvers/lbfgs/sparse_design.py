"""Rows of a sparse matrix, as the solver sees them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from onelayer.kernels import row_losses, sparse_pass
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
        stored = csr_array(
            (X.values.astype(number, copy=False) * number.type(X.unit), X.columns, X.starts), X.shape
        )
        self._columns = stored.tocsc()
        self._X, self._XT = (
            sparse_pass.Compressed(part.data, part.indices, part.indptr) for part in (stored, self._columns)
        )
        nothing = np.zeros(0, number)
        share = nothing if self.share is None else self.share.astype(number)
        self._labelled = sparse_pass.Labelled(np.ascontiguousarray(objective.targets, number), share)
        self._loss = row_losses.RowLoss(objective.loss.code, objective.loss.parameter(number), nothing)

    def _pass(self, theta: NDArray) -> tuple[float, NDArray]:
        theta = np.ascontiguousarray(theta, self.number)
        return sparse_pass.sparse_pass(
            self._X, self._XT, self._labelled, self._loss, theta, self.objective.n_threads
        )

    def rows(self, which: NDArray) -> NDArray:
        """Return some rows [z, 1] with every value."""
        return self.objective.X.design(which, self.center, self.scale, self.intercept).toarray()

    @property
    def work(self) -> float:
        """The multiplications of a pass."""
        return 4.0 * len(self._X.data) * self.n_outputs

    def column_moments(self) -> tuple[NDArray, NDArray]:
        """Return mean and mean square of each column, over all rows."""
        weights = self.weights_of(np.arange(self.n_rows))
        return weights @ self._columns, weights @ self._columns.power(2)

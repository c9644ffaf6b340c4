"""Sparse rows for the two designs that use them: by rows and by columns, and the losses of their scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onelayer.kernels import lines, row_losses, sparse_pass
from onelayer.kernels.scoring import writeable
from onelayer.matrices import Sparse
from onelayer.objective import Objective


class SparseRows:
    """X of an objective in its unit, for products with lines (``kernels.lines``).

    Parameters
    ----------
    objective : Objective
        Of a sparse X.
    share : (n_rows,) float64, or None
        Weights of the rows with mean one.
    number : dtype
        The type of the lines.
    """

    def __init__(self, objective: Objective, share: NDArray | None, number: np.dtype) -> None:
        X = objective.X
        assert isinstance(X, Sparse)
        self.number, self._n_threads, self._unit = number, objective.n_threads, X.unit
        self._columns = X.by_columns(objective.n_threads)
        unit = np.full(1, X.unit, number)
        self._X, self._XT = (
            lines.Entries(
                writeable(values), indices.astype(np.int32, copy=False), starts.astype(np.int64), unit
            )
            for values, indices, starts in (
                (X.values, X.columns, X.starts),
                (self._columns.data, self._columns.indices, self._columns.indptr),
            )
        )
        self._of_columns: NDArray | None = None
        nothing = np.zeros(0, number)
        self._labelled = sparse_pass.Labelled(
            np.ascontiguousarray(objective.targets, number),
            nothing if share is None else share.astype(number),
        )
        self._loss = row_losses.RowLoss(objective.loss.code, objective.loss.parameter(number), nothing)

    @property
    def nnz(self) -> int:
        """How many values are stored."""
        return len(self._X.values)

    def lines(self, values: NDArray) -> NDArray:
        """Return values, (n, n_outputs), as lines."""
        found = lines.empty(len(values), values.shape[1], self.number)
        found[:, : values.shape[1]] = values
        return found

    def times(self, W: NDArray) -> NDArray:
        """Return X·W, for lines W and as lines."""
        return sparse_pass.product(self._X, W, self._n_threads)

    def transposed_times(self, D: NDArray) -> NDArray:
        """Return Xᵀ·D, for lines D and as lines, which have the same place each time."""
        if self._of_columns is None:
            self._of_columns = lines.empty(self._XT.starts.size - 1, D.shape[1], self.number)
        return sparse_pass.product(self._XT, D, self._n_threads, self._of_columns)

    def times_transposed(self, D: NDArray) -> NDArray:
        """Return X·(Xᵀ·D), for lines D and as lines."""
        return self.times(self.transposed_times(D))

    def losses(self, scores: NDArray, b: NDArray) -> float:
        """Return Σ w·ℓ of lines of scores with intercepts b; w·∂ℓ/∂s takes their place."""
        return sparse_pass.losses(scores, b.astype(self.number), self._labelled, self._loss, self._n_threads)

    def scores_of_mean(self, weights: NDArray) -> NDArray:
        """Return X·μ of the mean row μ, with weights that sum to one, in float64."""
        unit = np.full(1, self._unit)
        mean = sparse_pass.product(self._XT._replace(scale=unit), weights[:, None], self._n_threads)
        return sparse_pass.product(self._X._replace(scale=unit), mean, self._n_threads)[:, 0]

    def mean_square_length(self, weights: NDArray) -> float:
        """Return the mean of ‖x‖², with weights that sum to one."""
        return sparse_pass.square_length(self._X, weights) * self._unit**2

    def moments(self, weights: NDArray) -> tuple[NDArray, NDArray]:
        """Return mean and mean square of each column, with weights that sum to one."""
        columns = self._columns.astype(np.float64) * self._unit
        return weights @ columns, weights @ columns.power(2)

"""Rows turned into their principal axes, in which their columns hardly correlate.

An orthogonal matrix V changes no length: with (x − c)·V in place of x and W·V in place of W, scores and ‖W‖² stay what
they are, and so does every optimum under an L2 penalty. In the axes the curvature of an objective is nearly diagonal:
what knows only the diagonal takes few steps. Any V is right; that of some rows will do for all, and that of all for the
folds of a cross-validation.

To turn rows costs as much as some tens of passes over them; it is for many fits to the same rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from onelayer.kernels import blas, threads
from onelayer.matrices.dense import Dense
from onelayer.matrices.matrix import Matrix
from onelayer.matrices.moments import spread

_ROWS_PER_COLUMN = 4  # that stand for all
_MOST_COLUMNS, _MOST_NUMBERS = 1 << 10, 1 << 24
_WIDEST = 1e4  # ratio of two columns' spreads up to which rounding leaves enough of the smaller one
_CHUNK = 512  # rows that are turned at a time
_EIGEN = 12.0  # multiplications of an eigendecomposition, in n_features³


@dataclass(frozen=True)
class PrincipalAxes:
    """An origin and orthonormal axes.

    Attributes
    ----------
    center : (n_features,) float64
    V : (n_features, n_features) float64
        The axes as columns, in the order of falling variance.

    Examples
    --------
    >>> X = Dense(np.array([[0.0, 1.0], [1.0, 2.1], [2.0, 2.9], [3.0, 4.0]]))
    >>> axes = PrincipalAxes.of(X, centred=True)
    >>> np.round(np.var(axes.turned(X).array, axis=0), 4).tolist()
    [2.4527, 0.0023]
    >>> coef, intercept = axes.back(np.array([[1.0, 0.0]]), np.array([0.0]))
    >>> np.allclose(X.array @ coef.T + intercept, axes.turned(X).array[:, :1])
    True
    """

    center: NDArray[np.float64]
    V: NDArray[np.float64]

    @staticmethod
    def suit(X: Matrix) -> bool:
        """Tell whether the rows can be turned: dense, float64, of moderate size."""
        n_rows, n_features = X.shape
        return (
            isinstance(X, Dense)
            and X.dtype == np.float64
            and 1 < n_features <= min(_MOST_COLUMNS, n_rows)
            and n_rows * n_features <= _MOST_NUMBERS
        )

    @staticmethod
    def cost(X: Matrix) -> float:
        """Return the multiplications that it takes to find the axes and to turn the rows."""
        n_rows, n_features = X.shape
        return n_rows * n_features**2 + 0.5 * _sampled(X) * n_features**2 + _EIGEN * n_features**3

    @classmethod
    def of(cls, X: Matrix, *, centred: bool) -> Self | None:
        """Return those of some rows; None where the columns are of so different sizes that small ones would suffer."""
        rows = X.sample(spread(X.shape[0], _sampled(X)))
        with blas.one_thread(), np.errstate(over="ignore", invalid="ignore"):
            center = rows.mean(axis=0) if centred else np.zeros(X.shape[1])
            rows -= center
            G = rows.T @ rows
            spreads = np.sqrt(np.diagonal(G))
        spreads = spreads[spreads != 0]
        if spreads.size == 0 or not spreads.max() <= _WIDEST * spreads.min() < np.inf:
            return None
        with blas.one_thread():
            _, V = np.linalg.eigh(G)
        return cls(center, np.ascontiguousarray(V[:, ::-1]))

    def turned(self, X: Matrix, n_threads: int | None = None) -> Dense:
        """Return rows in the axes: some at a time, the same bits for any number of threads."""
        rows = np.empty(X.shape)
        chunks = [slice(first, first + _CHUNK) for first in range(0, len(rows), _CHUNK)]
        n_threads = min(n_threads or threads.available(), len(chunks))

        def turn(thread: int) -> None:
            for chunk in chunks[thread::n_threads]:
                np.matmul(X.array[chunk] - self.center, self.V, out=rows[chunk])

        with blas.one_thread():
            threads.run(n_threads, turn)
        turned = Dense(rows)
        turned.principal = True
        return turned

    def into(self, coef: NDArray, intercept: NDArray) -> tuple[NDArray, NDArray]:
        """Return what parameters (n_outputs, n_features), (n_outputs,) for the rows as they were are in the axes."""
        return coef @ self.V, intercept + coef @ self.center

    def back(self, coef: NDArray, intercept: NDArray) -> tuple[NDArray, NDArray]:
        """Return what parameters (n_outputs, n_features), (n_outputs,) in the axes are for the rows as they were."""
        coef = coef @ self.V.T
        return coef, intercept - coef @ self.center


def _sampled(X: Matrix) -> int:
    return min(X.shape[0], _ROWS_PER_COLUMN * X.shape[1] + 256)

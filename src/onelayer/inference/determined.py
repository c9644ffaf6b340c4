"""What the data determine where columns depend on each other: the rest has no standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from onelayer.inference.centred_fit import CentredFit

if TYPE_CHECKING:
    from onelayer.solvers.closed_form import LeastSquares

_TOLERANCE = 1e-6  # relative to the terms of a dependency, so that sums rounded to float32 obey it


def coefficients_determined(least_squares: LeastSquares) -> NDArray[np.bool_]:
    """Return which of the intercept and the coefficients the data determine, shape (1 + n_features,).

    If x_j = Σ f_k·x_k + c in every row, then w_j may grow by any amount when each w_k shrinks by f_k times that and b
    by c times it, and no prediction changes: only sums of coefficients in which this cancels are determined. Source:
    Seber and Lee, *Linear Regression Analysis*, 2nd edition, 3.9.

    Where there are many more columns than rows, and their relations are not known, none is determined.

    Examples
    --------
    >>> from onelayer.solvers.closed_form import Statistics, solve
    >>> X = np.array([[1.0, 2.0, 1.0], [2.0, 1.0, 2.0], [3.0, 4.0, 3.0], [4.0, 1.0, 4.0]])
    >>> coefficients_determined(solve(Statistics.of(X, X[:, :1], None))).tolist()
    [True, False, True, False]
    """
    determined = np.full(1 + len(least_squares.mean), CentredFit(least_squares).relations_known)
    for dependency in least_squares.dependencies:
        determined[1 + dependency.column] = False
        determined[[1 + column for column, factor in dependency.factors.items() if factor]] = False
        determined[0] &= dependency.constant == 0
    return determined


def reduction(least_squares: LeastSquares) -> NDArray[np.float64]:
    """Return what takes coefficients W to those of the columns that are left when each dependent one is dropped.

    Shape (rank, n_features): the coefficients of x_k become w_k + Σ f·w_j over the dropped columns x_j = f·x_k + …, and
    these the data determine, whichever of the equally good W was chosen. All relations must be known.

    Examples
    --------
    >>> from onelayer.solvers.closed_form import Statistics, solve
    >>> X = np.array([[1.0, 2.0, 1.0], [2.0, 1.0, 2.0], [3.0, 4.0, 3.0], [4.0, 1.0, 4.0]])
    >>> abs(reduction(solve(Statistics.of(X, X[:, :1], None))).round(12)).tolist()
    [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
    """
    reduced = np.eye(len(least_squares.mean))
    for dependency in least_squares.dependencies:
        for column, factor in dependency.factors.items():
            reduced[column, dependency.column] = factor
    return reduced[columns_kept(least_squares)]


def columns_kept(least_squares: LeastSquares) -> NDArray[np.intp]:
    """Return the columns that are left when each dependent one is dropped, in their order."""
    dropped = [dependency.column for dependency in least_squares.dependencies]
    return np.delete(np.arange(len(least_squares.mean)), dropped)


def rows_determined(least_squares: LeastSquares, X: NDArray) -> NDArray[np.bool_]:
    """Return in which rows the data determine the prediction: those that obey all dependencies, shape (n_rows,).

    Examples
    --------
    >>> from onelayer.solvers.closed_form import Statistics, solve
    >>> x = np.arange(5.0)[:, None]
    >>> fit = solve(Statistics.of(np.hstack([x, 2 * x + 1]), x, None))
    >>> rows_determined(fit, np.array([[1.0, 3.0], [1.0, 4.0]])).tolist()
    [True, False]
    """
    determined = np.full(len(X), CentredFit(least_squares).relations_known)
    for dependency in least_squares.dependencies:
        value = X[:, dependency.column].astype(np.float64)
        expected, size = np.full(len(X), dependency.constant), np.abs(value) + abs(dependency.constant)
        for column, factor in dependency.factors.items():
            term = factor * X[:, column].astype(np.float64)
            expected += term
            size += np.abs(term)
        determined &= np.abs(value - expected) <= _TOLERANCE * size
    return determined

"""How much of each coefficient's variance comes from its column's likeness to the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from onelayer.inference.centred_fit import CentredFit
from onelayer.inference.determined import coefficients_determined, columns_kept, reduction

if TYPE_CHECKING:
    from onelayer.solvers.closed_form import LeastSquares


def variance_inflation(least_squares: LeastSquares) -> NDArray[np.float64]:
    """Return 1/(1 − R²ⱼ) for each column, with R²ⱼ of its regression on the other columns; shape (n_features,).

    It is how many times larger the variance of a coefficient is than it would be, were its column orthogonal to the
    others: 1 where it is, 10 where the others explain 90 % of it, infinite where they explain all of it. With V the
    covariance of the coefficients up to a factor it is Vⱼⱼ·(V⁻¹)ⱼⱼ, from a root of V, so no rows are read.

    Sources: Marquardt, "Generalized inverses, ridge regression, biased linear estimation, and nonlinear estimation",
    *Technometrics* 12 (1970); Belsley, Kuh and Welsch, *Regression Diagnostics* (1980), 3.1. Cost: O(n_features³).
    Without an intercept, R²ⱼ is about zero, not about the mean.

    Raises
    ------
    InvalidParameterError
        The fit was penalised.

    Examples
    --------
    Columns with a correlation of ½, so that R² is ¼:

    >>> from onelayer.solvers.closed_form import Statistics, solve
    >>> X = np.array([[1.0, 1.0], [1.0, 0.0], [0.0, 1.0], [-1.0, -1.0], [-1.0, 0.0], [0.0, -1.0]])
    >>> variance_inflation(solve(Statistics.of(X, X[:, :1], None))).round(4)
    array([1.3333, 1.3333])
    """
    fit = CentredFit.unpenalised(least_squares)
    inflation = np.full(len(fit.mean), np.inf)
    if not fit.relations_known:
        return inflation
    root = (
        reduction(least_squares) @ fit.basis[1:, 1:]
    )  # square: of the covariance of the columns that are left
    lengths = np.square(root).sum(axis=1) * np.square(np.linalg.inv(root)).sum(axis=0)
    inflation[columns_kept(least_squares)] = lengths
    inflation[~coefficients_determined(least_squares)[1:]] = np.inf
    return inflation

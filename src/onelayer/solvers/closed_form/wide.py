"""Least squares with more columns than rows, from the rows: no square matrix of the columns is made."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from onelayer.solvers.closed_form.least_squares import LeastSquares
from onelayer.solvers.closed_form.spectrum import Spectrum
from onelayer.solvers.closed_form.statistics import resolution

_MANY = 512  # columns up to which their square matrix is cheap, and more exact


def is_wide(n_rows: int, n_features: int, fit_intercept: bool) -> bool:
    """Return whether rows should be solved by way of their own square matrix, not that of the columns.

    Examples
    --------
    >>> is_wide(100, 20_000, True), is_wide(100, 200, True), is_wide(30_000, 20_000, True)
    (True, False, False)
    """
    return n_features > _MANY and n_rows - fit_intercept < n_features


def solve(
    X: NDArray, targets: NDArray, weights: NDArray | None, spectrum: Spectrum, alpha: float
) -> LeastSquares:
    """Return the fit of least norm, or the ridge solution, in float64.

    Parameters
    ----------
    X, targets, weights
        The rows of which ``spectrum`` is.
    spectrum : Spectrum
    alpha : float
    """
    coef, intercept = spectrum.coefficients(alpha)
    share = np.ones(len(X)) if weights is None else weights
    values = X.astype(np.float64, copy=False)
    residuals, apart = targets - (values @ coef.T + intercept), targets - spectrum.mean_target
    mean = spectrum.mean if spectrum.fit_intercept else (share / spectrum.total_weight) @ values
    return LeastSquares(
        coef,
        intercept,
        len(spectrum.values),
        np.inf,
        0,
        (),
        residuals.T @ (share[:, None] * residuals),
        apart.T @ (share[:, None] * apart),
        mean,
        int(np.count_nonzero(share)),
        spectrum.total_weight,
        alpha,
        spectrum.unit,
        resolution(X.dtype),
        0.0,
        spectrum.fit_intercept,
        partial(_inverse_root, spectrum, alpha),
    )


def _inverse_root(spectrum: Spectrum, alpha: float) -> NDArray:
    """Return V·diag(s² + λ)^−½, in units of X as stored."""
    root = spectrum.V / np.sqrt(np.square(spectrum.values) + spectrum.penalty(alpha))
    return np.ldexp(root, -spectrum.exponent)

"""Coefficients with their standard errors, tests and intervals, from estimates and their covariance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from onelayer.errors import InvalidParameterError
from onelayer.inference.covariance import Covariance
from onelayer.inference.summary import Coefficients

INTERCEPT = "intercept"


def coefficient_table(
    features: Sequence[str],
    estimates: NDArray[np.float64],
    covariance: Covariance | None,
    degrees: int,
    level: float,
    *,
    fit_intercept: bool,
    determined: NDArray[np.bool_] | None = None,
    variance_inflation: NDArray[np.float64] | None = None,
    interval: NDArray[np.float64] | None = None,
) -> Coefficients:
    """Return the table of one output; the tests and intervals are those of Student's t distribution.

    Parameters
    ----------
    features : (n_features,) str
    estimates : (1 + n_features,) float64
        Index 0 the intercept; so it is below.
    covariance : Covariance, optional
        None for a table without errors.
    degrees : int
        Degrees of freedom of the residuals.
    level : float
        Of the intervals.
    fit_intercept : bool
        Whether the table has a row for it.
    determined : (1 + n_features,) bool, optional
        Which of the parameters the data determine; the others have no errors. All by default.
    variance_inflation : (n_features,) float64, optional
    interval : (2, 1 + n_features) float64, optional
        Ends of the intervals, in place of those by the t distribution.
    """
    from scipy.stats import t as student

    unknown = np.full(len(estimates), np.nan)
    errors = unknown.copy() if covariance is None else covariance.standard_errors
    if determined is not None:
        errors[~determined] = np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        t = estimates / errors
    width = student.ppf(0.5 + 0.5 * level, max(degrees, 1)) * errors
    low, high = (estimates - width, estimates + width) if interval is None else interval
    inflation = unknown.copy()
    if variance_inflation is not None:
        inflation[1:] = variance_inflation
    shown = slice(0 if fit_intercept else 1, None)
    p = 2 * student.sf(np.abs(t), max(degrees, 1))
    columns = (array[shown] for array in (estimates, errors, t, p, low, high, inflation))
    return Coefficients((INTERCEPT, *features)[shown], *columns)


def names_of(names: Sequence[str] | None, n: int, default: str, parameter: str) -> tuple[str, ...]:
    """Return names, or a letter and numbers in their place.

    Examples
    --------
    >>> names_of(None, 2, "x", "features"), names_of(None, 1, "y", "outputs")
    (('x0', 'x1'), ('y0',))
    """
    if names is None:
        return tuple(f"{default}{i}" for i in range(n))
    if len(names) != n:
        raise InvalidParameterError(f"{parameter} has {len(names)} names; expected {n}")
    return tuple(map(str, names))

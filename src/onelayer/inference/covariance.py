"""Covariances of the coefficients of a least-squares fit: the classical one, and those that let the noise vary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from onelayer.errors import InvalidDataError
from onelayer.inference.centred_fit import CentredFit, leverages
from onelayer.inference.design_rows import design_rows
from onelayer.inference.fitted_rows import check_fitted_rows
from onelayer.validation import check_choice

if TYPE_CHECKING:
    from onelayer.solvers.closed_form import LeastSquares

HETEROSCEDASTIC = ("HC0", "HC1", "HC2", "HC3")
"""White's covariance, and the corrections of it for few rows by MacKinnon and White."""

_POWER = {"HC0": 0, "HC1": 0, "HC2": 1, "HC3": 2}  # of 1 − h, by which squared residuals are divided
_NEAR = 1e-9  # a row whose leverage is this near to one determines a coefficient by itself


@dataclass(frozen=True)
class Covariance:
    """Covariance of the intercept and the coefficients of one output.

    It is kept for the intercept at the columns' means, that is for the parameters (b + wᵀm, w) of the design
    [1, x − m], from which that of (b, w) follows: the variance of a prediction is then free of the cancellation that
    columns far from zero bring with them.

    Attributes
    ----------
    kind : str
        ``"classical"``, ``"HC0"`` to ``"HC3"``, or ``"bootstrap"``.
    mean : (n_features,) float64
        m; zeros without an intercept.
    centred : (1 + n_features, 1 + n_features) float64
        Of (b + wᵀm, w); the first row and column are zero without an intercept.

    Examples
    --------
    >>> covariance = Covariance("classical", np.array([2.0]), np.diag([0.5, 1.0]))
    >>> covariance.matrix
    array([[ 4.5, -2. ],
           [-2. ,  1. ]])
    >>> covariance.variance(np.array([[2.0], [3.0]]))
    array([0.5, 1.5])
    """

    kind: str
    mean: NDArray[np.float64]
    centred: NDArray[np.float64]

    @property
    def matrix(self) -> NDArray[np.float64]:
        """Covariance of (b, w), shape (1 + n_features, 1 + n_features), index 0 the intercept."""
        matrix = self.centred.copy()
        matrix[0] -= self.mean @ self.centred[1:]
        matrix[:, 0] -= matrix[:, 1:] @ self.mean
        return matrix

    @property
    def standard_errors(self) -> NDArray[np.float64]:
        """Standard errors of (b, w), shape (1 + n_features,): the roots of the diagonal of ``matrix``."""
        return np.sqrt(np.maximum(self.matrix.diagonal(), 0))

    def variance(self, X: NDArray) -> NDArray[np.float64]:
        """Return the variance of the prediction b + wᵀx of each row, shape (n_rows,); O(n_rows · n_features²)."""
        variances = np.empty(len(X))
        for rows, Z in design_rows(X, self.mean):
            variances[rows] = np.einsum("ij,ij->i", Z @ self.centred, Z)
        return np.maximum(variances, 0, out=variances)


def classical(least_squares: LeastSquares, output: int = 0) -> Covariance:
    """Return s²·(ZᵀWZ)⁺, the covariance where row i has noise of variance σ²/wᵢ.

    s² is the weighted sum of squared residuals over its degrees of freedom. Where rank was lost, the covariance holds
    for what the data determine. Source: Seber and Lee, *Linear Regression Analysis*, 2nd edition, 3.2 and 3.10.
    Cost: O(n_features²); no rows are read.

    Raises
    ------
    InvalidParameterError
        The fit was penalised.

    Examples
    --------
    >>> from onelayer.solvers.closed_form import Statistics, solve
    >>> X, y = np.array([[-1.0], [0.0], [1.0]]), np.array([[0.0], [3.0], [0.0]])
    >>> classical(solve(Statistics.of(X, y, None))).matrix.round(12) + 0.0
    array([[2., 0.],
           [0., 3.]])
    """
    fit = CentredFit.unpenalised(least_squares)
    return Covariance("classical", fit.mean, fit.variance(output) * (fit.basis @ fit.basis.T))


def heteroscedastic(
    least_squares: LeastSquares,
    X: NDArray,
    targets: NDArray,
    weights: NDArray | None = None,
    kind: str = "HC3",
    output: int = 0,
) -> Covariance:
    """Return (ZᵀWZ)⁺·(Σᵢ ωᵢ·zᵢzᵢᵀ)·(ZᵀWZ)⁺, the covariance where the noise may have another variance in every row.

    With residuals eᵢ, leverages hᵢ and d degrees of freedom, ωᵢ is wᵢ²eᵢ² for HC0, n/d times that for HC1, 1/(1 − hᵢ)
    times for HC2 and 1/(1 − hᵢ)² times for HC3, the safest where rows are few.

    The rows are read twice, to check them and to add them up, in blocks, in coordinates in which their columns are
    orthonormal. Cost: O(n_rows · n_features²), in matrix products. Sources: White, "A heteroskedasticity-consistent
    covariance matrix estimator", *Econometrica* 48 (1980); MacKinnon and White, "Some heteroskedasticity-consistent
    covariance matrix estimators with improved finite sample properties", *Journal of Econometrics* 29 (1985).

    Parameters
    ----------
    least_squares : LeastSquares
    X : (n_rows, n_features) float32, float64 or uint8
    targets : (n_rows, n_outputs) float
    weights : (n_rows,) float64, optional
        The rows that the fit was made of.
    kind : {"HC0", "HC1", "HC2", "HC3"}
    output : int

    Raises
    ------
    InvalidParameterError
        An unknown kind, or a penalised fit.
    InvalidDataError
        Rows that are not the fit's; for HC2 and HC3, a row of leverage one, where 1 − hᵢ is zero.

    Examples
    --------
    >>> from onelayer.solvers.closed_form import Statistics, solve
    >>> X, y = np.array([[-1.0], [0.0], [1.0]]), np.array([[0.0], [3.0], [0.0]])
    >>> heteroscedastic(solve(Statistics.of(X, y, None)), X, y, kind="HC0").matrix.round(6) + 0.0
    array([[0.666667, 0.      ],
           [0.      , 0.5     ]])
    """
    check_choice("kind", kind, HETEROSCEDASTIC)
    CentredFit.unpenalised(least_squares)
    check_fitted_rows(least_squares, X, targets, weights)
    return sandwich(least_squares, X, targets, weights, kind, output)


def sandwich(
    least_squares: LeastSquares,
    X: NDArray,
    targets: NDArray,
    weights: NDArray | None,
    kind: str,
    output: int,
) -> Covariance:
    """Return what ``heteroscedastic`` does, from rows that are known to be those of the fit."""
    fit = CentredFit.unpenalised(least_squares)
    parameters = fit.parameters[:, output]
    meat = np.zeros((fit.basis.shape[1], fit.basis.shape[1]))
    for rows, Z in design_rows(X, fit.mean):
        factors = targets[rows, output] - Z @ parameters
        if weights is not None:
            factors *= weights[rows]
        Q = Z @ fit.basis
        if _POWER[kind]:
            factors /= _distance_from_one(leverages(Q, weights, rows), kind, rows) ** (_POWER[kind] / 2)
        Q *= factors[:, None]
        meat += Q.T @ Q
    if kind == "HC1":
        meat *= fit.n_rows / fit.degrees if fit.degrees > 0 else np.nan
    return Covariance(kind, fit.mean, fit.basis @ meat @ fit.basis.T)


def _distance_from_one(leverage: NDArray, kind: str, rows: slice) -> NDArray[np.float64]:
    """Return 1 − h, refusing a row in which it is zero but for rounding."""
    distance = 1 - leverage
    if (distance < _NEAR).any():
        raise InvalidDataError(
            f"row {rows.start + int(distance.argmin())} has leverage 1: a coefficient depends on it alone, so {kind} "
            f"is not defined; leave the row out, or choose HC0 or HC1"
        )
    return distance

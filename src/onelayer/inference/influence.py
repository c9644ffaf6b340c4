"""How much each row weighs in a least-squares fit: leverage, studentised residuals, Cook's distance, DFFITS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from onelayer.inference.centred_fit import CentredFit, leverages
from onelayer.inference.design_rows import design_rows
from onelayer.inference.fitted_rows import check_fitted_rows
from onelayer.validation import check_integer

if TYPE_CHECKING:
    from onelayer.solvers.closed_form import LeastSquares

_NEAR = 1e-9


@dataclass(frozen=True)
class Influence:
    """What each row does to a fit; see :func:`influence`.

    Attributes
    ----------
    leverage : (n_rows,) float64
        hᵢ between 0 and 1: how far the prediction of row i follows its own target. Their sum is the number of
        parameters.
    internal : (n_rows, n_outputs) float64
        Internally studentised residuals rᵢ = √wᵢ·eᵢ / (s·√(1 − hᵢ)).
    external : (n_rows, n_outputs) float64
        Externally studentised residuals tᵢ, with s from the other rows; under normal noise of Student's t distribution
        with one degree of freedom fewer than the residuals have.
    cooks_distance : (n_rows, n_outputs) float64
        How far all predictions move without row i: rᵢ²·hᵢ / ((1 − hᵢ)·k) with k parameters.
    dffits : (n_rows, n_outputs) float64
        How far its own prediction moves without row i, in standard errors: tᵢ·√(hᵢ/(1 − hᵢ)).
    """

    leverage: NDArray[np.float64]
    internal: NDArray[np.float64]
    external: NDArray[np.float64]
    cooks_distance: NDArray[np.float64]
    dffits: NDArray[np.float64]

    def most(self, n: int = 10, output: int = 0) -> NDArray[np.intp]:
        """Return the places of the n rows with the largest Cook's distance, largest first.

        Rows of leverage one come first of all: without them a coefficient would not be determined.
        """
        n = min(check_integer("n", n), len(self.leverage))
        distance = self.cooks_distance[:, output]
        order = np.where(np.isnan(distance), np.inf, distance)
        rows = np.argpartition(-order, n - 1)[:n]
        return rows[np.lexsort((rows, -order[rows]))]


def influence(
    least_squares: LeastSquares, X: NDArray, targets: NDArray, weights: NDArray | None = None
) -> Influence:
    """Return the leverage of each row, its studentised residuals, Cook's distance and DFFITS.

    No model is fitted again: all follow from the leverages. With weights they are those of the rows times √wᵢ. In a row
    of leverage one, whose residual is zero whatever its target, all but the leverage are NaN; the external residual and
    DFFITS are also NaN where the other rows leave no degrees of freedom. Cost: O(n_rows · n_features²), in matrix
    products; memory: 8·(1 + 4·n_outputs) bytes a row. Sources: Belsley, Kuh and Welsch, *Regression Diagnostics*
    (1980), chapter 2; Cook, "Detection of influential observation in linear regression", *Technometrics* 19 (1977).

    Parameters
    ----------
    least_squares : LeastSquares
    X : (n_rows, n_features) float32, float64 or uint8
    targets : (n_rows, n_outputs) float
    weights : (n_rows,) float64, optional
        The rows that the fit was made of.

    Raises
    ------
    InvalidParameterError
        The fit was penalised.
    InvalidDataError
        Rows that are not the fit's.

    Examples
    --------
    >>> from onelayer.solvers.closed_form import Statistics, solve
    >>> X, y = np.array([[0.0], [1.0], [2.0], [9.0]]), np.array([[0.0], [1.0], [3.0], [4.0]])
    >>> each = influence(solve(Statistics.of(X, y, None)), X, y)
    >>> each.leverage.round(2), each.most(1)
    (array([0.43, 0.33, 0.27, 0.97]), array([3]))
    """
    CentredFit.unpenalised(least_squares)
    check_fitted_rows(least_squares, X, targets, weights)
    return influence_among(least_squares, X, targets, weights)


def influence_among(
    least_squares: LeastSquares, X: NDArray, targets: NDArray, weights: NDArray | None = None
) -> Influence:
    """Return what ``influence`` does for some of the rows of a fit, whoever has checked that they are among them."""
    fit = CentredFit.unpenalised(least_squares)
    n_outputs = fit.parameters.shape[1]
    leverage, errors = np.empty(len(X)), np.empty((len(X), n_outputs))
    for rows, Z in design_rows(X, fit.mean):
        leverage[rows] = leverages(Z @ fit.basis, weights, rows)
        errors[rows] = targets[rows] - Z @ fit.parameters
    if weights is not None:
        errors *= np.sqrt(weights)[:, None]
    distance = np.where(1 - leverage < _NEAR, np.nan, 1 - leverage)[:, None]
    odds, n_parameters = leverage[:, None] / distance, fit.rank + fit.has_intercept
    with np.errstate(divide="ignore", invalid="ignore"):
        variances = np.array([fit.variance(output) for output in range(n_outputs)])
        internal = errors / np.sqrt(variances * distance)
        external = internal * np.sqrt((fit.degrees - 1) / np.maximum(fit.degrees - internal**2, 0))
    return Influence(
        leverage, internal, external, internal**2 * odds / n_parameters, external * np.sqrt(odds)
    )

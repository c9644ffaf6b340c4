"""Intervals around the predictions of a least-squares fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from onelayer.errors import InvalidDataError
from onelayer.inference.centred_fit import CentredFit
from onelayer.inference.covariance import Covariance, classical
from onelayer.inference.design_rows import design_rows
from onelayer.inference.determined import rows_determined
from onelayer.validation import check_choice, check_real

if TYPE_CHECKING:
    from onelayer.solvers.closed_form import LeastSquares

KINDS = ("prediction", "confidence")


class Interval(NamedTuple):
    """Predictions with their bounds, each of shape (n_rows, n_outputs)."""

    prediction: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]


def predict_interval(
    least_squares: LeastSquares,
    X: NDArray,
    interval: float = 0.95,
    kind: str = "prediction",
    *,
    weights: NDArray | None = None,
    covariance: Sequence[Covariance] | None = None,
) -> Interval:
    """Return predictions with bounds ŷ ± t·√v, where t is a quantile of the t distribution.

    For a confidence interval, which holds the mean of all targets with such a row, v = zᵀVz with the covariance V of
    the coefficients. For a prediction interval, which holds one new target, the noise is added: v = zᵀVz + s²/w. The
    latter takes the noise for normal; the former is nearly right for many rows whatever the noise. Bounds are NaN in
    rows whose prediction the data do not determine, since they break a dependency that all rows of the fit obeyed.

    Source: Seber and Lee, *Linear Regression Analysis*, 2nd edition, 5.2 and 5.3.
    Cost: O(n_rows · n_features² · n_outputs), in matrix products.

    Parameters
    ----------
    least_squares : LeastSquares
    X : (n_rows, n_features) float32, float64 or uint8
        New rows, or those of the fit.
    interval : float
        Probability that an interval holds what it is for, between 0 and 1.
    kind : {"prediction", "confidence"}
    weights : (n_rows,) float64, optional
        w of the new rows, for which the noise has variance s²/w; 1 by default.
    covariance : (n_outputs,) Covariance, optional
        V of each output; the classical one by default.

    Raises
    ------
    InvalidParameterError
        A probability outside its range, an unknown kind, or a penalised fit.
    InvalidDataError
        X has another number of columns, or the fit had too few rows to estimate the noise from.

    Examples
    --------
    >>> from onelayer.solvers.closed_form import Statistics, solve
    >>> X, y = np.array([[-1.0], [0.0], [1.0]]), np.array([[0.0], [3.0], [0.0]])
    >>> fit = solve(Statistics.of(X, y, None))
    >>> [float(bound[0, 0].round(4)) for bound in predict_interval(fit, X[1:2], 0.5)]
    [1.0, -1.8284, 3.8284]
    """
    from scipy.stats import t

    interval = check_real("interval", interval, 0, 1)
    check_choice("kind", kind, KINDS)
    fit = CentredFit.unpenalised(least_squares)
    if fit.degrees <= 0 or not fit.relations_known:
        raise InvalidDataError(
            f"the rows of the fit ({fit.n_rows}) do not determine its coefficients ({len(fit.mean)}) and the noise "
            f"around them; intervals need more rows"
        )
    n_outputs = fit.parameters.shape[1]
    prediction, width = np.empty((len(X), n_outputs)), np.empty((len(X), n_outputs))
    for rows, Z in design_rows(X, fit.mean):
        prediction[rows] = Z @ fit.parameters
    for output in range(n_outputs):
        V = classical(least_squares, output) if covariance is None else covariance[output]
        width[:, output] = V.variance(X)
        if kind == "prediction":
            width[:, output] += fit.variance(output) / (1.0 if weights is None else weights)
    width = t.ppf(0.5 + 0.5 * interval, fit.degrees) * np.sqrt(width)
    width[~rows_determined(least_squares, X)] = np.nan
    return Interval(prediction, prediction - width, prediction + width)

"""What is known of a fit by exact least squares, and words for why it is not known of another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from onelayer.data.dataset import Dataset
from onelayer.errors import InvalidDataError
from onelayer.evaluation import ValuePredictions
from onelayer.plots.influence import least_squares_of
from onelayer.report.record import Texts

if TYPE_CHECKING:
    from onelayer.inference.summary import Summary
    from onelayer.solvers.closed_form.least_squares import LeastSquares


def summary_of(model: Any, train: Dataset, features: Sequence[str], outputs: Sequence[str]) -> Summary | None:
    """Return the summary of a model that was fitted exactly; None for one trained by minibatches.

    Of least squares it has classical errors, of the other losses none.

    Parameters
    ----------
    model : LinearRegression, fitted
    train : Dataset
        The rows that it was fitted to, for the other losses.
    features, outputs : sequence of str
        What the columns and the outputs are called.
    """
    least_squares = least_squares_of(model)
    if least_squares is not None:
        from onelayer.inference.summarise import summarise

        return summarise(least_squares, features=features, outputs=outputs)
    if vars(model).get("gap_") is not None and model.training_["n_rows"] == len(train.X):
        return model.summary(train.X, train.y)
    return None


def why_no_influence(
    least_squares: LeastSquares | None, X: NDArray, targets: NDArray, rounding: bool, t: Texts
) -> str:
    """Say why there is no influence of single rows of X and targets; empty where there is.

    ``rounding`` tells whether the residuals are nothing but rounding.
    """
    from onelayer.inference.fitted_rows import check_fitted_rows

    if least_squares is None:
        return t["no_influence_solver"]
    if least_squares.alpha > 0:
        return t["no_influence_penalty"]
    try:
        check_fitted_rows(least_squares, X, targets)
    except InvalidDataError:
        return t["no_influence_rows"]
    return t["no_influence_rounding"] if rounding else ""


def only_rounding(model: Any, X: NDArray, predictions: ValuePredictions) -> NDArray[np.bool_]:
    """Tell for each output whether its residuals are nothing but the rounding of the numbers: (n_outputs,).

    A prediction is a sum of p + 1 products, so its rounding is about √(p + 1)·ε times the size of these, with ε of
    float64. Residuals whose root mean square is at most four times that say nothing of any noise. Where all are exactly
    zero there is not even rounding, and the answer is no.
    """
    coef = np.atleast_2d(np.asarray(model.coef_, dtype=np.float64))
    intercept = np.broadcast_to(np.asarray(model.intercept_, dtype=np.float64), len(coef))
    largest = np.maximum(X.max(axis=0), -X.min(axis=0).astype(np.float64)).astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        size = np.abs(coef) @ np.abs(largest) + np.abs(intercept)
        bound = 4 * math.sqrt(X.shape[1] + 1) * np.finfo(np.float64).eps * size
        left = np.abs(predictions.residuals)
        most = left.max(axis=0)
        scale = np.where(most > 0, most, 1.0)
        rms = np.sqrt(np.square(left / scale).mean(axis=0)) * scale
        return (most > 0) & (rms <= bound)

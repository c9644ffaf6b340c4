"""What is known of a fit by exact least squares, and words for why it is not known of another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from onelayer.data.dataset import Dataset
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


def why_no_influence(model: Any, least_squares: LeastSquares | None, n_rows: int, t: Texts) -> str:
    """Say why there is no influence of single rows; empty where there is."""
    if least_squares is None:
        return t["no_influence_solver"]
    if least_squares.alpha > 0:
        return t["no_influence_penalty"]
    if least_squares.n_rows != n_rows or least_squares.total_weight != n_rows:
        return t["no_influence_rows"]
    return ""

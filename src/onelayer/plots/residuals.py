"""Histogram of the residuals of a regression."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.plots import canvas
from onelayer.plots.colors import BLUE
from onelayer.validation import check_finite

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def residual_histogram(values: Any, *, n_bins: int = 31) -> tuple[np.ndarray, np.ndarray]:
    """Return counts and edges of bins of equal width, symmetric about zero, that hold every residual.

    Examples
    --------
    >>> residual_histogram([-0.5, 0.1, 0.2, 1.5], n_bins=3)
    (array([0, 3, 1]), array([-1.5, -0.5,  0.5,  1.5]))
    """
    values = np.asarray(values, dtype=np.float64)
    if n_bins < 1:
        raise InvalidParameterError(f"n_bins must be at least 1, not {n_bins!r}")
    if not values.size or not np.isfinite(values).all():
        raise InvalidDataError("residuals must be finite numbers, at least one of them")
    reach = float(np.abs(values).max())
    if reach < 1e-300:  # as good as zero, and too narrow for bins
        reach = 1.0
    return np.histogram(values, bins=n_bins, range=(-reach, reach))


def residuals(y_true: Any, y_pred: Any) -> np.ndarray:
    """Return observed minus predicted, in float64.

    Raises
    ------
    InvalidDataError
        There are no rows, the shapes differ, or a value is not finite.

    Examples
    --------
    >>> residuals([3.0, 1.0], [2.5, 1.0])
    array([0.5, 0. ])
    """
    y_true, y_pred = (np.atleast_1d(np.asarray(y, dtype=np.float64)) for y in (y_true, y_pred))
    if y_true.shape != y_pred.shape:
        raise InvalidDataError(f"y_true has shape {y_true.shape}, but y_pred has {y_pred.shape}")
    if not y_true.size:
        raise InvalidDataError("there are no rows to draw")
    check_finite(y_true, "y_true")
    check_finite(y_pred, "y_pred")
    return y_true - y_pred


class ResidualsDisplay:
    """How far predictions lie from what was observed: counts of observed minus predicted, in bins about zero.

    Parameters
    ----------
    counts : (n_bins,) int
    edges : (n_bins + 1,) float
        See :func:`residual_histogram`.

    Attributes
    ----------
    ax_, figure_
        Where it was drawn.
    bars_ : matplotlib bars

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> len(ResidualsDisplay.from_predictions([1.0, 2.0], [1.5, 2.0]).bars_)
    31
    """

    def __init__(self, counts: np.ndarray, edges: np.ndarray) -> None:
        self.counts = counts
        self.edges = edges

    @classmethod
    def from_estimator(
        cls, model: Any, X: Any, y: Any, *, n_bins: int = 31, ax: Axes | None = None
    ) -> ResidualsDisplay:
        """Draw the residuals of a fitted regressor on the rows X with targets y, all outputs together."""
        return cls.from_predictions(y, model.predict(X), n_bins=n_bins, ax=ax)

    @classmethod
    def from_predictions(
        cls, y_true: Any, y_pred: Any, *, n_bins: int = 31, ax: Axes | None = None
    ) -> ResidualsDisplay:
        """Draw the residuals ``y_true - y_pred``."""
        return cls(*residual_histogram(residuals(y_true, y_pred), n_bins=n_bins)).plot(ax)

    def plot(self, ax: Axes | None = None) -> ResidualsDisplay:
        """Draw on ``ax``, or on a new figure."""
        self.ax_ = canvas.axes(ax)
        self.figure_ = self.ax_.figure
        self.bars_ = self.ax_.bar(
            self.edges[:-1],
            self.counts,
            width=np.diff(self.edges),
            align="edge",
            color=BLUE,
            edgecolor="white",
        )
        self.ax_.axvline(0, linestyle="--", color="gray")
        self.ax_.set(xlabel="Observed minus predicted", ylabel="Rows")
        return self

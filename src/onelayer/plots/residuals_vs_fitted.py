"""Residuals against fitted values, with the quartiles of the residuals along the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from onelayer.errors import InvalidDataError
from onelayer.matrices import spread
from onelayer.plots import canvas
from onelayer.plots.colors import BLUE, VERMILION
from onelayer.plots.residuals import residuals

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_DOTS = 1000  # of more rows, the density is drawn

_ROWS_IN_A_GROUP, _MOST_GROUPS, _FEWEST_GROUPS = 20, 24, 3


@dataclass(frozen=True)
class RunningQuartiles:
    """The quartiles of y in groups of rows with neighbouring x.

    Attributes
    ----------
    x : (n_groups,) float64
        Median of x in each group, ascending.
    lower, median, upper : (n_groups,) float64
        Quartiles of y in each group.
    level : (n_groups,) float64
        Its quantile q, where one was asked for, else the median.
    """

    x: np.ndarray
    lower: np.ndarray
    median: np.ndarray
    upper: np.ndarray
    level: np.ndarray


def running_quartiles(x: Any, y: Any, q: float = 0.5) -> RunningQuartiles:
    """Return the quartiles of y along x, in at most 24 groups of as many rows each, at least 20.

    Rows with equal x stay together. With fewer than 3 groups there is nothing to follow, and the result is empty.
    A median that leaves zero shows a bend that the model does not have; quartiles that part show noise that
    grows. Of the residuals of a quantile q it is their own quantile q that stays at zero. Unlike a local mean, none of
    these is moved by outliers (Tukey, *Exploratory Data Analysis*, 1977, chapter 9).

    Cost: O(n_rows·log n_rows).

    Examples
    --------
    >>> x = np.arange(600.0)
    >>> quartiles = running_quartiles(x, 2 * x)
    >>> len(quartiles.x), bool(np.allclose(quartiles.median, 2 * quartiles.x))
    (24, True)
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if x.shape != y.shape or x.ndim != 1:
        raise InvalidDataError(
            f"x has shape {x.shape} and y {y.shape}; expected one number of each for each row"
        )
    n_groups = min(_MOST_GROUPS, len(x) // _ROWS_IN_A_GROUP)
    order = np.argsort(x)
    x, y = x[order], y[order]
    starts = np.searchsorted(x, x[np.arange(n_groups) * len(x) // max(n_groups, 1)])
    starts = np.unique(starts)
    if len(starts) < _FEWEST_GROUPS:
        return RunningQuartiles(*np.empty((5, 0)))
    groups = zip(np.split(x, starts[1:]), np.split(y, starts[1:]), strict=True)
    shares = [0.25, 0.5, 0.75, q]
    return RunningQuartiles(*np.array([[np.median(a), *np.quantile(b, shares)] for a, b in groups]).T)


def shown_rows(values: np.ndarray, most: int) -> np.ndarray:
    """Return the rows to draw where there are too many: evenly spread ones, and the 100 farthest from zero.

    Examples
    --------
    >>> shown_rows(np.array([0.0, 9.0, 0.0, 0.0]), 4).tolist()
    [0, 1, 2, 3]
    >>> 777 in shown_rows(np.where(np.arange(10_000) == 777, 1.0, 0.0), 500)
    True
    """
    if len(values) <= most:
        return np.arange(len(values))
    far = np.argpartition(np.abs(values), -100)[-100:]
    return np.union1d(spread(len(values), most - len(far)), far)


class ResidualsVersusFittedDisplay:
    """Residuals, observed minus predicted, against the fitted values, with their running quartiles.

    Where the model holds, the median (solid) stays at zero and the quartiles (dashed) stay apart by the same
    distance all along. More than 1,000 rows are drawn as a density.

    Parameters
    ----------
    fitted, residuals : (n_rows,) float

    Attributes
    ----------
    quartiles : RunningQuartiles
    ax_, figure_
        Where it was drawn.
    points_ : matplotlib collection
    lines_ : list of matplotlib lines
        Median and quartiles; empty with few rows.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> display = ResidualsVersusFittedDisplay.from_predictions([1.0, 2.0], [1.5, 2.0])
    >>> display.ax_.get_ylabel()
    'Observed minus predicted'
    """

    def __init__(self, fitted: np.ndarray, residuals: np.ndarray) -> None:
        self.fitted = fitted
        self.residuals = residuals
        self.quartiles = running_quartiles(fitted, residuals)

    @classmethod
    def from_estimator(
        cls, model: Any, X: Any, y: Any, *, ax: Axes | None = None
    ) -> ResidualsVersusFittedDisplay:
        """Draw a fitted regressor on the rows X with targets y, all outputs together."""
        return cls.from_predictions(y, model.predict(X), ax=ax)

    @classmethod
    def from_predictions(
        cls, y_true: Any, y_pred: Any, *, ax: Axes | None = None
    ) -> ResidualsVersusFittedDisplay:
        """Draw the residuals ``y_true - y_pred`` against ``y_pred``."""
        left = residuals(y_true, y_pred)
        return cls(np.asarray(y_pred, dtype=np.float64).ravel(), left.ravel()).plot(ax)

    def plot(self, ax: Axes | None = None) -> ResidualsVersusFittedDisplay:
        """Draw on ``ax``, or on a new figure."""
        self.ax_ = canvas.axes(ax)
        self.figure_ = self.ax_.figure
        self.points_: Any
        if len(self.fitted) > MOST_DOTS:
            self.points_ = self.ax_.hexbin(
                self.fitted, self.residuals, gridsize=40, bins="log", mincnt=1, cmap="Blues", linewidths=0
            )
        else:
            self.points_ = self.ax_.scatter(
                self.fitted, self.residuals, s=14, color=BLUE, alpha=0.6, linewidths=0
            )
        self.ax_.axhline(0, linestyle=":", color="gray")
        self.lines_ = []
        if len(self.quartiles.x):
            for values, style in (
                (self.quartiles.median, "-"),
                (self.quartiles.lower, "--"),
                (self.quartiles.upper, "--"),
            ):
                self.lines_ += self.ax_.plot(self.quartiles.x, values, style, color=VERMILION)
        self.ax_.set(xlabel="Fitted value", ylabel="Observed minus predicted")
        return self

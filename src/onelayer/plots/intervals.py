"""Coefficients with their intervals, in units of the features or of their standard deviations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.plots import canvas
from onelayer.plots.coefficients import column_names, column_spread
from onelayer.plots.colors import BLUE
from onelayer.plots.influence import least_squares_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from onelayer.inference.summary import OutputSummary


@dataclass(frozen=True)
class CoefficientIntervals:
    """Coefficients of one output with the ends of their intervals.

    Attributes
    ----------
    names : tuple of str
    coef : (n,) float64
    low, high : (n,) float64
        NaN where there is no interval.
    standardised : bool
        Whether they are the change of y, in standard deviations of y, with one standard deviation of the feature.

    Raises
    ------
    InvalidDataError
        Lengths that differ.
    """

    names: tuple[str, ...]
    coef: np.ndarray
    low: np.ndarray
    high: np.ndarray
    standardised: bool = False

    def __post_init__(self) -> None:
        for field in ("coef", "low", "high"):
            object.__setattr__(self, field, np.asarray(getattr(self, field), dtype=np.float64))
        lengths = {len(self.names), *(len(values) for values in (self.coef, self.low, self.high))}
        if len(lengths) > 1:
            raise InvalidDataError(
                f"there are {len(self.names)} names, {len(self.coef)} coefficients, {len(self.low)} lower and "
                f"{len(self.high)} upper ends; expected one of each for each feature"
            )

    def standardise(self, spread: Any, target_spread: float) -> CoefficientIntervals:
        """Return the coefficients times the standard deviation of their feature over that of y.

        They are free of units, so that the features can be compared (Bring, "How to standardize regression
        coefficients", *The American Statistician* 48, 1994, with the marginal standard deviations).

        Examples
        --------
        >>> raw = CoefficientIntervals(("rooms",), [3.0], [1.0], [5.0])
        >>> raw.standardise([0.5], 10.0).coef
        array([0.15])
        """
        factor = np.asarray(spread, dtype=np.float64) / (target_spread or 1.0)
        return CoefficientIntervals(
            self.names, self.coef * factor, self.low * factor, self.high * factor, True
        )

    def at(self, rows: Any) -> CoefficientIntervals:
        """Return some of the coefficients, in the order given."""
        rows = np.asarray(rows, dtype=np.int64)
        names = tuple(self.names[j] for j in rows)
        return CoefficientIntervals(
            names, self.coef[rows], self.low[rows], self.high[rows], self.standardised
        )

    def largest(self, n: int) -> np.ndarray:
        """Return the positions of the n largest coefficients in size, the largest first."""
        return np.argsort(-np.abs(self.coef), kind="stable")[:n]


def coefficient_intervals(
    model: Any, names: Sequence[str], *, output: int = 0, level: float = 0.95
) -> CoefficientIntervals:
    """Return the coefficients of one output of a fitted model, with the classical intervals of exact least squares.

    A model that was fitted otherwise has none: for these, see ``LinearRegression.summary``.
    """
    coef = np.atleast_2d(model.coef_)
    if not 0 <= output < len(coef):
        raise InvalidParameterError(f"output={output!r}: the model has the outputs 0 to {len(coef) - 1}")
    if least_squares_of(model) is None:
        unknown = np.full(coef.shape[1], np.nan)
        return CoefficientIntervals(tuple(names), coef[output], unknown, unknown)
    return summary_intervals(model.summary(level=level).outputs[output], names)


def summary_intervals(output: OutputSummary, names: Sequence[str]) -> CoefficientIntervals:
    """Return the coefficients of the features in a summary, without the intercept, which comes before them."""
    table = output.coefficients
    rows = slice(len(table.names) - len(names), None)
    return CoefficientIntervals(tuple(names), table.coefficient[rows], table.low[rows], table.high[rows])


class CoefficientIntervalsDisplay:
    """Coefficients with their intervals, the largest at the top; one that crosses the dotted line leaves the sign open.

    Parameters
    ----------
    intervals : CoefficientIntervals
    n_features : int
        How many to draw at most.

    Attributes
    ----------
    shown : CoefficientIntervals
        Those that are drawn, the largest first.
    ax_, figure_
        Where it was drawn.
    points_ : matplotlib line
    whiskers_ : matplotlib collection

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> raw = CoefficientIntervals(("rooms", "age"), [3.0, -4.0], [1.0, -5.0], [5.0, -3.0])
    >>> display = CoefficientIntervalsDisplay(raw).plot()
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['age', 'rooms']
    """

    def __init__(self, intervals: CoefficientIntervals, *, n_features: int = 30) -> None:
        if n_features < 1:
            raise InvalidParameterError(f"n_features must be at least 1, not {n_features!r}")
        self.shown = intervals.at(intervals.largest(n_features))

    @classmethod
    def from_estimator(
        cls,
        model: Any,
        X: Any = None,
        y: Any = None,
        *,
        standardised: bool = False,
        output: int = 0,
        level: float = 0.95,
        n_features: int = 30,
        ax: Axes | None = None,
    ) -> CoefficientIntervalsDisplay:
        """Draw the coefficients of a fitted regressor, with the classical intervals of exact least squares.

        Parameters
        ----------
        model : LinearRegression, fitted
            One that was not fitted exactly has no intervals.
        X, y : arrays, optional
            Rows whose standard deviations are the units of standardised coefficients.
        standardised : bool
            Whether to draw these.
        output : int
            Which output, if there are several.
        level : float
            Probability of the intervals.
        n_features : int
        ax : Axes, optional

        Raises
        ------
        InvalidParameterError
            Standardised coefficients without rows, or an output that there is not.
        """
        intervals = coefficient_intervals(model, column_names(model), output=output, level=level)
        if standardised:
            if X is None or y is None:
                raise InvalidParameterError(
                    "standardised coefficients need rows to be in units of; give X and y"
                )
            target = np.asarray(y, dtype=np.float64).reshape(len(y), -1)[:, output]
            intervals = intervals.standardise(column_spread(np.asarray(X)), float(target.std()))
        return cls(intervals, n_features=n_features).plot(ax)

    @classmethod
    def from_arrays(
        cls,
        names: Sequence[str],
        coef: Any,
        low: Any,
        high: Any,
        *,
        n_features: int = 30,
        ax: Axes | None = None,
    ) -> CoefficientIntervalsDisplay:
        """Draw coefficients with the ends of their intervals, however they were found."""
        return cls(CoefficientIntervals(tuple(names), coef, low, high), n_features=n_features).plot(ax)

    def plot(self, ax: Axes | None = None) -> CoefficientIntervalsDisplay:
        """Draw on ``ax``, or on a new figure."""
        shown = self.shown
        rows = np.arange(len(shown.names))
        self.ax_ = canvas.axes(ax, figsize=(6.4, 1.2 + 0.3 * len(rows)))
        self.figure_ = self.ax_.figure
        self.whiskers_ = self.ax_.hlines(rows, shown.low, shown.high, color=BLUE, linewidth=1.5)
        self.points_ = self.ax_.plot(shown.coef, rows, "o", color=BLUE, markersize=5)[0]
        self.ax_.axvline(0, linestyle=":", color="gray")
        self.ax_.set_yticks(rows, shown.names)
        self.ax_.invert_yaxis()
        self.ax_.set_xlabel(
            "Standard deviations of y per standard deviation of the feature"
            if shown.standardised
            else "Coefficient"
        )
        return self

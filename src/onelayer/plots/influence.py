"""Which rows hold a fit: leverage against standardised residuals, with contours of Cook's distance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.matrices import spread
from onelayer.plots import canvas
from onelayer.plots.callouts import callouts
from onelayer.plots.colors import BLUE, VERMILION

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from onelayer.inference.influence import Influence
    from onelayer.solvers.closed_form.least_squares import LeastSquares

_MOST_ROWS, _FARTHEST = 20_000, 1_000
_LETTER, _HEIGHT, _RADIUS = 6.5, 12.0, 2.5  # of the names and the dots, in points


def least_squares_of(model: Any) -> LeastSquares | None:
    """Return the exact solution that a fitted model keeps; None for one that was not solved by least squares."""
    return vars(model).get("least_squares_")


def most_telling_rows(residuals: np.ndarray) -> np.ndarray:
    """Return the rows whose influence is looked at: all up to 20,000, else 19,000 evenly spread and the 1,000 farthest.

    Examples
    --------
    >>> most_telling_rows(np.zeros(3)), len(most_telling_rows(np.arange(100_000.0))) <= 20_000
    (array([0, 1, 2]), True)
    """
    n_rows = len(residuals)
    if n_rows <= _MOST_ROWS:
        return np.arange(n_rows)
    far = np.argpartition(np.abs(residuals), -_FARTHEST)[-_FARTHEST:]
    return np.union1d(spread(n_rows, _MOST_ROWS - _FARTHEST), far)


def influence_of_rows(least_squares: LeastSquares, X: np.ndarray, targets: np.ndarray) -> Influence | None:
    """Return the influence of some of the rows of a fit, each of weight one; None without noise or freedom left.

    Their leverage, standardised residuals and Cook's distance are those that they have among all rows. Cost:
    O(m·n_features²).

    Parameters
    ----------
    least_squares : LeastSquares
        Of all rows, without a penalty.
    X : (m, n_features)
    targets : (m, n_outputs) float
    """
    from onelayer.inference.influence import influence_among

    degrees = least_squares.n_rows - least_squares.rank - least_squares.fit_intercept
    if degrees <= 0 or not least_squares.residual[0, 0] > 0:
        return None
    return influence_among(least_squares, X, targets)


def cook_levels(largest: float) -> list[float]:
    """Return the distances to draw contours of: ½ and 1 where a row comes near, else a round one below the largest.

    Examples
    --------
    >>> cook_levels(3.0), cook_levels(0.04), cook_levels(0.0)
    ([0.5, 1.0], [0.02], [])
    """
    if not largest > 0 or not math.isfinite(largest):
        return []
    if largest >= 0.5:
        return [0.5, 1.0]
    unit = 10.0 ** math.floor(math.log10(largest))
    return [max(float(f"{factor * unit:.1g}") for factor in (0.5, 1, 2, 5) if factor * unit < largest)]


def cook_contour(distance: float, n_parameters: int, leverage: Any) -> np.ndarray:
    """Return the size of the standardised residual with which a row of this leverage has Cook's distance D.

    D = r²·h / (p·(1 − h)), so |r| = √(D·p·(1 − h)/h) (Cook, "Detection of influential observation in linear
    regression", *Technometrics* 19, 1977).

    Parameters
    ----------
    distance : float
        D, above 0.
    n_parameters : int
        p, the intercept included.
    leverage : array
        h, above 0 and at most 1.

    Examples
    --------
    >>> cook_contour(0.5, 2, [0.2, 1.0]).tolist()
    [2.0, 0.0]
    """
    leverage = np.asarray(leverage, dtype=np.float64)
    return np.sqrt(distance * n_parameters * (1 - leverage) / leverage)


class InfluenceDisplay:
    """Leverage against standardised residuals: a row beyond a dashed contour moves the fit by that Cook's distance.

    Parameters
    ----------
    leverage : (n_rows,) float
        hᵢ, between 0 and 1.
    studentized : (n_rows,) float
        Internally studentized (standardised) residuals.
    cooks_distance : (n_rows,) float
    n_parameters : int
        Coefficients and intercept.
    rows : (n_rows,) int, optional
        What each row is called; without it its place, from 0.
    n_named : int
        How many of the most influential rows to name.

    Attributes
    ----------
    most : (n_named,) int
        Places of the most influential rows, the first the most.
    ax_, figure_
        Where it was drawn.
    points_ : matplotlib collection
    contours_ : list of matplotlib lines

    Raises
    ------
    InvalidDataError
        Lengths that differ, or no rows.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> display = InfluenceDisplay([0.3, 0.3, 0.9], [0.1, -1.0, 1.2], [0.0, 0.2, 6.5], 2, n_named=1).plot()
    >>> [text.get_text() for text in display.ax_.texts if text.get_text()[0].isdigit()]
    ['2']
    """

    def __init__(
        self,
        leverage: Any,
        studentized: Any,
        cooks_distance: Any,
        n_parameters: int,
        *,
        rows: Any = None,
        n_named: int = 5,
    ) -> None:
        self.leverage, self.studentized, self.cooks_distance = (
            np.asarray(values, dtype=np.float64) for values in (leverage, studentized, cooks_distance)
        )
        self.rows = np.arange(len(self.leverage)) if rows is None else np.asarray(rows)
        lengths = [len(each) for each in (self.leverage, self.studentized, self.cooks_distance, self.rows)]
        if len(set(lengths)) > 1 or not lengths[0]:
            raise InvalidDataError(
                f"there are {lengths[0]} leverages, {lengths[1]} residuals, {lengths[2]} distances and "
                f"{lengths[3]} rows; expected one of each for each row, and at least one row"
            )
        self.n_parameters = n_parameters
        order = np.argsort(-np.nan_to_num(self.cooks_distance, nan=-1.0), kind="stable")
        self.most = order[:n_named]

    @classmethod
    def from_estimator(
        cls, model: Any, X: Any, y: Any, *, output: int = 0, n_named: int = 5, ax: Axes | None = None
    ) -> InfluenceDisplay:
        """Draw one output of a model of exact least squares; X and y are the rows that it was fitted to.

        Of more than 20,000 rows, evenly spread ones are drawn, and the 1,000 with the largest residuals.

        Raises
        ------
        InvalidParameterError
            The model was fitted by another solver or loss, with a penalty or with weights.
        InvalidDataError
            Other rows than those of the fit; or no residual to be influenced.
        """
        from onelayer.inference.fitted_rows import check_fitted_rows

        least_squares = least_squares_of(model)
        if least_squares is None or least_squares.alpha > 0:
            raise InvalidParameterError(
                "leverage and Cook's distance are those of exact least squares without a penalty; fit with "
                "solver='closed_form' and alpha=0"
            )
        if least_squares.total_weight != least_squares.n_rows:
            raise InvalidParameterError("leverage and Cook's distance are drawn for fits without weights")
        X, y = np.asarray(X), np.asarray(y, dtype=np.float64)
        targets = y.reshape(len(y), -1)
        if len(X) != least_squares.n_rows or len(y) != len(X):
            raise InvalidDataError(
                f"X has {len(X)} rows and y {len(y)}; give the {least_squares.n_rows} rows that the model was fitted to"
            )
        check_fitted_rows(least_squares, X, targets)
        predicted = np.asarray(model.predict(X), dtype=np.float64).reshape(targets.shape)
        if not 0 <= output < targets.shape[1]:
            raise InvalidParameterError(
                f"output={output!r}: the model has the outputs 0 to {targets.shape[1] - 1}"
            )
        rows = most_telling_rows(targets[:, output] - predicted[:, output])
        found = influence_of_rows(least_squares, X[rows], targets[rows])
        if found is None:
            raise InvalidDataError("the model passes through every row, so no row can be said to stand out")
        return cls(
            found.leverage,
            found.internal[:, output],
            found.cooks_distance[:, output],
            least_squares.rank + least_squares.fit_intercept,
            rows=rows,
            n_named=n_named,
        ).plot(ax)

    def plot(self, ax: Axes | None = None) -> InfluenceDisplay:
        """Draw on ``ax``, or on a new figure."""
        self.ax_ = canvas.axes(ax)
        self.figure_ = self.ax_.figure
        self.points_ = self.ax_.scatter(
            self.leverage, self.studentized, s=14, color=BLUE, alpha=0.6, linewidths=0
        )
        self.ax_.axhline(0, linestyle=":", color="gray")
        self.ax_.margins(x=0.08)
        (low, high), ends = self.ax_.get_xlim(), self.ax_.get_ylim()
        leverage = np.linspace(max(low, 1e-3 * high), min(high, 1.0), 200)
        self.contours_ = []
        for level in cook_levels(float(np.nan_to_num(self.cooks_distance).max())):
            size = cook_contour(level, self.n_parameters, leverage)
            for sign in (1, -1):
                self.contours_ += self.ax_.plot(leverage, sign * size, "--", color=VERMILION, linewidth=1)
            self.contours_[-2].set_label(f"Cook's distance {level:g}")
        self.ax_.set(xlim=(low, high), ylim=ends, xlabel="Leverage", ylabel="Standardised residual")
        if self.contours_:
            self.ax_.legend(frameon=False, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2)
        self._name()
        return self

    def _name(self) -> None:
        """Write what the most influential rows are called where nothing else is drawn."""
        ax = self.ax_
        known = np.isfinite(self.studentized)
        named = self.most[known[self.most]]
        point = ax.figure.dpi / 72
        places = ax.transData.transform(np.column_stack([self.leverage, self.studentized])) / point
        names = [str(self.rows[i]) for i in named]
        others = known.copy()
        others[named] = False
        (left, low), (right, high) = ax.bbox.get_points() / point
        lines = [ax.transData.transform(line.get_xydata()) / point for line in self.contours_]
        zero = ax.transData.transform((ax.get_xlim()[0], 0.0))[1] / point
        found = callouts(
            places[named],
            np.array([[_LETTER * len(name) + 2, _HEIGHT] for name in names]).reshape(-1, 2),
            places[others],
            [*(_inside(line, low, high) for line in lines), np.array([[left, zero], [right, zero]])],
            (left + 2, low + 2, right - 2, high - 2),
            radius=_RADIUS,
            dot_radius=2.0,
        )
        for i, name, place in zip(named, names, found, strict=True):
            ax.annotate(
                name,
                (self.leverage[i], self.studentized[i]),
                xytext=(place.x - places[i, 0], place.y - places[i, 1]),
                textcoords="offset points",
                ha="center",
                va="center",
                arrowprops=None
                if place.leader is None
                else {"arrowstyle": "-", "color": "gray", "linewidth": 0.7, "shrinkA": 0, "shrinkB": 3},
            )


def _inside(line: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return the part of a line between two heights."""
    return line[(line[:, 1] >= low) & (line[:, 1] <= high)]

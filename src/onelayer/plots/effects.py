"""What each level of a category does: its coefficient beside the level that the others are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.plots import canvas
from onelayer.plots.colors import BLUE, VERMILION
from onelayer.plots.intervals import coefficient_intervals

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from onelayer.data.preparation.preparation import Group
    from onelayer.estimators.table_model import TableModel


@dataclass(frozen=True)
class Effects:
    """The levels of one category with their effects on y, compared with a reference level.

    Attributes
    ----------
    column : str
    levels : tuple of str
    effect : (n_levels,) float64
        Difference from the reference level, all else equal; 0 for the reference itself.
    low, high : (n_levels,) float64
        Ends of its interval, NaN where there is none: the reference has none.
    counts : (n_levels,) int64
        Rows of each level.
    reference : int
        Which level is the reference.

    Raises
    ------
    InvalidDataError
        Lengths that differ.

    Examples
    --------
    >>> effects = Effects.of("heating", "gas", 7, ["oil", "coal"], [-2.0, -5.0], [-3.0, -8.0], [-1.0, -2.0], [4, 2])
    >>> effects.levels, effects.effect.tolist(), effects.counts.tolist()
    (('gas', 'oil', 'coal'), [0.0, -2.0, -5.0], [7, 4, 2])
    """

    column: str
    levels: tuple[str, ...]
    effect: np.ndarray
    low: np.ndarray
    high: np.ndarray
    counts: np.ndarray
    reference: int

    @classmethod
    def of(
        cls,
        column: str,
        reference: str,
        reference_count: int,
        levels: Any,
        coef: Any,
        low: Any,
        high: Any,
        counts: Any,
    ) -> Effects:
        """Put the reference among the other levels, with the effect 0, and order them all, the largest effect first.

        Parameters
        ----------
        column : str
        reference : str
            The level without a coefficient of its own.
        reference_count : int
            Its rows.
        levels : (n,) str
            The other levels.
        coef, low, high : (n,) float
            Their coefficients and the ends of the intervals.
        counts : (n,) int
            Their rows.
        """
        lengths = [len(each) for each in (levels, coef, low, high, counts)]
        if len(set(lengths)) > 1:
            raise InvalidDataError(
                f"{column}: levels, coefficients, lower ends, upper ends and counts are "
                f"{', '.join(map(str, lengths[:-1]))} and {lengths[-1]} in number; expected one of each for each level"
            )
        effect = np.array([0.0, *coef], dtype=np.float64)
        order = np.argsort(-effect, kind="stable")
        names = [reference, *levels]
        return cls(
            column,
            tuple(str(names[k]) for k in order),
            effect[order],
            np.array([np.nan, *low], dtype=np.float64)[order],
            np.array([np.nan, *high], dtype=np.float64)[order],
            np.array([reference_count, *counts], dtype=np.int64)[order],
            int(np.flatnonzero(order == 0)[0]),
        )

    def shortened(self, n: int) -> Effects:
        """Return the n levels with the most rows, the reference among them, in the same order."""
        if n < 2:
            raise InvalidParameterError(f"n={n!r}: expected at least 2 levels, the reference and another")
        others = [k for k in np.argsort(-self.counts, kind="stable").tolist() if k != self.reference]
        kept = sorted([self.reference, *others[: n - 1]])
        return Effects(
            self.column,
            tuple(self.levels[k] for k in kept),
            self.effect[kept],
            self.low[kept],
            self.high[kept],
            self.counts[kept],
            kept.index(self.reference),
        )


def category_effects(
    group: Group, names: Sequence[str], counts: Sequence[int], n_rows: int, coef: Any, low: Any, high: Any
) -> Effects:
    """Return the effects of the levels of one category of a prepared table.

    Parameters
    ----------
    group : Group
        Of ``Preparation.groups``, with a reference level.
    names : (n_features,) str
        Of the columns of the matrix: those of the category are called "column=level".
    counts : (n_levels,) int
        Rows of each level that has a column.
    n_rows : int
        Rows in all.
    coef, low, high : (n_features,) float
        Coefficients of one output, and the ends of their intervals, NaN where there are none.

    Raises
    ------
    InvalidDataError
        The group is not a category.

    Examples
    --------
    >>> from onelayer.data.preparation.preparation import Group
    >>> fuel = Group("fuel", "text", range(1, 3), "gas")
    >>> names, unknown = ["size", "fuel=oil", "fuel=coal"], [np.nan] * 3
    >>> effects = category_effects(fuel, names, [2, 1], 4, [1.0, 2.0, -3.0], unknown, unknown)
    >>> list(zip(effects.levels, effects.effect.tolist(), effects.counts.tolist()))
    [('oil', 2.0, 2), ('gas', 0.0, 1), ('coal', -3.0, 1)]
    """
    if group.reference is None:
        raise InvalidDataError(f"{group.column} is no category: its columns are not the levels of one")
    columns = list(group.positions)
    coef, low, high = (np.asarray(values, dtype=np.float64)[columns] for values in (coef, low, high))
    levels = [names[j].removeprefix(f"{group.column}=") for j in columns]
    return Effects.of(group.column, group.reference, n_rows - sum(counts), levels, coef, low, high, counts)


def level_counts(group: Group, X: np.ndarray) -> list[int]:
    """Return how many rows of a prepared table have each level that has a column."""
    return [round(float(X[:, j].sum(dtype=np.float64))) for j in group.positions]


class EffectsDisplay:
    """The levels of a category, the largest effect at the top, each with its interval and its number of rows.

    Parameters
    ----------
    effects : Effects
    n_levels : int
        How many levels to draw at most: those with the most rows.

    Attributes
    ----------
    shown : Effects
    ax_, figure_
        Where it was drawn.
    points_ : matplotlib line
    whiskers_ : matplotlib collection

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> effects = Effects.of("heating", "gas", 7, ["oil"], [-2.0], [-3.0], [-1.0], [4])
    >>> [label.get_text() for label in EffectsDisplay(effects).plot().ax_.get_yticklabels()]
    ['gas (reference, 7 rows)', 'oil (4 rows)']
    """

    def __init__(self, effects: Effects, *, n_levels: int = 40) -> None:
        self.shown = effects.shortened(n_levels)

    @classmethod
    def from_estimator(
        cls,
        model: TableModel,
        X: Any,
        column: str,
        *,
        output: int = 0,
        level: float = 0.95,
        n_levels: int = 40,
        ax: Axes | None = None,
    ) -> EffectsDisplay:
        """Draw a category of a table model; its intervals are the classical ones, where it was fitted exactly.

        Parameters
        ----------
        model : TableModel, fitted
        X : frame or Table
            The table it was fitted to, for how many rows have each level.
        column : str
            A category of the table.
        output : int
            Which target, if there are several.
        level : float
            Probability of the intervals.
        n_levels : int
        ax : Axes, optional

        Raises
        ------
        InvalidParameterError
            The model is none of tables, or has no such category.
        """
        from sklearn.utils.validation import check_is_fitted

        from onelayer.data.tables.table import Table
        from onelayer.estimators.table_model import TableModel

        if not isinstance(model, TableModel):
            raise InvalidParameterError(
                f"model={type(model).__name__}: effects are those of a table's categories; give a fitted TableModel"
            )
        check_is_fitted(model)
        preparation, estimator = model.preparation_, model.estimator_
        groups = {group.column: group for group in preparation.groups if group.reference is not None}
        if column not in groups:
            names = ", ".join(sorted(groups)) or "none"
            raise InvalidParameterError(f"column={column!r}: the model's categories are {names}")
        group = groups[column]
        counts, n_rows = np.zeros(len(group.positions), dtype=np.int64), 0
        for prepared in preparation.matrices(X if isinstance(X, Table) else Table.of(X)):
            counts += level_counts(group, prepared.X)
            n_rows += len(prepared.X)
        intervals = coefficient_intervals(estimator, preparation.names, output=output, level=level)
        return cls(
            category_effects(
                group,
                preparation.names,
                counts.tolist(),
                n_rows,
                intervals.coef,
                intervals.low,
                intervals.high,
            ),
            n_levels=n_levels,
        ).plot(ax)

    def plot(self, ax: Axes | None = None) -> EffectsDisplay:
        """Draw on ``ax``, or on a new figure."""
        shown = self.shown
        rows = np.arange(len(shown.levels))
        self.ax_ = canvas.axes(ax, figsize=(6.4, 1.2 + 0.3 * len(rows)))
        self.figure_ = self.ax_.figure
        others = rows != shown.reference
        self.whiskers_ = self.ax_.hlines(rows, shown.low, shown.high, color=BLUE, linewidth=1.5)
        self.points_ = self.ax_.plot(shown.effect[others], rows[others], "o", color=BLUE, markersize=5)[0]
        self.ax_.plot([0.0], [shown.reference], "D", color=VERMILION, markersize=6)
        self.ax_.axvline(0, linestyle=":", color="gray")
        words = ["reference, " if k == shown.reference else "" for k in rows]
        self.ax_.set_yticks(
            rows,
            [
                f"{level} ({word}{count:,} row{'' if count == 1 else 's'})"
                for level, word, count in zip(shown.levels, words, shown.counts.tolist(), strict=True)
            ],
        )
        self.ax_.invert_yaxis()
        self.ax_.set(title=shown.column, xlabel="Difference from the reference level")
        return self

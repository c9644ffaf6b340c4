"""A category as columns of the matrix: one for each level but the most frequent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from onelayer.data.preparation.feature import Feature
from onelayer.data.preparation.field import Field
from onelayer.data.preparation.survey import LevelSurvey
from onelayer.errors import optional_dependency

if TYPE_CHECKING:
    import polars as pl

OTHER, MISSING = "(other)", "(missing)"


@dataclass(frozen=True)
class Category(Feature):
    """A category: for each level but the reference a column that is 1 in the rows of that level and else 0.

    The coefficient of a column is how much its level differs from the reference, which has no column.

    Attributes
    ----------
    field : Field
    levels : tuple of str
        The levels that are told apart, in order.
    shares : tuple of float
        Share of each among the rows that have a value. Together with the pooled levels they are one.
    most_frequent : str
        The most frequent of the levels: the reference.
    rare : tuple of str
        The levels that are pooled, as one level "(other)".
    missing : bool
        Whether a missing value is a level of its own, "(missing)". If not it counts as the reference.
    other : str
        What the pooled levels are called together: "(other)", in more parentheses where a level is called that. So is
        "(missing)".

    Notes
    -----
    A level that is not known counts as "(other)" if there is one. If there is none, its row gets the share of each
    level in the place of 0 and 1, so that a linear model predicts the average over the levels for it.

    Examples
    --------
    >>> import numpy as np, polars as pl
    >>> colour = Category(Field("colour", "text"), ("blue", "green", "red"), (0.25, 0.25, 0.5), "red")
    >>> out = np.zeros((3, 2))
    >>> colour.write(pl.Series(["red", "green", "pink"]), out)
    Counter({'pink': 1})
    >>> colour.names, out.tolist()
    (('colour=blue', 'colour=green'), [[0.0, 0.0], [0.0, 1.0], [0.25, 0.25]])
    """

    field: Field
    levels: tuple[str, ...]
    shares: tuple[float, ...]
    most_frequent: str
    rare: tuple[str, ...] = ()
    missing: bool = False

    @classmethod
    def of(
        cls, field: Field, survey: LevelSurvey, least_rows: float, max_levels: int, missing: bool
    ) -> Category:
        """Choose the levels of a survey that are told apart.

        Parameters
        ----------
        field : Field
        survey : LevelSurvey
            With at least one level.
        least_rows : float
            Levels in fewer rows are pooled.
        max_levels : int
            So many levels stay at most, the most frequent ones.
        missing : bool
            Whether a missing value is a level.

        Examples
        --------
        >>> import polars as pl
        >>> survey = LevelSurvey()
        >>> survey.add(pl.Series(list("aaabbbccd")))
        >>> letters = Category.of(Field("letter", "text"), survey, 2, 2, False)
        >>> letters.names, letters.reference, letters.rare
        (('letter=b', 'letter=(other)'), 'a', ('c', 'd'))
        """
        order = _order(survey.counts)
        ranked = sorted(survey.counts, key=lambda level: (-survey.counts[level], order(level)))
        kept = [level for level in ranked[:max_levels] if survey.counts[level] >= least_rows]
        present = survey.counts.total()
        levels = tuple(sorted(kept, key=order))
        shares = tuple(survey.counts[level] / present for level in levels)
        return cls(
            field, levels, shares, kept[0] if kept else OTHER, tuple(sorted(ranked[len(kept) :])), missing
        )

    @cached_property
    def other(self) -> str:
        """What the pooled levels are called together."""
        return _unlike(self.levels, OTHER)

    @cached_property
    def _missing(self) -> str:
        """What a missing value is called, if it is a level."""
        return _unlike(self.levels, MISSING)

    @cached_property
    def _columns(self) -> tuple[str, ...]:
        """The levels that have a column."""
        named = tuple(level for level in self.levels if level != self.most_frequent)
        other = (self.other,) if self.rare and self.levels else ()
        return named + other + ((self._missing,) if self.missing else ())

    @property
    def reference(self) -> str:
        """The level that has no column."""
        return self.most_frequent

    @property
    def fallback(self) -> str:
        """What a level that is not known counts as, in words."""
        return "the rare levels, which are pooled" if self.rare else "the average over the levels"

    @property
    def names(self) -> tuple[str, ...]:
        """The column of the table and the level."""
        return tuple(f"{self.field.name}={level}" for level in self._columns)

    @cached_property
    def _places(self) -> NDArray[np.intp]:
        """Return which column each level has, -1 for the reference; after the levels, those pooled and missing."""
        places = {level: place for place, level in enumerate(self._columns)}
        return np.array(
            [places.get(level, -1) for level in (*self.levels, self.other, self._missing)], dtype=np.intp
        )

    @cached_property
    def _average(self) -> NDArray:
        """Return the row of a level that is not known, where there is no "(other)"."""
        shares = dict(zip(self.levels, self.shares, strict=True))
        return np.array([shares.get(level, 0.0) for level in self._columns])

    def write(self, values: pl.Series, out: NDArray) -> Counter[str]:
        """Write the columns, and return the levels that are not known."""
        n_levels, absent = len(self.levels), values.is_null().to_numpy()
        codes = _codes(values, self.levels)
        codes = np.where(codes < 0, n_levels, codes)
        codes[absent] = n_levels + 1
        places = self._places[codes]
        rows = np.flatnonzero(places >= 0)
        out[rows, places[rows]] = 1
        pooled = codes == n_levels
        unknown = values.filter(pooled & (_codes(values, self.rare) < 0)) if pooled.any() else values.clear()
        if not self.rare:
            out[pooled] = self._average
        table = unknown.alias("level").value_counts(name="rows")
        return Counter(dict(zip(table["level"].to_list(), table["rows"].to_list(), strict=True)))

    def to_json(self) -> dict[str, Any]:
        """Return the feature as values that JSON has."""
        return asdict(self)


def _unlike(levels: Collection[str], name: str) -> str:
    """Return a name that no level has.

    Examples
    --------
    >>> _unlike(["a", "b"], "(other)"), _unlike(["(other)", "((other))"], "(other)")
    ('(other)', '(((other)))')
    """
    while name in levels:
        name = f"({name})"
    return name


def _order(levels: Iterable[str]) -> Callable[[str], Any]:
    """Return how levels are ordered: as numbers if all of them are written as such, else as text."""
    try:
        keys = {level: (float(level), level) for level in levels}
    except ValueError:
        return str
    return keys.__getitem__


def _codes(values: pl.Series, levels: tuple[str, ...]) -> NDArray[np.intp]:
    """Return the number of the level of each value, -1 where it is none of them."""
    if not levels:
        return np.full(len(values), -1, dtype=np.intp)
    polars = optional_dependency("polars", "app")
    codes = values.cast(polars.Enum(levels), strict=False).to_physical()
    return codes.cast(polars.Int64).fill_null(-1).to_numpy().astype(np.intp)

"""What one pass over a table finds in its columns: how much is missing, how the values lie, which levels there are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from onelayer.errors import optional_dependency

if TYPE_CHECKING:
    import polars as pl

ROWS = 1 << 16
"""Rows that are surveyed at once, so that no sum depends on how a reader cuts the table into batches."""

MOST_LEVELS = 100_000
"""Levels of a category that are counted; a column with more has no levels but names of its rows."""


_EXACT = 2**53
"""Up to here float64 holds every whole number."""


class Survey(ABC):
    """What is known of a column after some of its rows.

    Attributes
    ----------
    n_rows, n_missing : int
        Rows, and how many of them have no value.
    """

    n_rows: int = 0
    n_missing: int = 0

    def add(self, values: pl.Series) -> None:
        """Take in the next rows."""
        self._take(values)
        self.n_rows += len(values)
        self.n_missing += values.null_count()

    @abstractmethod
    def _take(self, values: pl.Series) -> None:
        """Take in the values of the next rows."""

    @property
    @abstractmethod
    def constant(self) -> bool:
        """Whether there is one value only, or none."""

    @property
    @abstractmethod
    def mark(self) -> tuple[object, ...]:
        """What two columns have in common if they are the same; columns that are not may have it too."""


class NumberSurvey(Survey):
    """How the values of a column of numbers lie.

    Parameters
    ----------
    most_values : int
        Different values are remembered until there are more than this.

    Attributes
    ----------
    low, high : float
        Smallest and largest value.
    values : set of float or None
        The different values; None when there are more than ``most_values``.
    counting : bool
        Whether the values are those of a counter of rows: n, n + 1, n + 2, … from 0 or from 1.
    whole : bool
        Whether all values are whole numbers.
    single : bool
        Whether all values are float32.

    Examples
    --------
    >>> import polars as pl
    >>> survey = NumberSurvey(2)
    >>> survey.add(pl.Series([3.0, None, 5.0]))
    >>> survey.mean, survey.low, survey.high, survey.n_missing, survey.values == {3.0, 5.0}
    (4.0, 3.0, 5.0, 1, True)
    """

    def __init__(self, most_values: int = 2) -> None:
        self._most_values = most_values
        self.low, self.high = np.inf, -np.inf
        self.values: set[float] | None = set()
        self.counting = self.whole = self.single = True
        self._origin: float | None = None
        self._apart = self._mark = 0.0

    def _take(self, values: pl.Series) -> None:
        polars = optional_dependency("polars", "app")
        self.single &= values.dtype == polars.Float32
        n_missing = values.null_count()
        self.counting &= n_missing == 0
        present = values.drop_nulls() if n_missing else values
        numbers = present.to_numpy().astype(np.float64, copy=False)
        if len(numbers) == 0:
            return
        if self._origin is None:
            self._origin = float(numbers[0])
        self.low, self.high = min(self.low, float(numbers.min())), max(self.high, float(numbers.max()))
        self._apart += float((numbers - self._origin).sum())
        at_rows = values.fill_null(0).to_numpy() if n_missing else numbers
        weight = 1 + self.n_rows // ROWS % 7
        self._mark += weight * float(np.einsum("i,i->", at_rows, _directions()[: len(values)]))
        self._look_closer(numbers)

    def _look_closer(self, numbers: NDArray) -> None:
        """Ask what most columns answer with no at their first rows, and are asked no more."""
        self.whole = self.whole and bool((numbers == np.rint(numbers)).all())
        if self.counting:
            origin = self._origin or 0.0
            first = origin + self.n_rows
            self.counting = origin in (0, 1) and np.array_equal(
                numbers, np.arange(first, first + len(numbers))
            )
        if self.values is not None:
            few = self.values.union(numbers[:100].tolist())
            if len(few) <= self._most_values:
                few = self.values.union(np.unique(numbers).tolist())
            self.values = few if len(few) <= self._most_values else None

    @property
    def constant(self) -> bool:
        """Whether there is one value only, or none."""
        return self.low >= self.high

    @property
    def mean(self) -> float:
        """Mean of the values."""
        present = self.n_rows - self.n_missing
        return 0.0 if self._origin is None else self._origin + self._apart / present

    @property
    def mark(self) -> tuple[object, ...]:
        """Missing values, range, and a sum of the values over the rows with signs and weights."""
        return self.n_missing, self.low, self.high, float(f"{self._mark:.8e}")


class LevelSurvey(Survey):
    """The levels of a category, and in how many rows each is.

    Attributes
    ----------
    counts : Counter
        Rows of each level, of the first :data:`MOST_LEVELS` levels.
    full : bool
        Whether there are more levels than are counted.

    Examples
    --------
    >>> import polars as pl
    >>> survey = LevelSurvey()
    >>> survey.add(pl.Series(["red", None, "blue", "red"]))
    >>> survey.counts, survey.identifies
    (Counter({'red': 2, 'blue': 1}), False)
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.full = False

    def _take(self, values: pl.Series) -> None:
        if self.full:
            return
        table = values.drop_nulls().alias("level").value_counts(name="rows")
        self.counts.update(dict(zip(table["level"].to_list(), table["rows"].to_list(), strict=True)))
        self.full = len(self.counts) > MOST_LEVELS

    @property
    def constant(self) -> bool:
        """Whether there is one level only, or none."""
        return len(self.counts) <= 1

    @property
    def identifies(self) -> bool:
        """Whether the values are names of rows: more than nine levels in ten rows, and more than 20 rows."""
        present = self.n_rows - self.n_missing
        return self.full or (present > 20 and len(self.counts) > 0.9 * present)

    @property
    def mark(self) -> tuple[object, ...]:
        """Missing values, and the levels with their rows."""
        return self.n_missing, frozenset(self.counts.items())


@lru_cache(maxsize=1)
def _directions() -> NDArray:
    """Return a number between -1 and 1 for each row of a block, the same at all times."""
    return np.random.RandomState(0).uniform(-1, 1, ROWS)


def first_rounded(values: pl.Series) -> int | None:
    """Return the position of the first whole number that float64 does not hold, None if there is none.

    Examples
    --------
    >>> import polars as pl
    >>> first_rounded(pl.Series([2**53, None, 2**53 + 1])), first_rounded(pl.Series([2**60]))
    (2, None)
    """
    polars = optional_dependency("polars", "app")
    low, high = (values.min(), values.max()) if values.dtype.is_integer() else (None, None)
    if not isinstance(low, int) or not isinstance(high, int) or max(-low, high) <= _EXACT:
        return None
    changed = values.ne_missing(values.cast(polars.Float64).cast(values.dtype, strict=False))
    return int(changed.arg_max() or 0) if changed.any() else None


def regular(frames: Iterable[pl.DataFrame], n_rows: int = ROWS) -> Iterator[pl.DataFrame]:
    """Cut the rows of some frames into frames of ``n_rows`` rows, the last one excepted.

    Examples
    --------
    >>> import polars as pl
    >>> [len(frame) for frame in regular([pl.DataFrame({"a": range(n)}) for n in (3, 1, 7)], 4)]
    [4, 4, 3]
    """
    polars = optional_dependency("polars", "app")
    held: list[pl.DataFrame] = []
    for frame in frames:
        start = 0
        while start < len(frame):
            part = frame.slice(start, n_rows - sum(map(len, held)))
            start += len(part)
            held.append(part)
            if sum(map(len, held)) == n_rows:
                yield polars.concat(held)
                held = []
    if held:
        yield polars.concat(held)

"""What may be asked of a preparation: which columns, as what, and what to do where a value is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from onelayer import validation
from onelayer.errors import InvalidParameterError

MISSING = ("refuse", "drop", "mean", "indicator")
UNSEEN = ("warn", "error")

_NAMES = ("features", "drop", "categories", "date_parts", "log")


@dataclass(frozen=True)
class Options:
    """How the columns of a table become the columns of a matrix.

    Parameters
    ----------
    features : names of columns or None
        The columns to predict from; None for all but the target and those in ``drop``.
    drop : names of columns
        Columns to leave out.
    categories : names of columns
        Columns whose values are names even if they are numbers, such as postal codes.
    date_parts : names of columns
        Dates whose year, month, weekday, and hour if they have one, are inputs beside the number of days. Of times
        with a zone they are those of UTC, whatever the zone, so that tables from several zones agree; for the hours
        of one place, give its local times without a zone (in pandas ``times.dt.tz_localize(None)``).
    log : names of columns
        Columns that the natural logarithm is taken of; the target may be one of them.
    poly : int, default 1
        Products of up to so many columns of numbers are inputs.
    missing : {"refuse", "drop", "mean", "indicator"}, default "refuse"
        Missing values: an error; their rows left out; the mean of the column, or the most frequent level, in their
        place; or that, and an input that says where they were.
    rare : int or "auto", default "auto"
        Levels in fewer rows than this are pooled; "auto" for ten rows, or a hundredth of the rows if that is less.
    max_levels : int, default 200
        Of a category with more levels, the most frequent keep an input of their own, and the others are pooled.
    unseen : {"warn", "error"}, default "warn"
        A level that the table of the fit did not have: an average one and a warning, or an error.

    Raises
    ------
    InvalidParameterError

    Examples
    --------
    >>> Options(drop="id", log=["price"]).log
    ('price',)
    """

    features: tuple[str, ...] | None = None
    drop: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    date_parts: tuple[str, ...] = ()
    log: tuple[str, ...] = ()
    poly: int = 1
    missing: str = "refuse"
    rare: int | str = "auto"
    max_levels: int = 200
    unseen: str = "warn"

    def __post_init__(self) -> None:
        for name in _NAMES:
            value = getattr(self, name)
            if name != "features" or value is not None:
                object.__setattr__(self, name, _names(name, value))
        validation.check_integer("poly", self.poly)
        validation.check_choice("missing", self.missing, MISSING)
        validation.check_choice("unseen", self.unseen, UNSEEN)
        validation.check_integer("max_levels", self.max_levels, 2)
        if self.rare != "auto":
            validation.check_integer("rare", self.rare)

    def least_rows(self, n_rows: int) -> float:
        """Return how many rows a level must be in to keep an input of its own.

        Examples
        --------
        >>> Options().least_rows(200), Options().least_rows(10_000), Options(rare=3).least_rows(10_000)
        (2.0, 10, 3)
        """
        return min(10, n_rows / 100) if isinstance(self.rare, str) else self.rare

    def to_json(self) -> dict[str, Any]:
        """Return the options as values that JSON has."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def _names(parameter: str, value: Any) -> tuple[str, ...]:
    """Return names of columns as a tuple; one name may stand alone."""
    several = isinstance(value, Iterable) and not isinstance(value, Mapping)
    names = (value,) if isinstance(value, str) or not several else tuple(value)
    if not all(isinstance(name, str) for name in names):
        raise InvalidParameterError(f"{parameter}={value!r}: expected names of columns")
    return tuple(dict.fromkeys(names))

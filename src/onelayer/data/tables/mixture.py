"""Columns of Python objects of several types, which pandas holds and no column of one type does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np

from onelayer.data.tables.faults import shown
from onelayer.data.tables.forms import FORMS
from onelayer.data.tables.kinds import as_text
from onelayer.errors import optional_dependency

_TYPES: tuple[tuple[tuple[type, ...], str], ...] = (
    ((bool, np.bool_), "boolean"),
    ((int, float, Decimal, np.integer, np.floating), "decimal"),
    ((str,), "text"),
    ((datetime,), "datetime"),
    ((date,), "date"),
)


@dataclass(frozen=True)
class Mixture:
    """A column whose values are Python objects of several types.

    Attributes
    ----------
    values : tuple
        The objects; None for a missing value.
    forms : tuple of str
        The form of each value; "" for a missing one.
    """

    values: tuple[Any, ...]
    forms: tuple[str, ...]

    @classmethod
    def of(cls, series: Any) -> Mixture | None:
        """Return the mixture that a column is; None if it has one form, or holds something that is no value of a table.

        Parameters
        ----------
        series : narwhals.Series

        Examples
        --------
        >>> import narwhals as nw, pandas as pd
        >>> mixture = Mixture.of(nw.from_native(pd.Series([1, 2.0, "x", None]), series_only=True))
        >>> mixture.text
        ['1', '2', 'x', None]
        >>> mixture.fault("rooms")
        (2, "'x' is not a number, as 2 of the column's 3 values are; correct it, or read the column as text with \
categories=['rooms']")
        """
        absent = series.is_null().to_list()
        values = tuple(
            None if missing else value for value, missing in zip(series.to_list(), absent, strict=True)
        )
        forms = tuple("" if value is None else _form(value) for value in values)
        if None in forms or len({*forms} - {""}) < 2:
            return None
        return cls(values, tuple(form for form in forms if form is not None))

    @cached_property
    def text(self) -> list[str | None]:
        """The values as text, each as in a column of nothing but its type: 98103 without a point, true and false."""
        text: list[str | None] = [None] * len(self.values)
        places: dict[str, list[int]] = {}
        for place, value in enumerate(self.values):
            if value is not None:
                places.setdefault(_type(value), []).append(place)
        for dtype, chosen in places.items():
            written = _as_text([self.values[place] for place in chosen], dtype)
            for place, word in zip(chosen, written, strict=True):
                text[place] = word
        return text

    @cached_property
    def infinite(self) -> int | None:
        """The first row, from 0, that is infinite or beyond float64; None if there is none."""
        numbers = (
            (row, value)
            for row, value in enumerate(self.values)
            if isinstance(value, float | np.floating | Decimal)
        )
        return next((row for row, value in numbers if np.isinf(float(value))), None)

    def fault(self, column: str, needed: str | None = None) -> tuple[int, str]:
        """Return the first row, from 0, whose value has another form than most, and what is to be said of it."""
        groups = Counter(form for form in self.forms if form)
        usual = usual_form(groups, needed)
        row = next((row for row, form in enumerate(self.forms) if form not in ("", usual)), 0)
        what = misplaced(self.forms[row] or usual, usual, groups, needed)
        return row, f"{shown(str(self.values[row]))} {what}; correct it{or_as_text(column, needed)}"


def usual_form(groups: Mapping[str, int], needed: str | None) -> str:
    """Return the form that a column should have: the most frequent, of the needed kind if there is any of it.

    Examples
    --------
    >>> usual_form({"text": 9, "decimal": 1}, None), usual_form({"text": 9, "decimal": 1}, "number")
    ('text', 'decimal')
    """
    ordered = [form for form in FORMS if form in groups]
    fitting = [form for form in ordered if FORMS[form].kind == needed] or ordered
    return max(fitting, key=lambda form: groups[form], default="decimal")


def misplaced(form: str, usual: str, groups: Mapping[str, int], needed: str | None) -> str:
    """Say of a value why it has no place in a column: most others, or those of the model's fit, are of another form.

    Examples
    --------
    >>> misplaced("text", "decimal", {"text": 1, "decimal": 2}, None)
    "is not a number, as 2 of the column's 3 values are"
    >>> misplaced("text", "decimal", {"text": 9, "decimal": 2}, "number")
    'is not a number, and the model was fitted to numbers there'
    >>> misplaced("decimal", "text", {"text": 9, "decimal": 2}, "text")
    'is a number, and the model was fitted to text there'
    """
    if needed is not None and FORMS[usual].kind == needed:
        what = FORMS[form].noun if needed == "text" else f"not {FORMS[usual].noun}"
        return f"is {what}, and the model was fitted to {FORMS[usual].plural} there"
    share = f"{groups[usual]:,} of the column's {sum(groups.values()):,} values are"
    if form == "text":
        return f"is not {FORMS[usual].noun}, as {share}"
    return f"is {FORMS[form].noun}, where {share} {FORMS[usual].plural}"


def or_as_text(column: str, needed: str | None) -> str:
    """Return the advice to make text of a column; where a model was fitted to text before, that is up to its fit.

    Examples
    --------
    >>> or_as_text("town", None), or_as_text("town", "text"), or_as_text("size", "number")
    (", or read the column as text with categories=['town']", ", or fit the model with categories=['town']", '')
    """
    if needed is None:
        return f", or read the column as text with categories=[{column!r}]"
    return f", or fit the model with categories=[{column!r}]" if needed == "text" else ""


def _form(value: Any) -> str | None:
    return next((form for types, form in _TYPES if isinstance(value, types)), None)


def _type(value: Any) -> str:
    """Return the type of polars that a column of such values has; "" for those that are written as they are."""
    if isinstance(value, bool | np.bool_):
        return "Boolean"
    if isinstance(value, float | np.floating | Decimal):
        return "Float32" if isinstance(value, np.float32) else "Float64"
    if isinstance(value, datetime):
        return "Datetime" if value.tzinfo is None else "Zoned"
    return ""


def _as_text(values: list[Any], dtype: str) -> list[str]:
    """Return values of one type as text."""
    pl = optional_dependency("polars", "app")
    match dtype:
        case "":  # whole numbers of any size, text, and dates
            return [str(value) for value in values]
        case "Boolean":
            column = pl.Series([bool(value) for value in values])
        case "Float32" | "Float64":
            column = pl.Series([float(value) for value in values], dtype=getattr(pl, dtype))
        case "Datetime":
            column = pl.Series(values, dtype=pl.Datetime("us"))
        case _:
            try:
                plain = [value.astimezone(UTC).replace(tzinfo=None) for value in values]
            except OverflowError:  # a time of year 1 or 9999 that is one of another in UTC
                return [str(value) for value in values]
            column = pl.Series(plain, dtype=pl.Datetime("us")).dt.replace_time_zone("UTC")
    return column.to_frame().select(as_text(column.name, column.dtype)).to_series().to_list()

"""How values are written in a text: numbers, truth values, dates, and what stands for a missing value.

A column of text is converted as a whole by polars where polars is as strict as the form demands, and each form says
what else has to be looked at. Nothing is guessed: what is not of the form becomes null, for the caller to refuse.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from onelayer.data.tables.kinds import Kind
from onelayer.errors import optional_dependency

MISSING_VALUES = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None")
"""What stands for a missing value in every column of a text, quoted or not, with or without blanks around it."""

BLANKS = " \t"

NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")

_TRUE = ("true", "True", "TRUE")
_FALSE = ("false", "False", "FALSE")

_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"[0-2][0-9]:[0-5][0-9]"
_SECONDS = r":[0-5][0-9](?:\.[0-9]{1,9})?"

_LIKE_A_TIME = r"^[0-9]{4}-?[0-9]{2}-?[0-9]{2}[T ]"

# how it is written, and the same for polars
_DATETIMES = (
    (rf"{_DATE}T{_TIME}{_SECONDS}", "%Y-%m-%dT%H:%M:%S%.f"),
    (rf"{_DATE} {_TIME}{_SECONDS}", "%Y-%m-%d %H:%M:%S%.f"),
    (rf"{_DATE}T{_TIME}", "%Y-%m-%dT%H:%M"),
    (rf"{_DATE} {_TIME}", "%Y-%m-%d %H:%M"),
    (r"[0-9]{8}T[0-9]{4}[0-5][0-9]", "%Y%m%dT%H%M%S"),
    (r"[0-9]{8}T[0-9]{4}", "%Y%m%dT%H%M"),
)


@dataclass(frozen=True)
class Form:
    """A way of writing values.

    Attributes
    ----------
    kind : {"number", "boolean", "date", "datetime", "zoned", "text"}
        What a column of such values holds.
    noun, plural : str
        What one value is and what several are, for messages.
    parse : callable
        From a polars series of text to the same values typed, with null for what is not of this form.
    """

    kind: Kind
    noun: str
    plural: str
    parse: Callable[[Any], Any]


def is_number(text: str) -> bool:
    """Return whether a text is a number in digits, with or without blanks around it, and not inf or nan.

    Examples
    --------
    >>> [is_number(text) for text in ("1", " -2.5e-3", "1_000", "inf", "0x1f", "١")]
    [True, True, False, False, False, False]
    """
    return NUMBER.fullmatch(text.strip(BLANKS)) is not None


def _integers(text: Any) -> Any:
    pl = optional_dependency("polars", "app")
    return text.cast(pl.Int64, strict=False)


def _decimals(text: Any) -> Any:
    """Return float64 to the nearest, as Python's float; nan, inf and what overflows are null."""
    pl = optional_dependency("polars", "app")
    numbers = text.cast(pl.Float64, strict=False)
    if numbers.is_finite().all():
        return numbers
    return numbers.to_frame().select(pl.when(pl.first().is_finite()).then(pl.first())).to_series()


def _huge(text: Any) -> Any:
    """Return whole numbers as float64, for those that int64 does not hold."""
    return _decimals(_only(text, "[+-]?[0-9]+"))


def _overflows(text: Any) -> Any:
    return _only(text, NUMBER.pattern)


def _booleans(text: Any) -> Any:
    pl = optional_dependency("polars", "app")
    column = pl.first()
    return (
        text.to_frame()
        .select(
            pl.when(column.is_in(_TRUE)).then(True).when(column.is_in(_FALSE)).then(False).alias(text.name)
        )
        .to_series()
    )


def _dates(text: Any) -> Any:
    return _only(text, _DATE).str.to_date("%Y-%m-%d", strict=False)


def _datetimes(text: Any) -> Any:
    return _times(text, "", "")


def _zoned(text: Any) -> Any:
    """Return times with a zone in UTC."""
    pl = optional_dependency("polars", "app")
    column = pl.first()
    utc = text.to_frame().select(pl.when(column.str.ends_with("Z")).then(column.str.strip_suffix("Z")))
    times = _times(utc.to_series(), "", "")
    if times.null_count() > text.null_count():
        times = times.zip_with(times.is_not_null(), _times(text, "[+-][0-9]{2}:?[0-9]{2}", "%z"))
    return times.dt.replace_time_zone("UTC")


def _times(text: Any, zone: str, zone_format: str) -> Any:
    pl = optional_dependency("polars", "app")
    times = pl.Series(text.name, [None], dtype=pl.Datetime("us")).new_from_index(0, len(text))
    if not text.str.contains(_LIKE_A_TIME).any():
        return times
    for written, time_format in _DATETIMES:
        if times.null_count() == text.null_count():
            break
        part = _only(text, written + zone)
        if part.null_count() < len(part):
            parsed = part.str.to_datetime(time_format + zone_format, time_unit="us", strict=False)
            times = times.zip_with(times.is_not_null(), parsed.dt.replace_time_zone(None))
    return times


def _with_commas(text: Any) -> Any:
    return _only(text, r"[+-]?[0-9.]*,[0-9.,]*[0-9][0-9.,]*|[+-]?[0-9.,]*[0-9][0-9.]*,[0-9.,]*")


def _only(text: Any, pattern: str) -> Any:
    """Return the values that a pattern matches from beginning to end; null for the others."""
    pl = optional_dependency("polars", "app")
    column = pl.first()
    return text.to_frame().select(pl.when(column.str.contains(f"^(?:{pattern})$")).then(column)).to_series()


def _all(text: Any) -> Any:
    return text


_ISO_DATE = "(such as 2014-05-02)"
_ISO_TIME = "(such as 2014-05-02T10:30:00)"
_ISO_ZONE = "(such as 2014-05-02T10:30:00Z)"

FORMS: dict[str, Form] = {
    "integer": Form("number", "a number", "numbers", _integers),
    "huge": Form("number", "a number", "numbers", _huge),
    "decimal": Form("number", "a number", "numbers", _decimals),
    "overflow": Form("number", "a number", "numbers", _overflows),
    "boolean": Form("boolean", "true or false", "true or false", _booleans),
    "date": Form("date", f"a date {_ISO_DATE}", f"dates {_ISO_DATE}", _dates),
    "datetime": Form("datetime", f"a time {_ISO_TIME}", f"times {_ISO_TIME}", _datetimes),
    "zoned": Form("zoned", f"a time with its zone {_ISO_ZONE}", f"times with their zone {_ISO_ZONE}", _zoned),
    "commas": Form("text", "a number with commas", "numbers with commas", _with_commas),
    "text": Form("text", "text", "text", _all),
}
"""Every form a value may have, in the order in which they are tried; a number of a later form is none of an earlier."""


def read_form(text: Any, form: str, missing: tuple[str, ...]) -> tuple[Any, Any]:
    """Convert a column of text that should be of one form.

    Parameters
    ----------
    text : polars.Series
        The values as they are written; blanks around those of another form than text do not count.
    form : str
        One of :data:`FORMS`.
    missing : tuple of str
        What stands for a missing value.

    Returns
    -------
    values : polars.Series
        The values, null where one is missing or not of the form.
    odd : polars.Series of int
        The positions of those that are not of the form.

    Examples
    --------
    >>> import polars as pl
    >>> values, odd = read_form(pl.Series(["1.5", " 2 ", "NA", "1e999", "two"]), "decimal", MISSING_VALUES)
    >>> values.to_list(), odd.to_list()
    ([1.5, 2.0, None, None, None], [3, 4])
    """
    pl = optional_dependency("polars", "app")
    none = pl.Series(dtype=pl.UInt32)
    if form == "text":
        absent = pl.first().str.strip_chars(BLANKS).is_in(missing)
        return text.to_frame().select(pl.when(~absent).then(pl.first())).to_series(), none
    values = FORMS[form].parse(text)
    if values.null_count() == text.null_count():
        return values, none
    left = values.is_null() & text.is_not_null()
    words = text.filter(left)
    if words.unique().is_in(missing).all():
        return values, none
    places, words = left.arg_true(), words.str.strip_chars(BLANKS)
    again = FORMS[form].parse(words)
    return values.scatter(places, again), places.filter(again.is_null() & ~words.is_in(missing))

"""Dates that a frame holds as text: found by its levels, and how to make dates of them."""

from __future__ import annotations

from collections.abc import Collection

from onelayer.data.tables.forms import FORMS
from onelayer.errors import optional_dependency

# for each form the method of polars, and the further arguments of pandas' function
_CONVERSIONS = {
    "date": ("to_date()", ""),
    "datetime": ("to_datetime()", ""),
    "zoned": ("to_datetime(time_zone='UTC')", ", utc=True"),
}


def form_of_dates(levels: Collection[str]) -> str | None:
    """Return which form of dates all of some levels have, as a CSV file would have it; None if they are other text.

    Cost: the time to read the levels as dates, if the first of them is one.

    Examples
    --------
    >>> form_of_dates(["2014-05-02", "2015-01-31"]), form_of_dates(["2014-05-02T10:30"]), form_of_dates(["May", "June"])
    ('date', 'datetime', None)
    >>> form_of_dates(["2014-05-02", "2014-02-30"]), form_of_dates([])
    (None, None)
    """
    polars = optional_dependency("polars", "app")
    first = [next(iter(levels))] if levels else []
    for form in _CONVERSIONS if first else ():
        parse = FORMS[form].parse
        if (
            not parse(polars.Series(first)).null_count()
            and not parse(polars.Series(list(levels))).null_count()
        ):
            return form
    return None


def conversion(column: str, form: str = "date") -> str:
    """Return how to make dates of a column of text in polars and in pandas.

    Examples
    --------
    >>> conversion("sold")
    "pl.col('sold').str.to_date() in polars, or pd.to_datetime(frame['sold']) in pandas"
    """
    in_polars, in_pandas = _CONVERSIONS[form]
    return f"pl.col({column!r}).str.{in_polars} in polars, or pd.to_datetime(frame[{column!r}]{in_pandas}) in pandas"

"""What a column of a table holds: numbers, truth values, dates, times with or without a zone, or text."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

import numpy as np

from onelayer.errors import InvalidDataError, optional_dependency

Kind = Literal["number", "boolean", "date", "datetime", "zoned", "text"]


@cache
def _kinds() -> dict[Any, tuple[Kind | None, Any]]:
    """Return, for each type of polars that can be read, its kind and the type it is read as."""
    pl = optional_dependency("polars", "app")
    kinds: dict[Any, tuple[Kind | None, Any]] = {
        pl.Boolean: ("boolean", pl.Boolean),
        pl.Date: ("date", pl.Date),
        pl.Datetime: ("datetime", pl.Datetime("us")),
        pl.Null: ("number", pl.Float64),
    }
    for dtype in (pl.String, pl.Categorical, pl.Enum):
        kinds[dtype] = ("text", pl.String)
    for dtype in (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64):
        kinds[dtype] = ("number", dtype)
    for dtype in (pl.Float32, pl.Float64):
        kinds[dtype] = ("number", dtype)
    return kinds


def _readable(dtype: Any) -> tuple[Kind | None, Any]:
    """Return the kind of a column, None if it has none, and the type it is read as.

    Decimals, and numbers of rare widths, are read as float64.
    """
    pl = optional_dependency("polars", "app")
    other: tuple[Kind | None, Any] = ("number", pl.Float64) if dtype.is_numeric() else (None, dtype)
    if isinstance(dtype, pl.Datetime) and dtype.time_zone is not None:
        return "zoned", pl.Datetime("us", "UTC")
    return _kinds().get(dtype.base_type(), other)


def is_readable(dtype: Any) -> bool:
    """Return whether a column of a polars type has a kind; see :func:`kind_of`.

    Examples
    --------
    >>> import polars as pl
    >>> is_readable(pl.Categorical()), is_readable(pl.Duration())
    (True, False)
    """
    return _readable(dtype)[0] is not None


def kind_of(dtype: Any, place: str) -> Kind:
    """Return the kind of a column of a polars type.

    Parameters
    ----------
    dtype : polars.DataType
        Integers, floats and decimals are numbers; strings, categoricals and enums are text; a column of
        nothing but missing values counts as numbers.
    place : str
        The table and the column, for the message.

    Raises
    ------
    InvalidDataError
        Nested, binary and object columns, durations and times of day are none of the kinds.

    Examples
    --------
    >>> import polars as pl
    >>> kind_of(pl.Decimal(10, 2), "houses.parquet, column 'price'")
    'number'
    >>> kind_of(pl.List(pl.Int8), "houses.parquet, column 'rooms'")
    Traceback (most recent call last):
    ...
    onelayer.errors.InvalidDataError: houses.parquet, column 'rooms': values of type List(Int8) are neither numbers nor
    booleans, dates or text; convert the column, or leave it out
    """
    kind, _ = _readable(dtype)
    if kind is None:
        raise InvalidDataError(
            f"{place}: values of type {dtype} are neither numbers nor booleans, dates or text; convert the "
            "column, or leave it out"
        )
    return kind


def standard(name: str, dtype: Any) -> Any:
    """Return the expression of a column in the type that stands for its kind.

    Integers and floats stay what they are; decimals become float64; times become microseconds, those with a zone
    in UTC; categoricals and enums become strings.

    Examples
    --------
    >>> import polars as pl
    >>> prices = pl.DataFrame({"price": ["1.25"]}).cast(pl.Decimal(10, 2))
    >>> prices.select(standard("price", prices.schema["price"])).item()
    1.25
    """
    pl = optional_dependency("polars", "app")
    column = pl.col(name)
    kind, target = _readable(dtype)
    if kind == "zoned":
        column = column.dt.convert_time_zone("UTC")
    return column if dtype == target else column.cast(target)


def is_standard(dtype: Any) -> bool:
    """Return whether a type is the one that stands for its kind."""
    return dtype == _readable(dtype)[1]


def as_text(name: str, dtype: Any) -> Any:
    """Return the expression of a column as text: names of categories that are written as numbers.

    A whole number is written without a point, whatever its type: pandas makes floats of whole numbers as soon as
    one is missing, and category 98103 must not become another one, "98103.0".

    Examples
    --------
    >>> import polars as pl
    >>> zipcodes = pl.DataFrame({"zipcode": [98103.0, None, 0.5]})
    >>> zipcodes.select(as_text("zipcode", pl.Float64))["zipcode"].to_list()
    ['98103', None, '0.5']
    """
    pl = optional_dependency("polars", "app")
    column = standard(name, dtype)
    if not _readable(dtype)[1].is_float():
        return column.cast(pl.String)
    whole = column.cast(pl.Int64, strict=False)
    return pl.when(whole == column).then(whole.cast(pl.String)).otherwise(column.cast(pl.String)).alias(name)


def without_nan(frame: Any, first_row: int, table: str) -> Any:
    """Return a batch whose NaN are missing values; infinities are refused.

    Parameters
    ----------
    frame : polars.DataFrame
        The batch.
    first_row : int
        How many rows of the table stand before it.
    table : str
        Name of the table, for the message.

    Raises
    ------
    InvalidDataError
        A value is infinite.

    Notes
    -----
    Cost: one sum of each column of floats, at the speed of memory; only columns whose sum is not finite are looked
    at more closely.

    Examples
    --------
    >>> import polars as pl
    >>> without_nan(pl.DataFrame({"x": [1.0, float("nan")]}), 0, "t")["x"].to_list()
    [1.0, None]
    >>> without_nan(pl.DataFrame({"x": [1.0, float("inf")]}), 10, "t")
    Traceback (most recent call last):
    ...
    onelayer.errors.InvalidDataError: t, row 12, column 'x': inf is not a finite number; correct or remove it
    """
    pl = optional_dependency("polars", "app")
    # column by column, in this thread: those of polars may be busy with the next part of the file
    doubtful = [
        column.name
        for column in frame.get_columns()
        if column.dtype.is_float() and not np.isfinite(column.sum())
    ]
    for name in doubtful:
        infinite = frame[name].is_infinite().fill_null(False).arg_max()
        value = frame[name][infinite]
        if value is not None and np.isinf(value):
            raise InvalidDataError(
                f"{table}, row {first_row + infinite + 1:,}, column {name!r}: {value} is not a finite number; "
                "correct or remove it"
            )
    return frame.with_columns(pl.col(doubtful).fill_nan(None)) if doubtful else frame

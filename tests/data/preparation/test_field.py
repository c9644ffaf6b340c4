"""What is read from a column: numbers as they are, dates as days, categories as text; and what is refused."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import polars as pl
import pytest

from onelayer.data.preparation.field import PARTS, Field
from onelayer.data.preparation.place import Place
from onelayer.data.tables import Table
from onelayer.errors import InvalidDataError


def read(field: Field, values: list[Any], dtype: Any = None) -> list[Any]:
    table = Table.of(pl.DataFrame({field.column: pl.Series(values, dtype=dtype)}), "houses")
    return field.read(table.read(), Place(table)).to_list()


def test_numbers_and_booleans() -> None:
    assert read(Field("x", "number"), [1, None, 3]) == [1.0, None, 3.0]
    assert read(Field("x", "boolean"), [True, False, None]) == [1.0, 0.0, None]


@pytest.mark.parametrize("dtype", [pl.Float32, pl.Float64])
def test_floats_keep_their_type(dtype: Any) -> None:
    table = Table.of(pl.DataFrame({"x": pl.Series([0.5, None], dtype=dtype)}))
    assert Field("x", "number").read(table.read(), Place(table)).dtype == dtype
    empty = Table.of(pl.DataFrame({"x": pl.Series([None, None], dtype=dtype)}))
    assert Field("x", "number").read(empty.read(), Place(empty)).dtype == dtype


def test_dates_are_days_since_1970() -> None:
    days = [date(1970, 1, 1), date(2014, 5, 2), date(1969, 12, 31)]
    expected = [float(day.toordinal() - date(1970, 1, 1).toordinal()) for day in days]
    assert read(Field("sold", "date"), days) == expected == [0.0, 16192.0, -1.0]
    assert read(Field("sold", "datetime"), [datetime(1970, 1, 2, 6), None]) == [1.25, None]
    assert read(Field("sold", "date"), [datetime(1970, 1, 2, 6)]) == [1.25]


@pytest.mark.parametrize(
    ("part", "expected"), [("year", 2014.0), ("month", "5"), ("weekday", "5"), ("hour", 13.0)]
)
def test_parts_of_a_date(part: str, expected: Any) -> None:
    """2 May 2014 was a Friday, the fifth day of the week."""
    assert read(Field("sold", "datetime", part), [datetime(2014, 5, 2, 13, 59), None]) == [expected, None]
    assert Field("sold", "datetime", part).category == PARTS[part] == isinstance(expected, str)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([98103, None], ["98103", None]),
        ([98103.0, 0.5], ["98103", "0.5"]),
        (["98103", "x"], ["98103", "x"]),
        ([True, False], ["true", "false"]),
    ],
)
def test_categories_are_text_however_they_are_written(values: list[Any], expected: list[Any]) -> None:
    assert read(Field("zip", "category"), values) == expected


def test_a_column_without_a_value_is_of_any_type() -> None:
    assert read(Field("x", "number"), [None, None], pl.String) == [None, None]
    assert read(Field("x", "text"), [None, None], pl.Float64) == [None, None]


def test_logarithms() -> None:
    assert read(Field("x", "number", log=True), [1, None, 1]) == [0.0, None, 0.0]
    with pytest.raises(InvalidDataError, match="houses, row 2, column 'x': 0 has no logarithm"):
        read(Field("x", "number", log=True), [1.5, 0.0])


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        (
            "number",
            ["1", "two"],
            "row 2, column 'x': the model needs numbers, and here is 'two'; the column holds text",
        ),
        (
            "number",
            ["1", "2"],
            "row 1, column 'x': the model needs numbers, and here is '1'; the column holds text",
        ),
        (
            "number",
            [True],
            "row 1, column 'x': the model needs numbers, and here is 'True'; the column holds true and false",
        ),
        (
            "boolean",
            [None, 1],
            "row 2, column 'x': the model needs true and false, and here is '1'; the column holds numbers",
        ),
        (
            "text",
            [0.5],
            "row 1, column 'x': the model needs text, and here is '0.5'; the column holds numbers",
        ),
        ("date", [5], "row 1, column 'x': the model needs dates, and here is '5'; the column holds numbers"),
        (
            "number",
            [date(2014, 5, 2)],
            "row 1, column 'x': the model needs numbers, and here is '2014-05-02'",
        ),
    ],
)
def test_a_column_of_another_type_is_refused(kind: str, values: list[Any], message: str) -> None:
    with pytest.raises(InvalidDataError, match=message):
        read(Field("x", kind), values)

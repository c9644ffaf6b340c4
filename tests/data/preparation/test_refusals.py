"""What cannot be fitted is refused in one line that names file, row, column and value; what is odd is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from onelayer.data.preparation.options import Options
from onelayer.data.preparation.preparation import Preparation
from onelayer.data.tables import Table, open_table
from onelayer.errors import DataFileError, InvalidDataError, InvalidParameterError, TableWarning

N = 40
HOUSES = pl.DataFrame(
    {
        "size": np.random.RandomState(0).rand(N) * 100 + 50,
        "rooms": np.arange(N) % 5 + 1,
        "town": ["Ulm", "Bonn"] * (N // 2),
        "price": np.random.RandomState(1).rand(N) + 1,
    }
)


def fit(frame: pl.DataFrame = HOUSES, target: str | None = "price", **options: Any) -> Preparation:
    return Preparation.fit(Table.of(frame, "houses"), target, Options(**options))


def with_missing(**rows: int) -> pl.DataFrame:
    """Return the houses without the values of the first rows of some columns."""
    first = pl.int_range(pl.len())
    return HOUSES.with_columns(
        pl.when(first < count).then(None).otherwise(pl.col(name)).alias(name) for name, count in rows.items()
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"target": "pryce"},
            "houses: there is no column 'pryce' (the target); did you mean 'price'?",
        ),
        ({"target": "Price"}, "no column 'Price' (the target); did you mean 'price'?"),
        ({"drop": ["romms"]}, "no column 'romms' (drop=['romms']); did you mean 'rooms'?"),
        ({"log": "qqq"}, "no column 'qqq' (log=['qqq']); the columns are 'size', 'rooms', 'town', 'price'"),
        ({"categories": ["twon"]}, "(categories=['twon']); did you mean 'town'?"),
        ({"features": ["sizes"]}, "(features=['sizes']); did you mean 'size'?"),
        ({"date_parts": ["date"]}, "no column 'date' (date_parts=['date'])"),
        ({"features": ["size", "price"]}, "the target 'price' is among the features"),
        ({"drop": ["price"]}, "the target 'price' is among the columns to drop"),
        (
            {"features": ["size"], "drop": ["size"]},
            "features=['size'] and drop=['size'] contradict each other",
        ),
        ({"drop": ["size", "rooms", "town"]}, "there is no column to predict from"),
        ({"features": ["size"], "log": ["rooms"]}, "log=['rooms']: nothing is predicted from that column"),
        ({"log": ["town"]}, "log=['town']: the column holds no numbers"),
        ({"log": ["rooms"], "categories": ["rooms"]}, "log=['rooms']: the column holds no numbers"),
        ({"date_parts": ["size"]}, "date_parts=['size']: the column holds no dates"),
        (
            {"target": "town"},
            "houses, row 1, column 'town': 'Ulm' where the target of a regression must be a number",
        ),
    ],
)
def test_names_that_cannot_be_what_they_are_asked_to_be(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidDataError) as caught:
        fit(**options)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"missing": "zero"}, "missing='zero': expected one of 'refuse', 'drop', 'mean', 'indicator'"),
        ({"poly": 0}, "poly=0: expected a whole number, at least 1"),
        ({"rare": -1}, "rare=-1"),
        ({"max_levels": 1}, "max_levels=1: expected a whole number, at least 2"),
        ({"unseen": "ignore"}, "unseen='ignore'"),
        ({"drop": [1]}, r"drop=\[1\]: expected names of columns"),
        ({"features": 5}, "features=5: expected names of columns"),
    ],
)
def test_options_out_of_range(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        Options(**options)


def test_missing_values_are_counted_in_one_message() -> None:
    frame = with_missing(size=3, town=1, price=2)
    with pytest.raises(InvalidDataError) as caught:
        fit(frame)
    assert "missing in 'size' (3 rows), 'price' (the target, 2 rows), 'town' (1 row) of 40 rows" in str(
        caught.value
    )
    assert "missing='drop'" in str(caught.value)
    many = pl.DataFrame({f"c{place}": [None, 1.0, 2.0] for place in range(12)} | {"price": [1.0, 2.0, 3.0]})
    with pytest.raises(InvalidDataError, match=r"'c7' \(1 row\) and 4 more of 3 rows"):
        fit(many)


@pytest.mark.parametrize("missing", ["mean", "indicator"])
def test_a_target_is_never_made_up(missing: str) -> None:
    with pytest.raises(
        InvalidDataError, match="target 'price' is missing in 2 rows of 40, and is never made up"
    ):
        fit(with_missing(price=2), missing=missing)
    assert fit(with_missing(price=2), missing="drop").n_kept == N - 2


@pytest.mark.parametrize("missing", ["refuse", "drop", "mean"])
def test_a_target_that_is_missing_in_every_row(missing: str) -> None:
    with pytest.raises(InvalidDataError, match="houses: the target 'price' is missing in every row"):
        fit(with_missing(price=N), missing=missing)


@pytest.mark.parametrize("missing", ["drop", "mean", "indicator"])
def test_a_column_without_a_value(missing: str) -> None:
    with pytest.raises(InvalidDataError, match="houses: there is no value in 'size'; leave it out with drop"):
        fit(with_missing(size=N), missing=missing)


def test_no_complete_row() -> None:
    frame = HOUSES.with_columns(
        size=pl.when(pl.int_range(pl.len()) < 25).then(None).otherwise(1.0),
        rooms=pl.when(pl.int_range(pl.len()) >= 25).then(None).otherwise(1.0),
    )
    with pytest.raises(InvalidDataError, match=r"40 rows of 40 lack a value .* most for 'size' \(25 rows\)"):
        fit(frame, missing="drop")


def test_most_rows_dropped_is_told() -> None:
    with pytest.warns(TableWarning, match=r"houses: 30 rows of 40 lack a value and are left out"):
        assert fit(with_missing(size=30), missing="drop").n_kept == 10


def test_a_constant_target() -> None:
    with pytest.raises(InvalidDataError, match="the target 'price' has the same value in every row"):
        fit(HOUSES.with_columns(price=pl.lit(3.5)))
    with pytest.raises(InvalidDataError, match="there is one row only"):
        fit(HOUSES.head(1))


def test_names_of_rows_are_refused() -> None:
    frame = HOUSES.with_columns(key=pl.Series([f"house {row}" for row in range(N)]))
    with pytest.raises(InvalidDataError, match=r"'key' \(40 different values\) in 40 rows: such values name"):
        fit(frame)
    assert "key" not in fit(frame, drop="key").columns
    with pytest.raises(InvalidDataError, match=r"'size' \(40 different values\)"):
        fit(categories=["size"])


@pytest.mark.parametrize("name", ["id", "house_id", "ID", "houseId", "Unnamed: 0", "index"])
def test_whole_numbers_named_like_identifiers_are_told(name: str) -> None:
    frame = HOUSES.with_columns(pl.Series(name, np.random.RandomState(0).permutation(N) * 7))
    with pytest.warns(
        TableWarning, match=rf"houses: '{name}': whole numbers that seem to count or name the rows"
    ):
        assert name in fit(frame).columns


@pytest.mark.parametrize("start", [0, 1])
def test_a_counter_of_rows_is_told(start: int) -> None:
    with pytest.warns(TableWarning, match="'nr': whole numbers that seem to count"):
        fit(HOUSES.with_columns(nr=pl.int_range(start, N + start)))


@pytest.mark.parametrize("name", ["valid", "humid", "width", "paid", "grid"])
def test_words_that_end_like_an_identifier_are_none(name: str) -> None:
    assert name in fit(HOUSES.rename({"rooms": name})).columns


def test_constant_columns_are_left_out_and_told() -> None:
    frame = HOUSES.with_columns(year=pl.lit(2013), land=pl.lit("BW"), open=pl.lit(True))
    with pytest.warns(TableWarning, match="houses: 'year', 'land', 'open': constant, and left out"):
        preparation = fit(frame)
    assert preparation.columns == ("size", "rooms", "town")
    assert len(preparation.transform(Table.of(frame)).X) == N
    with (
        pytest.warns(TableWarning, match="constant"),
        pytest.raises(InvalidDataError, match="no column to predict from has two values"),
    ):
        fit(frame, features=["year", "land"])


def test_duplicate_columns_are_left_out_and_told() -> None:
    frame = HOUSES.with_columns(area=pl.col("size"), place=pl.col("town"), third=pl.col("size"))
    with pytest.warns(TableWarning) as caught:
        preparation = fit(frame)
    message = str(caught[0].message)
    assert len(caught) == 1
    assert "'area' (the same as 'size')" in message
    assert "'third' (the same as 'size')" in message
    assert "'place' (the same as 'town')" in message
    assert preparation.columns == ("size", "rooms", "town")


@pytest.mark.parametrize("row", [0, 17, N - 1])
def test_columns_that_differ_in_one_bit_of_one_row_are_not_duplicates(row: int) -> None:
    values = HOUSES["size"].to_numpy().copy()
    values[row] = np.nextafter(values[row], 0)
    towns = HOUSES["town"].to_list()
    towns[0], towns[1] = towns[1], towns[0]
    preparation = fit(HOUSES.with_columns(area=values, place=pl.Series(towns)))
    assert {"size", "area", "town", "place"} <= set(preparation.columns)


def test_columns_that_miss_in_different_rows_are_not_duplicates() -> None:
    half = pl.int_range(pl.len()) % 2 == 0
    frame = HOUSES.with_columns(
        a=pl.when(half).then(1.0).otherwise(None) * pl.col("rooms"),
        b=pl.when(~half).then(1.0).otherwise(None) * pl.col("rooms"),
    )
    frame = frame.with_columns(c=pl.col("a"))
    with pytest.warns(TableWarning, match="'c' .the same as 'a'.: duplicate"):
        assert {"a", "b"} <= set(fit(frame, missing="mean").columns)


def test_pooled_levels_are_told() -> None:
    towns = ["Ulm"] * 600 + ["Bonn"] * 390 + ["Kiel"] * 9 + ["Jena"]
    frame = pl.DataFrame({"town": towns, "price": np.arange(1000.0)})
    with pytest.warns(
        TableWarning,
        match=r"'town': 2 of 4 levels, each in fewer than 10 rows, count as one, '\(other\)' \(10 rows\)",
    ):
        assert fit(frame).names == ("town=Bonn", "town=(other)")
    assert fit(frame, rare=1).names == ("town=Bonn", "town=Jena", "town=Kiel")
    frame = frame.with_columns(pl.col("town").replace("Bonn", "(other)"))
    with pytest.warns(TableWarning, match=r"count as one, '\(\(other\)\)' \(10 rows\)"):
        assert fit(frame).names == ("town=(other)", "town=((other))")


@pytest.mark.parametrize("columns", [["size"], ["price"]])
def test_the_logarithm_of_what_is_not_positive(columns: list[str], tmp_path: Path) -> None:
    seventh = pl.int_range(pl.len()) == 6
    frame = HOUSES.with_columns(pl.when(seventh).then(0.0).otherwise(pl.col(columns)).alias(columns[0]))
    frame.write_csv(tmp_path / "houses.csv")
    name = columns[0]
    with pytest.raises(
        InvalidDataError, match=rf"houses.csv, row 7 \(line 8\), column '{name}': 0 has no logarithm"
    ):
        Preparation.fit(open_table(tmp_path / "houses.csv"), "price", Options(log=columns))


def test_two_columns_of_the_matrix_with_one_name() -> None:
    frame = HOUSES.rename({"rooms": "town=Bonn"})
    with pytest.raises(
        InvalidDataError, match="two columns of the matrix would be called 'town=Bonn'; rename"
    ):
        fit(frame.with_columns(pl.Series("town", ["Ulm", "Ulm", "Bonn", "Ulm"] * (N // 4))))


class TestAtPredictTime:
    """A table that is not like the one of the fit."""

    def test_a_column_that_is_missing(self) -> None:
        with pytest.raises(
            InvalidDataError, match="new: there is no column 'size', which the model needs; did you mean"
        ):
            fit().transform(Table.of(HOUSES.rename({"size": "Size"}), "new"))

    def test_a_column_that_is_new(self) -> None:
        frame = HOUSES.with_columns(colour=pl.lit("red"))
        with pytest.warns(
            TableWarning, match="new: not in the table that the model was fitted to, and not read: 'colour'"
        ):
            assert len(fit().transform(Table.of(frame, "new")).X) == N

    def test_columns_that_were_known_and_not_used(self) -> None:
        assert len(fit(drop=["town"]).transform(Table.of(HOUSES)).X) == N

    def test_a_column_of_another_type(self) -> None:
        frame = HOUSES.with_columns(size=pl.Series(["50"] * 5 + ["large"] + ["60"] * (N - 6)))
        with pytest.raises(
            InvalidDataError, match="new, row 6, column 'size': the model needs numbers, and here is 'large'"
        ):
            fit().transform(Table.of(frame, "new"))

    def test_a_missing_value(self) -> None:
        with pytest.raises(InvalidDataError, match="table, row 1, column 'size': the value is missing"):
            fit().transform(Table.of(with_missing(size=2)))

    def test_a_missing_value_in_a_column_that_had_none(self) -> None:
        preparation = fit(missing="mean")
        X = preparation.transform(Table.of(with_missing(size=2))).X
        np.testing.assert_allclose(X[:2, 0], HOUSES["size"].mean())

    def test_a_level_never_seen_may_be_an_error(self) -> None:
        frame = HOUSES.with_columns(town=pl.lit("Jena"))
        with pytest.raises(InvalidDataError, match="new, column 'town': 'Jena' is not among the levels"):
            fit(unseen="error").transform(Table.of(frame, "new"))

    def test_a_target_that_is_missing(self) -> None:
        with pytest.raises(InvalidDataError, match="table, row 1, column 'price': the target is missing"):
            list(fit().blocks(Table.of(with_missing(price=1))))

    def test_several_columns_that_are_missing(self) -> None:
        with pytest.raises(
            InvalidDataError, match=r"are no columns 'size', 'rooms', .* other columns are 'price'"
        ):
            fit().transform(Table.of(HOUSES.select("town", "price"), "new"))

    def test_one_word_among_numbers(self, tmp_path: Path) -> None:
        preparation = fit(HOUSES.select("size", "price"))
        (tmp_path / "new.csv").write_text("size\n50\nmany\nfew\n")
        words = r"column 'size': 'many' is not a number, and the model was fitted to numbers there; correct it, say"
        with pytest.raises(DataFileError, match=words) as caught:
            preparation.transform(open_table(tmp_path / "new.csv"))
        assert "categories" not in str(caught.value)

    def test_times_with_and_without_a_zone(self) -> None:
        times = pl.datetime_range(pl.datetime(2020, 1, 1), pl.datetime(2020, 2, 9), "1d", eager=True)
        local = HOUSES.select("price", time=times)
        zoned = local.with_columns(pl.col("time").dt.replace_time_zone("Europe/Berlin"))
        with pytest.raises(InvalidDataError, match="the model needs times with a zone"):
            fit(zoned).transform(Table.of(local))
        with pytest.raises(InvalidDataError, match="the model needs times without a zone"):
            fit(local).transform(Table.of(zoned))


@pytest.mark.parametrize(("column", "target"), [("amount", "price"), ("price", "amount")])
def test_whole_numbers_that_float64_rounds_are_told(column: str, target: str) -> None:
    values = [2**53 + 2 * row for row in range(N - 1)] + [2**60 + 1]
    frame = HOUSES.select("price").with_columns(amount=pl.Series(values))
    with pytest.warns(TableWarning, match=f"row {N}, column 'amount': {2**60 + 1} is rounded"):
        fit(frame, target)

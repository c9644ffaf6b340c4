"""Frames from Python and files are one class: the same columns, kinds and batches."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from onelayer.data.tables import Table, is_table, open_table
from onelayer.data.tables.suffixes import bare_name
from onelayer.errors import InvalidDataError

PRICES = [1.5, None, 3.0]
ROOMS = [3, 2, 1]
CITIES = ["Kent", None, "Seattle"]
SOLD = [datetime(2014, 5, 2), None, datetime(2015, 5, 27, 10, 30)]

FRAMES = {
    "polars": pl.DataFrame({"price": PRICES, "rooms": ROOMS, "city": CITIES, "sold": SOLD}),
    "lazy polars": pl.LazyFrame({"price": PRICES, "rooms": ROOMS, "city": CITIES, "sold": SOLD}),
    "categories of polars": pl.DataFrame(
        {"price": PRICES, "rooms": ROOMS, "city": CITIES, "sold": SOLD}
    ).cast({"city": pl.Categorical}),
    "pandas": pd.DataFrame({"price": PRICES, "rooms": ROOMS, "city": CITIES, "sold": pd.to_datetime(SOLD)}),
    "objects of pandas": pd.DataFrame(
        {
            "price": PRICES,
            "rooms": ROOMS,
            "city": pd.Series(CITIES, dtype=object, index=[7, 8, 9]),
            "sold": pd.to_datetime(SOLD),
        },
        index=[7, 8, 9],
    ),
    "categories of pandas": pd.DataFrame(
        {"price": PRICES, "rooms": ROOMS, "city": pd.Categorical(CITIES), "sold": pd.to_datetime(SOLD)}
    ),
    "nullable types of pandas": pd.DataFrame(
        {
            "price": pd.array(PRICES, dtype="Float64"),
            "rooms": pd.array(ROOMS, dtype="Int64"),
            "city": pd.array(CITIES, dtype="string"),
            "sold": pd.to_datetime(SOLD),
        }
    ),
    "pyarrow": pa.table({"price": PRICES, "rooms": ROOMS, "city": CITIES, "sold": SOLD}),
    "dictionaries of pyarrow": pa.table(
        {"price": PRICES, "rooms": ROOMS, "city": pa.array(CITIES).dictionary_encode(), "sold": SOLD}
    ),
}


@pytest.mark.parametrize("case", FRAMES)
def test_frames_of_every_library_are_the_same_table(case: str) -> None:
    table = Table.of(FRAMES[case], name="houses")
    assert table.name == "houses"
    assert table.path is None
    assert table.fingerprint is None
    assert table.n_rows == 3
    assert table.schema == {"price": "number", "rooms": "number", "city": "text", "sold": "datetime"}
    assert table.read().rows() == list(zip(PRICES, ROOMS, CITIES, SOLD, strict=True))
    assert table.read(["city", "price"]).columns == ["city", "price"]


def test_a_frame_and_its_files_are_the_same_table(tmp_path: Path) -> None:
    frame = FRAMES["polars"]
    frame.write_csv(tmp_path / "t.csv")
    frame.write_parquet(tmp_path / "t.parquet")
    tables = [Table.of(frame), open_table(tmp_path / "t.csv"), open_table(tmp_path / "t.parquet")]
    assert len({tuple(table.schema.items()) for table in tables}) == 1
    for table in tables:
        assert table.read().equals(frame)
        assert table.place(2, "city").endswith("column 'city'")


@pytest.mark.parametrize("rows", [1, 2, 1000])
def test_batches_of_any_size_give_the_same_rows(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onelayer.data.tables.frame_reader.BATCH_ROWS", rows)
    batches = list(Table.of(FRAMES["pandas"]).batches())
    heights = [batch.height for batch in batches]
    assert len(heights) == -(-3 // rows)
    assert sum(heights) == 3
    assert max(heights) <= rows
    assert max(heights) - min(heights) <= 1
    assert pl.concat(batches).equals(FRAMES["polars"])


def test_numbers_are_not_copied() -> None:
    x = np.arange(200_000, dtype=np.float32)
    frame = pl.DataFrame({"x": x})
    batches = list(Table.of(frame).batches())
    assert sum(batch.height for batch in batches) == len(x)
    start = frame["x"].to_numpy(allow_copy=False).ctypes.data
    for batch in batches:
        values = batch["x"].to_numpy(allow_copy=False)
        assert values.ctypes.data == start + 4 * int(values[0])


def test_nan_is_a_missing_value_and_infinity_is_refused() -> None:
    assert Table.of(pl.DataFrame({"x": [1.0, float("nan")]})).read()["x"].to_list() == [1.0, None]
    for frame in (pl.DataFrame({"x": [1.0, -np.inf]}), pd.DataFrame({"x": [1.0, -np.inf]})):
        with pytest.raises(InvalidDataError, match=r"houses, row 2, column 'x': -inf is not a finite number"):
            Table.of(frame, "houses").read()


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (pl.DataFrame({"x": [timedelta(1)]}), "column 'x': values of type Duration"),
        (pd.DataFrame({"x": pd.to_timedelta([1, 2])}), "column 'x': values of type Duration"),
        (pa.table({"x": [[1], [2]]}), "column 'x': values of type List"),
        (pd.DataFrame({"x": [1, "a"]}), "row 2, column 'x': 'a' is not a number, as 1 of"),
        (pd.DataFrame({"x": ["a", 1]}), "row 1, column 'x': 'a' is not a number, as 1 of"),
        (pd.DataFrame({"x": [1 + 2j]}), "column 'x': the values are neither numbers"),
        (pd.DataFrame({"x": [2**70, 1]}), "column 'x': the values are neither numbers"),
        (pd.Series([1, 2]), "not Series"),
        (pd.DataFrame([[1, 2]], columns=["x", "x"]), "2 columns are named 'x'; give every column a name"),
        (pl.DataFrame({"x": []}), "no rows"),
        (pl.DataFrame(), "no columns"),
        (np.zeros((2, 2)), "not ndarray"),
        ([1, 2], "not list"),
        (None, "not NoneType"),
    ],
)
def test_what_cannot_be_read_is_refused(frame: object, words: str) -> None:
    with pytest.raises(InvalidDataError, match=words) as caught:
        Table.of(frame, "houses").schema
    assert str(caught.value).startswith("houses")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pl.Series([1, None, 3]), ["1", None, "3"]),
        (pl.Series([1.0, None, 2.5]), ["1", None, "2.5"]),
        (pl.Series(["01", None, "1"]), ["01", None, "1"]),
        (pl.Series(["1.0", None, "2.50"]).cast(pl.Decimal(10, 2)), ["1", None, "2.5"]),
        (pl.Series([1.0, float("nan"), -0.25]), ["1", None, "-0.25"]),
    ],
)
def test_categories_are_text_whatever_their_type(values: pl.Series, expected: list[str | None]) -> None:
    table = Table.of(pl.DataFrame({"code": values}), categories=["code"])
    assert table.schema == {"code": "text"}
    assert table.read()["code"].to_list() == expected


@pytest.mark.parametrize("levels", [[98101, 98102, None], [0.5, 2.0, None], [True, False, None]])
def test_categories_with_levels_that_are_no_text(levels: list[object]) -> None:
    frames = [pd.DataFrame({"z": pd.Categorical(levels)}), pa.table({"z": pa.array(levels)})]
    frames[1] = frames[1].set_column(0, "z", frames[1]["z"].dictionary_encode())
    for frame in frames:
        table = Table.of(frame)
        assert table.schema == {"z": "text"}
        expected = Table.of(pl.DataFrame({"z": levels}), categories=["z"]).read()
        assert table.read().equals(expected)


def test_a_mixture_is_text_if_asked_for_and_harms_no_other_column() -> None:
    frame = pd.DataFrame({"a": [1, 2.0, "x", None], "b": [1, 2, 3, 4]})
    assert Table.of(frame).select(["b"]).read()["b"].to_list() == [1, 2, 3, 4]
    assert Table.of(frame, categories=["a"]).read()["a"].to_list() == ["1", "2", "x", None]


def test_select_names_columns_in_order() -> None:
    table = Table.of(FRAMES["polars"])
    chosen = table.select(["sold", "price"])
    assert chosen.columns == ("sold", "price")
    assert chosen.read().columns == ["sold", "price"]
    assert list(chosen.schema) == ["sold", "price"]
    with pytest.raises(InvalidDataError, match="no column 'rooms'"):
        chosen.batches(["rooms"])


@pytest.mark.parametrize(
    "name",
    [
        "a.csv",
        "a.CSV",
        "a.tsv",
        "a.tab",
        "a.txt",
        "a.parquet",
        "a.pq",
        "a.csv.gz",
        "a.tsv.zst",
        "a.b.csv.zstd",
    ],
)
def test_tables_are_known_by_their_suffix(name: str, tmp_path: Path) -> None:
    assert is_table(name)
    assert is_table(tmp_path / name)
    assert bare_name(tmp_path / name) in ("a", "a.b")


@pytest.mark.parametrize(
    "name", ["fashion-mnist", "a", "a.gz", "a.csv.bak", "csv", "train-images-idx3-ubyte.gz", ""]
)
def test_other_names_are_no_tables(name: str) -> None:
    assert not is_table(name)


def test_a_name_that_says_nothing_is_known_by_content(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    FRAMES["polars"].write_parquet(tmp_path / "houses")
    (tmp_path / "text").write_bytes(b"a,b\n1,2\n")
    assert is_table(tmp_path / "houses")
    assert not is_table(tmp_path / "text")
    assert not is_table(tmp_path / "folder")

"""A part of the rows of a table: which ones, in what order, and where they are in the whole."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onelayer.data.tables import Table, open_table
from onelayer.errors import DataFileError, InvalidDataError, InvalidParameterError

N = 1000
HOUSES = pl.DataFrame({"price": np.arange(N) / 2, "town": [f"town {k % 7}" for k in range(N)]})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The houses as a file of text."""
    path = tmp_path / "houses.csv"
    HOUSES.write_csv(path)
    return path


@given(n_rows=st.integers(2, 60), fraction=st.floats(0.01, 0.95), seed=st.integers(0, 5))
def test_every_row_is_in_one_of_the_parts_in_order(n_rows: int, fraction: float, seed: int) -> None:
    n_held_out = int(np.ceil(fraction * n_rows))
    table = Table.of(pl.DataFrame({"row": np.arange(1, n_rows + 1)}))
    if n_held_out == n_rows:
        with pytest.raises(InvalidDataError, match="leaves none to train on"):
            table.split(fraction, seed)
        return
    parts = table.split(fraction, seed)
    rows = [part.read()["row"].to_list() for part in parts]
    assert [len(part) for part in rows] == [n_rows - n_held_out, n_held_out]
    assert [part.n_rows for part in parts] == [n_rows - n_held_out, n_held_out]
    assert all(part == sorted(part) for part in rows)
    assert sorted(rows[0] + rows[1]) == list(range(1, n_rows + 1))
    assert [part.row_numbers.tolist() for part in parts] == rows


def test_a_seed_gives_the_same_parts_from_any_form(path: Path, tmp_path: Path) -> None:
    HOUSES.write_parquet(tmp_path / "houses.parquet", row_group_size=90)
    tables = [Table.of(HOUSES), open_table(path), open_table(tmp_path / "houses.parquet")]
    held_out = [table.split(0.2, 3)[1] for table in tables]
    assert held_out[0].read().equals(held_out[1].read())
    assert held_out[0].read().equals(held_out[2].read())
    assert not held_out[0].read().equals(tables[0].split(0.2, 4)[1].read())
    assert held_out[1].name == "houses"
    assert held_out[1].schema == tables[1].schema


def test_batches_of_any_size(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = open_table(path).split(0.3, 0)[0].read()
    monkeypatch.setattr("onelayer.data.tables.unpacked.CHUNK", 100)
    part = open_table(path).split(0.3, 0)[0]
    assert pl.concat(part.batches(["price", "town"])).equals(whole)
    assert next(iter(part.batches(["town"]))).columns == ["town"]


def test_places_are_those_of_the_whole_file(path: Path) -> None:
    table = open_table(path)
    for part in table.split(0.3, 0):
        number = int(part.row_numbers[9])
        assert part.place(10, "price") == table.place(number, "price")
        assert part.place(10, "price").endswith(f"row {number:,} (line {number + 1:,}), column 'price'")


def test_fingerprints_tell_parts_apart(path: Path) -> None:
    table = open_table(path)
    train, held_out = table.split(0.3, 0)
    others = table.split(0.3, 1)
    assert len({part.fingerprint for part in (table, train, held_out, *others)}) == 5
    assert train.fingerprint == open_table(path).split(0.3, 0)[0].fingerprint
    assert Table.of(HOUSES).split(0.3, 0)[0].fingerprint is None


def test_a_part_of_a_part(path: Path) -> None:
    train = open_table(path).split(0.3, 0)[0]
    inner = train.split(0.5, 0)[1]
    assert inner.read()["price"].to_list() == [(number - 1) / 2 for number in inner.row_numbers]
    assert set(inner.row_numbers) < set(train.row_numbers)
    assert f"row {inner.row_numbers[0]} " in inner.place(1, "town")


@pytest.mark.parametrize("fraction", [0.1, 0.25, 0.5, 0.9])
@pytest.mark.parametrize("seed", [0, 1])
def test_of_each_class_the_same_share(fraction: float, seed: int) -> None:
    classes = ["often"] * 700 + ["seldom"] * 250 + ["never"] * 40 + [None] * 10
    order = np.random.RandomState(5).permutation(N)
    table = Table.of(pl.DataFrame({"y": [classes[k] for k in order], "row": np.arange(N)}))
    held_out = table.split(fraction, seed, stratify="y")[1].read()
    assert len(held_out) == round(fraction * N)
    counts, expected = Counter(held_out["y"].to_list()), Counter(classes)
    assert all(abs(counts[name] - fraction * expected[name]) <= 1 for name in expected)
    assert held_out["row"].is_sorted()
    assert not held_out.equals(table.split(fraction, seed + 10, stratify="y")[1].read())


@pytest.mark.parametrize("values", [[True, False], [1.5, 2.5], [3, 4], ["a", "b"]])
def test_classes_of_any_kind(values: list[object]) -> None:
    table = Table.of(pl.DataFrame({"y": values * 10}))
    assert Counter(table.split(0.2, 0, stratify="y")[1].read()["y"].to_list()) == dict.fromkeys(values, 2)


def test_faults_are_found_in_parts_too(tmp_path: Path) -> None:
    path = tmp_path / "houses.csv"
    path.write_bytes(b"price\n1\n2\nx\n4\n")
    with pytest.raises(DataFileError, match=r"row 3 \(line 4\), column 'price': 'x' is not a number"):
        open_table(path).split(0.5, 0)[0].read()
    with pytest.raises(InvalidDataError, match="no column 'town'"):
        Table.of(HOUSES.drop("town")).split(0.5, 0, stratify="town")


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, np.nan, "half"])
def test_fractions_that_are_none(fraction: float) -> None:
    with pytest.raises(InvalidParameterError, match="fraction"):
        Table.of(HOUSES).split(fraction, 0)

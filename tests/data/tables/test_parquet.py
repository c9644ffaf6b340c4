"""Parquet gives what was written, in slices of bounded size, and nothing of a damaged file."""

from __future__ import annotations

import decimal
import hashlib
import zlib
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from onelayer.data.dataset import fingerprint
from onelayer.data.tables import open_table
from onelayer.data.tables.footer import Footer
from onelayer.errors import DataFileError, DataNotFoundError, InvalidDataError

N_ROWS = 1000

HOUSES = pl.DataFrame(
    {
        "price": np.linspace(0, 1, N_ROWS, dtype=np.float32),
        "rooms": np.arange(N_ROWS) % 7,
        "city": [f"city {k % 3}" for k in range(N_ROWS)],
        "new": [k % 2 == 0 for k in range(N_ROWS)],
        "sold": [date(2014, 1, 1) + timedelta(days=k) for k in range(N_ROWS)],
    }
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "houses.parquet"


@pytest.mark.parametrize("group", [1, 17, 100, N_ROWS])
@pytest.mark.parametrize("slice_bytes", [1, 3000, 96 << 20])
@pytest.mark.parametrize("group_bytes", [1, 64 << 20])
@pytest.mark.parametrize("batch_rows", [7, 1 << 16])
def test_rows_come_in_order_whatever_the_sizes(
    group: int,
    slice_bytes: int,
    group_bytes: int,
    batch_rows: int,
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    houses = HOUSES if slice_bytes > 1 else HOUSES.head(40)
    houses.write_parquet(path, row_group_size=group)
    monkeypatch.setattr("onelayer.data.tables.parquet_reader.SLICE", slice_bytes)
    monkeypatch.setattr("onelayer.data.tables.parquet_reader.GROUP", group_bytes)
    monkeypatch.setattr("onelayer.data.tables.frame_reader.BATCH_ROWS", batch_rows)
    table = open_table(path)
    for _ in range(2):
        batches = list(table.batches())
        assert max(batch.height for batch in batches) <= batch_rows
        assert pl.concat(batches).equals(houses)
    assert table.n_rows == len(houses)
    assert table.name == "houses"
    assert table.read(["city", "price"]).equals(houses.select("city", "price"))
    content = path.read_bytes()
    sums = np.array([len(content), zlib.crc32(content)], "<u8")
    assert table.fingerprint == fingerprint(hashlib.sha256(sums.tobytes()).hexdigest())


@pytest.mark.parametrize(("group", "most"), [(10, 1000), (N_ROWS, 2000)])
def test_a_slice_has_bounded_bytes(
    group: int, most: int, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a row group that is larger a slice has twice as many, since all of it is decoded for each."""
    HOUSES.write_parquet(path, row_group_size=group)
    monkeypatch.setattr("onelayer.data.tables.parquet_reader.SLICE", 1000)
    heights = [batch.height for batch in open_table(path).batches(["price"])]
    assert max(heights) <= most // 4
    assert len(heights) > 1
    assert sum(heights) == N_ROWS


UTC = UTC
EAST = timezone(timedelta(hours=2))

COLUMNS: dict[str, tuple[pa.Array, str, list[Any]]] = {
    "int8": (pa.array([1, None], pa.int8()), "number", [1, None]),
    "uint64": (pa.array([2**64 - 1, None], pa.uint64()), "number", [2**64 - 1, None]),
    "decimal": (pa.array([decimal.Decimal("1.25"), None]), "number", [1.25, None]),
    "float32": (pa.array([1.5, float("nan")], pa.float32()), "number", [1.5, None]),
    "float64": (pa.array([float("nan"), None], pa.float64()), "number", [None, None]),
    "null": (pa.array([None, None]), "number", [None, None]),
    "boolean": (pa.array([True, None]), "boolean", [True, None]),
    "text": (pa.array(["x", None]), "text", ["x", None]),
    "dictionary": (pa.array(["x", None]).dictionary_encode(), "text", ["x", None]),
    "date": (pa.array([date(2014, 5, 2), None]), "date", [date(2014, 5, 2), None]),
    "milliseconds": (
        pa.array([datetime(2014, 5, 2), None], pa.timestamp("ms")),
        "datetime",
        [datetime(2014, 5, 2), None],
    ),
    "zone": (
        pa.array([datetime(2014, 5, 2, 10, tzinfo=EAST), None], pa.timestamp("us", "Europe/Paris")),
        "zoned",
        [datetime(2014, 5, 2, 8, tzinfo=UTC), None],
    ),
}


@pytest.mark.parametrize("case", COLUMNS)
def test_types_become_kinds(case: str, path: Path) -> None:
    array, kind, values = COLUMNS[case]
    pq.write_table(pa.table({case: array}), path)
    table = open_table(path)
    assert table.schema == {case: kind}
    assert table.read()[case].to_list() == values


@pytest.mark.parametrize(
    "array",
    [
        pa.array([[1, 2], [3]]),
        pa.array([{"a": 1}, {"a": 2}]),
        pa.array([b"x", b"y"]),
        pa.array([timedelta(seconds=1), None]),
        pa.array([1, 2], pa.time64("us")),
    ],
    ids=["list", "struct", "binary", "duration", "time"],
)
def test_other_types_are_refused_by_name_unless_left_out(array: pa.Array, path: Path) -> None:
    pq.write_table(pa.table({"x": [1.0, 2.0], "rooms": array}), path)
    table = open_table(path)
    for call in (lambda: table.schema, lambda: table.read(), lambda: list(table.batches(["rooms"]))):
        with pytest.raises(InvalidDataError, match=r"houses.parquet, column 'rooms': values of type \w"):
            call()
    assert table.select(["x"]).schema == {"x": "number"}
    assert table.read(["x"])["x"].to_list() == [1.0, 2.0]


@pytest.mark.parametrize("value", [np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("row", [1, 500, N_ROWS])
def test_infinity_is_refused_with_its_place(
    value: float, dtype: type, row: int, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onelayer.data.tables.parquet_reader.SLICE", 1000)
    monkeypatch.setattr("onelayer.data.tables.frame_reader.BATCH_ROWS", 64)
    x = np.ones(N_ROWS, dtype)
    x[row - 1] = value
    x[: row - 1 : 3] = np.nan
    pl.DataFrame({"y": np.ones(N_ROWS), "x": x}).write_parquet(path)
    with pytest.raises(InvalidDataError, match=rf"houses.parquet, row {row:,}, column 'x': {value} is not"):
        open_table(path).read()


def test_finite_values_whose_sum_overflows_are_no_fault(path: Path) -> None:
    frame = pl.DataFrame({"x": [1.7e308, 1.7e308, None]})
    frame.write_parquet(path)
    assert open_table(path).read().equals(frame)


def test_codes_become_text_as_categories(path: Path) -> None:
    pl.DataFrame({"zip": [98103.0, None, 98004.0], "y": [1, 2, 3]}).write_parquet(path)
    table = open_table(path, categories=["zip"])
    assert table.schema == {"zip": "text", "y": "number"}
    assert table.read()["zip"].to_list() == ["98103", None, "98004"]


def test_parquet_is_recognised_by_content(tmp_path: Path) -> None:
    path = tmp_path / "houses.data"
    HOUSES.write_parquet(path)
    assert open_table(path).read().equals(HOUSES)


def test_a_folder_name_adds_no_column(tmp_path: Path) -> None:
    folder = tmp_path / "year=2014"
    folder.mkdir()
    HOUSES.write_parquet(folder / "[1].parquet")
    assert open_table(folder / "[1].parquet").columns == tuple(HOUSES.columns)


def test_a_file_cut_short_anywhere_is_refused(path: Path) -> None:
    HOUSES.write_parquet(path)
    content = path.read_bytes()
    for size in [*range(0, len(content), 97), len(content) - 1]:
        path.write_bytes(content[:size])
        with pytest.raises(DataFileError) as caught:
            open_table(path)
        assert str(caught.value).startswith(str(path))
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("compression", ["zstd", "snappy", "gzip"])
def test_values_overwritten_in_a_packed_column_are_refused(compression: Any, path: Path) -> None:
    HOUSES.write_parquet(path, compression=compression)
    content = bytearray(path.read_bytes())
    content[20:400] = b"\xa5" * 380
    path.write_bytes(content)
    with pytest.raises(DataFileError, match="may be damaged"):
        open_table(path).read()


def test_other_content_is_refused(path: Path) -> None:
    path.write_bytes(b"price,rooms\n1,2\n" * 10)
    with pytest.raises(DataFileError, match="does not begin with PAR1"):
        open_table(path)


@pytest.mark.parametrize("frame", [pl.DataFrame({"x": pl.Series([], dtype=pl.Float64)}), pl.DataFrame()])
def test_a_file_without_rows_is_refused(frame: pl.DataFrame, path: Path) -> None:
    frame.write_parquet(path)
    with pytest.raises(DataFileError, match=r"no (rows|columns)"):
        open_table(path)


def test_two_columns_of_one_name_are_refused(path: Path) -> None:
    pq.write_table(pa.table([pa.array([1]), pa.array([2])], names=["x", "x"]), path)
    with pytest.raises(DataFileError, match="x"):
        open_table(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for name in ("houses.parquet", "houses.csv", "houses"):
        with pytest.raises(DataNotFoundError, match=name):
            open_table(tmp_path / name)
    with pytest.raises(DataFileError, match="folder"):
        open_table(tmp_path)


@pytest.mark.parametrize("groups", [1, 2, 14, 15, 16, 200])
@pytest.mark.parametrize("columns", [1, 5, 40])
@pytest.mark.parametrize("writer", ["polars", "pyarrow"])
def test_row_groups_are_counted_as_pyarrow_does(groups: int, columns: int, writer: str, path: Path) -> None:
    frame = pl.DataFrame({f"column {k}": np.arange(groups * 3) for k in range(columns)})
    if writer == "polars":
        frame.write_parquet(path, row_group_size=3)
    else:
        pq.write_table(frame.to_arrow(), path, row_group_size=3)
    content = path.read_bytes()
    length = int.from_bytes(content[-8:-4], "little")
    assert len(Footer.of(content[-8 - length : -8]).groups) == pq.ParquetFile(path).metadata.num_row_groups


@pytest.mark.parametrize("footer", [b"", b"\x15", b"\x15\x02\x00", b"\x15\xff", b"\x1d\x02", b"\x2c\x3c\x4c"])
def test_what_is_no_footer_is_refused(footer: bytes) -> None:
    with pytest.raises(ValueError, match=r"footer|field|number without"):
        Footer.of(footer)

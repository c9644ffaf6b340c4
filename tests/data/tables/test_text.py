"""A file of text gives the values that are written in it, however it is written, packed and cut."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import math
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import zstandard
from hypothesis import example, given, settings
from hypothesis import strategies as st

from onelayer.data.dataset import fingerprint
from onelayer.data.house_prices import FILE, house_prices
from onelayer.data.tables import open_table
from onelayer.data.tables.forms import MISSING_VALUES, is_number, read_form

HEADER = ["price", "city", "sold", "built", "new"]
ROWS = [
    ["221900", "Seattle", "2014-10-13", "2014-10-13T09:30:00", "true"],
    ["538000.5", 'the "Hill", south', "2014-12-09", "2014-12-09 00:00", "false"],
    ["-1e3", "two\nlines; and\ta tab", "1969-12-31", "20141209T235959", "TRUE"],
    [".5", "北京", "2016-02-29", "2014-12-09T10:00:00.25", "False"],
]
VALUES = [
    (221900.0, "Seattle", date(2014, 10, 13), datetime(2014, 10, 13, 9, 30), True),
    (538000.5, 'the "Hill", south', date(2014, 12, 9), datetime(2014, 12, 9), False),
    (-1000.0, "two\nlines; and\ta tab", date(1969, 12, 31), datetime(2014, 12, 9, 23, 59, 59), True),
    (0.5, "北京", date(2016, 2, 29), datetime(2014, 12, 9, 10, 0, 0, 250_000), False),
]
KINDS = {"price": "number", "city": "text", "sold": "date", "built": "datetime", "new": "boolean"}


def written(rows: list[list[str]], **how: Any) -> bytes:
    """Write rows with Python's own csv module."""
    file = io.StringIO(newline="")
    csv.writer(file, **how).writerows(rows)
    return file.getvalue().encode("utf-8")


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("text") / "table.csv"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
def test_one_table_reads_the_same_in_every_form(
    delimiter: str, end: str, quoting: Any, mark: bytes, pack: Any, scratch: Path
) -> None:
    content = mark + written([HEADER, *ROWS], delimiter=delimiter, lineterminator=end, quoting=quoting)
    scratch.write_bytes(pack(content))
    table = open_table(scratch)
    assert table.columns == tuple(HEADER)
    assert table.schema == KINDS
    assert table.n_rows == 4
    assert table.read().rows() == VALUES
    assert table.fingerprint == fingerprint(hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n", b"\n\n\r\n\n"])
def test_the_end_of_the_last_line_does_not_matter(ending: bytes, scratch: Path) -> None:
    scratch.write_bytes(b"a,b\n1,x\n2,y" + ending)
    assert open_table(scratch).read().rows() == [(1, "x"), (2, "y")]


def test_blank_lines_before_the_end_of_a_chunk_are_not_the_end_of_the_file(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onelayer.data.tables.unpacked.CHUNK", 4)
    scratch.write_bytes(b"a\n1\n\n\n\n\n2\n\n\n\n")
    assert open_table(scratch).read()["a"].to_list() == [1, None, None, None, None, 2]


def test_without_a_header_columns_are_numbered(scratch: Path) -> None:
    scratch.write_bytes(b"1,x\n2,y\n")
    table = open_table(scratch, header=False)
    assert table.read().to_dict(as_series=False) == {"column_1": [1, 2], "column_2": ["x", "y"]}


@pytest.mark.parametrize(
    ("head", "delimiter"),
    [
        (b"a;b\n1,5;2,5\n", ";"),
        (b'"price; area",b\n1,2\n', ","),
        (b"price, area;b\nx;2\n", ";"),
        (b"a\tb,c\n1\t2\n3\t4\n", "\t"),
        (b"a\n1\n", ","),
    ],
)
def test_the_delimiter_is_the_one_that_cuts_evenly(head: bytes, delimiter: str, scratch: Path) -> None:
    scratch.write_bytes(head)
    found = open_table(scratch).columns
    assert found == open_table(scratch, delimiter=delimiter).columns


@pytest.mark.parametrize("delimiter", ["|", ":", " ", "\x1f"])
def test_any_delimiter_can_be_given(delimiter: str, scratch: Path) -> None:
    scratch.write_bytes(written([["a", "b"], ["1", "x"]], delimiter=delimiter))
    assert open_table(scratch, delimiter=delimiter).read().rows() == [(1, "x")]


def test_the_suffix_tsv_says_that_tabs_delimit(tmp_path: Path) -> None:
    path = tmp_path / "houses.tsv.gz"
    path.write_bytes(gzip.compress(b"a,b\tc;d\n1\t2\n"))
    table = open_table(path)
    assert table.name == "houses"
    assert table.columns == ("a,b", "c;d")


text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
special = st.text(st.sampled_from('",;\t\n\r a"'), max_size=6)
fields = st.one_of(text, special, st.sampled_from(["x^2", "#", "NA", "1", "-", "\ufeff"]))


@given(
    rows=st.lists(st.tuples(fields, fields, fields), min_size=1, max_size=12),
    delimiter=st.sampled_from(",;\t"),
    end=st.sampled_from(["\n", "\r\n"]),
    quote_all=st.booleans(),
    chunk=st.sampled_from([24, 61, 1 << 22]),
)
@example(rows=[("x^2", "x\x01", "x\x9c")], delimiter=",", end="\n", quote_all=False, chunk=1 << 22)
@settings(max_examples=150, deadline=None)
def test_what_the_csv_module_writes_is_read_back(
    rows: list[tuple[str, str, str]],
    delimiter: str,
    end: str,
    quote_all: bool,
    chunk: int,
    scratch: Path,
) -> None:
    names = ["a", "b", "c"]
    # The module leaves carriage returns unquoted where lines end in a line feed alone.
    returns = any("\r" in field for row in rows for field in row)
    quoting = csv.QUOTE_ALL if quote_all or returns else csv.QUOTE_MINIMAL
    content = written([names, *map(list, rows)], delimiter=delimiter, lineterminator=end, quoting=quoting)
    scratch.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("onelayer.data.tables.unpacked.CHUNK", chunk)
        table = open_table(scratch, delimiter=delimiter, categories=names)
        frame = table.read()
    expected = [
        tuple(None if field.strip(" \t") in MISSING_VALUES else field for field in row) for row in rows
    ]
    assert frame.rows() == expected
    assert table.n_rows == len(rows)


numerals = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda value: f"{value:.25g}"),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda value: f"{value:+.3E}"),
    st.integers(-(10**25), 10**25).map(str),
    st.from_regex(r"\A[+-]?[0-9]{0,30}\.[0-9]{1,30}([eE][+-]?[0-9]{1,2})?\Z"),
    st.sampled_from(
        ["4.9e-324", "2.4703282292062327e-324", "1e-400", "1.7976931348623157e308", "9007199254740993.0"]
    ),
)


@given(values=st.lists(numerals, min_size=1, max_size=20), blank=st.sampled_from(["", " ", "\t "]))
@settings(max_examples=300, deadline=None)
def test_numbers_are_those_of_float_to_the_bit(values: list[str], blank: str) -> None:
    padded = [blank + value + blank for value in values]
    finite = [value for value in padded if math.isfinite(float(value))]
    numbers, odd = read_form(pl.Series(finite, dtype=pl.String), "decimal", MISSING_VALUES)
    assert not len(odd)
    assert [value.hex() for value in numbers.to_list()] == [float(value).hex() for value in finite]


@given(value=st.text(st.sampled_from("0123456789+-.eE_ xXinfaINFAtyT,'d"), min_size=1, max_size=8))
@settings(max_examples=400, deadline=None)
def test_a_number_is_what_float_accepts_but_no_nan_infinity_or_underscore(value: str) -> None:
    def accepted() -> bool:
        try:
            return "_" not in value and math.isfinite(float(value))
        except ValueError:
            return False

    numbers, odd = read_form(pl.Series([value]), "decimal", ())
    assert (numbers[0] is not None) == (not len(odd)) == accepted()
    if accepted():
        assert is_number(value)
    whole, odd = read_form(pl.Series([value]), "integer", ())
    assert (whole[0] is not None) == (not len(odd)) == value.strip().lstrip("+-").isdecimal() * accepted()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2014-05-02T10:00:00Z", datetime(2014, 5, 2, 10)),
        ("2014-05-02T10:00:00+02:00", datetime(2014, 5, 2, 8)),
        ("2014-05-02 00:30:00-0130", datetime(2014, 5, 2, 2)),
        ("20140502T100000Z", datetime(2014, 5, 2, 10)),
        ("2014-05-02T10:00:00.000001Z", datetime(2014, 5, 2, 10, 0, 0, 1)),
        ("2014-05-02T10:15Z", datetime(2014, 5, 2, 10, 15)),
    ],
)
def test_times_with_a_zone_are_in_utc(value: str, expected: datetime, scratch: Path) -> None:
    scratch.write_bytes(f"t\n{value}\n2000-01-01T00:00:00Z\n".encode())
    assert open_table(scratch).read()["t"].to_list() == [
        expected.replace(tzinfo=UTC),
        datetime(2000, 1, 1, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    "value",
    [
        "2014-5-2",
        "02014-05-02",
        "-2014-05-02",
        "2014-02-30",
        "2014-05-02T24:00:00",
        "2014-05-02T10:00:60",
        "2014/05/02",
    ],
)
def test_other_ways_to_write_a_date_stay_text(value: str, scratch: Path) -> None:
    scratch.write_bytes(f"d\n{value}\n".encode())
    assert open_table(scratch).schema == {"d": "text"}


def test_whole_numbers_are_exact(scratch: Path) -> None:
    scratch.write_bytes(b"id,x\n9007199254740993,1\n-9223372036854775808,2.5\n+9223372036854775807,-0\n")
    frame = open_table(scratch).read()
    assert frame.schema == {"id": pl.Int64, "x": pl.Float64}
    assert frame["id"].to_list() == [2**53 + 1, -(2**63), 2**63 - 1]


def test_a_whole_number_beyond_int64_is_a_float_among_floats(scratch: Path) -> None:
    scratch.write_bytes(b"x\n1\n123456789012345678901\n0.5\n")
    assert open_table(scratch).read()["x"].to_list() == [1.0, float("123456789012345678901"), 0.5]


@pytest.mark.parametrize("word", MISSING_VALUES)
def test_missing_values_are_null_in_every_kind_of_column(word: str, scratch: Path) -> None:
    head = ["1", "2.5", "true", "2014-05-02", "2014-05-02T10:00:00Z", "x"]
    rows = [head, [word] * 6, [f" {word}\t"] * 6, head]
    scratch.write_bytes(written([list("abcdef"), *rows]))
    table = open_table(scratch)
    assert list(table.schema.values()) == ["number", "number", "boolean", "date", "zoned", "text"]
    assert table.read().rows()[1:3] == [(None,) * 6] * 2
    assert table.read().null_count().row(0) == (2,) * 6


def test_a_column_without_a_value_counts_as_numbers(scratch: Path) -> None:
    scratch.write_bytes(b"a,b\n,1\nNA,2\n")
    table = open_table(scratch)
    assert table.schema == {"a": "number", "b": "number"}
    assert table.read()["a"].to_list() == [None, None]


def test_true_and_false_among_other_words_are_words(scratch: Path) -> None:
    scratch.write_bytes(b"a\ntrue\nfalse\ntrue\nunsure\n")
    assert open_table(scratch).read()["a"].to_list() == ["true", "false", "true", "unsure"]


def test_codes_keep_their_zeros_as_categories(scratch: Path) -> None:
    scratch.write_bytes(b"zip,x\n02134,1\n98103,2\n")
    assert open_table(scratch, categories=["zip"]).read()["zip"].to_list() == ["02134", "98103"]
    assert open_table(scratch).read()["zip"].to_list() == [2134, 98103]


@pytest.mark.parametrize("chunk", [64, 1000, 1 << 22])
@pytest.mark.parametrize("kept", [0, 1 << 26])
def test_chunks_of_any_size_give_the_same_rows(
    chunk: int, kept: int, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onelayer.data.tables.unpacked.CHUNK", chunk)
    monkeypatch.setattr("onelayer.data.tables.csv_reader.KEPT", kept)
    rows = [[str(k), f"{k / 7}", 'a "b"\n' * (k % 3), "NA" if k % 5 else "x"] for k in range(500)]
    scratch.write_bytes(written([list("abcd"), *rows]))
    table = open_table(scratch)
    expected = [(k, k / 7, 'a "b"\n' * (k % 3) or None, None if k % 5 else "x") for k in range(500)]
    for _ in range(2):
        assert table.read().rows() == expected
    assert table.read(["d", "b"]).rows() == [(row[3], row[1]) for row in expected]
    sizes = [batch.height for batch in table.batches()]
    assert max(sizes) <= max(1, chunk // 5)
    assert sum(sizes) == table.n_rows == 500
    for row in (1, 2, 250, 500):
        line = 2 + written(rows[: row - 1]).count(b"\n")
        assert table.place(row, "b") == f"{scratch}, row {row} (line {line}), column 'b'"


def test_of_a_long_file_only_a_part_is_in_memory(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onelayer.data.tables.unpacked.CHUNK", 1 << 12)
    monkeypatch.setattr("onelayer.data.tables.csv_reader.KEPT", 1 << 14)
    scratch.write_bytes(b"a,b\n" + b"1.25,word\n" * 20_000)
    table = open_table(scratch)
    assert table.n_rows == 20_000
    assert table._reader._kept == []
    assert max(batch.height for batch in table.batches()) <= 2 * (1 << 12) // 10
    assert len(table.read()) == 20_000


def test_house_prices_are_read_as_they_are_by_numpy() -> None:
    houses, known = open_table(FILE), house_prices()
    frame = houses.read()
    assert houses.n_rows == len(known.X)
    assert (frame["price"].to_numpy() == known.y).all()
    for number, name in enumerate(known.feature_names or ()):
        if name != "date":
            assert (frame[name].to_numpy() == known.X[:, number]).all()
    days = (frame["date"] - frame["date"].min()).dt.total_days()
    assert (days.to_numpy() == known.X[:, 0]).all()
    assert houses.schema["date"] == "date"

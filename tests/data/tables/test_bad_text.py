"""What is wrong in a file of text is refused in one line that names file, row, line, column and value."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
import zstandard

from onelayer.data.tables import open_table, records
from onelayer.errors import DataFileError, InvalidDataError, InvalidParameterError

ROWS = b"".join(b"%d,x\n" % number for number in range(1000))

# name: bytes, where, and what the message has to say
IN_THE_ROWS = {
    "a row too short": (b"a,b\n1,2\n3\n4,5\n", "row 2 (line 3)", ["1 field", "2 columns", "'3'"]),
    "a row too long": (b"a,b\n1,2\n3,4,5\n", "row 2 (line 3)", ["3 fields", "2 columns", "'3,4,5'"]),
    "an empty line": (b"a,b\n1,2\n\n3,4\n", "row 2 (line 3)", ["empty"]),
    "an unclosed quote": (b'a,b\n1,2\n3,"x\n4,5\n', "row 2 (line 3), column 'b'", ["never closed"]),
    "an unclosed quote before others": (
        b'a,b\n1,"x\n2,"y"\n3,z\n',
        "row 1 (line 3), column 'b'",
        ["follows the quote that closes", "never closed"],
    ),
    "text after a closing quote": (
        b'a,b\n1,"x"y\n',
        "row 1 (line 2), column 'b'",
        ['"x"y', "follows the quote"],
    ),
    "a quote inside a field": (
        b'a,b\n1,5" pipe\n',
        "row 1 (line 2), column 'b'",
        ['5" pipe', "quote inside"],
    ),
    "a quote after a blank": (b'a,b\n1, "x"\n', "row 1 (line 2), column 'b'", ["quote inside"]),
    "a NUL byte": (b"a,b\n1,2\n3,\x00\n", "row 2 (line 3), column 'b'", ["NUL", r"'\x00'"]),
    "latin-1": (b"a,b\n1,caf\xe9\n", "row 1 (line 2), column 'b'", [r"'caf\xe9'", "byte e9", "UTF-8"]),
    "half a character": (b"a,b\n1,\xe4\xb8\n", "row 1 (line 2), column 'b'", ["UTF-8"]),
    "a lone carriage return": (b"a,b\n1,x\ry\n", "row 1 (line 2), column 'b'", ["carriage return"]),
    "a number too large": (b"a,b\n1,2\n1e999,3\n", "row 2 (line 3), column 'a'", ["'1e999'", "float64"]),
    "the same, negative": (b"a,b\n1,2\n-1e999,3\n", "row 2 (line 3), column 'a'", ["'-1e999'"]),
    "infinity": (b"a\n1\ninf\n2\n", "row 2 (line 3), column 'a'", ["'inf'", "number"]),
    "infinity in full": (b"a\n1\n-Infinity\n2\n", "row 2 (line 3), column 'a'", ["'-Infinity'"]),
    "two dashes": (b"a\n1\n2\n--\n", "row 3 (line 4), column 'a'", ["'--'", "missing value"]),
    "an underscore": (b"a\n1_000\n2\n3\n", "row 1 (line 2), column 'a'", ["'1_000'"]),
    "hexadecimal": (b"a\n0x1f\n2\n3\n", "row 1 (line 2), column 'a'", ["'0x1f'"]),
    "digits of another script": ("a\n١\n2\n3\n".encode(), "row 1 (line 2), column 'a'", ["'١'"]),
    "text among numbers": (
        b"a\n1\nabc\n2.5\n3\n",
        "row 2 (line 3), column 'a'",
        ["'abc'", "3 of the column's 4"],
    ),
    "a number among text": (b"a\nx\ny\n12\n", "row 3 (line 4), column 'a'", ["'12'", "2 of the column's 3"]),
    "a decimal comma": (b"a;b\n1,5;x\n2,5;y\n", "row 1 (line 2), column 'a'", ["'1,5'", "comma", "point"]),
    "commas between thousands": (b'a\n"1,234"\n5\n', "row 1 (line 2), column 'a'", ["'1,234'", "comma"]),
    "no such day": (
        b"d\n2014-02-28\n2014-02-30\n2014-03-01\n",
        "row 2 (line 3), column 'd'",
        ["'2014-02-30'", "date"],
    ),
    "no such hour": (
        b"d\n2014-02-28T10:00\n2014-02-28T25:00\n2014-02-28T11:00\n",
        "row 2 (line 3), column 'd'",
        ["'2014-02-28T25:00'"],
    ),
    "a number among dates": (
        b"d\n2014-02-28\n2014-02-27\n5\n",
        "row 3 (line 4), column 'd'",
        ["'5'", "dates"],
    ),
    "a number among booleans": (
        b"d\ntrue\nfalse\n1\n",
        "row 3 (line 4), column 'd'",
        ["'1'", "true or false"],
    ),
    "a time without a zone": (
        b"t\n2014-05-02T10:00:00Z\n2014-05-02T10:00:00\n2014-05-02T11:00:00Z\n",
        "row 2 (line 3), column 't'",
        ["zone"],
    ),
    "a whole number beyond int64": (
        b"id\n1\n123456789012345678901\n",
        "row 2 (line 3), column 'id'",
        ["'123456789012345678901'", "exactly"],
    ),
    "after a record of several lines": (
        b'a,b\n"1\n2\n3",4\n5\n',
        "row 2 (line 5)",
        ["1 field"],
    ),
}

IN_THE_HEAD = {
    "an empty file": (b"", ["empty"]),
    "blank lines": (b"\n\r\n\n", ["empty", "blank lines"]),
    "a byte order mark alone": (b"\xef\xbb\xbf", ["empty"]),
    "a header alone": (b"a,b\n", ["header but no rows"]),
    "a header alone without its end": (b"a,b", ["header but no rows"]),
    "a header and blank lines": (b"a,b\n\n\n", ["header but no rows"]),
    "two columns of one name": (b"a,b,a\n1,2,3\n", ["line 1", "columns 1 and 3", "'a'"]),
    "the same but for blanks": (b"a,b, a\n1,2,3\n", ["columns 1 and 3"]),
    "an empty name": (b"a,,c\n1,2,3\n", ["column 2 of 3", "no name"]),
    "a delimiter at the end": (b"a,b,\n1,2,3\n", ["column 3 of 3", "no name"]),
    "numbers for a header": (b"1,2.5\n3,4\n", ["line 1", "only numbers", "header=False"]),
    "a delimiter that is not clear": (b"a,b;c\n1,2;3\n", ["comma and semicolon", "delimiter="]),
    "no delimiter that fits": (b"a,b;c\n1,2,3;4\n5\n", ["comma and semicolon", "none cuts"]),
    "an empty first line": (b"\na,b\n1,2\n", ["line 1", "empty"]),
    "old ends of lines": (b"a,b\r1,2\r", ["line 1", "carriage return"]),
    "a NUL byte in the header": (b"a,b\0\n1,2\n", ["line 1, field 2", "NUL"]),
    "a header in latin-1": (b"caf\xe9,b\n1,2\n", ["line 1, field 1", "UTF-8"]),
    "a quote open in the header": (b'"a,b\n1,2\n', ["line 1", "never closed"]),
    "a quote inside a name": (b'a,b"c\n1,2\n', ["never closed"]),
    "utf-16": ("a,b\n1,2\n".encode("utf-16"), ["UTF-16"]),
    "a workbook": (b"PK\x03\x04" + bytes(40), ["workbook"]),
    "a web page": (b"<!DOCTYPE html><html></html>", ["web page"]),
    "gzip cut short": (gzip.compress(b"a,b\n" + ROWS)[:-9], ["gzip", "cut short"]),
    "gzip with a changed byte": (
        gzip.compress(b"a,b\n" + ROWS, mtime=0)[:-6] + b"\0\0\0\0\0\0",
        ["gzip", "damaged"],
    ),
    "something after gzip": (gzip.compress(b"a,b\n1,2\n") + b"garbage", ["not gzip"]),
    "zstandard cut short": (zstandard.compress(b"a,b\n" + ROWS)[:-3], ["zstandard", "cut short"]),
    "something after zstandard": (
        zstandard.compress(b"a,b\n1,2\n") + b"garbage",
        ["zstandard", "something else"],
    ),
    "damaged zstandard": (zstandard.compress(b"a,b\n1,2\n")[:6] + b"\xff" * 12, ["zstandard", "damaged"]),
}


def refusal(path: Path) -> str:
    with pytest.raises(DataFileError) as caught:
        open_table(path).read()
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    return message


@pytest.mark.parametrize("case", IN_THE_ROWS)
def test_a_fault_in_the_rows_is_named_by_place_and_value(case: str, tmp_path: Path) -> None:
    content, where, words = IN_THE_ROWS[case]
    path = tmp_path / "houses.csv"
    path.write_bytes(content)
    message = refusal(path)
    assert message.startswith(f"{path}, {where}"), message
    for word in words:
        assert word in message.removeprefix(str(path))


@pytest.mark.parametrize("case", IN_THE_HEAD)
def test_a_fault_of_the_file_or_its_header_is_named(case: str, tmp_path: Path) -> None:
    content, words = IN_THE_HEAD[case]
    path = tmp_path / "houses.csv"
    path.write_bytes(content)
    message = refusal(path)
    for word in words:
        assert word in message.removeprefix(str(path))


@pytest.mark.parametrize("case", IN_THE_ROWS)
@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_packing_changes_no_refusal(case: str, pack, tmp_path: Path) -> None:
    plain, packed = tmp_path / "plain" / "t.csv", tmp_path / "packed" / "t.csv"
    for path, content in ((plain, IN_THE_ROWS[case][0]), (packed, pack(IN_THE_ROWS[case][0]))):
        path.parent.mkdir()
        path.write_bytes(content)
    assert refusal(plain).removeprefix(str(plain)) == refusal(packed).removeprefix(str(packed))


@pytest.mark.parametrize(
    ("sound", "bad", "words"),
    [
        (b"1,x", b"2", ["1 field"]),
        (b"1,x", b"2,y,z", ["3 fields"]),
        (b"1,x", b"2,\xff", ["column 'b'", "UTF-8"]),
        (b"1,x", b"2,\0", ["column 'b'", "NUL"]),
        (b"1,x", b'2,"y"z', ["column 'b'", "follows the quote"]),
        (b"1,x", b'2,"y', ["column 'b'", "never closed"]),
        (b"1,x", b"1e999,y", ["column 'a'", "'1e999'"]),
        (b"1,x", b"--,y", ["column 'a'", "'--'", "997 of the column's 998 values"]),
        (b"1.5,x", b"2,3", ["column 'b'", "'3'", "997 of the column's 998 values"]),
        (b"NA,x", b"NA,3", ["column 'b'", "'3'"]),
    ],
)
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_fault_far_into_the_file_is_placed_by_all_rows_before_it(
    sound: bytes, bad: bytes, words: list[str], end: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onelayer.data.tables.unpacked.CHUNK", 512)
    path = tmp_path / "t.csv"
    path.write_bytes(end.join([b"a,b", *[sound] * 997, bad]))
    message = refusal(path)
    assert message.startswith(f"{path}, row 998 (line 999)"), message
    for word in words:
        assert word in message


def test_the_first_of_several_faults_is_named(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b'a,b\n1,2\n3\n4,\xff\n5,"\n')
    assert "row 2 (line 3): 1 field" in refusal(path)


def test_a_faulty_column_does_not_matter_to_the_others(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"price,note\n1.5,2\n2.5,x\n3.5,y\n")
    table = open_table(path)
    assert table.select(["price"]).schema == {"price": "number"}
    assert open_table(path, columns=["price"]).read()["price"].to_list() == [1.5, 2.5, 3.5]
    with pytest.raises(DataFileError, match=r"row 1 \(line 2\), column 'note': '2' is a number"):
        table.schema
    assert open_table(path, categories=["note"]).read()["note"].to_list() == ["2", "x", "y"]


def test_a_word_can_be_named_as_a_missing_value(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\n1,-999\n -- ,2\n3,4\n")
    table = open_table(path, missing_values=["--", "-999"])
    assert table.read().rows() == [(1, None), (None, 2), (3, 4)]


@pytest.mark.parametrize("columns", [["pryce"], ["price", "pryce"]])
def test_a_column_that_is_not_there_is_refused_with_what_may_be_meant(
    columns: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"price,area\n1,2\n")
    for call in (
        lambda: open_table(path, columns=columns),
        lambda: open_table(path, categories=columns),
        lambda: open_table(path).select(columns),
        lambda: open_table(path).batches(columns),
        lambda: open_table(path).read(columns),
    ):
        with pytest.raises(InvalidDataError, match="no column 'pryce'; did you mean 'price'"):
            call()


@pytest.mark.parametrize("delimiter", ["", ",,", '"', "\n", "，"])
def test_a_delimiter_is_one_character(delimiter: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"price,area\n1,2\n")
    with pytest.raises(InvalidParameterError, match="delimiter="):
        open_table(path, delimiter=delimiter)


@pytest.mark.parametrize(
    ("tail", "words"),
    [(b'3,"' + b"x\n" * 2000, "never closed within"), (b"3," + b"x" * 4000, "no row ends within")],
)
def test_a_record_without_an_end_does_not_fill_the_memory(
    tail: bytes, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onelayer.data.tables.unpacked.CHUNK", 256)
    monkeypatch.setattr(records, "LONGEST_RECORD", 1000)
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\n1,2\n" + tail)
    message = refusal(path)
    assert "row 2 (line 3), column 'b'" in message
    assert words in message


def test_a_file_that_changes_between_two_passes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onelayer.data.tables.csv_reader.KEPT", 0)
    path = tmp_path / "t.csv"
    path.write_bytes(b"a\n1\n2\n")
    table = open_table(path)
    assert table.schema == {"a": "number"}
    path.write_bytes(b"a\n1\nx\n")
    with pytest.raises(DataFileError, match="was changed while it was read: row 2, column 'a'"):
        table.read()


@pytest.mark.parametrize("name", ["-0.13", "0.5", "1e5", "+3"])
def test_a_name_that_looks_like_a_measurement(name: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"y,{name}\n1,2\n")
    with pytest.raises(DataFileError, match=r"line 1: column 2 of 2 is named .* header=False"):
        open_table(tmp_path / "t.csv")


def test_years_may_be_names(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("town,2014,2015\nUlm,1,2\n")
    assert open_table(tmp_path / "t.csv").columns == ("town", "2014", "2015")

"""The headers of Parquet's pages: good files of every writer pass, and no damage gets further than one exception."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest

from onelayer.data.tables import open_table
from onelayer.data.tables.compact import Compact
from onelayer.data.tables.footer import Footer
from onelayer.errors import DataFileError

HOUSES = pl.DataFrame(
    {
        "price": np.linspace(1, 2, 500),
        "rooms": [None if k % 11 == 0 else k % 7 for k in range(500)],
        "city": [None if k % 13 == 0 else f"city {k % 3}" for k in range(500)],
        "new": [k % 2 == 0 for k in range(500)],
    }
)


def flips(path: Path, content: bytes, change: int) -> list[str]:
    """Change one byte after the other, read the file, and return the refusals."""
    refusals = []
    for position in range(len(content)):
        spoiled = bytearray(content)
        spoiled[position] ^= change
        path.write_bytes(spoiled)
        try:
            open_table(path).read()
        except DataFileError as error:
            refusals.append(str(error))
    return refusals


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("dictionary", [False, True])
@pytest.mark.parametrize("compression", ["none", "snappy", "gzip", "zstd", "lz4"])
@pytest.mark.parametrize("page", [64, 1 << 20])
@pytest.mark.parametrize("index", [False, True])
def test_files_of_pyarrow(
    version: str, dictionary: bool, compression: str, page: int, index: bool, tmp_path: Path
) -> None:
    path = tmp_path / "houses.parquet"
    pq.write_table(
        HOUSES.to_arrow(),
        path,
        data_page_version=version,
        use_dictionary=dictionary,
        compression=compression,
        data_page_size=page,
        row_group_size=200,
        write_page_index=index,
        write_page_checksum=index,
    )
    assert open_table(path).read().equals(HOUSES)


@pytest.mark.parametrize("compression", ["uncompressed", "snappy", "gzip", "zstd", "lz4"])
@pytest.mark.parametrize("page", [64, None])
def test_files_of_polars(compression: str, page: int | None, tmp_path: Path) -> None:
    path = tmp_path / "houses.parquet"
    HOUSES.write_parquet(path, compression=compression, data_page_size=page, row_group_size=200)
    assert open_table(path).read().equals(HOUSES)


@pytest.mark.parametrize(
    ("compression", "change"), [("zstd", 0x01), ("uncompressed", 0x01), ("uncompressed", 0xFF)]
)
def test_a_changed_byte_ends_in_one_line_at_most(
    compression: str, change: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "houses.parquet"
    HOUSES.head(6).select("price", "city").write_parquet(path, compression=compression, statistics=False)
    refusals = flips(path, path.read_bytes(), change)
    assert len(refusals) > 100
    assert all(line.startswith(str(path)) and "\n" not in line for line in refusals)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ({"n_values": 7}, "that does not fit|no header of a page|values in a column"),
        ({"size": 1 << 40}, "values at byte 4 that do not fit into the file"),
        ({"size": -1}, "do not fit into the file"),
        ({"unpacked": 1}, "a page at byte 4 that does not fit into the file"),
        ({"start": 5}, "page at byte 5"),
        ({"packed": True, "n_values": 1}, "6 values in a column that has 1"),
    ],
)
def test_a_footer_that_says_something_else(
    claim: dict[str, int], reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "houses.parquet"
    HOUSES.head(6).select("price").write_parquet(path, compression="uncompressed")
    whole = Footer.of

    def spoiled(content: bytes) -> Footer:
        footer = whole(content)
        (group,) = footer.groups
        (chunk,) = group.chunks
        return replace(footer, groups=(replace(group, chunks=(replace(chunk, **claim),)),))

    monkeypatch.setattr(Footer, "of", spoiled)
    with pytest.raises(DataFileError, match=reason):
        open_table(path).read()


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"\x1c" * 40, ValueError),  # structures inside structures
        (b"\x15" + b"\xff" * 20, ValueError),  # a number without an end
        (b"\x1d\x00", ValueError),  # a field of no type
        (b"\x10\x00", ValueError),  # a field of type 0
        (b"\x18\x7f", IndexError),  # a text longer than what is left
        (b"\x19\xf5\x7f", IndexError),  # a list longer than what is left
        (b"\x15\x02", IndexError),  # no end
    ],
)
def test_what_is_no_structure(content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        Compact(content).structure()


def test_every_kind_of_value() -> None:
    # fields 1 to 8: true, false, −3, "ab", a double, a list of two structures, a byte, and field 20 the number 64
    content = bytes(
        [0x11, 0x12, 0x15, 5, 0x18, 2, 97, 98, 0x17, *bytes(8), 0x19, 0x2C, 0x15, 2, 0, 0, 0x13, 9]
    )
    content += bytes([0x05, 40, 0x80, 0x01, 0])
    expected = {1: True, 2: False, 3: -3, 4: b"ab", 5: None, 6: [{1: 1}, {}], 7: 9, 20: 64}
    assert Compact(content).structure() == expected

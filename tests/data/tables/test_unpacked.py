"""Plain, gzip and zstandard files unpack to the same chunks, in bounded memory."""

from __future__ import annotations

import gzip
import random
import tracemalloc
from pathlib import Path

import pytest
import zstandard

from onelayer.data.tables.unpacked import CHUNK, unpacked
from onelayer.errors import DataFileError

CONTENT = random.Random(0).randbytes(3_000_000) + bytes(8_000_000) + b"the end"


def skippable(content: bytes) -> bytes:
    return b"\x53\x2a\x4d\x18" + len(content).to_bytes(4, "little") + content


PACKED = {
    "plain": CONTENT,
    "gzip": gzip.compress(CONTENT, 1),
    "two members": gzip.compress(CONTENT[:5_000_000], 1) + gzip.compress(CONTENT[5_000_000:], 1),
    "zstandard": zstandard.compress(CONTENT),
    "with a checksum": zstandard.ZstdCompressor(write_checksum=True).compress(CONTENT),
    "two frames": zstandard.compress(CONTENT[:5_000_000]) + zstandard.compress(CONTENT[5_000_000:]),
    "a frame to skip": skippable(b"a note") + zstandard.compress(CONTENT) + skippable(b""),
    "an empty frame": zstandard.compress(b"") + zstandard.compress(CONTENT),
}


@pytest.mark.parametrize("case", PACKED)
def test_every_packing_gives_the_same_bytes(case: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(PACKED[case])
    chunks = list(unpacked(path))
    assert b"".join(chunks) == CONTENT
    assert all(chunks)
    assert max(map(len, chunks)) <= CHUNK + (16 << 20)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
def test_nothing_unpacks_to_nothing(pack, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(pack(b""))
    assert list(unpacked(path)) == []


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_a_file_cut_anywhere_is_refused(pack, tmp_path: Path) -> None:
    packed, path = pack(b"price,area\n" + b"1,2\n" * 50), tmp_path / "file"
    for size in range(5, len(packed)):
        path.write_bytes(packed[:size])
        with pytest.raises(DataFileError, match="cut short"):
            list(unpacked(path))


def test_a_changed_byte_is_refused_where_there_is_a_checksum(tmp_path: Path) -> None:
    packed = bytearray(zstandard.ZstdCompressor(write_checksum=True).compress(bytes(range(256)) * 9))
    packed[60] ^= 1
    path = tmp_path / "file"
    path.write_bytes(packed)
    with pytest.raises(DataFileError, match="damaged zstandard data"):
        list(unpacked(path))


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_a_bomb_is_unpacked_in_bounded_memory(pack, tmp_path: Path) -> None:
    path, size = tmp_path / "bomb", 120_000_000
    path.write_bytes(pack(bytes(size)))
    tracemalloc.start()
    try:
        assert sum(map(len, unpacked(path))) == size
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 60_000_000

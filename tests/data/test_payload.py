"""Payloads: plain and gzip files give the same bytes, and no damage goes through."""

from __future__ import annotations

import gzip
import os
import tracemalloc
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onelayer.data.payload import PACKED_CHUNK, UNPACKED_CHUNK, open_payload
from onelayer.errors import DataFileError, DataNotFoundError


def read_all(path: Path, step: int = UNPACKED_CHUNK) -> bytes:
    pieces = []
    with open_payload(path) as payload:
        while piece := payload.read(step):
            pieces.append(piece)
    return b"".join(pieces)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("payload") / "file"


@settings(deadline=None)
@given(content=st.binary(max_size=300), step=st.integers(1, 400))
def test_plain_and_packed_files_hold_the_same(scratch: Path, content: bytes, step: int) -> None:
    scratch.write_bytes(b"x" + content)
    assert read_all(scratch, step) == b"x" + content
    scratch.write_bytes(gzip.compress(content))
    assert read_all(scratch, step) == content


@settings(deadline=None)
@given(members=st.lists(st.binary(max_size=100), min_size=1, max_size=5))
def test_members_one_after_the_other_are_one_payload(scratch: Path, members: list[bytes]) -> None:
    scratch.write_bytes(b"".join(map(gzip.compress, members)))
    assert read_all(scratch) == b"".join(members)


@pytest.mark.parametrize("before", range(PACKED_CHUNK - 12, PACKED_CHUNK + 3))
def test_a_member_may_begin_anywhere_in_a_chunk_of_the_file(tmp_path: Path, before: int) -> None:
    stored = os.urandom(PACKED_CHUNK)
    packed = gzip.compress(stored, 0)
    first = gzip.compress(stored[: before - (len(packed) - len(stored))], 0)
    file = tmp_path / "file"
    file.write_bytes(first + gzip.compress(b"second"))
    assert read_all(file) == gzip.decompress(first) + b"second"


def test_large_payloads_cross_every_chunk(tmp_path: Path) -> None:
    content = os.urandom(PACKED_CHUNK * 2) + bytes(3 * UNPACKED_CHUNK) + os.urandom(7)
    file = tmp_path / "file"
    file.write_bytes(gzip.compress(content))
    assert read_all(file, UNPACKED_CHUNK + 1) == content


PACKED = gzip.compress(bytes(range(256)) * 20)


@pytest.mark.parametrize("length", range(2, len(PACKED)))
def test_gzip_cut_short_anywhere_is_refused(tmp_path: Path, length: int) -> None:
    file = tmp_path / "cut.gz"
    file.write_bytes(PACKED[:length])
    with pytest.raises(DataFileError, match=rf"cut.gz.*cut short.*ends after {length} bytes"):
        read_all(file)


@pytest.mark.parametrize("rest", [b"\0", b"\0" * 512, b"garbage", b"\x1f", PACKED[:1]])
def test_bytes_after_gzip_data_are_refused(tmp_path: Path, rest: bytes) -> None:
    file = tmp_path / "longer.gz"
    file.write_bytes(PACKED + rest)
    with pytest.raises(DataFileError, match=rf"gzip data ends at byte {len(PACKED):,}.*not gzip"):
        read_all(file)


@pytest.mark.parametrize(
    ("position", "reason"),
    [
        (2, "unknown compression method"),
        (3, "unknown header flags set"),
        (-8, "incorrect data check"),
        (-1, "incorrect length check"),
    ],
)
def test_damaged_gzip_is_refused_with_the_reason(tmp_path: Path, position: int, reason: str) -> None:
    damaged = bytearray(PACKED)
    damaged[position] ^= 0xE0
    file = tmp_path / "damaged.gz"
    file.write_bytes(damaged)
    with pytest.raises(DataFileError, match=rf"damaged.gz: damaged gzip data near byte .*{reason}"):
        read_all(file)


@settings(deadline=None)
@given(position=st.integers(10, len(PACKED) - 1), flip=st.integers(1, 255))
def test_no_flipped_bit_goes_through(scratch: Path, position: int, flip: int) -> None:
    damaged = bytearray(PACKED)
    damaged[position] ^= flip
    scratch.write_bytes(damaged)
    with pytest.raises(DataFileError):
        read_all(scratch)


def test_a_bomb_is_unpacked_no_further_than_it_is_read(tmp_path: Path) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    megabyte = bytes(1 << 20)
    file = tmp_path / "bomb.gz"
    file.write_bytes(b"".join(packer.compress(megabyte) for _ in range(64)) + packer.flush())
    tracemalloc.start()
    with open_payload(file) as payload:
        assert payload.read(100) == bytes(100)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError, match=r"nothing: there is no such file"):
        read_all(tmp_path / "nothing")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DataNotFoundError, match=r"there is no such file"):
        read_all(tmp_path / "file" / "below")


def test_what_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match="not a file but a folder"):
        read_all(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataFileError, match="not a file but a device, pipe or socket"):
        read_all(tmp_path / "pipe")


def test_what_the_system_refuses(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(DataFileError, match=r"loop: cannot be read: Too many levels of symbolic links"):
        read_all(loop)

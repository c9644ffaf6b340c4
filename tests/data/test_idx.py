"""IDX files: bytes written by hand, round trips, and every way in which a file can be wrong."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import resource
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from onelayer.data.idx import idx_header, read_idx, write_idx
from onelayer.errors import DataFileError, DataNotFoundError, InvalidDataError, OutputError

HAND_MADE = [
    ("00 00 08 01 00000003 00 7f ff", np.uint8, [0, 127, 255]),
    ("00 00 09 01 00000003 00 7f ff", np.int8, [0, 127, -1]),
    ("00 00 0b 02 00000001 00000002 0102 fffe", np.int16, [[258, -2]]),
    ("00 00 0c 01 00000002 00010000 80000000", np.int32, [65536, -(2**31)]),
    ("00 00 0d 02 00000002 00000001 3f800000 c0200000", np.float32, [[1.0], [-2.5]]),
    ("00 00 0e 01 00000002 3ff0000000000000 7ff0000000000000", np.float64, [1.0, np.inf]),
    ("00 00 08 03 00000002 00000000 0000001c", np.uint8, np.zeros((2, 0, 28))),
    ("00 00 08 01 00000000", np.uint8, []),
]
DTYPES = [np.uint8, np.int8, np.int16, np.int32, np.float32, np.float64]
LABELS = bytes.fromhex("00000801 00000003 05 06 07")


def write(folder: Path, content: bytes, name: str = "file") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(("content", "dtype", "values"), HAND_MADE)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_bytes_written_by_hand(tmp_path: Path, content: str, dtype: type, values: list, pack: type) -> None:
    payload = bytes.fromhex(content)
    read = read_idx(write(tmp_path, pack(payload)))
    np.testing.assert_array_equal(read.array, np.array(values, dtype), strict=True)
    assert read.array.dtype.isnative
    assert read.array.flags.writeable
    assert read.sha256 == hashlib.sha256(payload).hexdigest()
    write_idx(tmp_path / "again", read.array)
    assert (tmp_path / "again").read_bytes() == payload


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("idx") / "file"


arrays = st.sampled_from(DTYPES).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5))
)


@settings(deadline=None)
@given(array=arrays, packed=st.booleans(), big_endian=st.booleans(), transposed=st.booleans())
def test_round_trip(
    scratch: Path, array: np.ndarray, packed: bool, big_endian: bool, transposed: bool
) -> None:
    array = array.T if transposed else array
    write_idx(scratch, array.astype(array.dtype.newbyteorder(">")) if big_endian else array)
    if packed:
        scratch.write_bytes(gzip.compress(scratch.read_bytes()))
    np.testing.assert_array_equal(read_idx(scratch).array, array, strict=True)


@settings(deadline=None)
@given(
    content=st.one_of(
        st.binary(max_size=60),
        st.builds(
            lambda code, shape, rest: (
                bytes([0, 0, code, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + rest
            ),
            st.sampled_from([8, 9, 11, 12, 13, 14, 10]),
            st.lists(st.integers(0, 4) | st.integers(0, 2**32 - 1), max_size=4),
            st.binary(max_size=40),
        ),
    ),
    packed=st.booleans(),
)
def test_a_file_is_read_whole_or_refused_whole(scratch: Path, content: bytes, packed: bool) -> None:
    scratch.write_bytes(gzip.compress(content) if packed else content)
    refused = ""
    try:
        read = read_idx(scratch)
    except DataFileError as error:
        refused = str(error)
    if refused:
        assert refused.startswith(f"{scratch}: ")
    else:
        assert read.sha256 == hashlib.sha256(content).hexdigest()
        assert idx_header(read.array.dtype, read.array.shape) + big_endian_bytes(read.array) == content


def big_endian_bytes(array: np.ndarray) -> bytes:
    return array.astype(array.dtype.newbyteorder(">")).tobytes()


def zip_of(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("labels", content)
    return file.getvalue()


def npy_of(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "ends after 0 of the magic number's 4 bytes"),
        (b"\0\0\x08", "ends after 3 of the magic number's 4 bytes"),
        (b"\x01\0\x08\x01\0\0\0\0", "begins with 01 00 08 01, where an IDX file has 00 00"),
        (b"\x01\x08\0\0\x03\0\0\0\x05\x06\x07", "header is little-endian, and IDX is big-endian"),
        (b"<!DOCTYPE html><html>sign in</html>", "begins with 3c 21 44 4f.*a web page or XML"),
        (b"\n\n <html></html>", "a web page or XML"),
        (b"version https://git-lfs.github.com/spec/v1\n", "the pointer that Git LFS leaves"),
        (zip_of(LABELS), "a zip archive; unpack it first"),
        (lzma.compress(LABELS), "an xz file; unpack it first"),
        (bz2.compress(LABELS), "a bzip2 file; unpack it first"),
        (
            gzip.compress(gzip.compress(LABELS, mtime=0), mtime=0),
            "begins with 1f 8b .*gzip data inside gzip data",
        ),
        (npy_of(np.zeros(3)), r"a NumPy \.npy file"),
        (b"\x89PNG\r\n\x1a\n", "a PNG image"),
        (b"5,6,7\n8,9,10\n", "begins with 35 2c 36 2c, where an IDX file has 00 00, a type and"),
        (
            b"\0\0\x0a\x01\0\0\0\x01\0",
            r"unknown element type 0a at byte 2; IDX has 08 \(uint8\), 09 \(int8\), 0b",
        ),
        (b"\0\0\x08\0\x05", "declares 0 dimensions at byte 3, where 1 to 32 can be read"),
        (b"\0\0\x08\x21" + bytes(4 * 33), "declares 33 dimensions at byte 3"),
        (
            b"\0\0\x08\x03\0\0\0\x01\0\0",
            "ends after 10 bytes, inside its header, which has 16 bytes for 3 dim",
        ),
        (LABELS[:-1], "declares 11 bytes in all, but .*10"),
        (LABELS[:8], "declares 11 bytes in all, but .*8"),
        (LABELS + b"\0", "declares 11 bytes in all, but"),
        (LABELS + LABELS, "declares 11 bytes in all, but"),
        (b"\0\0\x0d\x01\0\0\0\x02" + bytes(7), "declares 16 bytes in all, but .*15"),
        (
            b"\0\0\x08\x02" + b"\xff" * 8,
            "declares 18,446,744,065,119,617,037|4,294,967,295 × 4,294,967,295 elem",
        ),
        (
            b"\0\0\x0e\x04" + b"\xff" * 16,
            "4,294,967,295 × 4,294,967,295 × 4,294,967,295 × .* more than memory can",
        ),
        (b"\0\0\x08\x04\0\0\0\0" + b"\xff" * 12, "0 × 4,294,967,295 × .* more than memory can"),
        (b"\0\0\x08\x02\x80\0\0\0\x40\0\0\0", "declares 2,305,843,009,213,693,964 bytes in all"),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_what_is_wrong_is_named(tmp_path: Path, content: bytes, message: str, pack: type) -> None:
    with pytest.raises(DataFileError, match=rf"file: .*{message}"):
        read_idx(write(tmp_path, pack(content)))


def test_extra_and_missing_bytes_are_counted(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match=r"11 bytes in all, but the file has 14; the last 3 do not"):
        read_idx(write(tmp_path, LABELS + b"abc"))
    with pytest.raises(DataFileError, match=r"11 bytes in all, but the file ends after 9 \(2 missing\)"):
        read_idx(write(tmp_path, LABELS[:-2]))
    with pytest.raises(DataFileError, match=r"11 bytes in all, but the file unpacks to only 9 \(2 missing\)"):
        read_idx(write(tmp_path, gzip.compress(LABELS[:-2])))
    with pytest.raises(DataFileError, match=r"11 bytes in all, but the file unpacks to more"):
        read_idx(write(tmp_path, gzip.compress(LABELS + b"abc")))


def test_a_header_that_lies_costs_no_memory(tmp_path: Path) -> None:
    lying = struct.pack(">4B2I", 0, 0, 8, 2, 100_000, 1_000_000) + bytes(1000)
    paths = [write(tmp_path, lying, "plain"), write(tmp_path, gzip.compress(lying), "packed")]
    tracemalloc.start()
    for path in paths:
        with pytest.raises(DataFileError, match=r"declares 100,000,000,012 bytes in all"):
            read_idx(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20


def test_a_bomb_whose_header_declares_little_is_refused_after_one_byte_too_many(tmp_path: Path) -> None:
    bomb = write(tmp_path, gzip.compress(LABELS + bytes(1 << 26)))
    tracemalloc.start()
    with pytest.raises(DataFileError, match=r"declares 11 bytes in all, but the file unpacks to more"):
        read_idx(bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20


def test_the_best_that_deflate_can_do_is_not_refused(tmp_path: Path) -> None:
    zeros = np.zeros((1 << 22,), np.uint8)
    payload = idx_header(zeros.dtype, zeros.shape) + zeros.tobytes()
    packed = gzip.compress(payload, 9)
    assert len(payload) / len(packed) > 1000
    np.testing.assert_array_equal(read_idx(write(tmp_path, packed)).array, zeros)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_no_more_is_read_than_the_caller_expects(tmp_path: Path, pack: type) -> None:
    path = write(tmp_path, pack(LABELS))
    assert read_idx(path, most=11).array.tolist() == [5, 6, 7]
    with pytest.raises(DataFileError, match="declares 11 bytes in all, more than the 10 expected"):
        read_idx(path, most=10)


def test_more_than_there_is_memory_for(tmp_path: Path) -> None:
    path = write(tmp_path, struct.pack(">4B2I", 0, 0, 8, 2, 1 << 20, 1 << 12))
    with open(path, "r+b") as sparse:
        sparse.truncate(12 + (1 << 32))
    in_use = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (in_use + (1 << 30), limits[1]))
    try:
        with pytest.raises(
            DataFileError, match="declares 4,294,967,296 bytes of elements, more than there is"
        ):
            read_idx(path)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError, match="nothing: there is no such file"):
        read_idx(tmp_path / "nothing")


@pytest.mark.parametrize(
    "array", [np.zeros(3, np.int64), np.zeros(3, bool), np.zeros(3, "U1"), np.zeros(3, complex)]
)
def test_types_that_idx_has_not_are_refused(tmp_path: Path, array: np.ndarray) -> None:
    with pytest.raises(InvalidDataError, match=rf"IDX holds uint8, .*float64, not {array.dtype}"):
        write_idx(tmp_path / "file", array)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("shape", [(), (1,) * 33, (1 << 32,)])
def test_shapes_that_idx_has_not_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidDataError, match="IDX holds 1 to 32 dimensions"):
        idx_header(np.dtype(np.uint8), shape)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = write(tmp_path, LABELS)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OutputError, match=r"cannot write .*file: File too large"):
            write_idx(path, np.zeros(5000, np.uint8))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == LABELS
    assert [file.name for file in tmp_path.iterdir()] == [path.name]

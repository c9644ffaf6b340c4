"""IDX files, the format of MNIST and its kin: read whole or refused whole, and written atomically.

The format: two zero bytes, one byte for the type of the elements, one for the number of dimensions, each
dimension as a 32-bit big-endian integer, and then the elements, big-endian, the last dimension running
fastest (http://yann.lecun.com/exdb/mnist/). Arrays in memory have the machine's own byte order.
"""

from __future__ import annotations

import hashlib
import math
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from onelayer.data.payload import UNPACKED_CHUNK, Payload, open_payload
from onelayer.errors import DataFileError, InvalidDataError
from onelayer.output_file import replacing

ELEMENT_TYPES: dict[int, np.dtype] = {
    0x08: np.dtype(np.uint8),
    0x09: np.dtype(np.int8),
    0x0B: np.dtype(np.int16),
    0x0C: np.dtype(np.int32),
    0x0D: np.dtype(np.float32),
    0x0E: np.dtype(np.float64),
}
CODES = {dtype: code for code, dtype in ELEMENT_TYPES.items()}

MAGIC_BYTES = 4
DIMENSION_BYTES = 4
MOST_DIMENSIONS = 32

FOREIGN_BEGINNINGS = {
    b"\x1f\x8b": "gzip data inside gzip data; unpack it once",
    b"PK\x03\x04": "a zip archive; unpack it first",
    b"\xfd7zX": "an xz file; unpack it first",
    b"BZh": "a bzip2 file; unpack it first",
    b"\x28\xb5\x2f\xfd": "a zstandard file; unpack it first",
    b"\x93NUM": "a NumPy .npy file",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"PAR1": "a Parquet file",
    b"\x89HDF": "an HDF5 file",
    b"vers": "perhaps the pointer that Git LFS leaves in place of a file",
    b"<": "a web page or XML, perhaps a sign-in or error page saved in place of the file",
}


@dataclass(frozen=True, eq=False)
class IdxFile:
    """What an IDX file holds.

    Attributes
    ----------
    path : Path
        The file.
    array : ndarray
        Its elements, in the machine's byte order.
    sha256 : str
        Hexadecimal SHA-256 of the unpacked file, header included; packing it differently does not change it.
    """

    path: Path
    array: NDArray
    sha256: str


def read_idx(path: str | Path, *, most: int | None = None) -> IdxFile:
    """Read an IDX file, plain or gzip, whatever its name.

    The header is read first and held against the size of the file; only then is memory taken, for the
    elements that it declares and no more.

    Parameters
    ----------
    path : str or Path
        The file.
    most : int or None
        Refuse a file whose header declares more bytes in all.

    Returns
    -------
    IdxFile
        Array and SHA-256.

    Raises
    ------
    DataNotFoundError
        There is no such file.
    DataFileError
        It is not an IDX file, or damaged: a byte too few or too many, an unknown type, more elements than it
        can hold, corrupt gzip data.

    Notes
    -----
    Cost: the time zlib needs for a gzip file, plus SHA-256 over the payload; one megabyte beside the array
    itself.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "labels-idx1-ubyte"
    ...     _ = file.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 9, 0, 3]))
    ...     read_idx(file).array
    array([9, 0, 3], dtype=uint8)
    """
    with open_payload(path) as payload:
        header, dtype, shape = _read_header(payload)
        size = math.prod(shape) * dtype.itemsize
        payload.check_size(len(header) + size)
        if most is not None and len(header) + size > most:
            raise DataFileError(
                f"{payload.path}: the header declares {len(header) + size:,} bytes in all, more than the "
                f"{most:,} expected"
            )
        elements = _allocate(payload, size)
        sha256 = _fill(payload, elements, header)
        array = elements.view(dtype).reshape(shape)
        if sys.byteorder == "little" and dtype.itemsize > 1:
            array.byteswap(inplace=True)
        return IdxFile(payload.path, array, sha256)


def _read_header(payload: Payload) -> tuple[bytes, np.dtype, tuple[int, ...]]:
    magic = payload.read(MAGIC_BYTES)
    where = f"{payload.path}: "
    if len(magic) < MAGIC_BYTES:
        raise DataFileError(
            f"{where}not an IDX file: it ends after {len(magic)} of the magic number's {MAGIC_BYTES} bytes"
        )
    if magic[:2] != b"\0\0":
        raise DataFileError(
            f"{where}not an IDX file: it begins with {magic.hex(' ')}, where an IDX file has 00 00, a type "
            f"and a number of dimensions{_foreign(magic)}"
        )
    dtype = ELEMENT_TYPES.get(magic[2])
    if dtype is None:
        known = ", ".join(f"{code:02x} ({name})" for code, name in ELEMENT_TYPES.items())
        raise DataFileError(f"{where}unknown element type {magic[2]:02x} at byte 2; IDX has {known}")
    n_dimensions = magic[3]
    if not 1 <= n_dimensions <= MOST_DIMENSIONS:
        raise DataFileError(
            f"{where}the header declares {n_dimensions} dimensions at byte 3, where 1 to {MOST_DIMENSIONS} "
            "can be read"
        )
    dimensions = payload.read(n_dimensions * DIMENSION_BYTES)
    if len(dimensions) < n_dimensions * DIMENSION_BYTES:
        raise DataFileError(
            f"{where}the file ends after {MAGIC_BYTES + len(dimensions)} bytes, inside its header, which has "
            f"{MAGIC_BYTES + n_dimensions * DIMENSION_BYTES} bytes for {n_dimensions} dimensions"
        )
    shape = tuple(int(length) for length in np.frombuffer(dimensions, ">u4"))
    if math.prod(max(length, 1) for length in shape) * dtype.itemsize > sys.maxsize:
        raise DataFileError(
            f"{where}the header declares {_shape(shape)} elements, more than memory can address"
        )
    return magic + dimensions, dtype, shape


def _foreign(magic: bytes) -> str:
    """Return what the file seems to be instead, as the end of a sentence."""
    if magic[1] in ELEMENT_TYPES and magic[2:] == b"\0\0":
        return "; its header is little-endian, and IDX is big-endian"
    for beginning, meaning in FOREIGN_BEGINNINGS.items():
        if magic.lstrip().startswith(beginning):
            return f"; it looks like {meaning}"
    return ""


def _shape(shape: tuple[int, ...]) -> str:
    return " × ".join(f"{length:,}" for length in shape)


def _allocate(payload: Payload, size: int) -> NDArray[np.uint8]:
    try:
        return np.empty(size, np.uint8)
    except MemoryError:
        raise DataFileError(
            f"{payload.path}: the header declares {size:,} bytes of elements, more than there is memory for"
        ) from None


def _fill(payload: Payload, elements: NDArray[np.uint8], header: bytes) -> str:
    """Fill ``elements`` from the payload, refuse any other length, and return the SHA-256 of header and
    elements.

    Each megabyte is hashed while it is warm in the cache.
    """
    view = elements.data
    declared = len(header) + len(view)
    digest = hashlib.sha256(header)
    filled = 0
    while filled < len(view):
        chunk = view[filled : filled + UNPACKED_CHUNK]
        count = payload.readinto(chunk)
        digest.update(chunk[:count])
        filled += count
        if count < len(chunk):
            raise DataFileError(
                f"{payload.path}: the header declares {declared:,} bytes in all, but the file unpacks to "
                f"only {len(header) + filled:,} ({len(view) - filled:,} missing)"
            )
    if payload.read(1):
        raise DataFileError(
            f"{payload.path}: the header declares {declared:,} bytes in all, but the file unpacks to more"
        )
    return digest.hexdigest()


def idx_header(dtype: np.dtype, shape: tuple[int, ...]) -> bytes:
    """Return the header of an IDX file.

    Raises
    ------
    InvalidDataError
        The type, the number of dimensions or one of their lengths does not exist in IDX.

    Examples
    --------
    >>> idx_header(np.dtype("uint8"), (60000, 28, 28)).hex(" ", 4)
    '00000803 0000ea60 0000001c 0000001c'
    """
    code = CODES.get(dtype.newbyteorder("="))
    if code is None:
        raise InvalidDataError(
            f"IDX holds {', '.join(map(str, CODES))}, not {dtype}; convert the array first"
        )
    if not 1 <= len(shape) <= MOST_DIMENSIONS or max(shape) >= 1 << 32:
        raise InvalidDataError(
            f"IDX holds 1 to {MOST_DIMENSIONS} dimensions of less than 2**32 each, not the shape {shape}"
        )
    return bytes([0, 0, code, len(shape)]) + np.array(shape, ">u4").tobytes()


def write_idx(path: str | Path, array: NDArray) -> None:
    """Write an array as a plain IDX file, atomically: at any moment the old file is there, or the new one.

    Parameters
    ----------
    path : str or Path
        The file; its folder must exist.
    array : ndarray
        uint8, int8, int16, int32, float32 or float64, of one dimension at least.

    Raises
    ------
    InvalidDataError
        IDX has no such type or shape.
    OutputError
        The system refuses to write; nothing is left behind.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_idx(Path(folder) / "x", np.array([[1.5, -2.0]], np.float32))
    ...     read_idx(Path(folder) / "x").array
    array([[ 1.5, -2. ]], dtype=float32)
    """
    header = idx_header(array.dtype, array.shape)
    elements = np.ascontiguousarray(array, array.dtype.newbyteorder(">"))
    with replacing(path) as file:
        file.write(header)
        file.write(elements.reshape(-1).view(np.uint8).data)

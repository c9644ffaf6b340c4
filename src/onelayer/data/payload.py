"""The bytes that a data file holds once it is unpacked: plain or gzip, recognised by content, not by name."""

from __future__ import annotations

import stat
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from onelayer.errors import DataFileError, DataNotFoundError

GZIP_MAGIC = b"\x1f\x8b"

PACKED_CHUNK = 1 << 17
UNPACKED_CHUNK = 1 << 20

# A deflate match yields at most 258 bytes from two bits, one for its length and one for its distance.
MOST_FROM_ONE_DEFLATED_BYTE = 1032


class Payload(ABC):
    """A stream of the bytes that a data file holds, read once from front to back.

    Attributes
    ----------
    path : Path
        The file, for messages.
    packed : int
        Size of the file in bytes.
    """

    def __init__(self, path: Path, file: FileIO, packed: int) -> None:
        self.path = path
        self.packed = packed
        self._file = file

    @property
    def share(self) -> float:
        """How much of the file has been read, between 0 and 1."""
        return self._file.tell() / self.packed if self.packed else 1.0

    @abstractmethod
    def check_size(self, declared: int) -> None:
        """Refuse a payload that cannot have ``declared`` bytes, judged by the size of the file alone."""

    @abstractmethod
    def readinto(self, buffer: memoryview) -> int:
        """Fill ``buffer`` and return its length; return less only at the end of the payload."""

    def read(self, size: int) -> bytes:
        """Return the next ``size`` bytes, or fewer at the end of the payload."""
        buffer = bytearray(size)
        return bytes(buffer[: self.readinto(memoryview(buffer))])


class PlainPayload(Payload):
    """The bytes of the file as they are."""

    def check_size(self, declared: int) -> None:
        """Refuse a file of another size than ``declared`` bytes."""
        if self.packed < declared:
            raise DataFileError(
                f"{self.path}: the header declares {declared:,} bytes in all, but the file ends after "
                f"{self.packed:,} ({declared - self.packed:,} missing); was it cut short?"
            )
        if self.packed > declared:
            raise DataFileError(
                f"{self.path}: the header declares {declared:,} bytes in all, but the file has "
                f"{self.packed:,}; the last {self.packed - declared:,} do not belong to it"
            )

    def readinto(self, buffer: memoryview) -> int:
        """Fill ``buffer`` from the file."""
        filled = 0
        while filled < len(buffer):
            count = self._file.readinto(buffer[filled:])
            if not count:
                break
            filled += count
        return filled


class GzipPayload(Payload):
    """What a gzip file unpacks to, with every member's CRC-32 and length checked by zlib.

    Cost: one pass of zlib's inflate and one copy into the caller's buffer, a megabyte at a time.
    """

    def __init__(self, path: Path, file: FileIO, packed: int) -> None:
        super().__init__(path, file, packed)
        self._member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._waiting = b""
        self._offset = 0

    def check_size(self, declared: int) -> None:
        """Refuse more bytes than a gzip file of this size can unpack to."""
        most = self.packed * MOST_FROM_ONE_DEFLATED_BYTE
        if declared > most:
            raise DataFileError(
                f"{self.path}: the header declares {declared:,} bytes in all, but a gzip file of "
                f"{self.packed:,} bytes cannot unpack to more than {most:,}"
            )

    def readinto(self, buffer: memoryview) -> int:
        """Fill ``buffer`` with what the file unpacks to."""
        filled = 0
        while filled < len(buffer):
            piece = self._unpack(min(len(buffer) - filled, UNPACKED_CHUNK))
            if not piece:
                break
            buffer[filled : filled + len(piece)] = piece
            filled += len(piece)
        return filled

    def _unpack(self, size: int) -> bytes:
        """Return between 1 and ``size`` bytes, or none at the end of the last member."""
        while True:
            if not self._waiting:
                self._waiting = self._file.read(PACKED_CHUNK)
                self._offset += len(self._waiting)
            if self._member.eof:
                if not self._waiting:
                    return b""
                self._begin_member()
            try:
                piece = self._member.decompress(self._waiting, size)
            except zlib.error as error:
                raise DataFileError(
                    f"{self.path}: damaged gzip data near byte {self._offset - len(self._waiting):,} of the "
                    f"file's {self.packed:,} ({_reason(error)}); get the file again"
                ) from None
            at_end = not self._waiting
            self._waiting = self._member.unconsumed_tail or self._member.unused_data
            if piece:
                return piece
            if at_end and not self._member.eof:
                raise DataFileError(
                    f"{self.path}: the gzip data is cut short: the file ends after {self.packed:,} bytes, in "
                    "the middle of its compressed stream; get the file again"
                )

    def _begin_member(self) -> None:
        """Start the next member, which must begin where the last one ended."""
        position = self._offset - len(self._waiting)
        if len(self._waiting) < len(GZIP_MAGIC):
            more = self._file.read(PACKED_CHUNK)
            self._offset += len(more)
            self._waiting += more
        if not self._waiting.startswith(GZIP_MAGIC):
            raise DataFileError(
                f"{self.path}: the gzip data ends at byte {position:,}, but the file goes on to byte "
                f"{self.packed:,} with something that is not gzip; get the file again"
            )
        self._member = zlib.decompressobj(zlib.MAX_WBITS | 16)


def _reason(error: zlib.error) -> str:
    """Return what zlib says, without its error number: 'incorrect data check'."""
    return str(error).rpartition(": ")[2]


@contextmanager
def open_payload(path: str | Path) -> Iterator[Payload]:
    """Open a data file, packed or not.

    Parameters
    ----------
    path : str or Path
        The file.

    Yields
    ------
    Payload
        Its bytes, unpacked as they are read.

    Raises
    ------
    DataNotFoundError
        There is no such file.
    DataFileError
        It is a folder or a pipe, or the system refuses to read it.

    Examples
    --------
    >>> import gzip, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "greeting"
    ...     _ = file.write_bytes(gzip.compress(b"good morning"))
    ...     with open_payload(file) as payload:
    ...         payload.read(4)
    b'good'
    """
    path = Path(path)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise DataFileError(f"{path}: this is not a file but {_kind(status.st_mode)}")
        with open(path, "rb", buffering=0) as file:
            magic = file.read(len(GZIP_MAGIC))
            file.seek(0)
            reader = GzipPayload if magic == GZIP_MAGIC else PlainPayload
            yield reader(path, file, status.st_size)
    except (FileNotFoundError, NotADirectoryError):
        raise DataNotFoundError(f"{path}: there is no such file") from None
    except OSError as error:
        raise DataFileError(f"{path}: cannot be read: {error.strerror or error}") from None


def _kind(mode: int) -> str:
    return "a folder" if stat.S_ISDIR(mode) else "a device, pipe or socket"

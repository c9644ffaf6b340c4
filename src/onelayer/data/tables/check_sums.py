"""What identifies a large file, worked out while other work goes on."""

from __future__ import annotations

import hashlib
import os
import threading
import zlib
from io import FileIO

import numpy as np

_PART = 16 << 20
_PIECE = 8 << 20  # read at once; not less, since a thread may wait for some milliseconds before it can go on


class CheckSums:
    """The SHA-256 of the size of a file and the CRC-32 of each of its parts of 16 MiB.

    A thread reads the file, from when this is made. It ends with the process, whatever is left to read. A SHA-256 of
    everything takes three to four times as long where the processor has no instructions for it, longer than the fit.

    Parameters
    ----------
    path : str

    Examples
    --------
    >>> from onelayer.data.house_prices import FILE
    >>> CheckSums(str(FILE)).digest()[:8]
    '69bc5a04'
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._digest = ""
        self._failure: OSError | None = None
        self._thread = threading.Thread(target=self._read, name="check-sums", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        size, sums = 0, []
        try:
            with open(self._path, "rb", buffering=0) as file:
                piece = memoryview(bytearray(min(_PIECE, os.fstat(file.fileno()).st_size)))
                while length := _fill(file, piece):
                    if size % _PART == 0:
                        sums.append(0)
                    sums[-1] = zlib.crc32(piece[:length], sums[-1])
                    size += length
        except OSError as failure:
            self._failure = failure
        self._digest = hashlib.sha256(np.array([size, *sums], "<u8").tobytes()).hexdigest()

    def digest(self) -> str:
        """Return the hexadecimal digest as soon as all is read.

        Raises
        ------
        OSError
            The file cannot be read.
        """
        self._thread.join()
        if self._failure is not None:
            raise self._failure
        return self._digest


def _fill(file: FileIO, part: memoryview) -> int:
    """Read as much as there is room for, or is left; return how much."""
    length = 0
    while length < len(part) and (more := file.readinto(part[length:])):
        length += more
    return length

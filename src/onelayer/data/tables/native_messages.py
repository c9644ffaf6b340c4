"""What compiled code writes to standard error past Python: held back, and forgotten when an exception says the same.

Rust prints every panic before polars raises it as an exception, and nothing in Python is asked.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

_STANDARD_ERROR = 2


class _HeldBack:
    """A file in the place of standard error, while at least one thread asks for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._failed = False
        self._saved = -1
        self._file: BinaryIO

    def begin(self) -> None:
        """Put the file in the place of standard error."""
        with self._lock:
            if not self._users:
                self._saved = os.dup(_STANDARD_ERROR)
                self._failed, self._file = False, tempfile.TemporaryFile()  # noqa: SIM115
                os.dup2(self._file.fileno(), _STANDARD_ERROR)
            self._users += 1

    def end(self, *, failed: bool) -> None:
        """Put standard error back, and pass on what was written to the file unless something has failed."""
        with self._lock:
            self._users -= 1
            self._failed |= failed
            if self._users:
                return
            os.dup2(self._saved, _STANDARD_ERROR)
            os.close(self._saved)
            with self._file as file:
                file.seek(0)
                if not self._failed:
                    os.write(_STANDARD_ERROR, file.read())


_held_back = _HeldBack()


@contextmanager
def native_messages_held_back() -> Iterator[None]:
    """Hold back what is written to standard error, and drop it if an exception leaves the block.

    Without an exception it is passed on at the end of the block. Concerns the whole process; a standard error that is
    closed stays so.

    Examples
    --------
    >>> with native_messages_held_back():
    ...     _ = os.write(2, b"")
    """
    try:
        _held_back.begin()
    except OSError:
        yield
        return
    failed = True
    try:
        yield
        failed = False
    finally:
        _held_back.end(failed=failed)

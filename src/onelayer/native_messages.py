"""What compiled code writes to standard error past Python: held back, and forgotten when an exception says the same.

Rust prints every panic before polars raises it as an exception, and nothing in Python is asked.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, TextIO

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

    def true_descriptor(self) -> int:
        """Return a new descriptor of standard error itself."""
        with self._lock:
            return os.dup(self._saved if self._users else _STANDARD_ERROR)


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


def past_holding(file: TextIO) -> TextIO:
    """Return a file that writes where ``file`` does, at once also while standard error is held back.

    For what a thread shows while another reads. It is ``file`` itself where that is not standard error; else it has a
    descriptor of its own, and is for the caller to close.

    Examples
    --------
    >>> import io
    >>> file = io.StringIO()
    >>> past_holding(file) is file
    True
    """
    try:
        if file.fileno() != _STANDARD_ERROR:
            return file
        descriptor = _held_back.true_descriptor()
    except (OSError, ValueError):  # it has no descriptor, or is closed
        return file
    return open(descriptor, "w", encoding=file.encoding, errors=file.errors, buffering=1)

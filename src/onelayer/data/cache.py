"""The user's cache folder: where it is on each platform, and how processes take turns in it."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from onelayer.errors import OutputError

if sys.platform == "win32":
    import msvcrt

    def _take_turn(file: IO[bytes]) -> None:
        """Wait for the lock on the file's first byte; the system drops it when the file is closed."""
        while True:
            try:
                return msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
            except OSError as error:
                if error.errno != errno.EDEADLOCK:  # which says no more than that ten seconds have passed
                    return None

else:
    import fcntl

    def _take_turn(file: IO[bytes]) -> None:
        """Wait for the lock on the file; the system drops it when the file is closed.

        Some network file systems have no locks; then two processes may do the same work twice, no more.
        """
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)


def cache_folder() -> Path:
    """Return the folder for what onelayer can get again.

    ``$ONELAYER_CACHE`` if it is set; else ``~/Library/Caches/onelayer`` on macOS,
    ``%LOCALAPPDATA%\\onelayer\\cache`` on Windows, and ``$XDG_CACHE_HOME/onelayer`` or ``~/.cache/onelayer``
    elsewhere. It need not exist.

    Examples
    --------
    >>> cache_folder().name in ("onelayer", "cache") or "ONELAYER_CACHE" in os.environ
    True
    """
    if chosen := os.environ.get("ONELAYER_CACHE"):
        return Path(chosen)
    try:
        home = Path.home()
    except RuntimeError:  # a user without a home, as in some containers
        home = Path(tempfile.gettempdir())
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "onelayer"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "onelayer" / "cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "onelayer"


def dataset_folder(name: str) -> Path:
    """Return the cache's folder for a data set's files.

    Examples
    --------
    >>> dataset_folder("fashion-mnist").relative_to(cache_folder()).as_posix()
    'datasets/fashion-mnist'
    """
    return cache_folder() / "datasets" / name


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make ``folder`` if need be, and hold it alone among the processes and threads that ask for it this way.

    Raises
    ------
    OutputError
        The folder cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = open(folder / ".lock", "ab")  # noqa: SIM115
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written to: {error.strerror}") from None
    with lock:
        _take_turn(lock)
        yield

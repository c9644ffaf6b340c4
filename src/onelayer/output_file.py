"""A file that appears whole or not at all: killed at any moment, the old or the new one is there."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from onelayer.errors import OutputError


def check_writable(path: str | os.PathLike[str]) -> None:
    """Refuse an output that could not be written, before the work that it is to hold is done.

    Parameters
    ----------
    path : path-like
        Where the output is to be.

    Raises
    ------
    OutputError
        The folder is missing or not writable, or ``path`` is a folder or a device.

    Examples
    --------
    >>> check_writable("no/such/my.onelayer")
    Traceback (most recent call last):
    ...
    onelayer.errors.OutputError: cannot write no/such/my.onelayer: the folder no/such does not exist
    """
    with _reported(path):
        descriptor, temporary = _create_beside(_destination(path))
        os.close(descriptor)
        temporary.unlink()


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Give a file to write to, which takes the place of ``path`` when the block ends without an error.

    The bytes go to a temporary file in the same folder, and file and folder are flushed to the disk. A file
    that is replaced hands its permissions on.

    Parameters
    ----------
    path : path-like
        Where the output is to be. A symbolic link stays one: the file it points to is replaced.

    Yields
    ------
    BinaryIO
        The temporary file, open for writing.

    Raises
    ------
    OutputError
        It could not be written: no folder, no permission, a full disk. Nothing is left behind, and what was
        at ``path`` before is still there.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "result.txt")
    ...     with replacing(path) as file:
    ...         _ = file.write(b"whole")
    ...     path.read_bytes()
    b'whole'
    """
    with _reported(path):
        destination = _destination(path)
        descriptor, temporary = _create_beside(destination)
        try:
            with open(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, destination)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
        _flush_folder(destination.parent)


@contextmanager
def _reported(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turn what the system says into one line about ``path``."""
    try:
        yield
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(f"cannot write {os.fspath(path)}: {error.strerror or error}") from error


def _destination(path: str | os.PathLike[str]) -> Path:
    """Follow symbolic links to the file that is to be replaced, and refuse what no file can replace."""
    folder = Path(path).parent
    if not folder.exists():
        raise OutputError(f"cannot write {os.fspath(path)}: the folder {folder} does not exist")
    if not folder.is_dir():
        raise OutputError(f"cannot write {os.fspath(path)}: {folder} is not a folder")
    destination = Path(os.path.realpath(path))
    try:
        mode = destination.stat().st_mode
    except FileNotFoundError:
        return destination
    if stat.S_ISDIR(mode):
        raise OutputError(f"cannot write {os.fspath(path)}: it is a folder; name a file")
    if not stat.S_ISREG(mode):
        raise OutputError(f"cannot write {os.fspath(path)}: it is a device or pipe; name a file")
    return destination


def _create_beside(destination: Path) -> tuple[int, Path]:
    """Create an empty temporary file in the same folder, with the permissions that the output is to have.

    Those are the ones of the file that it replaces, or else of any new file.
    """
    temporary = destination.with_name(f".onelayer-{secrets.token_hex(8)}.part")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(temporary, flags, 0o666)
    with suppress(FileNotFoundError):
        shutil.copymode(destination, temporary)
    return descriptor, temporary


def _flush_folder(folder: Path) -> None:
    """Make a rename in ``folder`` survive a loss of power; only POSIX systems can open a folder."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

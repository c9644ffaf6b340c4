"""Every epoch as a line of JSON, for another program to follow."""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress
from typing import TextIO

from onelayer.errors import OutputError
from onelayer.solvers.events import Callback, Epoch
from onelayer.strict_json import dumps


class JSONLines(Callback):
    """Write one JSON object per epoch and line, at once, so that another program can follow.

    Parameters
    ----------
    file : path-like or text file
        A path is opened when a fit begins, replacing what was there, and closed when it ends. A file object
        is written to and left open.

    Raises
    ------
    OutputError
        From the fit, when the file cannot be written.

    Examples
    --------
    >>> import sys
    >>> lines = JSONLines(sys.stdout)
    >>> lines.on_start(epochs=10, rows=60_000)
    >>> lines.on_epoch(Epoch(1, 10, 0.05, 0.61, None, None, 0.1, 1_200_000.0))
    {"epoch": 1, "seconds": 0.05, "train_loss": 0.61, "val_loss": null, ...}
    >>> lines.on_end()
    """

    def __init__(self, file: str | os.PathLike[str] | TextIO) -> None:
        self.file = file
        self._open = ExitStack()

    def on_start(self, epochs: int, rows: int) -> None:
        """Open the file."""
        if isinstance(self.file, str | os.PathLike):
            self._lines = self._open.enter_context(_opened(self.file))
        else:
            self._lines = self.file

    def on_epoch(self, epoch: Epoch) -> None:
        """Write the record of a finished epoch."""
        try:
            self._lines.write(dumps(epoch.record()) + "\n")
            self._lines.flush()
        except OSError as error:
            raise OutputError(f"cannot write the record of epoch {epoch.epoch}: {error.strerror}") from error

    def on_end(self) -> None:
        """Close the file if it was given as a path."""
        with suppress(OSError):  # each line was flushed, so only what on_epoch reported can fail again
            self._open.close()


def _opened(path: str | os.PathLike[str]) -> TextIO:
    """Open a file for lines of text."""
    try:
        return open(path, "w", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"cannot write {os.fspath(path)}: {error.strerror}") from error

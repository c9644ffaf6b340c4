"""How much of a long table has been read: a live bar on a terminal, and anywhere else lines."""

from __future__ import annotations

import sys
import time
from typing import TextIO

from onelayer.callbacks.progress_bar import duration, is_screen
from onelayer.errors import optional_dependency
from onelayer.native_messages import past_holding
from onelayer.solvers.events import Callback

_SOON = 2.0  # seconds before which nothing is shown, and between two lines
_REDRAWN = 0.1  # seconds between two states of the bar
_TENTHS = 10


class ReadingProgress(Callback):
    """Shows how many rows of how many have been read, rows per second, and the time left.

    Of each pass over a table that it listens to (``Table.listen``); or, as a callback of a fit, of a solver that takes
    its rows from batches. What is over within two seconds shows nothing. On a terminal it is a bar, which goes away at
    the end; elsewhere a line for each tenth of the rows, if the last one was two seconds ago.

    Parameters
    ----------
    file : text file or None
        Where to write; None is ``sys.stderr`` when a pass begins.

    Raises
    ------
    MissingDependencyError
        From the pass, when ``file`` is a terminal and rich is not installed.

    Examples
    --------
    >>> ReadingProgress.line(4_000_000, 10_000_000, 2.0)
    '4,000,000 of 10,000,000 rows  2,000,000 rows/s  0:03 left'
    """

    def __init__(self, file: TextIO | None = None) -> None:
        self.file = file
        self._bar: _Bar | None = None

    def on_start(self, epochs: int, rows: int) -> None:
        """Begin to count."""
        self._given = sys.stderr if self.file is None else self.file
        self._file = past_holding(self._given)  # since this is shown while a thread reads
        self._total, self._before, self._tenths = rows, 0, 0
        self._began = self._shown = time.perf_counter()
        self._bar = _Bar(self._file, rows) if is_screen(self._file) else None

    def on_rows(self, rows: int) -> None:
        """Show how far it is."""
        now = time.perf_counter()
        if rows < self._before:  # another pass
            self._began, self._tenths = now, 0
        self._before = rows
        if now - self._began < _SOON or not self._total:
            return
        line = self.line(rows, self._total, now - self._began)
        tenths = rows * _TENTHS // self._total
        if self._bar is not None:
            if now - self._shown >= _REDRAWN:
                self._bar.show(rows, line)
                self._shown = now
        elif tenths > self._tenths and now - self._shown >= _SOON:
            print(line, file=self._file, flush=True)
            self._shown = now
        self._tenths = tenths

    def on_end(self) -> None:
        """Give the terminal back."""
        if self._bar is not None:
            self._bar.close()
        if self._file is not self._given:
            self._file.close()
        self._total = 0  # another pass over the table, begun before this one, is not shown

    @staticmethod
    def line(rows: int, total: int, seconds: float) -> str:
        """Return what is shown after some seconds."""
        rate = rows / seconds
        left = max(0.0, (total - rows) / rate)
        return f"{rows:,} of {total:,} rows  {rate:,.0f} rows/s  {duration(left)} left"


class _Bar:
    """A bar that is drawn when there is something to show, and goes away."""

    def __init__(self, file: TextIO, total: int) -> None:
        progress = optional_dependency("rich.progress", "app")
        console = optional_dependency("rich.console", "app").Console(file=file, force_terminal=True)
        self._file = file
        self._progress = progress.Progress(
            progress.BarColumn(bar_width=None),
            progress.TextColumn("{task.description}"),
            console=console,
            auto_refresh=False,
            redirect_stdout=False,
            transient=True,
            expand=True,
        )
        self._task = self._progress.add_task("", total=total)
        self._started = False

    def show(self, rows: int, line: str) -> None:
        """Draw the bar."""
        if not self._started:
            self._file.write("\r\x1b[K")  # the bar of the epochs may stand in this line, and comes back in it
            self._progress.start()
            self._started = True
        self._progress.update(self._task, completed=rows, description=line, refresh=True)

    def close(self) -> None:
        """Remove it."""
        if self._started:
            self._progress.stop()

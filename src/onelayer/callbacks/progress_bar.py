"""Progress on a terminal as a live bar, and anywhere else as lines."""

from __future__ import annotations

import os
import sys
import time
from abc import ABC, abstractmethod
from typing import TextIO

from onelayer.errors import optional_dependency
from onelayer.solvers.events import Callback, Epoch


class ProgressBar(Callback):
    """A live bar on a terminal, and one plain line per epoch anywhere else.

    Both show the epoch, the training loss, the validation score where there is a validation set, rows trained
    on per second, and the time left: the mean time of an epoch so far, validation included, times the number
    of those to come. The first epoch counts only while it is the only one, since it may include compilation.

    An exact solver has iterations, many and short ones, and their number is not known before: of them the lines are
    those of the first, second, fifth, tenth, twentieth and so on, and of the last, without rows and time.

    Parameters
    ----------
    file : text file or None
        Where to write; None is ``sys.stderr`` at the time of the fit.
    score : str
        What to call the validation score: "accuracy" or "R²", say.

    Raises
    ------
    MissingDependencyError
        From the fit, when ``file`` is a terminal and rich is not installed.

    Examples
    --------
    >>> bar = ProgressBar(sys.stdout, score="accuracy")
    >>> bar.on_start(epochs=10, rows=60_000)
    >>> bar.on_epoch(Epoch(1, 10, 0.05, 0.61, 0.52, 0.8123, 0.1, 1_200_000.0))
    epoch  1/10  loss 0.6100  val accuracy 0.8123  1,200,000 rows/s  ... left
    >>> bar.on_end()
    """

    def __init__(self, file: TextIO | None = None, *, score: str = "score") -> None:
        self.file = file
        self.score = score
        self._display: _Display = _Nowhere()

    def on_start(self, epochs: int, rows: int) -> None:
        """Begin to show, as a bar if the file is a terminal."""
        file = sys.stderr if self.file is None else self.file
        self._display = _LiveBar(file, epochs) if is_screen(file) else _PlainLines(file)
        self._clock = _Clock()

    def on_epoch(self, epoch: Epoch) -> None:
        """Show a finished epoch."""
        self._display.show(epoch, self._figures(epoch, self._clock.left(epoch)))

    def on_end(self) -> None:
        """Leave the bar as it is and give the terminal back."""
        self._display.close()

    def _figures(self, epoch: Epoch, left: float) -> str:
        """Return what stands beside the epoch's number."""
        figures = [f"loss {epoch.train_loss:#.4g}"]
        if epoch.val_score is not None:
            figures.append(f"val {self.score} {epoch.val_score:.4f}")
        if not _is_iteration(epoch):
            figures += [f"{epoch.rows_per_second:,.0f} rows/s", f"{duration(left)} left"]
        return "  ".join(figures)


class _Clock:
    """Measures epochs, to tell how long those to come will take."""

    def __init__(self) -> None:
        self._since = time.perf_counter()
        self._measured = 0

    def left(self, epoch: Epoch) -> float:
        """Return how many seconds are left after an epoch that has ended now."""
        now = time.perf_counter()
        if epoch.epoch == 1:  # the time before it goes into preparation, the very first time into compiling
            self._since, self._measured = now, 0
            return epoch.seconds * (epoch.epochs - 1)
        self._measured += 1
        return (now - self._since) / self._measured * (epoch.epochs - epoch.epoch)


class _Display(ABC):
    """Where a :class:`ProgressBar` shows what it hears."""

    @abstractmethod
    def show(self, epoch: Epoch, figures: str) -> None:
        """Show an epoch, and the figures beside its number."""

    def close(self) -> None:  # noqa: B027
        """Show nothing more."""


class _Nowhere(_Display):
    """Before a fit has begun, or when it cannot."""

    def show(self, epoch: Epoch, figures: str) -> None:
        """Show nothing."""


class _PlainLines(_Display):
    """One line per epoch, for a file, a pipe or a log; of iterations ever fewer, and the last."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._kept_back = ""

    def show(self, epoch: Epoch, figures: str) -> None:
        """Write a line, or keep it back."""
        line = f"{_counted(epoch)}  {figures}"
        if _is_iteration(epoch) and str(epoch.epoch).rstrip("0") not in ("1", "2", "5"):
            self._kept_back = line
        else:
            self._write(line)

    def close(self) -> None:
        """Write the last line, if it has been kept back."""
        if self._kept_back:
            self._write(self._kept_back)

    def _write(self, line: str) -> None:
        print(line, file=self._file, flush=True)
        self._kept_back = ""


class _LiveBar(_Display):
    """A bar that is drawn anew at every epoch; it needs no thread and leaves its last state on the screen."""

    def __init__(self, file: TextIO, epochs: int) -> None:
        progress = optional_dependency("rich.progress", "app")
        console = optional_dependency("rich.console", "app").Console(file=file, force_terminal=True)
        self._progress = progress.Progress(
            progress.TextColumn("{task.description}"),
            progress.BarColumn(bar_width=None, finished_style="bar.complete"),
            progress.TextColumn("{task.fields[figures]}"),
            console=console,
            auto_refresh=False,
            redirect_stdout=False,
            expand=True,
        )
        self._task = self._progress.add_task("", total=epochs, figures="")
        self._progress.start()

    def show(self, epoch: Epoch, figures: str) -> None:
        """Draw the bar."""
        self._progress.update(
            self._task,
            completed=epoch.epoch,
            total=None if _is_iteration(epoch) else epoch.epochs,
            description=" ".join(_counted(epoch).split()),
            figures=figures,
            refresh=True,
        )

    def close(self) -> None:
        """Show the bar of iterations as full, and give the cursor back."""
        if self._progress.tasks[0].total is None:
            self._progress.update(self._task, total=self._progress.tasks[0].completed, refresh=True)
        self._progress.stop()


def _is_iteration(epoch: Epoch) -> bool:
    """Return whether it is one of an exact solver."""
    return epoch.learning_rate is None


def _counted(epoch: Epoch) -> str:
    """Return which epoch of how many it is, or which iteration."""
    if _is_iteration(epoch):
        return f"iteration {epoch.epoch:3}"
    width = len(str(epoch.epochs))
    return f"epoch {epoch.epoch:{width}}/{epoch.epochs}"


def is_screen(file: TextIO) -> bool:
    """Return whether a file is a terminal whose lines can be drawn anew."""
    return file.isatty() and os.environ.get("TERM") != "dumb"


def duration(seconds: float) -> str:
    """Return hours, minutes and seconds as a clock shows them."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"

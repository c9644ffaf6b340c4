"""Loss and score as curves that grow while training runs."""

from __future__ import annotations

import itertools
import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onelayer.callbacks.screens import Screen, opened
from onelayer.errors import InvalidParameterError
from onelayer.solvers.events import Callback, Epoch

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PANEL = (4.5, 3.2)  # inches: 450 × 320 pixels on a page
_MOST_MARKERS = 40

_SHORTEST_PAUSE = 0.2  # seconds
_PAUSE = 4  # times what the last drawing took, so drawing has at most a fifth of the time

_numbers = itertools.count(1)


class LiveCurves(Callback):
    """Draw the loss, and the validation score if there is one, while training goes on.

    Without a file, the curves appear below the cell in a notebook, where one output is replaced in place; in a
    window, where matplotlib has a backend with windows and a display; and else in ``curves.png`` in the current
    folder. A window does not hold training up; closing it does not stop training. At the end it stays open as long
    as the program runs; ``plt.show()`` waits until the user closes it.

    The last epoch there was is always drawn, also of a run that diverged or was interrupted. A run without any
    epoch leaves nothing. The next fit with the same object starts anew, in the same file or window.

    Parameters
    ----------
    file : path-like or None
        An image in PNG format to write the curves to, wherever the program runs; its name ends in ``.png``. It is
        replaced in one step at every drawing: 900 × 640 pixels, or 1,800 × 640 with a score. A relative path starts
        from the folder that is the current one when the fit begins.
    score : str
        What to call the validation score: "accuracy", "R²" or "精度", say. A character that no installed font has is
        drawn as a box.
    every : float or None
        Seconds from one drawing to the next at the least; 0 draws after every epoch. None waits 0.2 s, or four
        times as long as the last drawing took if that is longer: a few drawings per second, which take at most a
        fifth of the time.
    clock : callable
        Returns the time in seconds.

    Attributes
    ----------
    place_ : str or None
        Where the curves of the fit are: "notebook", "window", or the absolute path of the file; None before a fit.
    figure_ : matplotlib Figure or None
        What was drawn last; None before the first epoch.

    Raises
    ------
    InvalidParameterError
        ``file`` is no path or of another format, ``score`` is no str, or ``every`` is not a number of seconds.
    MissingDependencyError
        From the fit, before training, when matplotlib is not installed.
    OutputError
        From the fit, when the file cannot be written: before training, or later if the disk is full.

    Notes
    -----
    One drawing takes about 0.1 s. ``partial_fit`` is a run of one epoch, so its picture shows one point.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from onelayer import SoftmaxRegression
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], ["low", "low", "high", "high"]
    >>> with TemporaryDirectory() as folder:
    ...     curves = LiveCurves(Path(folder, "curves.png"), score="accuracy")
    ...     model = SoftmaxRegression(epochs=5, random_state=0)
    ...     _ = model.fit(X, y, X_val=X, y_val=y, callbacks=[curves])
    ...     Path(curves.place_).name, Path(curves.place_).read_bytes()[1:4]
    ('curves.png', b'PNG')
    >>> [ax.get_ylabel() for ax in curves.figure_.axes]
    ['Loss', 'Accuracy']
    """

    def __init__(
        self,
        file: str | os.PathLike[str] | None = None,
        *,
        score: str = "score",
        every: float | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        from onelayer.validation import check_real

        if not isinstance(score, str):
            raise InvalidParameterError(
                f"score={score!r}: expected what to call the validation score, such as 'accuracy'"
            )
        if every is not None:
            check_real("every", every, 0, low_included=True)
        self.file = None if file is None else _png_path(file)
        self.score = score
        self.every = every
        self.clock = clock
        self.place_: str | None = None
        self.figure_: Figure | None = None
        self._title = f"onelayer: learning curves {next(_numbers)}"
        self._screen: Screen | None = None

    def on_start(self, epochs: int, rows: int) -> None:
        """Find out where to draw."""
        self.place_, self.figure_, self._screen = None, None, None
        self._records: list[dict[str, Any]] = []
        self._drawn = 0
        self._epochs = epochs
        self._due = self.clock()
        self._screen = opened(self.file, self._title)
        self.place_ = self._screen.name

    def on_epoch(self, epoch: Epoch) -> None:
        """Draw the curves up to this epoch, unless they were drawn a moment ago."""
        if self._screen is None:
            raise InvalidParameterError(
                "these curves heard of an epoch before the fit began; give the object itself to the fit, as in "
                "callbacks=[curves], or call on_start first"
            )
        self._records.append(epoch.record())
        if self.clock() >= self._due:
            self._draw(self._screen)
        else:
            self._screen.attend()

    def on_end(self) -> None:
        """Draw the last epoch if it was not."""
        if self._screen is None:
            return
        if self._drawn < len(self._records):
            self._draw(self._screen)
        if self.figure_ is None:
            self._screen.discard()

    def _draw(self, screen: Screen) -> None:
        """Draw every epoch so far, and set the time of the next drawing."""
        from onelayer.plots.history import QUANTITIES, series

        quantities = [quantity for quantity in QUANTITIES if series(self._records, quantity)]
        if not quantities or not screen.is_open:
            return
        began = self.clock()
        figure = screen.figure((len(quantities) * _PANEL[0], _PANEL[1]))
        words = self._words()
        self._paint(figure, quantities, words)
        screen.show(figure, words)
        self.figure_, self._drawn = figure, len(self._records)
        ended = self.clock()
        pause = max(_SHORTEST_PAUSE, _PAUSE * (ended - began)) if self.every is None else self.every
        self._due = ended + pause

    def _paint(self, figure: Figure, quantities: list[str], title: str) -> None:
        """Draw each quantity on axes of its own, side by side."""
        from onelayer.fonts import families
        from onelayer.plots.history import HistoryDisplay

        panels = figure.subplots(1, len(quantities), squeeze=False)[0]
        for ax, quantity in zip(panels, quantities, strict=True):
            lines = HistoryDisplay(self._records, quantity=quantity).plot(ax).lines_
            for line in lines:
                line.set_markevery(math.ceil(len(self._records) / _MOST_MARKERS))
            if quantity == "score":
                ax.set_ylabel(self.score[:1].upper() + self.score[1:], fontfamily=families(self.score))
        figure.suptitle(title, fontsize="medium", fontfamily=families(title))

    def _words(self) -> str:
        """Return the last epoch in words."""
        last = self._records[-1]
        figures = {
            "training loss": (last["train_loss"], "#.4g"),
            "validation loss": (last["val_loss"], "#.4g"),
            f"validation {self.score}": (last["val_score"], ".4f"),
        }
        known = [f"{name} {value:{form}}" for name, (value, form) in figures.items() if value is not None]
        return f"Epoch {last['epoch']} of {self._epochs}: {', '.join(known)}"


def _png_path(file: str | os.PathLike[str]) -> Path:
    """Return a parameter as the path of a PNG file."""
    try:
        path = Path(file)
    except TypeError as error:
        raise InvalidParameterError(
            f"file={file!r}: expected the path of an image, such as 'curves.png'"
        ) from error
    if path.name.lower() == ".png":
        raise InvalidParameterError(f"file={path}: a name before .png is missing; call it curves.png, say")
    if path.suffix.lower() != ".png":
        raise InvalidParameterError(f"file={path}: the curves are a PNG image; let its name end in .png")
    return path

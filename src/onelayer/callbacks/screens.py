"""Where a figure that changes is shown: a notebook's cell, a window, or a file in PNG format."""

from __future__ import annotations

import importlib
import io
import os
import sys
import threading
from abc import ABC, abstractmethod
from base64 import b64encode
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from onelayer.errors import optional_dependency
from onelayer.fonts import boxes_allowed
from onelayer.output_file import check_writable, replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Inches = tuple[float, float]

DEFAULT_FILE = Path("curves.png")

_PIXELS_PER_INCH = 100  # as a page shows an image
_DENSITY = 2  # pixels of the image to one of the page, so that it is sharp on fine screens too
_WINDOW_BACKENDS = frozenset(
    f"{toolkit}{renderer}"
    for toolkit in ("gtk3", "gtk4", "qt", "qt5", "tk", "wx")
    for renderer in ("agg", "cairo")
) | {"macosx", "wx"}


def opened(file: Path | None, title: str) -> Screen:
    """Return the file if one is named, or the first that there is: a notebook's cell, a window, ``curves.png``.

    Parameters
    ----------
    file : Path or None
    title : str
        Of a window; one of this title that is still open is used again.

    Raises
    ------
    MissingDependencyError
        Without matplotlib.
    OutputError
        The file cannot be written.
    """
    optional_dependency("matplotlib.figure", "app")
    if file is not None:
        return PNGFile(file)
    if (display := _notebook_display()) is not None:
        return NotebookCell(display)
    if _has_windows():
        with suppress(ImportError):  # raised for want of a display, if a backend was forced on matplotlib
            return Window(title)
    return PNGFile(DEFAULT_FILE)


class Screen(ABC):
    """A place that shows one figure, and each newer one instead of it.

    Attributes
    ----------
    name : str
        "notebook", "window", or the absolute path of a file.
    """

    name: str

    @property
    def is_open(self) -> bool:
        """Whether somebody could still see the figure."""
        return True

    @abstractmethod
    def figure(self, size: Inches) -> Figure:
        """Return an empty figure to draw on, of (width, height) ``size`` unless the user gave it another."""

    @abstractmethod
    def show(self, figure: Figure, words: str) -> None:
        """Show what was drawn; ``words`` are for those who cannot see it."""

    def attend(self) -> None:  # noqa: B027
        """Answer what the user does with the screen; to be called often."""

    def discard(self) -> None:  # noqa: B027
        """Leave nothing behind, since nothing was shown."""


class PNGFile(Screen):
    """A file that is written anew each time; whoever reads it finds the old or the new figure, whole.

    It stays the same file when the program changes its current folder.
    """

    def __init__(self, path: Path) -> None:
        check_writable(path)
        self.name = os.path.abspath(path)

    def figure(self, size: Inches) -> Figure:
        """Return a new figure."""
        return _blank(size)

    def show(self, figure: Figure, words: str) -> None:
        """Write the file; the words are its description."""
        image = _png(figure, words)
        with replacing(self.name) as file:
            file.write(image)


class NotebookCell(Screen):
    """One output of a notebook's cell, which is replaced in place.

    The image is made here, so it needs neither pyplot nor a backend of the notebook's.
    """

    name = "notebook"

    def __init__(self, display: ModuleType) -> None:
        self._display = display
        self._output: Any = None

    def figure(self, size: Inches) -> Figure:
        """Return a new figure."""
        return _blank(size)

    def show(self, figure: Figure, words: str) -> None:
        """Show the figure below the cell, or in place of the one before."""
        width, height = (round(inches * _PIXELS_PER_INCH) for inches in figure.get_size_inches())
        output = {"image/png": b64encode(_png(figure, words)).decode("ascii"), "text/plain": words}
        metadata = {"image/png": {"width": width, "height": height, "alt": words}}
        if self._output is None:
            self._output = self._display.display(output, metadata=metadata, raw=True, display_id=True)
        else:
            self._output.update(output, metadata=metadata, raw=True)


class Window(Screen):
    """A window of pyplot's; if the user closes it, it stays closed. ``plt.show()`` waits for it as for any."""

    name = "window"

    def __init__(self, title: str) -> None:
        from matplotlib import pyplot

        self._pyplot = pyplot
        self._title = title
        self._hidden = not pyplot.fignum_exists(title)
        self._figure = pyplot.figure(title)
        self._figure.set_layout_engine("constrained")

    @property
    def is_open(self) -> bool:
        """Whether the user has not closed it."""
        return self._pyplot.fignum_exists(self._title)

    def figure(self, size: Inches) -> Figure:
        """Return the figure of the window, cleared."""
        self._figure.clear()
        if self._hidden:
            self._figure.set_size_inches(size)
        return self._figure

    def show(self, figure: Figure, words: str) -> None:
        """Bring the figure onto the screen."""
        with boxes_allowed():
            if self._hidden:
                figure.show()
                self._hidden = False
            figure.canvas.draw()
        self.attend()

    def attend(self) -> None:
        """Let the user move, resize or close the window."""
        if self.is_open:
            with boxes_allowed():
                self._figure.canvas.flush_events()

    def discard(self) -> None:
        """Close a window in which nothing ever was."""
        if self._hidden:
            self._pyplot.close(self._title)


def _blank(size: Inches) -> Figure:
    """Return a new figure that is none of pyplot's, so nothing keeps it."""
    from matplotlib.figure import Figure

    return Figure(figsize=size, dpi=_DENSITY * _PIXELS_PER_INCH, layout="constrained")


def _png(figure: Figure, words: str) -> bytes:
    """Return a figure as a PNG image, whatever the user's settings of ``savefig`` are."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    image = io.BytesIO()
    with boxes_allowed():
        FigureCanvasAgg(figure).print_png(image, metadata={"Description": words})
    return image.getvalue()


def _notebook_display() -> ModuleType | None:
    """Return ``IPython.display`` where an IPython kernel runs this code, as a notebook's does."""
    kernel = sys.modules.get("ipykernel.zmqshell")
    if kernel is None:
        return None
    shell = importlib.import_module("IPython").get_ipython()
    if not isinstance(shell, kernel.ZMQInteractiveShell):
        return None
    return importlib.import_module("IPython.display")


def _has_windows() -> bool:
    """Return whether pyplot opens windows here: its backend does, and this is the thread they must live in."""
    if threading.current_thread() is not threading.main_thread():
        return False
    from matplotlib import pyplot  # when imported, chooses a backend that the display allows

    return pyplot.get_backend().lower() in _WINDOW_BACKENDS

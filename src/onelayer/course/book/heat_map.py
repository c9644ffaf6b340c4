"""A table of numbers as a picture: the larger a cell's share, the deeper its colour; its number is written in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from numpy.typing import NDArray

from onelayer.course.book import drawing
from onelayer.errors import optional_dependency

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DEEPEST = 0.6  # the ink of the page can still be read on a colour of this opacity


def heat_map(
    axes: Axes,
    shares: NDArray,
    texts: Sequence[Sequence[str]],
    *,
    color: str = drawing.BLUE,
    fontsize: float = 8.5,
    marked: tuple[int, int] | None = None,
) -> None:
    """Draw a cell for each number, the first row at the top.

    Parameters
    ----------
    axes : matplotlib axes
    shares : (n_rows, n_columns) array
        From 0, no colour, to 1, the full colour; NaN for a cell without colour.
    texts : sequence of sequences of str
        What is written in each cell.
    color : str
        A colour of ``drawing``, so that the cells follow the page from light to dark.
    fontsize : float
    marked : (row, column), optional
        A cell that gets a frame.
    """
    rectangle = optional_dependency("matplotlib.patches", "app").Rectangle
    n_rows, n_columns = shares.shape
    for row in range(n_rows):
        for column in range(n_columns):
            share = shares[row, column]
            if share > 0:
                corner = (column - 0.5, row - 0.5)
                axes.add_patch(rectangle(corner, 1, 1, color=color, alpha=_DEEPEST * share, linewidth=0))
            axes.text(column, row, texts[row][column], ha="center", va="center", fontsize=fontsize)
    if marked is not None:
        corner = (marked[1] - 0.5, marked[0] - 0.5)
        axes.add_patch(rectangle(corner, 1, 1, fill=False, edgecolor=drawing.INK, linewidth=1.8))
    axes.set(xlim=(-0.5, n_columns - 0.5), ylim=(n_rows - 0.5, -0.5))
    axes.set(xticks=range(n_columns), yticks=range(n_rows))
    axes.grid(visible=False)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)

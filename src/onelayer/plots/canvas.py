"""Where a display draws: the axes that it was given, or new ones, whole or divided into tiles."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from onelayer.errors import optional_dependency
from onelayer.plots.colors import BLUE, VERMILION

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap


def axes(ax: Axes | None, *, figsize: tuple[float, float] = (6.4, 4.8)) -> Axes:
    """Return ``ax``, or the axes of a new pyplot figure of ``figsize`` inches."""
    if ax is not None:
        return ax
    pyplot = optional_dependency("matplotlib.pyplot", "app")
    return pyplot.subplots(figsize=figsize, layout="constrained")[1]


def diverging() -> Colormap:
    """Return the colour map of signed values: vermilion below zero, white at it, blue above."""
    colors = optional_dependency("matplotlib.colors", "app")
    return colors.LinearSegmentedColormap.from_list("diverging", [VERMILION, "white", BLUE])


def grid(n_tiles: int, n_columns: int) -> tuple[int, int]:
    """Return the (rows, columns) that hold ``n_tiles``.

    Examples
    --------
    >>> grid(12, 5), grid(3, 5)
    ((3, 5), (1, 3))
    """
    return math.ceil(n_tiles / n_columns), min(n_tiles, n_columns)


def tiles(ax: Axes, n_tiles: int, n_columns: int, *, caption: float) -> list[Axes]:
    """Divide ``ax`` into tiles, row by row from the top, each with room for a caption above it.

    Parameters
    ----------
    ax : Axes
        Its own frame and ticks are hidden.
    n_tiles, n_columns : int
    caption : float
        Share of a tile's height that is left free above it.
    """
    ax.set_axis_off()
    n_rows, n_columns = grid(n_tiles, n_columns)
    width, height = 1 / n_columns, 1 / n_rows
    parts = []
    for tile in range(n_tiles):
        row, column = divmod(tile, n_columns)
        bottom = 1 - (row + 1) * height
        part = ax.inset_axes((column * width, bottom, 0.92 * width, (1 - caption) * height))
        part.set_axis_off()
        parts.append(part)
    return parts

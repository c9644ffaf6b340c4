"""Many dots as hexagons: the stronger the colour, the more rows lie in one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onelayer.report.chart import Axis

_RADIUS, _N_STRENGTHS, _FAINTEST = 4.5, 8, 0.16


@dataclass(frozen=True)
class Hexagons:
    """Hexagons on a drawing.

    Attributes
    ----------
    cells : list of (float, str)
        Strength of colour, by the logarithm of the count, and the path of all hexagons of this strength.
    most : int
        The largest count.
    """

    cells: list[tuple[float, str]]
    most: int


def hexagons(x: Axis, y: Axis, xs: NDArray, ys: NDArray) -> Hexagons:
    """Count rows in hexagons of the drawing.

    A point belongs to the nearest centre. These are two rectangular lattices, one shifted by half a cell, so the
    nearest is the nearer of two found by rounding (Carr et al., "Scatterplot matrix techniques for large N",
    *Journal of the American Statistical Association* 82, 1987). Cost: O(n_rows).
    """
    across, up = _places(x, xs), _places(y, ys)
    centers, counts = _counted(across, up)
    most = int(counts.max())
    share = np.log1p(counts) / math.log1p(most)
    level = np.minimum((share * _N_STRENGTHS).astype(np.int64), _N_STRENGTHS - 1)
    cells = []
    for k in np.unique(level).tolist():
        strength = _FAINTEST + (1 - _FAINTEST) * k / (_N_STRENGTHS - 1)
        path = "".join(_path(a, b) for a, b in centers[level == k].tolist())
        cells.append((round(strength, 3), path))
    return Hexagons(cells, most)


def _places(axis: Axis, values: NDArray) -> NDArray:
    share = (values - axis.low) / (axis.high - axis.low)
    return axis.start + share * (axis.end - axis.start)


def _counted(across: NDArray, up: NDArray) -> tuple[NDArray, NDArray]:
    """Return the centres of the hexagons that hold points, (n, 2), and how many each holds."""
    width, height = math.sqrt(3) * _RADIUS, 3 * _RADIUS
    first = np.round(across / width), np.round(up / height)
    second = np.floor(across / width), np.floor(up / height)
    to_first = (across - first[0] * width) ** 2 + (up - first[1] * height) ** 2
    to_second = (across - (second[0] + 0.5) * width) ** 2 + (up - (second[1] + 0.5) * height) ** 2
    shifted = to_second < to_first
    columns = (np.where(shifted, second[0], first[0]) + 1).astype(np.int64)  # from 0: places are not negative
    rows = (np.where(shifted, second[1], first[1]) + 1).astype(np.int64)
    n_rows = int(rows.max()) + 1
    found = np.bincount(2 * (columns * n_rows + rows) + shifted)
    held = np.flatnonzero(found)
    place, half = held // 2, 0.5 * (held % 2)
    centers = np.column_stack([(place // n_rows - 1 + half) * width, (place % n_rows - 1 + half) * height])
    return centers, found[held]


def _path(across: float, up: float) -> str:
    """Return a hexagon that stands on a corner."""
    half, side = math.sqrt(3) / 2 * _RADIUS, _RADIUS
    steps = f"l{half:.2f} {side / 2:g}v{side:g}l-{half:.2f} {side / 2:g}l-{half:.2f}-{side / 2:g}v-{side:g}z"
    return f"M{across:.1f} {up - side:.1f}{steps}"

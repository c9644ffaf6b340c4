"""Where the names of dots that are pointed out stand: near their dots, and on nothing else that is drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_N_DIRECTIONS = 16
_DISTANCES = (0.0, 6.0, 14.0, 24.0, 36.0, 50.0, 66.0, 84.0)
_DOT, _LINE, _MARK, _AWAY = 4.0, 1.5, 60.0, 0.12  # what it costs to stand on each, or far away
_LEADER = 1e3  # to stand on a point of another name's leader, or to have one's own across a name
_NAME = 1e6  # to stand on another name, which then nobody can read
_STEP = 2.0  # of the points that stand for a line
_NEAR = 8.0  # a name farther from its dot than that has a line to it

Box = tuple[float, float, float, float]
"""Left, top, right, bottom: the smaller coordinates first."""


@dataclass(frozen=True)
class Callout:
    """Where a name stands.

    Attributes
    ----------
    x, y : float
        Its middle.
    side : {"left", "right", "middle"}
        On which side of its dot it stands; "middle" is above or below.
    leader : ((float, float), (float, float)) or None
        Ends of the line from its dot to it, where it stands apart.
    """

    x: float
    y: float
    side: str
    leader: tuple[tuple[float, float], tuple[float, float]] | None


def callouts(
    marks: NDArray,
    sizes: NDArray,
    dots: NDArray,
    lines: Sequence[NDArray],
    frame: Box,
    *,
    radius: float,
    dot_radius: float,
) -> list[Callout]:
    """Return a place for the name of each mark, the first mark's first: the cheapest of some around it.

    A place costs by what it covers: dots, lines, marks, names placed before and their leaders, and by how far it is
    from its mark. All lengths are those of the drawing.

    Parameters
    ----------
    marks : (n, 2) float
    sizes : (n, 2) float
        Width and height of each name.
    dots : (m, 2) float
        What else is drawn as dots.
    lines : sequence of (k, 2) float
        The curves of the drawing.
    frame : (left, top, right, bottom)
        What no name leaves.
    radius, dot_radius : float
        Of the marks, and of the dots.

    Examples
    --------
    >>> mark, size = np.array([[50.0, 50.0]]), np.array([[20.0, 10.0]])
    >>> callouts(mark, size, np.zeros((0, 2)), [], (0, 0, 100, 100), radius=4, dot_radius=2)[0].side
    'right'
    >>> wall = np.array([[60.0, 0.0], [60.0, 100.0]])
    >>> callouts(mark, size, np.zeros((0, 2)), [wall], (0, 45, 100, 55), radius=4, dot_radius=2)[0].side
    'left'
    """
    sampled = np.vstack([np.zeros((0, 2)), *(_sampled(line) for line in lines)])
    placed: list[Callout] = []
    boxes, leaders = np.zeros((0, 4)), np.zeros((0, 2))
    for mark, size in zip(marks, sizes, strict=True):
        centres, away = _around(mark, size, frame, radius)
        around = np.hstack([centres - size / 2, centres + size / 2])
        reach = np.max(size) + _DISTANCES[-1] + radius + dot_radius
        near = dots[(np.abs(dots - mark) <= reach).all(axis=1)]
        cost = _AWAY * away
        cost = cost + _DOT * _held(around, near, dot_radius) + _LINE * _held(around, sampled, 1.0)
        cost = cost + _MARK * _held(around, marks, radius) + _LEADER * _held(around, leaders, 1.0)
        cost = cost + _NAME * _overlaps(around, boxes)
        ends = [_leader(mark, box, radius) for box in around]
        cost = cost + _LEADER * np.array(
            [0 if end is None else _held(boxes, _sampled(np.array(end)), 0).sum() for end in ends]
        )
        best = int(np.argmin(cost))
        x, y = centres[best].tolist()
        left, _, right, _ = around[best].tolist()
        side = "right" if left >= mark[0] else "left" if right <= mark[0] else "middle"
        end = ends[best]
        placed.append(Callout(x, y, side, end))
        boxes = np.vstack([boxes, around[best]])
        if end is not None:
            leaders = np.vstack([leaders, _sampled(np.array(end))])
    return placed


def _around(mark: NDArray, size: NDArray, frame: Box, radius: float) -> tuple[NDArray, NDArray]:
    """Return middles of places around a mark within the frame, first to its right, and how far each is from it."""
    angles = np.arange(_N_DIRECTIONS) * (2 * math.pi / _N_DIRECTIONS)
    across, up = np.cos(angles), -np.sin(angles)
    distances = np.array(_DISTANCES)[:, None]
    gap = radius + 2 + distances
    x = mark[0] + gap * across + size[0] / 2 * np.clip(across * 2, -1, 1)
    y = mark[1] + gap * up + size[1] / 2 * np.clip(up * 2, -1, 1)
    left, top, right, bottom = frame
    x = np.clip(x, left + size[0] / 2, max(right - size[0] / 2, left + size[0] / 2))
    y = np.clip(y, top + size[1] / 2, max(bottom - size[1] / 2, top + size[1] / 2))
    return np.column_stack([x.ravel(), y.ravel()]), np.repeat(distances[:, 0], _N_DIRECTIONS)


def _held(boxes: NDArray, points: NDArray, margin: float) -> NDArray:
    """Return how many points each box covers, or comes nearer than ``margin``."""
    if not len(points) or not len(boxes):
        return np.zeros(len(boxes))
    low, high = boxes[:, None, :2] - margin, boxes[:, None, 2:] + margin
    return ((points > low) & (points < high)).all(axis=2).sum(axis=1).astype(np.float64)


def _overlaps(boxes: NDArray, others: NDArray) -> NDArray:
    """Return how many of the others each box overlaps."""
    apart = (boxes[:, None, :2] >= others[:, 2:]) | (boxes[:, None, 2:] <= others[:, :2])
    return (~apart.any(axis=2)).sum(axis=1).astype(np.float64)


def _leader(
    mark: NDArray, box: NDArray, radius: float
) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Return the line from the edge of a mark to the nearest point of a name; None where they are near."""
    end = np.clip(mark, box[:2], box[2:])
    length = float(np.hypot(*(end - mark)))
    if length - radius <= _NEAR:
        return None
    start = mark + (end - mark) * (radius / length)
    return (float(start[0]), float(start[1])), (float(end[0]), float(end[1]))


def _sampled(line: NDArray) -> NDArray:
    """Return points along a line, close enough that nothing fits between them."""
    if len(line) < 2:
        return line
    steps = np.hypot(*np.diff(line, axis=0).T)
    along = np.append(0.0, np.cumsum(steps))
    places = np.linspace(0.0, along[-1], max(2, math.ceil(along[-1] / _STEP) + 1))
    return np.column_stack([np.interp(places, along, line[:, 0]), np.interp(places, along, line[:, 1])])

"""The geometry of a chart: from numbers to places on a small drawing, which a template then draws as SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

WIDTH, HEIGHT = 440, 270
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 30, 42

_MOST_POINTS = 400
_MOST_MARKERS = 40


@dataclass(frozen=True)
class Axis:
    """One axis: the values at its ends, the places of these on the drawing, and its ticks.

    Attributes
    ----------
    low, high : float
    start, end : float
        Where ``low`` and ``high`` lie.
    label : str
    ticks : list of (float, str)
        Place and text of each tick.
    """

    low: float
    high: float
    start: float
    end: float
    label: str
    ticks: list[tuple[float, str]]

    def place(self, value: float) -> float:
        """Return where a value lies, to a hundredth."""
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 2)


@dataclass(frozen=True)
class Line:
    """A curve: its look (a class of the style), its points as SVG has them, and markers if these are few."""

    look: str
    points: str
    markers: list[tuple[float, float]]


@dataclass(frozen=True)
class Bar:
    """An upright bar, with the words that appear when it is pointed at."""

    x: float
    y: float
    width: float
    height: float
    words: str


@dataclass(frozen=True)
class Mark:
    """A dot that is pointed out.

    Attributes
    ----------
    x, y : float
    text : str
        What stands near it.
    words : str
        What appears when it is pointed at.
    at : (float, float)
        Where the text stands: one of its ends or its middle, and the middle of its height.
    anchor : {"start", "middle", "end"}
        Which part of the text stands there.
    leader : str
        Path of a line to the text, where it stands apart; else empty.
    """

    x: float
    y: float
    text: str
    words: str
    at: tuple[float, float]
    anchor: str
    leader: str


@dataclass(frozen=True)
class Chart:
    """A chart ready to be drawn.

    Attributes
    ----------
    x, y : Axis
    description : str
        What the chart shows, for those who cannot see it.
    bands, cells, bars, whiskers, dots, lines, marks
        What is drawn, in this order: areas as polygons have their points, hexagons as (strength of colour from 0 to 1,
        path), upright bars, upright lines as (place, one end, the other end), dots, curves, and dots that are pointed
        out.
    reference : (x1, y1, x2, y2) or None
        A dashed line to compare with.
    legend : list of (look, words)
    width, height : float
    """

    x: Axis
    y: Axis
    description: str
    lines: list[Line] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    whiskers: list[tuple[float, float, float]] = field(default_factory=list)
    dots: list[tuple[float, float]] = field(default_factory=list)
    bands: list[str] = field(default_factory=list)
    cells: list[tuple[float, str]] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    reference: tuple[float, float, float, float] | None = None
    legend: list[tuple[str, str]] = field(default_factory=list)
    width: float = WIDTH
    height: float = HEIGHT


def horizontal(
    low: float, high: float, label: str, *, whole: bool = False, snug: bool = True, width: float = WIDTH
) -> Axis:
    """Return an axis along the bottom; see :func:`_axis`."""
    return _axis(low, high, LEFT, width - RIGHT, label, whole, snug)


def vertical(
    low: float, high: float, label: str, *, whole: bool = False, snug: bool = False, height: float = HEIGHT
) -> Axis:
    """Return an axis along the left side; see :func:`_axis`."""
    return _axis(low, high, height - BOTTOM, TOP, label, whole, snug)


def line(
    look: str, x: Axis, y: Axis, xs: Sequence[float], ys: Sequence[float], *, marked: bool = True
) -> Line:
    """Return the curve through the points, thinned out when they are too many to be told apart.

    ``marked`` gives few points markers.
    """
    step = math.ceil(len(xs) / _MOST_POINTS)
    kept = sorted({*range(0, len(xs), step), len(xs) - 1})
    places = [(x.place(xs[i]), y.place(ys[i])) for i in kept]
    return Line(
        look,
        " ".join(f"{across:g},{up:g}" for across, up in places),
        places if marked and len(places) <= _MOST_MARKERS else [],
    )


def band(x: Axis, y: Axis, xs: Sequence[float], low: Sequence[float], high: Sequence[float]) -> str:
    """Return the area between two curves, cut off at the ends of the axis, as the points of a polygon."""
    upper = [(x.place(a), y.place(min(max(b, y.low), y.high))) for a, b in zip(xs, high, strict=True)]
    lower = [(x.place(a), y.place(min(max(b, y.low), y.high))) for a, b in zip(xs, low, strict=True)]
    return " ".join(f"{across:g},{up:g}" for across, up in upper + lower[::-1])


def bars(
    x: Axis,
    y: Axis,
    edges: Sequence[float],
    values: Sequence[float],
    words: Callable[[int], str],
) -> list[Bar]:
    """Return a bar from zero for each value between two edges, none for NaN; ``words(i)`` describes bar i."""
    floor = y.place(max(y.low, 0.0))
    drawn = []
    for i, value in enumerate(values):
        if not math.isnan(value):
            left, right, top = x.place(edges[i]), x.place(edges[i + 1]), y.place(value)
            drawn.append(Bar(left + 0.75, top, round(right - left - 1.5, 2), round(floor - top, 2), words(i)))
    return drawn


def tick_values(low: float, high: float, *, most: int = 6, whole: bool = False) -> list[float]:
    """Return round numbers, at most ``most``, at equal distances of 1, 2 or 5 times a power of ten.

    Examples
    --------
    >>> tick_values(0.43, 0.79)
    [0.5, 0.6, 0.7]
    >>> tick_values(1, 10, whole=True)
    [2.0, 4.0, 6.0, 8.0, 10.0]
    """
    step = _step(high - low, most, whole)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{i * step:.12g}") for i in range(first, last + 1)]


def _step(span: float, most: int, whole: bool) -> float:
    """Return the least round distance at which at most ``most`` ticks fit into ``span``."""
    unit = 10.0 ** math.floor(math.log10(span / most))
    step = next(unit * factor for factor in (1, 2, 5, 10, 20) if span / (unit * factor) <= most - 1)
    return max(step, 1.0) if whole else step


def _axis(low: float, high: float, start: float, end: float, label: str, whole: bool, snug: bool) -> Axis:
    """Return an axis that ends at ``low`` and ``high``, or, unless snug, at the round numbers around them."""
    if high - low < (1.0 if whole else 1e-9 * max(abs(low), abs(high), 1e-280)):
        margin = 0.5 if whole else 0.5 * abs(low) or 0.5
        low, high = low - margin, high + margin
    if not snug:
        step = _step(high - low, 6, whole)
        low, high = step * math.floor(low / step + 1e-9), step * math.ceil(high / step - 1e-9)
    axis = Axis(low, high, start, end, label, [])
    values = tick_values(low, high, whole=whole)
    texts = tick_texts(values)
    axis.ticks.extend((axis.place(value), text) for value, text in zip(values, texts, strict=True))
    return axis


def tick_texts(values: Sequence[float]) -> list[str]:
    """Write ticks with the decimals that tell them apart, and very large or small ones with exponents.

    Examples
    --------
    >>> tick_texts([0.0, 0.5, 1.0]), tick_texts([0.0, 20000.0]), tick_texts([0.0, 2e-7])
    (['0.0', '0.5', '1.0'], ['0', '20,000'], ['0', '2e-07'])
    """
    largest = max(map(abs, values), default=0.0)
    if largest and not 1e-3 <= largest < 1e6:
        digits = next(n for n in range(1, 18) if all(float(f"{value:.{n}g}") == value for value in values))
        return [f"{value:.{digits}g}" for value in values]
    decimals = max((len(f"{value:.10f}".rstrip("0").partition(".")[2]) for value in values), default=0)
    return [f"{value:,.{decimals}f}" for value in values]

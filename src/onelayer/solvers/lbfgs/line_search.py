"""How far to go along a direction: until F has fallen enough, and its slope is not nearly as steep as it was."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_DECREASE, _SLOPE = 1e-4, 0.9
_TRIALS = 30
_LONGEST = 10.0  # times the step before
_LEVEL, _GUESSES = 0.1, 6


@dataclass(frozen=True)
class Point:
    """Parameters, F there, the mean loss in it, and the gradient of F."""

    theta: NDArray
    value: float
    loss: float
    gradient: NDArray


def search(
    evaluate: Callable[[NDArray], Point],
    start: Point,
    direction: NDArray,
    noise: float,
    inner: Callable[[NDArray, NDArray], float],
    length: float = 1.0,
) -> Point | None:
    """Return a point along the direction with the (weak) Wolfe conditions, or None if rounding allows no step.

    Between two trials the minimum of the cubic through values and slopes is taken, kept away from both.

    Parameters
    ----------
    evaluate : callable
        θ ↦ Point.
    start : Point
    direction : array
        Along which F falls.
    noise : float
        What rounding may do to F; below it the slope alone decides.
    inner : callable
        The inner product.
    length : float
        The first trial, in lengths of the direction.

    References
    ----------
    Nocedal and Wright, *Numerical Optimization*, 2nd ed., 3.1 and 3.5.
    """
    slope = inner(direction, start.gradient)
    low, low_value, low_slope, high = 0.0, 0.0, slope, math.inf
    best = None
    for _ in range(_TRIALS):
        point = evaluate(start.theta + length * direction)
        value = point.value - start.value
        if not math.isfinite(value) or not np.isfinite(point.gradient).all():
            high, length = length, low + 0.1 * (length - low)
            continue
        along = inner(direction, point.gradient)
        falls = value <= _DECREASE * length * slope or (value <= noise and abs(along) <= _SLOPE * abs(slope))
        if falls and (best is None or point.value <= best.value):
            best = point
        if falls and along >= _SLOPE * slope:
            return point
        target = _cubic(low, low_value, low_slope, length, value, along)
        if falls:  # and still steep
            low, low_value, low_slope = length, value, along
            most = min(_LONGEST * length, 0.5 * (length + high)) if high < math.inf else _LONGEST * length
            length = float(np.clip(target if target > length else most, 1.1 * length, most))
        else:
            high = length
            length = float(np.clip(target, low + 0.1 * (high - low), low + 0.6 * (high - low)))
        if high < math.inf and high - low <= 1e-14 * high:
            break
    return best


def level(slope_at: Callable[[float], float], slope: float) -> float:
    """Return about where the slope along a direction, which is below zero at its start and rises, is zero.

    Secants, kept within what is known; the whole direction is tried first. At most six slopes are asked for.
    """
    before, low, high = (0.0, slope), 0.0, math.inf
    length, best = 1.0, (math.inf, 1.0)
    for _ in range(_GUESSES):
        here = slope_at(length)
        if not math.isfinite(here):
            high, before = length, (0.0, slope)
            length = 0.1 * length
            continue
        best = min(best, (abs(here), length))
        if abs(here) <= _LEVEL * abs(slope):
            break
        low, high = (length, high) if here < 0 else (low, length)
        (at, there), before = before, (length, here)
        target = length - here * (length - at) / (here - there) if here != there else math.inf
        if high == math.inf:
            length = min(target, _LONGEST * length) if target > length else _LONGEST * length
        else:
            length = min(max(target, low + 0.1 * (high - low)), low + 0.9 * (high - low))
    return best[1]


def _cubic(a: float, value_a: float, slope_a: float, b: float, value_b: float, slope_b: float) -> float:
    """Return where the cubic through two values and slopes has its minimum; the middle where it has none."""
    with np.errstate(all="ignore"):
        d = slope_a + slope_b - 3 * (value_b - value_a) / (b - a)
        square = d * d - slope_a * slope_b
        root = math.copysign(math.sqrt(square), b - a) if square >= 0 else math.nan
        below = slope_b - slope_a + 2 * root
        target = b - (b - a) * (slope_b + root - d) / below if below else math.nan
    return target if math.isfinite(target) else 0.5 * (a + b)

"""How far to go along a direction: the root of an increasing, piecewise linear slope."""

from __future__ import annotations

import math
from collections.abc import Callable

_TRIALS = 100
_EXACT = 1e-3  # the slope that is left, as a share of the slope at the start
_LONGEST = 1e20


def step_length(
    derivatives: Callable[[float], tuple[float, float]],
    at_start: float,
    at_one: tuple[float, float],
    longest: float = _LONGEST,
) -> float:
    """Return a step length a at which the slope φ′(a) of a convex φ is nearly 0.

    Newton's method between two points with slopes of different signs; where it leaves them, and every third time, by
    halves (of the exponent, where they are of different orders).

    Parameters
    ----------
    derivatives : callable
        a ↦ (φ′(a), φ″(a)).
    at_start : float
        φ′(0), below 0.
    at_one : (float, float)
        φ′(1), φ″(1).
    longest : float

    Examples
    --------
    >>> step_length(lambda a: (a - 3.0, 1.0), -3.0, (-2.0, 1.0))
    3.0
    >>> 0.099 < step_length(lambda a: (-1.0 if a < 0.1 else 1.0, 0.0), -1.0, (1.0, 0.0)) < 0.1
    True
    """
    low, high, length = 0.0, math.inf, min(1.0, longest)
    slope, curvature = at_one if length == 1.0 else derivatives(length)
    for trial in range(_TRIALS):
        if abs(slope) <= _EXACT * abs(at_start):
            return length
        if slope < 0:
            low = length
        else:
            high = length
        if low >= longest or (high < math.inf and high - low <= 1e-14 * high):
            break
        target = length - slope / curvature if curvature > 0 else math.nan
        if high == math.inf:
            length = min(longest, max(2 * length, min(target, 100 * length)) if target > 0 else 10 * length)
        elif low < target < high and trial % 3 < 2:
            length = target
        elif low == 0:
            length = high / 10
        else:
            length = math.sqrt(low * high) if high > 4 * low else 0.5 * (low + high)
        slope, curvature = derivatives(length)
    return low

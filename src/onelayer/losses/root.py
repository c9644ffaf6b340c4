"""Where a function of one number is zero, to the last bits of a float64."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_TINY, _EPS = float(np.finfo(np.float64).tiny), float(np.finfo(np.float64).eps)
_STEPS = 5000  # at most; halving alone goes through all of float64 in 2100


def root(function: Callable[[float], float], low: float, high: float, finest: float = _TINY) -> float:
    """Return the zero of a function between two places where its signs differ, by Brent's method.

    Parameters
    ----------
    function : callable
    low, high : float
    finest : float
        Absolute precision, above 0; the relative one is 4 units in the last place.

    Examples
    --------
    >>> round(root(lambda x: x * x - 2, 0, 2), 12)
    1.414213562373
    """
    from scipy.optimize import brentq

    return float(brentq(function, low, high, xtol=finest, rtol=4 * _EPS, maxiter=_STEPS))

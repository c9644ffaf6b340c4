"""How long a call takes, on one core, and not how long it took once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from timeit import Timer
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits


def seconds(
    function: Callable[..., Any], *arguments: Any, repetitions: int = 9, least: float = 0.001
) -> float:
    """Return the seconds that a call takes: the median of several measurements, after a call that is not counted.

    A measurement makes as many calls as fill ``least`` seconds, so that the clock's own steps do not matter. The
    linear algebra of NumPy and SciPy is kept to one thread meanwhile: several threads on a busy machine wait for
    each other, and one would measure that.

    Examples
    --------
    >>> 0 < seconds(sum, range(1000)) < 1
    True
    """
    timer = Timer(partial(function, *arguments))
    with threadpool_limits(1):
        function(*arguments)
        calls = max(1, round(least / timer.timeit(1)))
        return float(np.median(timer.repeat(repetitions, calls))) / calls

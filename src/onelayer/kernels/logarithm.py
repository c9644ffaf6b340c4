"""A logarithm that the compiler can vectorise: log(1 + x) for x >= 0.

1 + x = 2ⁿ·m with m between 1/√2 and √2, log m = 2·artanh s by its series, s = (m − 1)/(m + 1); what the sum 1 + x
has rounded off is added at the end. Relative error below 3 eps.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit, types
from numba.extending import overload


def _make(number, integer, mantissa, terms, log2):
    """Return the logarithm for one type of number; ``log2`` is log 2 in two parts, as in ``exponential``."""
    high, low = number(log2[0]), number(log2[1])
    coefficients = tuple(number(2 / (2 * k + 1)) for k in range(terms, -1, -1))
    one, root = number(1), integer(number(math.sqrt(0.5)).view(integer))

    @njit(nogil=True, inline="always")
    def log1p(x):
        x = number(x)
        u = one + x
        lost = number(min(x, one) - (u - max(x, one)))
        bits = integer(integer(number(u).view(integer)) - root)
        n = integer(bits >> integer(mantissa))
        m = integer(integer(number(u).view(integer)) - integer(n << integer(mantissa))).view(number)
        s = (m - one) / (m + one)
        square = s * s
        total = coefficients[0]
        for coefficient in coefficients[1:]:
            total = total * square + coefficient
        return number(n) * high + (total * s + (number(n) * low + lost / u))

    return log1p


_log1p32 = _make(np.float32, np.int32, 23, 4, (0.693145751953125, 1.4286068203094172e-06))
_log1p64 = _make(np.float64, np.int64, 52, 10, (0.69314718036912381649, 1.9082149292705877e-10))


def log1p(x):
    """Return log(1 + x) for x >= 0 (to be called from compiled code)."""
    return math.log1p(x)


@overload(log1p, inline="always")
def _overload_log1p(x):
    chosen = _log1p32 if x == types.float32 else _log1p64
    return lambda x: chosen(x)

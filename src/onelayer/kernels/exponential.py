"""An exponential that the compiler can vectorise: exp x = 2ⁿ·exp r with |r| <= ½ log 2, exp r by its Taylor series.

Relative error below 2 eps for x <= 0. Arguments under the smallest normal number's logarithm give that number, not 0:
a probability stays positive. Range reduction in two steps after Cody and Waite (1980).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit, types
from numba.extending import overload

_LOG2_E = math.log2(math.e)


def _make(number, integer, mantissa, bias, degree, log2):
    """Return the exponential for one type of number.

    ``log2`` is log 2 in two parts, the first with trailing zeros, so that n times it is exact.
    """
    log2_e, high, low = number(_LOG2_E), number(log2[0]), number(log2[1])
    smallest = number(math.log(2) * (2 - bias))
    coefficients = tuple(number(1 / math.factorial(k)) for k in range(degree, -1, -1))

    @njit(nogil=True, inline="always")
    def exponential(x):
        x = max(number(x), smallest)
        n = np.rint(x * log2_e)
        r = (x - n * high) - n * low
        total = coefficients[0]
        for coefficient in coefficients[1:]:
            total = total * r + coefficient
        return total * integer((integer(n) + integer(bias)) << integer(mantissa)).view(number)

    return exponential


_exponential32 = _make(np.float32, np.int32, 23, 127, 7, (0.693145751953125, 1.4286068203094172e-06))
_exponential64 = _make(np.float64, np.int64, 52, 1023, 13, (0.69314718036912381649, 1.9082149292705877e-10))


def exponential(x):
    """Return exp x for x <= 0 (to be called from compiled code)."""
    return math.exp(x)


@overload(exponential, inline="always")
def _overload_exponential(x):
    chosen = _exponential32 if x == types.float32 else _exponential64
    return lambda x: chosen(x)

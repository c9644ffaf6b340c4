"""Arrays of numbers of twice the precision of float64, for the few operations that an exact solution takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

_SPLIT = 2.0**27 + 1


@dataclass(frozen=True, eq=False)
class DoubleDouble:
    """An array of unevaluated sums high + low, |low| at most half a unit in the last place of high: 106 bits.

    A relative error of a few 2⁻¹⁰⁵ for sums, products and quotients. Shapes broadcast. Values must stay between 1e-290
    and 1e290, or be 0.

    References
    ----------
    Dekker, *A floating-point technique for extending the available precision*, Numer. Math. 18 (1971).

    Examples
    --------
    >>> third = DoubleDouble.of([1.0]) / DoubleDouble.of([3.0])
    >>> bool(abs((third + third + third - DoubleDouble.of([1.0])).high[0]) < 1e-31)
    True
    """

    high: NDArray
    low: NDArray

    @classmethod
    def of(cls, values: ArrayLike) -> DoubleDouble:
        """Return the numbers of an array of float64."""
        high = np.asarray(values, dtype=np.float64)
        return cls(high, np.zeros_like(high))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return self.high.shape

    @property
    def T(self) -> DoubleDouble:
        """The transposed array."""
        return DoubleDouble(self.high.T, self.low.T)

    def __getitem__(self, index: Any) -> DoubleDouble:
        return DoubleDouble(self.high[index], self.low[index])

    def copy(self) -> DoubleDouble:
        """Return a copy in C order."""
        return DoubleDouble(self.high.copy(), self.low.copy())

    def times_power(self, exponent: ArrayLike) -> DoubleDouble:
        """Return the numbers times 2 to integer powers, which is exact unless it overflows or underflows."""
        power = np.asarray(exponent, dtype=np.intc)
        return DoubleDouble(np.ldexp(self.high, power), np.ldexp(self.low, power))

    def __neg__(self) -> DoubleDouble:
        return DoubleDouble(-self.high, -self.low)

    def __add__(self, other: DoubleDouble) -> DoubleDouble:
        s, e = _two_sum(self.high, other.high)
        t, f = _two_sum(self.low, other.low)
        s, e = _fast_two_sum(s, e + t)
        return DoubleDouble(*_fast_two_sum(s, e + f))

    def __sub__(self, other: DoubleDouble) -> DoubleDouble:
        return self + (-other)

    def __mul__(self, other: DoubleDouble) -> DoubleDouble:
        p, e = _two_product(self.high, other.high)
        return DoubleDouble(*_fast_two_sum(p, e + (self.high * other.low + self.low * other.high)))

    def __truediv__(self, other: DoubleDouble) -> DoubleDouble:
        first = DoubleDouble.of(self.high / other.high)
        rest = self - first * other
        second = DoubleDouble.of(rest.high / other.high)
        rest = rest - second * other
        return first + second + DoubleDouble.of(rest.high / other.high)

    def sum(self, axis: int) -> DoubleDouble:
        """Return the sums along an axis, added in order."""
        moved = DoubleDouble(np.moveaxis(self.high, axis, 0), np.moveaxis(self.low, axis, 0))
        total = DoubleDouble.of(np.zeros(moved.shape[1:]))
        for k in range(moved.shape[0]):
            total = total + moved[k]
        return total

    def __matmul__(self, other: DoubleDouble) -> DoubleDouble:
        total = DoubleDouble.of(np.zeros((self.shape[0], other.shape[1])))
        for k in range(self.shape[1]):
            total = total + self[:, k, None] * other[None, k, :]
        return total


def _two_sum(a: NDArray, b: NDArray) -> tuple[NDArray, NDArray]:
    """Return a + b rounded, and the error (Knuth)."""
    s = a + b
    part = s - a
    return s, (a - (s - part)) + (b - part)


def _fast_two_sum(a: NDArray, b: NDArray) -> tuple[NDArray, NDArray]:
    """Return the same for |a| >= |b| (Dekker)."""
    s = a + b
    return s, b - (s - a)


def _two_product(a: NDArray, b: NDArray) -> tuple[NDArray, NDArray]:
    """Return ab rounded, and the error (Dekker and Veltkamp)."""
    p = a * b
    a_high, b_high = _upper_half(a), _upper_half(b)
    a_low, b_low = a - a_high, b - b_high
    return p, ((a_high * b_high - p) + a_high * b_low + a_low * b_high) + a_low * b_low


def _upper_half(a: NDArray) -> NDArray:
    """Return the upper 26 bits of each number."""
    scaled = _SPLIT * a
    return scaled - (scaled - a)

"""The coordinates in which the solver works, of order one whatever the units of X and y, and the way back."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from onelayer.matrices import Matrix, Moments, spread

_SAMPLE = 1 << 20  # numbers that are looked at
_FEW = 999  # rows whose median is the value that most have, if there is one
_VERY_FEW = 33  # rows of which two have the value that most have, if there is one
_LARGEST_EXPONENT = 1000  # of a factor 2^k, so that it and its inverse are numbers


@dataclass(frozen=True)
class Coordinates:
    """Columns enter as z = (x − center)·scale; scales are powers of two, which round nothing.

    Attributes
    ----------
    center, scale : (n_features,) float64
    intercept : bool
        Whether there is one; without it, centres are 0.

    Examples
    --------
    >>> from onelayer.matrices import Dense
    >>> seen = Coordinates.of(Dense(np.array([[2000.0], [2008.0]])), None, True)
    >>> seen.center.tolist(), seen.scale.tolist()
    ([2004.0], [0.25])
    """

    center: NDArray
    scale: NDArray
    intercept: bool

    @classmethod
    def of(cls, X: Matrix, weights: NDArray | None, intercept: bool, sample: int = _SAMPLE) -> Coordinates:
        """Return coordinates with the mean of each column near 0, if there is an intercept, and its spread near 1.

        A value that most rows have, as 0 in a column of a level, becomes 0 instead of the mean. So the rows of another
        level have no part in a coefficient, however large it is, whose terms would round theirs away.

        Mean and spread are those of so many rows, evenly spread, as have ``sample`` numbers, but not of less than a
        thousand where there are as many: any centre and any scale will do.
        """
        n_features = X.shape[1]
        if n_features == 0:
            return cls(np.zeros(0), np.ones(0), intercept)
        rows = np.arange(X.shape[0]) if weights is None else np.flatnonzero(weights)
        rows = rows[spread(len(rows), max(_FEW, sample // n_features))]
        share = np.ones(len(rows)) if weights is None else weights[rows] / weights.max()
        values = X.sample(rows)
        moments = Moments.of(values, share, None)
        center = np.zeros(n_features)
        if intercept:
            usual = _usual(values[spread(len(rows), _FEW)])
            center = moments.mean.copy()
            known = np.flatnonzero(~np.isnan(usual))
            most = 2 * np.count_nonzero(values[:, known] == usual[known], axis=0) > len(rows)
            center[known[most]] = usual[known[most]]
        farthest = np.maximum(moments.high - center, center - moments.low)
        with np.errstate(over="ignore", invalid="ignore"):
            distance = np.sqrt(moments.square / moments.total + np.square(moments.mean - center))
        usable = np.isfinite(distance) & (distance > 1e-100) & (distance < 1e100)
        return cls(center, inverse_power(np.where(usable, distance, farthest)), intercept)

    def parameters(self, theta: NDArray, offset: float, unit: float) -> tuple[NDArray, float]:
        """Return (coef, intercept) in units of X and y, for θ in these coordinates and y = offset + unit·y′."""
        coef = theta[: len(self.scale)] * self.scale * unit
        if not self.intercept:
            return coef, 0.0
        return coef, float(Fraction(offset) + Fraction(unit * theta[-1]) - _dot(coef, self.center))

    def theta(self, coef: NDArray, intercept: float, offset: float, unit: float) -> NDArray:
        """Return θ of parameters in units of X and y: the inverse of ``parameters``, with one rounding."""
        theta = coef / unit / self.scale
        if not self.intercept:
            return theta
        constant = Fraction(float(intercept)) + _dot(coef, self.center) - Fraction(offset)
        return np.append(theta, float(constant / Fraction(unit)))


def inverse_power(sizes: NDArray) -> NDArray:
    """Return the powers of two that bring sizes between 1 and 2; 1 for a size of 0.

    Examples
    --------
    >>> inverse_power(np.array([8.0, 0.0, 0.3])).tolist()
    [0.125, 1.0, 4.0]
    """
    _, exponents = np.frexp(sizes)
    exponents = np.clip(1 - exponents, -_LARGEST_EXPONENT, _LARGEST_EXPONENT)
    return np.where(sizes > 0, np.ldexp(1.0, exponents), 1.0)


def _dot(a: NDArray, b: NDArray) -> Fraction:
    """Return the inner product without rounding."""
    return sum((Fraction(float(x)) * Fraction(float(y)) for x, y in zip(a, b, strict=True)), Fraction(0))


def _usual(values: NDArray) -> NDArray:
    """Return the median of each column; of one in which hardly any value comes twice, NaN."""
    few = np.sort(values[spread(len(values), _VERY_FEW)], axis=0)
    repeated = (few[1:] == few[:-1]).any(axis=0)
    usual = np.full(values.shape[1], np.nan)
    usual[repeated] = np.median(values[:, repeated], axis=0)
    return usual

"""What is known of the columns of some rows, and from which they are standardised."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LARGEST = 10.0  # a standardised value is at most this far from its column's mean


@dataclass(frozen=True)
class Moments:
    """What is known of the columns of some rows; the moments of two sets of rows merge into those of both.

    Attributes
    ----------
    total : float
        Sum of the weights of the rows.
    mean, square : (n_features,) float64
        Mean, and sum of the weighted squared distances from it.
    low, high : (n_features,) float64
        Smallest and largest value.
    shared : float or None
        Where all columns share one unit (uint8), that unit.

    References
    ----------
    Chan, Golub and LeVeque, *Algorithms for computing the sample variance*, American Statistician 37 (1983).
    """

    total: float
    mean: NDArray
    square: NDArray
    low: NDArray
    high: NDArray
    shared: float | None

    @classmethod
    def of(cls, rows: NDArray, weights: NDArray, shared: float | None) -> Moments:
        """Return the moments of a few rows, in float64."""
        values, total = rows.astype(np.float64), float(weights.sum())
        low, high, origin = values.min(axis=0), values.max(axis=0), values[0].copy()
        values -= origin  # so that the mean of a constant is that constant
        apart = (weights / total) @ values
        values -= apart
        with np.errstate(over="ignore"):
            return cls(total, origin + apart, weights @ np.square(values, out=values), low, high, shared)

    def merge(self, other: Moments) -> Moments:
        """Return the moments of these rows and others together."""
        total = self.total + other.total
        apart = other.mean - self.mean
        with np.errstate(over="ignore"):
            square = self.square + other.square + np.square(apart) * (self.total * other.total / total)
        low, high = np.minimum(self.low, other.low), np.maximum(self.high, other.high)
        return Moments(total, self.mean + apart * (other.total / total), square, low, high, self.shared)

    def standardisation(self, number: np.dtype, centred: bool, prior: float = 0.0) -> tuple[NDArray, NDArray]:
        """Return (center, inverse_scale) per column, such that (X − center)·inverse_scale is of order one.

        The scale is the root mean square distance from the centre, or a tenth of the largest distance where that is
        more, so that a rare large value cannot dominate a step; a column that is constant is not scaled up. Columns
        that share a unit are scaled by that unit.

        Parameters
        ----------
        number : dtype
            Type of the standardised values.
        centred : bool
            Whether the mean is subtracted.
        prior : float
            Weight of an imagined row of zeros, which keeps the scale sound when few rows have been seen.
        """
        center = np.zeros_like(self.mean)
        if centred:
            center = (self.mean * (self.total / (self.total + prior))).astype(number).astype(np.float64)
        if self.shared is not None:
            return center, np.full(len(center), self.shared)
        with np.errstate(over="ignore"):
            scale = np.sqrt(self.square / self.total + np.square(self.mean - center))
        scale = np.maximum(scale, np.maximum(self.high - center, center - self.low) / _LARGEST)
        noise = 8 * np.finfo(number).eps * np.abs(center)
        constant = (self.low == self.high) | ~(scale > noise) | ~np.isfinite(scale)
        return center, 1 / np.where(constant, np.maximum(1.0, np.maximum(self.high, -self.low)), scale)


def spread(n: int, size: int) -> NDArray[np.int64]:
    """Return at most ``size`` of the indices 0 … n − 1, evenly spread.

    Examples
    --------
    >>> spread(10, 4).tolist(), spread(3, 4).tolist()
    ([0, 2, 5, 7], [0, 1, 2])
    """
    size = min(n, size)
    return np.arange(size, dtype=np.int64) * n // size

"""X behind one interface, so that an objective and a solver are written once.

A matrix keeps its rows as they were given, uint8 too, and says in which type to compute and by which ``unit`` a value
enters the scores: 1/255 for uint8, else 1.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, reduce

import numpy as np
from numpy.typing import NDArray

from onelayer.columnar import Columnar

_CHUNK_ELEMENTS = 1 << 18
_SAMPLE_ELEMENTS = 1 << 20
_LARGEST = 10.0  # a standardised value is at most this far from its column's mean


class Matrix(ABC):
    """A matrix of n_rows × n_features inputs.

    Attributes
    ----------
    shape : (int, int)
    number : dtype
        float32 or float64: the type of scores and weights.
    unit : float
        Factor between a stored value and the input of the objective.
    stored : (n_rows, n_features) array or Columnar
        The rows as stored.
    array : (n_rows, n_features) array
        The rows in C order.
    """

    shape: tuple[int, int]
    number: np.dtype
    unit: float
    stored: NDArray | Columnar

    @property
    @abstractmethod
    def array(self) -> NDArray:
        """The rows in C order."""

    @abstractmethod
    def scores(self, coef: NDArray, intercept: NDArray, n_threads: int | None = None) -> NDArray:
        """Return X·coefᵀ + intercept, in units of X as stored; shape (n_rows, n_outputs)."""

    @abstractmethod
    def transposed_product(self, D: NDArray) -> NDArray:
        """Return DᵀX, in units of X as stored; shape (n_outputs, n_features)."""

    @abstractmethod
    def moments(self, weights: NDArray | None) -> Moments:
        """Return the moments of the columns, in units of X as stored."""

    @abstractmethod
    def sample(self, rows: NDArray) -> NDArray:
        """Return some rows, in units of X as stored, in the type of computation."""


class Dense(Matrix):
    """Rows of uint8, float32 or float64.

    Attributes
    ----------
    stored : (n_rows, n_features) array or Columnar
        As given, if that is an array in C order or columns of any place; an array in another order is copied.
    array : (n_rows, n_features) array
        In C order: a copy of any other, made when it is first asked for.

    Examples
    --------
    >>> X = Dense(np.array([[0, 255], [51, 102]], dtype=np.uint8))
    >>> (X.sample(np.array([1])).astype(float) * X.unit).round(3).tolist()
    [[0.2, 0.4]]
    """

    def __init__(self, array: NDArray | Columnar) -> None:
        if isinstance(array, np.ndarray) and not array.flags.c_contiguous:
            array = Columnar.of(array) if array.flags.f_contiguous else np.ascontiguousarray(array)
        self.stored = array
        self.shape = array.shape[0], array.shape[1]
        self.number = np.dtype(np.float64 if array.dtype == np.float64 else np.float32)
        self.unit = 1 / 255 if array.dtype == np.uint8 else 1.0

    @cached_property
    def array(self) -> NDArray:
        """The rows in C order."""
        return np.ascontiguousarray(self.stored)

    def _chunks(self) -> Iterator[slice]:
        size = max(1, _CHUNK_ELEMENTS // max(1, self.shape[1]))
        return (slice(start, start + size) for start in range(0, self.shape[0], size))

    def scores(self, coef: NDArray, intercept: NDArray, n_threads: int | None = None) -> NDArray:
        """Return X·coefᵀ + intercept, in float64 if either is."""
        from onelayer.kernels import scoring

        return scoring.predict(
            self.array, coef.astype(np.result_type(self.number, coef.dtype)), intercept, n_threads
        )

    def transposed_product(self, D: NDArray) -> NDArray:
        """Return DᵀX, a few rows at a time, summed in the order of the rows."""
        total = np.zeros((D.shape[1], self.shape[1]), np.result_type(self.number, D.dtype))
        for chunk in self._chunks():
            total += D[chunk].T @ self.array[chunk].astype(total.dtype, copy=False)
        return total

    def moments(self, weights: NDArray | None) -> Moments:
        """Return the moments of the columns, of uint8 over at most some thousand rows, evenly spread."""
        n_rows, n_features = self.shape
        shared = self.unit if self.stored.dtype == np.uint8 else None
        rows = np.arange(n_rows)
        if shared is not None:
            rows = spread(n_rows, max(1, _SAMPLE_ELEMENTS // n_features))
        share = np.ones(n_rows) if weights is None else weights
        rows = rows[share[rows] > 0] if share[rows].any() else np.flatnonzero(share)[:1]
        size = max(1, _CHUNK_ELEMENTS // n_features)
        parts = [rows[start : start + size] for start in range(0, len(rows), size)]
        return reduce(Moments.merge, (Moments.of(self.array[part], share[part], shared) for part in parts))

    def sample(self, rows: NDArray) -> NDArray:
        """Return the rows, in the type of computation."""
        return self.array[rows].astype(self.number)


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

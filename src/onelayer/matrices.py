"""X behind one interface, so that an objective and a solver are written once.

A matrix keeps its rows as they were given, uint8 too, and says in which type to compute and by which ``unit`` a value
enters the scores: 1/255 for uint8, else 1.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

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
    array : (n_rows, n_features) array
        The rows as stored.
    """

    shape: tuple[int, int]
    number: np.dtype
    unit: float
    array: NDArray

    @abstractmethod
    def scores(self, coef: NDArray, intercept: NDArray, n_threads: int | None = None) -> NDArray:
        """Return X·coefᵀ + intercept, in units of X as stored; shape (n_rows, n_outputs)."""

    @abstractmethod
    def transposed_product(self, D: NDArray) -> NDArray:
        """Return DᵀX, in units of X as stored; shape (n_outputs, n_features)."""

    @abstractmethod
    def standardisation(self, weights: NDArray | None, centred: bool) -> tuple[NDArray, NDArray]:
        """Return (center, inverse_scale) per column, such that (X − center)·inverse_scale is of order one."""

    @abstractmethod
    def sample(self, rows: NDArray) -> NDArray:
        """Return some rows, in units of X as stored, in the type of computation."""


class Dense(Matrix):
    """Rows of uint8, float32 or float64 in a C-contiguous array, never copied as a whole.

    Examples
    --------
    >>> X = Dense(np.array([[0, 255], [51, 102]], dtype=np.uint8))
    >>> (X.sample(np.array([1])).astype(float) * X.unit).round(3).tolist()
    [[0.2, 0.4]]
    """

    def __init__(self, array: NDArray) -> None:
        self.array = np.ascontiguousarray(array)
        self.shape = array.shape[0], array.shape[1]
        self.number = np.dtype(np.float64 if array.dtype == np.float64 else np.float32)
        self.unit = 1 / 255 if array.dtype == np.uint8 else 1.0

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

    def standardisation(self, weights: NDArray | None, centred: bool) -> tuple[NDArray, NDArray]:
        """Return the mean of each column and one over its scale.

        Float columns: the scale is the standard deviation (root mean square if not centred), or a tenth of the
        largest distance from the mean where that is more, so that a rare large value cannot dominate a step; 1 for a
        column that is constant. uint8 columns share one unit, so only their mean over some rows is taken.
        """
        n_rows, n_features = self.shape
        if self.array.dtype == np.uint8:
            inverse_scale = np.full(n_features, self.unit)
            if not centred:
                return np.zeros(n_features), inverse_scale
            rows = spread(n_rows, max(1, _SAMPLE_ELEMENTS // n_features))
            share = None if weights is None or not weights[rows].any() else weights[rows]
            return np.average(self.array[rows], axis=0, weights=share).astype(np.float64), inverse_scale
        share = np.ones(n_rows) if weights is None else weights.astype(np.float64)
        total = share.sum()
        center = np.zeros(n_features)
        if centred:
            center = (
                sum(share[chunk] @ self.array[chunk].astype(np.float64) for chunk in self._chunks()) / total
            )
            center = center.astype(self.number).astype(np.float64)
        variance, largest = np.zeros(n_features), np.zeros(n_features)
        for chunk in self._chunks():
            distance = self.array[chunk].astype(np.float64)
            distance -= center
            np.abs(distance, out=distance)
            distance[share[chunk] == 0] = 0
            np.maximum(largest, distance.max(axis=0), out=largest)
            with np.errstate(over="ignore"):
                variance += share[chunk] @ np.square(distance, out=distance)
        scale = np.maximum(np.sqrt(variance / total), largest / _LARGEST)
        noise = 8 * np.finfo(self.number).eps * np.abs(center)
        scale[~(scale > noise) | ~np.isfinite(scale)] = np.inf
        scale[np.isinf(scale)] = np.maximum(1.0, np.abs(center))[np.isinf(scale)]
        return center, 1 / scale

    def sample(self, rows: NDArray) -> NDArray:
        """Return the rows, in the type of computation."""
        return self.array[rows].astype(self.number)


def spread(n: int, size: int) -> NDArray[np.int64]:
    """Return at most ``size`` of the indices 0 … n − 1, evenly spread.

    Examples
    --------
    >>> spread(10, 4).tolist(), spread(3, 4).tolist()
    ([0, 2, 5, 7], [0, 1, 2])
    """
    size = min(n, size)
    return np.arange(size, dtype=np.int64) * n // size

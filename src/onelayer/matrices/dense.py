"""Rows of which every value is stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property, reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onelayer.columnar import Columnar
from onelayer.matrices.matrix import Matrix
from onelayer.matrices.moments import Moments, spread
from onelayer.matrices.row_buffer import ArrayBuffer, RowBuffer
from onelayer.validation import check_finite

_CHUNK_ELEMENTS = 1 << 18
_SAMPLE_ELEMENTS = 1 << 20


class Dense(Matrix):
    """Rows of uint8, float32 or float64.

    Attributes
    ----------
    stored : (n_rows, n_features) array or Columnar
        The rows as given, if that is an array in C order or columns of any place; an array in another order is copied.
    array : (n_rows, n_features) array
        In C order: a copy of any other, made when it is first asked for.

    Examples
    --------
    >>> X = Dense(np.array([[0, 255], [51, 102]], dtype=np.uint8))
    >>> (X.sample(np.array([1])).astype(float) * X.unit).round(3).tolist()
    [[0.2, 0.4]]
    """

    centring = True

    def __init__(self, array: NDArray | Columnar) -> None:
        if isinstance(array, np.ndarray) and not array.flags.c_contiguous:
            array = Columnar.of(array) if array.flags.f_contiguous else np.ascontiguousarray(array)
        self._stored = array
        self._hold(array.shape, array.dtype)

    @property
    def stored(self) -> Any:
        """The rows as given, or a copy."""
        return self._stored

    @cached_property
    def array(self) -> NDArray:
        """The rows in C order."""
        return np.ascontiguousarray(self.stored)

    @property
    def row_size(self) -> int:
        """The number of columns."""
        return max(1, self.shape[1])

    @property
    def blocks(self) -> Sequence[tuple[slice, NDArray | Columnar]]:
        """All rows in one block, as stored."""
        return [(slice(0, self.shape[0]), self.stored)]

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

    def extremes(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the smallest and the largest value of each column."""
        both = [(part.min(axis=0), part.max(axis=0)) for part in map(self.stored.__getitem__, self._chunks())]
        low, high = zip(*both, strict=True)
        return np.min(low, axis=0).astype(np.float64), np.max(high, axis=0).astype(np.float64)

    def sample(self, rows: NDArray) -> NDArray:
        """Return the rows, in the type of computation."""
        return self.array[rows].astype(self.number, copy=False)

    def part(self, rows: NDArray | slice) -> Dense:
        """Return a copy of some rows; those of a slice are shared where they lie in C order."""
        part = Dense(self.stored[rows])
        part.principal = self.principal
        return part

    def buffer(self) -> DenseBuffer:
        """Return an empty buffer for such rows."""
        return DenseBuffer(self)

    def design(self, rows: NDArray, center: NDArray, inverse_scale: NDArray, intercept: bool) -> NDArray:
        """Return the rows, centred, scaled, and with a column for the intercept."""
        design = np.empty((len(rows), self.shape[1] + 1), self.number)
        Z = design[:, :-1]
        np.subtract(self.array[rows], center.astype(self.number), out=Z)
        Z *= inverse_scale.astype(self.number)
        design[:, -1] = intercept
        return design

    def check_finite(self, name: str, columns: Sequence[str] | None = None) -> None:
        """Refuse NaN and infinity; no copy of the rows is made."""
        check_finite(self.stored, name, columns)


class DenseBuffer(RowBuffer[Dense]):
    """Rows of which every value is stored, in C order."""

    def __init__(self, like: Dense) -> None:
        self._rows = ArrayBuffer(np.empty((0, like.shape[1]), like.dtype))

    def put(self, rows: Dense) -> None:
        """Copy rows to the end."""
        self._rows.put(rows.stored)

    def keep(self, places: NDArray[np.intp]) -> None:
        """Keep the rows of these places."""
        self._rows.keep(places)

    def matrix(self) -> Dense:
        """Return the rows, where they lie."""
        return Dense(self._rows.rows)

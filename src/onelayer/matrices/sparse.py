"""Rows of which the zeros are not stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array, hstack

from onelayer.errors import InvalidDataError
from onelayer.matrices.matrix import Matrix
from onelayer.matrices.moments import Moments
from onelayer.matrices.row_buffer import ArrayBuffer, RowBuffer
from onelayer.validation import check_finite

MOST_COLUMNS = int(np.iinfo(np.int32).max)
_CHUNK_ELEMENTS = 1 << 20
_BLOCK_ELEMENTS = 1 << 22


class Sparse(Matrix):
    """Rows in compressed form (CSR): of each the columns that have a value, in ascending order, and the values.

    Explicit zeros are values like others. Where columns are not in order, or one comes twice, whose values are to be
    added, a copy is put in order: the matrix that was given stays as it is. Otherwise nothing is copied but 64-bit
    indices of columns.

    Attributes
    ----------
    values : (nnz,) uint8, float32 or float64
    columns : (nnz,) int32
    starts : (n_rows + 1,) int64
        Row i has the places starts[i] to starts[i + 1] of both.

    Raises
    ------
    InvalidDataError
        Indices that the shape does not have; more than 2³¹ − 1 columns.

    Examples
    --------
    >>> X = Sparse(csr_array(np.array([[0.0, 2.0], [3.0, 0.0]])))
    >>> X.scores(np.array([[1.0, 10.0]]), np.array([0.5])).tolist()
    [[20.5], [3.5]]
    >>> X.moments(None).mean.tolist(), X.moments(None).low.tolist()
    ([1.5, 1.0], [0.0, 0.0])
    """

    centring = False

    def __init__(self, X: Any) -> None:
        self._hold(X.shape, X.dtype)
        _check_structure(X)
        if not X.has_canonical_format:
            X = csr_array(X, copy=True)
            X.sum_duplicates()
        nnz = int(X.indptr[-1])
        self.values: NDArray = X.data[:nnz]
        self.columns: NDArray[np.int32] = X.indices[:nnz].astype(np.int32, copy=False)
        self.starts: NDArray[np.int64] = X.indptr.astype(np.int64)
        self._by_columns: csc_array | None = None

    def _rows(self, start: int, stop: int, number: np.dtype | None = None) -> csr_array:
        """Return the rows [start, stop) as SciPy has them, sharing memory where the type is the same."""
        begin, end = self.starts[start], self.starts[stop]
        values = self.values[begin:end]
        return csr_array(
            (
                values if number is None else values.astype(number, copy=False),
                self.columns[begin:end],
                self.starts[start : stop + 1] - begin,
            ),
            shape=(stop - start, self.shape[1]),
        )

    def by_columns(self, n_threads: int | None = None) -> csc_array:
        """Return the same values column by column, made when first asked for and kept."""
        if self._by_columns is None:
            from onelayer.kernels import scoring, transpose

            parts = transpose.transposed(
                scoring.writeable(self.values),
                scoring.writeable(self.columns),
                self.starts,
                self.shape[1],
                n_threads,
            )
            self._by_columns = csc_array(parts, shape=self.shape)
        return self._by_columns

    def _taken(self, rows: NDArray | slice) -> csr_array:
        return self._rows(0, self.shape[0])[rows]

    @property
    def stored(self) -> Any:
        """There is none."""
        raise InvalidDataError("X is sparse, and this reads every value of it, zeros too; give X.toarray()")

    @property
    def array(self) -> NDArray:
        """There is none."""
        return self.stored

    @property
    def row_size(self) -> int:
        """How many values are stored for a row, on average."""
        return max(1, len(self.values) // max(1, self.shape[0]))

    @property
    def blocks(self) -> _Blocks:
        """The rows with their zeros, a few at a time."""
        return _Blocks(self)

    def scores(self, coef: NDArray, intercept: NDArray, n_threads: int | None = None) -> NDArray:
        """Return X·coefᵀ + intercept, in float64 if either is. Cost: nnz·n_outputs multiplications."""
        from onelayer.kernels import sparse_scoring

        number = np.result_type(self.number, coef.dtype)
        return sparse_scoring.predict(
            self.values, self.columns, self.starts, coef.astype(number, copy=False), intercept, n_threads
        )

    def transposed_product(self, D: NDArray) -> NDArray:
        """Return DᵀX, summed in the order of the rows."""
        number = np.result_type(self.number, D.dtype)
        rows = self._rows(0, self.shape[0])
        return (rows.T @ D.astype(number, copy=False)).T.astype(number, copy=False)

    def moments(self, weights: NDArray | None) -> Moments:
        """Return the moments of the columns over all rows that count, the zeros that are not stored included."""
        n_rows, n_features = self.shape
        share = np.ones(n_rows) if weights is None else weights
        total, counted = float(share.sum()), int(np.count_nonzero(share))
        sums, weight, count = np.zeros(n_features), np.zeros(n_features), np.zeros(n_features, np.int64)
        low, high = np.full(n_features, np.inf), np.full(n_features, -np.inf)
        for columns, values, w in self._entries(share):
            count += np.bincount(columns, minlength=n_features)
            weight += np.bincount(columns, w, n_features)
            sums += np.bincount(columns, w / total * values, n_features)
            np.minimum.at(low, columns, values)
            np.maximum.at(high, columns, values)
        absent = count < counted
        low, high = np.where(absent, np.minimum(low, 0), low), np.where(absent, np.maximum(high, 0), high)
        mean = np.where(low == high, low, sums)  # so that the mean of a constant is that constant
        with np.errstate(over="ignore"):
            square = np.where(absent, np.maximum(total - weight, 0), 0) * np.square(mean)
            for columns, values, w in self._entries(share):
                square += np.bincount(columns, w * np.square(values - mean[columns]), n_features)
        return Moments(total, mean, square, low, high, self.unit if self.dtype == np.uint8 else None)

    def _entries(self, share: NDArray) -> Iterator[tuple[NDArray, NDArray, NDArray]]:
        """Yield column, value and weight of the entries in rows that count, some rows at a time."""
        size = max(1, _CHUNK_ELEMENTS // self.row_size)
        for start in range(0, self.shape[0], size):
            stop = min(start + size, self.shape[0])
            begin, end = self.starts[start], self.starts[stop]
            w = np.repeat(share[start:stop], np.diff(self.starts[start : stop + 1]))
            counted = slice(None) if w.all() else w > 0
            columns, values = self.columns[begin:end], self.values[begin:end].astype(np.float64)
            yield columns[counted], values[counted], w[counted]

    def extremes(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the smallest and the largest value of each column, the zeros that are not stored included."""
        rows = self._rows(0, self.shape[0])
        low, high = (np.asarray(each.todense(), np.float64).ravel() for each in (rows.min(0), rows.max(0)))
        return low, high

    def sample(self, rows: NDArray) -> NDArray:
        """Return a few rows with their zeros, in the type of computation."""
        return self._taken(rows).toarray().astype(self.number, copy=False)

    def part(self, rows: NDArray | slice) -> Sparse:
        """Return a copy of some rows."""
        return Sparse(self._taken(rows))

    def buffer(self) -> SparseBuffer:
        """Return an empty buffer for such rows."""
        return SparseBuffer(self)

    def design(self, rows: NDArray, center: NDArray, inverse_scale: NDArray, intercept: bool) -> csr_array:
        """Return the rows, scaled, and with a column for the intercept."""
        some = self._taken(rows)
        some.data = some.data.astype(self.number) * inverse_scale[some.indices].astype(self.number)
        ones = csr_array(np.full((len(rows), 1), float(intercept), self.number))
        return csr_array(hstack([some, ones], format="csr"))

    def check_finite(self, name: str, columns: Sequence[str] | None = None) -> None:
        """Refuse NaN and infinity among the values."""
        wrong = ~np.isfinite(self.values)
        if wrong.any():
            row = int(np.searchsorted(self.starts, wrong.argmax(), side="right")) - 1
            rows = self._rows(row, row + 1).toarray()
            check_finite(rows, name, columns, first=row)


class _Blocks(Sequence):
    """The rows with their zeros, so many at a time that a block has a million values."""

    def __init__(self, X: Sparse) -> None:
        self._X, self._size = X, max(1, _BLOCK_ELEMENTS // max(1, X.shape[1]))

    def __len__(self) -> int:
        return -(-self._X.shape[0] // self._size)

    def __getitem__(self, number: Any) -> Any:
        if not 0 <= number < len(self):
            raise IndexError(number)
        start = number * self._size
        stop = min(start + self._size, self._X.shape[0])
        return slice(start, stop), self._X._rows(start, stop).toarray()


class SparseBuffer(RowBuffer[Sparse]):
    """Rows of which the zeros are not stored: their values, columns and lengths."""

    def __init__(self, like: Sparse) -> None:
        self._n_features = like.shape[1]
        self._parts = like.values[:0], like.columns[:0], like.starts[:0]
        self._clear()

    def _clear(self) -> None:
        self._values, self._columns, self._lengths = map(ArrayBuffer, self._parts)

    def put(self, rows: Sparse) -> None:
        """Copy rows to the end."""
        self._values.put(rows.values)
        self._columns.put(rows.columns)
        self._lengths.put(np.diff(rows.starts))

    def keep(self, places: NDArray[np.intp]) -> None:
        """Keep the rows of these places."""
        kept = self.matrix().part(places)
        self._clear()
        self.put(kept)

    def matrix(self) -> Sparse:
        """Return the rows; values and columns are where they lie."""
        starts = np.concatenate([[0], np.cumsum(self._lengths.rows)])
        shape = len(self._lengths), self._n_features
        return Sparse(csr_array((self._values.rows, self._columns.rows, starts), shape=shape))


def _check_structure(X: Any) -> None:
    """Refuse what compiled loops cannot go over: they look at no index twice."""
    n_rows, n_features = X.shape
    if n_features > MOST_COLUMNS:
        raise InvalidDataError(
            f"X has {n_features:,} columns; a sparse matrix can have up to {MOST_COLUMNS:,} here, so hash its features "
            f"into fewer"
        )
    columns, starts = X.indices, X.indptr
    sound = len(starts) == n_rows + 1 and starts[0] == 0 and starts[-1] <= min(len(columns), len(X.data))
    if not sound or (np.diff(starts) < 0).any():
        raise InvalidDataError(
            "X is a sparse matrix whose indptr does not fit its shape; make it again from its values"
        )
    used = columns[: starts[-1]]
    if used.size and not 0 <= used.min() <= used.max() < n_features:
        place = int(((used < 0) | (used >= n_features)).argmax())
        row = int(np.searchsorted(starts, place, side="right")) - 1
        raise InvalidDataError(
            f"X is a sparse matrix of {n_features:,} columns with the column index {used[place]} in row {row}; make it "
            f"again from its values"
        )

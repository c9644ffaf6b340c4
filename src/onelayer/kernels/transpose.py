"""The entries of a sparse matrix column by column instead of row by row.

Each thread has some of the columns, with about as many values as any other, and no two threads ever write the same
number. It takes them block by block, and goes over all rows for each, from where the block before has ended: so what it
writes to stays in the cache, instead of a line of memory being fetched for every value.

Cost: 2·nnz numbers read and written, and each row looked at once for every block.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from onelayer.kernels import source_digest, threads

_BLOCK = 1 << 18  # values that are written while they stay in the cache
_FEWEST = 4  # values of a row in a block, on average, so that going to the next row costs little
_BRIEF = 1 << 16  # values that take about the time that it takes to start a thread


def _compile(source):
    """Return the compiled loops; ``source`` is part of the key under which their machine code is cached."""

    @njit(nogil=True, cache=True, error_model="numpy")
    def place(values, columns, starts, bounds, free, new_values, rows):
        source  # noqa: B018
        n_rows = starts.size - 1
        reached = starts[:-1].copy()
        for row in range(n_rows):
            while reached[row] < starts[row + 1] and columns[reached[row]] < bounds[0]:
                reached[row] += 1
        for last in bounds[1:]:
            for row in range(n_rows):
                k, stop = reached[row], starts[row + 1]
                while k < stop and columns[k] < last:
                    here = free[columns[k]]
                    new_values[here] = values[k]
                    rows[here] = row
                    free[columns[k]] = here + 1
                    k += 1
                reached[row] = k

    @njit(nogil=True, cache=True, error_model="numpy")
    def count(columns, ends):
        source  # noqa: B018
        for column in columns:
            ends[column + 1] += 1

    return place, count


_place, _count = _compile(source_digest())


def transposed(
    values: np.ndarray,
    columns: np.ndarray,
    starts: np.ndarray,
    n_columns: int,
    n_threads: int | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return values, rows (int32) and starts (int64) of each column, its rows in ascending order.

    Parameters
    ----------
    values : (nnz,) array
    columns : (nnz,) int32
        In ascending order within a row.
    starts : (n_rows + 1,) int64
    n_columns : int
    n_threads : int, optional
        All cores by default. The result does not depend on it.
    """
    nnz, n_rows = len(values), len(starts) - 1
    new_starts = np.zeros(n_columns + 1, np.int64)
    _count(columns, new_starts)
    np.cumsum(new_starts, out=new_starts)
    n_threads = 1 if nnz < _BRIEF else n_threads or threads.available()
    each = max(1, min(nnz // _BLOCK, nnz // max(1, n_rows) // _FEWEST) // n_threads)
    blocks = n_threads * each
    bounds = np.searchsorted(new_starts, [nnz * block // blocks for block in range(blocks + 1)])
    bounds[0], bounds[-1] = 0, n_columns
    new_values, rows, free = np.empty_like(values), np.empty(nnz, np.int32), new_starts[:-1].copy()
    threads.run(
        n_threads,
        lambda part: _place(
            values, columns, starts, bounds[part * each : (part + 1) * each + 1], free, new_values, rows
        ),
        brief=nnz < _BRIEF,
    )
    return new_values, rows, new_starts

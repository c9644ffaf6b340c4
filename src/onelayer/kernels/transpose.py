"""The entries of a sparse matrix column by column instead of row by row.

Each thread has some of the columns, with about as many values as any other, and goes over all rows: what it writes to
lies close together, and no two threads ever write the same number.

Cost: 2·nnz numbers read and written, nearly all of them out of order.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from onelayer.kernels import source_digest, threads

_BRIEF = 1 << 16  # values that take about the time that it takes to start a thread


def _compile(source):
    """Return the compiled loop; ``source`` is part of the key under which its machine code is cached."""

    @njit(nogil=True, cache=True, error_model="numpy")
    def place(values, columns, starts, first, last, free, new_values, rows):
        source  # noqa: B018
        for row in range(starts.size - 1):
            for k in range(starts[row], starts[row + 1]):
                column = columns[k]
                if column < first:
                    continue
                if column >= last:
                    break
                here = free[column]
                new_values[here] = values[k]
                rows[here] = row
                free[column] = here + 1

    return place


_place = _compile(source_digest())


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
    nnz = len(values)
    new_starts = np.zeros(n_columns + 1, np.int64)
    np.cumsum(np.bincount(columns, minlength=n_columns), out=new_starts[1:])
    n_threads = 1 if nnz < _BRIEF else n_threads or threads.available()
    bounds = np.searchsorted(new_starts, [nnz * part // n_threads for part in range(n_threads + 1)])
    bounds[0], bounds[-1] = 0, n_columns
    new_values, rows, free = np.empty_like(values), np.empty(nnz, np.int32), new_starts[:-1].copy()
    threads.run(
        n_threads,
        lambda part: _place(values, columns, starts, bounds[part], bounds[part + 1], free, new_values, rows),
        brief=nnz < _BRIEF,
    )
    return new_values, rows, new_starts

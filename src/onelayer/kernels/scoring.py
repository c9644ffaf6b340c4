"""Scores of groups of rows, for training and for prediction: S[k, r] = Σⱼ X[r, j]·W[k, j]."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from onelayer.kernels import source_digest, threads
from onelayer.kernels.tiles import GROUP, SCORES_WIDTH, depth, internal, lanes, prefetch, scores_tile

_DEPTHS = (0, *(depth(width) for width in range(1, SCORES_WIDTH + 1)))
_SMALL = 1 << 22  # multiplications below which a second thread costs more than it brings
_SHORT = 64  # columns
_COPIED = 1 << 18  # numbers of X up to which all of it is copied if need be


class Rows(NamedTuple):
    """The data of a pass.

    Attributes
    ----------
    X : (n_rows, n_features) uint8, float32 or float64
    center, inverse_scale : (n_features,) float, or empty
        Rows are used as (X − center)·inverse_scale; as they are if these are empty.
    unit : float
        Factor of the scores: 1/255 for uint8 rows used as they are, else 1.
    targets : (n_rows, n_outputs or 1) float
        Target values, or class indices (exact in floating point).
    weights : (n_rows,) float, or empty
        Weight of each row, with mean 1.
    order : (n,) int64
        The rows of the pass, in order.
    """

    X: np.ndarray
    center: np.ndarray
    inverse_scale: np.ndarray
    unit: np.floating
    targets: np.ndarray
    weights: np.ndarray
    order: np.ndarray


def padded(n_features: int, number: np.dtype) -> int:
    """Return how many columns W has: ``n_features`` rounded up to whole vectors."""
    vector = lanes(number.itemsize)
    return -(-n_features // vector) * vector


@internal
def share(n_tasks, thread, n_threads):
    """Return the range of tasks of one thread."""
    return n_tasks * thread // n_threads, n_tasks * (thread + 1) // n_threads


@internal
def gather(rows, first, n_rows, start, stop, buffer, position):
    """Copy columns [start, stop) of some rows of the pass into the buffer, centred and scaled if a centre is given.

    A view of a row costs as much as ten numbers, so short rows are copied without; in long rows it is what lets the
    compiler use vectors.
    """
    X, order, center, inverse_scale = rows.X, rows.order, rows.center, rows.inverse_scale
    stop = min(stop, X.shape[1])
    if stop - start < _SHORT:
        for r in range(n_rows):
            row = order[first + r]
            for j in range(start, stop):
                value = buffer.dtype.type(X[row, j])
                buffer[position + r, j] = (
                    value if center.size == 0 else (value - center[j]) * inverse_scale[j]
                )
    elif center.size == 0:
        for r in range(n_rows):
            x, gathered = X[order[first + r], start:stop], buffer[position + r, start:stop]
            for j in range(x.size):
                gathered[j] = x[j]
    else:
        c, s = center[start:stop], inverse_scale[start:stop]
        for r in range(n_rows):
            x, gathered = X[order[first + r], start:stop], buffer[position + r, start:stop]
            for j in range(x.size):
                gathered[j] = (x[j] - c[j]) * s[j]


@internal
def prefetch_rows(rows, first, count, start, stop):
    """Ask the memory for rows that come soon: shuffled rows lie anywhere."""
    for i in range(first, min(first + count, rows.order.size)):
        row = rows.X[rows.order[i], start:stop]
        for j in range(0, row.size, 64 // row.itemsize):
            prefetch(row, j)


@internal
def group_scores(rows, upcoming, X, index, first, n_rows, W, start, stop, S):
    """Write S[k, r] = Σⱼ X[index[first + r], j]·W[k, j] over the columns [start, stop) for one group of rows.

    The rows from ``upcoming`` on are fetched meanwhile, a few at a time.
    """
    n_outputs = W.shape[0]
    tiles = -(-n_outputs // SCORES_WIDTH)
    for tile in range(tiles):
        output, after = share(n_outputs, tile, tiles)
        several = _DEPTHS[after - output]
        for row in range(0, n_rows, several):
            if tile == 0:
                prefetch_rows(rows, upcoming + row, several, start, stop)
            scores_tile(
                X, index, first + row, first + n_rows - 1, W, output, after - output, start, stop, S, row
            )


def _compile(source):
    """Return the compiled loop of ``predict``; ``source`` is part of the key of its cached machine code."""

    @njit(nogil=True, cache=True, error_model="numpy")
    def run(thread, n_threads, rows, places, X, W, b, out):
        source  # noqa: B018
        n, columns, n_outputs = rows.order.size, W.shape[1], W.shape[0]
        S = np.zeros((n_outputs, GROUP), W.dtype)
        begin, end = share(-(-n // GROUP), thread, n_threads)
        for first in range(begin * GROUP, min(end * GROUP, n), GROUP):
            n_rows = min(GROUP, n - first)
            index, place = rows.order, first
            if places.size > 0:
                index, place = places, thread * GROUP
                gather(rows, first, n_rows, 0, columns, X, place)
            group_scores(rows, first + GROUP, X, index, place, n_rows, W, 0, columns, S)
            for r in range(n_rows):
                for k in range(n_outputs):
                    out[first + r, k] = S[k, r] + b[k]

    return run


_run = _compile(source_digest())


def predict(
    X: np.ndarray, coef: np.ndarray, intercept: np.ndarray, n_threads: int | None = None
) -> np.ndarray:
    """Return X·coefᵀ + intercept, shape (n_rows, n_outputs), in the type of ``coef``; X may be of uint8.

    The same to the bit for any number of threads; None for as many as there are cores. Rows that are whole vectors are
    read where they lie, others from a padded copy: of all of X where it is small, else of a few rows at a time.
    """
    number, (n_rows, n_outputs) = coef.dtype, (len(X), len(coef))
    small = X.size * n_outputs < _SMALL
    n_threads = 1 if small else n_threads or threads.available()
    columns, kind = padded(X.shape[1], number), X.dtype if X.dtype.kind == "u" else number
    W, X = _wide(coef, columns, number), _wide(X, columns, kind) if X.size <= _COPIED else writeable(X)
    direct = X.shape[1] == columns and X.dtype == kind
    places = np.arange(0 if direct else n_threads * GROUP)
    source = X if direct else np.zeros((len(places), columns), kind)
    out, nothing = np.empty((n_rows, n_outputs), number), np.zeros(0, number)
    rows = Rows(X, nothing, nothing, number.type(1), out, nothing, np.arange(n_rows))
    b = intercept.astype(number)

    def work(thread: int) -> None:
        _run(thread, n_threads, rows, places, source, W, b, out)

    threads.run(n_threads, work, brief=small)
    return out


def _wide(A: np.ndarray, columns: int, kind: np.dtype) -> np.ndarray:
    """Return A in another type, with columns of zeros at its end: A itself where nothing is to be done."""
    if A.shape[1] == columns and A.dtype == kind and A.flags.c_contiguous:
        return writeable(A)
    wide = np.zeros((len(A), columns), kind)
    wide[:, : A.shape[1]] = A
    return wide


def writeable(array: np.ndarray) -> np.ndarray:
    """Return the same memory as an array that may be written: it spares a second compilation. No loop writes to X."""
    return array if array.flags.writeable else np.asarray(_Memory(array))


class _Memory:
    """Shows an array's memory as one that may be written, and keeps the array alive."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array
        self.__array_interface__ = {**array.__array_interface__, "data": (array.ctypes.data, False)}

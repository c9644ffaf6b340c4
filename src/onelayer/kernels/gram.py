"""Gram matrices of millions of rows in doubled precision, at about half the speed of float64; and in float64.

Rows are packed into panels (``panel``), and panels are multiplied by register tiles (``gram_tiles``). Doubled precision
needs columns that are shifted and scaled by powers of two so that √w·|z| < 1; ``survey`` says by which, and what was
seen while packing says whether a guess was right.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numba import njit

from onelayer.kernels import barrier, source_digest, threads
from onelayer.kernels.gram_tiles import BLOCK, LANES, doubled_tile, squares_tile
from onelayer.kernels.panel import CHANGE, HIGH, LOW, SIZE, Columns, order, pack
from onelayer.kernels.scoring import share, writeable
from onelayer.kernels.tiles import zeros_on_lines
from onelayer.kernels.triangle import add_tile, pair, tiles_across, total, unpacked, zero_sums

_PANEL_BYTES = 1 << 17
_PIECES, _PIECES_BYTES, _PIECE_STEPS = 32, 1 << 26, 1 << 20
_SURVEY_ELEMENTS = 1 << 20
_BRIEF_STEPS, _BRIEF_ELEMENTS = 1 << 13, 1 << 17  # of less than a millisecond


def _compile(source):
    """Return the compiled loops; ``source`` is part of the key under which their machine code is cached."""

    @njit(nogil=True, cache=True, error_model="numpy")
    def run_piece(columns, summed, doubled, first, last, seen, sums):
        source  # noqa: B018
        weighted, m = columns.weights.size > 0, columns.shift.size
        groups = -(-m // LANES)
        shift, scale = np.zeros((groups, LANES)), np.zeros((groups, LANES))
        for k in range(m):
            shift[k // LANES, k % LANES], scale[k // LANES, k % LANES] = columns.shift[k], columns.scale[k]
        size = max(1, _PANEL_BYTES // (groups * LANES * 8 * BLOCK)) * BLOCK
        shape = groups, size, LANES
        right = zeros_on_lines(groups * size * LANES).reshape(shape)
        left = zeros_on_lines(right.size * weighted).reshape((groups * weighted, size, LANES))
        rest = zeros_on_lines(right.size * weighted).reshape((groups * weighted, size, LANES))
        roots = np.zeros(size if weighted else 0)
        squares = np.zeros((groups, 2, LANES))
        wz = left if weighted else right
        for start in range(first, last, size):
            n = min(size, last - start)
            pack(columns, shift, scale, start, n, roots, left, rest, right, seen)
            if not summed:
                continue
            for row in range(0, n, BLOCK):
                stop = min(row + BLOCK, n)
                if doubled:
                    for j in range(groups):
                        for i in range(j + 1):
                            doubled_tile(wz, rest, right, i, j, row, stop, weighted, sums, pair(i, j, groups))
                else:
                    tiles = tiles_across(groups)
                    for tile in range(tiles):
                        i, after = share(groups, tile, tiles)
                        squares_tile(wz, rest, right, i, after - i, row, stop, weighted, squares)
                        add_tile(wz, right, i, after, row, stop, sums)
        if summed and not doubled:  # the last bits of squares are no random ones: k² = 1 mod 8
            for i in range(groups):
                for part in range(2):
                    for k in range(LANES):
                        sums[pair(i, i, groups), part, k, k] = squares[i, part, k]

    return run_piece


_run_piece = _compile(source_digest())


class Survey(NamedTuple):
    """What is known of the columns [1, X, Y] of some rows; rows of weight 0 do not count.

    Attributes
    ----------
    low, high : (1 + n_features + n_outputs,) float64
        Smallest and largest z; inf and −inf where no row counts.
    size : (1 + n_features + n_outputs,) float64
        Largest √w·|z|; 0 without weights.
    finite : bool
        Whether no value, of any row, is infinite or NaN.
    """

    low: np.ndarray
    high: np.ndarray
    size: np.ndarray
    finite: bool


def survey(columns: Columns, n_threads: int | None = None) -> Survey:
    """Look at the columns once; cost: reading X.

    Examples
    --------
    >>> nothing, Y = np.empty(0), np.array([[2.0], [7.0]])
    >>> X = np.array([[1.0, 8.0], [3.0, 5.0]])
    >>> seen = survey(Columns(X, nothing.astype(np.uintp), Y, nothing, np.zeros(4), np.ones(4)))
    >>> seen.low, seen.high, seen.finite
    (array([1., 1., 5., 2.]), array([1., 3., 8., 7.]), True)
    """
    n, m = len(columns.Y), columns.shift.size
    pieces = max(1, min(4 * threads.available(), n * m // _SURVEY_ELEMENTS))
    nothing = np.zeros((pieces, 0, 2, LANES, LANES))
    return _run(columns, nothing, n_threads, summed=False, doubled=False, brief=n * m <= _BRIEF_ELEMENTS)


def gram(
    columns: Columns, n_threads: int | None = None, *, doubled: bool = True
) -> tuple[np.ndarray, np.ndarray, Survey]:
    """Return ZᵀWZ of z = (x − shift)·scale, as (high, low): the sum of two matrices, correct to about 28 digits.

    Parameters
    ----------
    columns : Columns
        Such that √w·|z| < 1 for every value of a row that counts, and z is exact.
    n_threads : int or None
    doubled : bool
        Whether the sums of a block of rows are in doubled precision, or in float64 at several times the speed.

    Returns
    -------
    high, low : (1 + n_features + n_outputs, 1 + n_features + n_outputs) float64
    seen : Survey
        What was seen on the way, which tells whether the columns were as they should be.

    Notes
    -----
    The rows are cut into pieces by the shape of the problem alone and the sums of the pieces are added in their
    order, so the result is the same to the bit for any number of threads. The error of an entry is random and about
    2⁻⁹⁵ for each block of ``BLOCK`` rows, in units in which the largest √w·|z| of a column is between ½ and 1.
    In float64, a block has a random error of about 2⁻⁵³ of its sum for each of its rows instead, and blocks are still
    added as pairs; squares stay in doubled precision, since rounding those of float32 errs to one side. Memory: at most
    about 64 MB for the sums of the pieces, or two such sums.
    """
    n, m = len(columns.Y), columns.shift.size
    groups = -(-m // LANES)
    n_pairs = groups * (groups + 1) // 2
    pieces = max(
        1, min(_PIECES, _PIECES_BYTES // (n_pairs * LANES * LANES * 16), n * n_pairs // _PIECE_STEPS)
    )
    sums = zero_sums(pieces, groups)
    seen = _run(columns, sums, n_threads, summed=True, doubled=doubled, brief=n * n_pairs <= _BRIEF_STEPS)
    (high, low), places = total(sums), np.argsort(order(columns))
    return unpacked(high, places), unpacked(low, places), seen


def _run(
    columns: Columns, sums: np.ndarray, n_threads: int | None, *, summed: bool, doubled: bool, brief: bool
) -> Survey:
    """Go over the rows in as many pieces as there are sums."""
    pieces, m = len(sums), columns.shift.size
    seen = np.zeros((pieces, 4, -(-m // LANES), LANES))
    seen[:, LOW], seen[:, HIGH] = np.inf, -np.inf
    given, places = Columns(*(writeable(part) for part in columns)), order(columns)
    given = given._replace(shift=given.shift[places], scale=given.scale[places])
    _in_pieces(
        len(columns.Y),
        pieces,
        n_threads,
        lambda k, first, last: _run_piece(given, summed, doubled, first, last, seen[k], sums[k]),
        brief=brief,
    )
    seen = seen.reshape(pieces, 4, -1)[:, :, np.argsort(places)]
    return Survey(
        seen[:, LOW].min(axis=0),
        seen[:, HIGH].max(axis=0),
        seen[:, SIZE].max(axis=0),
        bool(np.isfinite(seen[:, CHANGE]).all()),
    )


def _in_pieces(
    n: int, pieces: int, n_threads: int | None, work: Callable[[int, int, int], None], *, brief: bool
) -> None:
    """Call ``work(piece, first, last)`` for all pieces of the rows; an interrupt is heard between two of them."""
    n_threads, state = min(n_threads or threads.available(), pieces), barrier.new()

    def run(thread: int) -> None:
        for k in range(thread, pieces, n_threads):
            if state[barrier.STOP] or state[barrier.ABORT]:
                return
            work(k, n * k // pieces, n * (k + 1) // pieces)

    threads.run(n_threads, run, state, brief=brief)

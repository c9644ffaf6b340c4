"""The upper triangle of a Gram matrix in pairs of groups of columns: their order, their sums, the whole matrix.

Groups of ``LANES`` columns make pairs (i, j) with i ≤ j, one after the other in the order of i, then j. The sums of
each are pairs of numbers (high, low).
"""

from __future__ import annotations

import math

import numpy as np

from onelayer.kernels.gram_tiles import LANES, WIDEST, single_tile
from onelayer.kernels.tiles import internal, zeros_on_lines


def zero_sums(pieces: int, groups: int) -> np.ndarray:
    """Return zeros (pieces, pairs, 2, LANES, LANES)."""
    shape = pieces, groups * (groups + 1) // 2, 2, LANES, LANES
    return zeros_on_lines(int(np.prod(shape))).reshape(shape)


@internal
def pair(i, j, groups):
    """Return the place of a pair of groups."""
    return i * groups - i * (i - 1) // 2 + j - i


@internal
def tiles_across(groups):
    """Return how many tiles of float64 sums stand side by side."""
    return -(-groups // WIDEST)


@internal
def add_tile(left, right, first, after, start, stop, sums):
    """Add the products of the groups from ``first`` to before ``after`` with each other and with those before them.

    In this order their rows stay in the first cache while those of the other groups pass by.
    """
    groups = right.shape[0]
    for i in range(after):
        j = max(i, first)
        single_tile(left, right, i, j, after - j, start, stop, sums, pair(i, j, groups))


def total(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the sums of all pieces, added in their order, as (high, low)."""
    high, low = np.zeros((2, *sums.shape[1:2], LANES, LANES))
    with np.errstate(invalid="ignore", over="ignore"):  # of what is not finite
        for piece in sums:
            _add_pairs(high, low, piece[:, 0], piece[:, 1])
    return high, low


def _add_pairs(high: np.ndarray, low: np.ndarray, more_high: np.ndarray, more_low: np.ndarray) -> None:
    """Add pairs in place, with an error of some 2⁻¹⁰⁴ of the sum."""
    s = high + more_high
    part = s - high
    e = (high - (s - part)) + (more_high - part) + (low + more_low)
    high[:] = s + e
    low[:] = e - (high - s)


def unpacked(pairs: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return the symmetric matrix of the columns in some places of the groups.

    Examples
    --------
    >>> pairs = np.arange(LANES * LANES)[None, :].reshape(1, LANES, LANES)
    >>> bool((unpacked(pairs, np.array([1, 0])) == [[LANES + 1, 1], [1, 0]]).all())
    True
    """
    groups = (math.isqrt(8 * len(pairs) + 1) - 1) // 2
    blocks = np.zeros((groups, LANES, groups, LANES))
    i, j = np.triu_indices(groups)
    blocks[i, :, j, :] = pairs
    square = blocks.reshape(groups * LANES, groups * LANES)
    square = np.triu(square) + np.triu(square, 1).T
    return square[np.ix_(places, places)]

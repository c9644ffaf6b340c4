"""Cholesky factors and triangular solves in double-double arithmetic, with pivots.

Numbers are pairs (high, low) in two arrays. Products are exact by a fused multiplication (TwoProd), sums by Knuth's
TwoSum; an inner loop goes along a row, so that it vectorises.

References
----------
Hida, Li and Bailey, *Algorithms for quad-double precision floating point arithmetic*, ARITH-15 (2001); Higham,
*Accuracy and Stability of Numerical Algorithms* (2002), chapter 10.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from onelayer.kernels import source_digest
from onelayer.kernels.gram_tiles import fma
from onelayer.kernels.tiles import internal


@internal
def _plus(a, a_low, b, b_low):
    """Return the sum of two pairs."""
    s = a + b
    part = s - a
    e = ((a - (s - part)) + (b - part)) + (a_low + b_low)
    high = s + e
    return high, e - (high - s)


@internal
def _times(a, a_low, b, b_low):
    """Return the product of two pairs."""
    p = a * b
    e = fma(a, b, -p) + (a * b_low + a_low * b)
    high = p + e
    return high, e - (high - p)


@internal
def _over(a, a_low, b, b_low):
    """Return the quotient of two pairs."""
    first = a / b
    product, product_low = _times(first, 0.0, b, b_low)
    rest, rest_low = _plus(a, a_low, -product, -product_low)
    second = rest / b
    product, product_low = _times(second, 0.0, b, b_low)
    rest, rest_low = _plus(rest, rest_low, -product, -product_low)
    high, low = _plus(first, 0.0, second, 0.0)
    return _plus(high, low, rest / b, 0.0)


@internal
def _root(a, a_low):
    """Return the square root of a positive pair, by Newton's step from that of its high part."""
    root = np.sqrt(a)
    square, square_low = _times(root, 0.0, root, 0.0)
    rest, _ = _plus(a, a_low, -square, -square_low)
    return _plus(root, 0.0, rest / (2 * root), 0.0)


@internal
def _subtract_multiple(row, row_low, factor, factor_low, other, other_low, start, stop):
    """Subtract a multiple of one row from another, in the columns [start, stop)."""
    r, r_low = row[start:stop], row_low[start:stop]
    o, o_low = other[start:stop], other_low[start:stop]
    for j in range(r.size):
        product, product_low = _times(factor, factor_low, o[j], o_low[j])
        r[j], r_low[j] = _plus(r[j], r_low[j], -product, -product_low)


@internal
def _exchange(A, i, j):
    """Exchange two rows and columns, i <= j, of a symmetric matrix of which the upper triangle is kept."""
    if i == j:
        return
    for k in range(i):
        A[k, i], A[k, j] = A[k, j], A[k, i]
    A[i, i], A[j, j] = A[j, j], A[i, i]
    for k in range(i + 1, j):
        A[i, k], A[k, j] = A[k, j], A[i, k]
    for k in range(j + 1, A.shape[0]):
        A[i, k], A[j, k] = A[j, k], A[i, k]


def _compile(source):
    """Return the compiled functions; ``source`` is part of the key under which their machine code is cached."""

    @njit(nogil=True, cache=True, error_model="numpy")
    def factor(A, A_low, order, size, done, stop, forced, least):
        """Go on with R of A = RᵀR, in the upper triangle of A, and return how many rows of R it then holds.

        Rows from ``done`` on hold what is left of A. The pivot is the largest remaining diagonal entry in units of
        ``size``; the loop ends at ``stop``, or when that is at most ``least``. ``forced`` names the first pivot
        instead (−1 for none). Column k of the result is column ``order[k]`` of A. Cost: n³/6 steps.
        """
        source  # noqa: B018
        n = A.shape[0]
        while done < stop:
            pivot = forced
            if forced < 0:
                pivot, largest = done, -1.0
                for j in range(done, n):
                    share = A[j, j] / size[order[j]]
                    if share > largest:
                        pivot, largest = j, share
                if not largest > least:
                    break
            forced = -1
            _exchange(A, done, pivot)
            _exchange(A_low, done, pivot)
            order[done], order[pivot] = order[pivot], order[done]
            root, root_low = _root(A[done, done], A_low[done, done])
            A[done, done], A_low[done, done] = root, root_low
            for j in range(done + 1, n):
                A[done, j], A_low[done, j] = _over(A[done, j], A_low[done, j], root, root_low)
            for i in range(done + 1, n):
                _subtract_multiple(A[i], A_low[i], A[done, i], A_low[done, i], A[done], A_low[done], i, n)
            done += 1
        return done

    @njit(nogil=True, cache=True, error_model="numpy")
    def solve(R, R_low, transposed, B, B_low):
        """Overwrite B with R⁻¹B, or R⁻ᵀB, for an upper triangular R. Cost: n²/2 steps for each column of B."""
        source  # noqa: B018
        n, columns = B.shape
        for step in range(n):
            k = step if transposed else n - 1 - step
            for c in range(columns):
                B[k, c], B_low[k, c] = _over(B[k, c], B_low[k, c], R[k, k], R_low[k, k])
            first, last = (k + 1, n) if transposed else (0, k)
            for i in range(first, last):
                r, r_low = (R[k, i], R_low[k, i]) if transposed else (R[i, k], R_low[i, k])
                _subtract_multiple(B[i], B_low[i], r, r_low, B[k], B_low[k], 0, columns)

    return factor, solve


factor, solve = _compile(source_digest())

"""Gram matrices of millions of rows in doubled precision, at about half the speed of float64; and in float64.

A product of two numbers of 53 bits has 106, and float64 keeps 53 of them at each addition. Here the sum of products
S runs on a fixed grid: it starts at 1.5·2ᵏ and is bounded so that it never leaves [2ᵏ, 2ᵏ⁺¹), where float64 numbers are
2ᵏ⁻⁵² apart. One step is

    S′ = fma(a, b, S)        S + ab, rounded to the grid
    q = S′ − S               what was added: exact, both lie on the grid
    r = fma(a, b, −q)        what was not: exact for float32 inputs, else rounded at 2⁻⁵³ of half a grid step
    R′ = R + r

so S + R is the sum to nearly twice the precision in four operations, two on the multipliers and two on the adders of a
processor, where a product and a sum without error (TwoProd, TwoSum) and the addition of their errors take ten. After
``BLOCK`` rows, S and R are added to a pair (high, low) with |low| at most half a unit in the last place of high.

The bound needs |wab| < 1: columns come shifted and scaled by powers of two (``survey`` says by which), both exactly.

References
----------
Ogita, Rump and Oishi, *Accurate sum and dot product*, SIAM J. Sci. Comput. 26 (2005); Rump, Ogita and Oishi, *Accurate
floating-point summation, part I: faithful rounding*, SIAM J. Sci. Comput. 31 (2008), for sums on a grid.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from llvmlite import ir
from numba import njit
from numba.core import cgutils, types
from numba.extending import intrinsic

from onelayer.kernels import barrier, source_digest, threads
from onelayer.kernels.scoring import writeable
from onelayer.kernels.tiles import VECTOR_BYTES, _at, _Emitter, _loop, internal

LANES = VECTOR_BYTES // 8  # columns of one group: a tile is a square of them
BLOCK = 64  # rows between two additions to the pair of sums: a power of two
_START = 1.5 * 2 * BLOCK  # S stays in [2·BLOCK, 4·BLOCK): 2ᵏ = 2·BLOCK
_PANEL_BYTES = 1 << 17
_PIECES, _PIECES_BYTES, _PIECE_STEPS = 32, 1 << 26, 1 << 20
_SURVEY_ELEMENTS = 1 << 20
_BRIEF_STEPS, _BRIEF_ELEMENTS = 1 << 13, 1 << 17  # of less than a millisecond


class Columns(NamedTuple):
    """Where z = (x − shift)·scale of the columns [1, X, Y] comes from.

    Attributes
    ----------
    X : (n_rows, n_features) uint8, float32 or float64
    Y : (n_rows, n_outputs) float64
    weights : (n_rows,) float64, or empty for equal weights
    shift, scale : (1 + n_features + n_outputs,) float64
    """

    X: np.ndarray
    Y: np.ndarray
    weights: np.ndarray
    shift: np.ndarray
    scale: np.ndarray


@intrinsic
def fma(typingctx, a, b, c):
    """Return ab + c with one rounding."""

    def codegen(context, builder, sig, args):
        number = ir.DoubleType()
        function = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(number, [number] * 3), "llvm.fma.f64"
        )
        return builder.call(function, args)

    return types.float64(types.float64, types.float64, types.float64), codegen


@intrinsic
def _gram_tile(typingctx, left, rest, right, i, j, start, stop, doubled, weighted, sums, pair):
    """Add Σᵣ (left + rest)[i, r, a]·right[j, r, b] to the pairs sums[pair, :, a, b], for ``BLOCK`` rows at most.

    Parameters
    ----------
    left, rest, right : (groups, rows, LANES) float64
        wz as the sum of two numbers, and z; ``rest`` is not read unless ``doubled`` and ``weighted``.
    i, j : int
        Groups of columns.
    start, stop : int
        Rows.
    doubled : bool
        Whether the sums of the block are in doubled precision, or in float64.
    weighted : bool
    sums : (pairs, 2, LANES, LANES) float64
    pair : int
    """
    number = types.int64
    flag = types.boolean
    signature = types.void(left, rest, right, number, number, number, number, flag, flag, sums, number)

    def codegen(context, builder, sig, args):
        left, rest, right, sums = (
            context.make_array(sig.args[k])(context, builder, args[k]) for k in (0, 1, 2, 9)
        )
        i, j, start, stop, doubled, weighted, pair = (args[k] for k in (3, 4, 5, 6, 7, 8, 10))
        emitter = _Emitter(builder, ir.DoubleType())
        exact = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(emitter.vector, [emitter.vector] * 3), f"llvm.fma.v{LANES}f64"
        )
        zero = emitter.index(0)

        def emit(twice: bool, with_rest: bool) -> None:
            def body(row, carried):
                b = emitter.load(_at(builder, right, j, row, zero), emitter.number)
                updated = []
                for k in range(LANES):
                    s, r = carried[2 * k], carried[2 * k + 1]
                    a = emitter.broadcast(builder.load(_at(builder, left, i, row, emitter.index(k))))
                    moved = builder.call(exact, [a, b, s])
                    if twice:
                        missing = builder.call(exact, [a, b, builder.fsub(s, moved)])
                        if with_rest:
                            a = emitter.broadcast(builder.load(_at(builder, rest, i, row, emitter.index(k))))
                            missing = builder.call(exact, [a, b, missing])
                        r = builder.fadd(r, missing)
                    updated += [moved, r]
                return updated

            origin = ir.Constant(emitter.vector, [_START if twice else 0.0] * LANES)
            found = _loop(builder, start, stop, 1, [origin, emitter.zero()] * LANES, body)
            for k in range(LANES):
                places = [
                    _at(builder, sums, pair, emitter.index(part), emitter.index(k), zero) for part in (0, 1)
                ]
                high, low = (emitter.load(place, emitter.number) for place in places)
                s, e = _two_sum(builder, high, builder.fsub(found[2 * k], origin))
                e = builder.fadd(low, builder.fadd(e, found[2 * k + 1]))
                high = builder.fadd(s, e)
                low = builder.fsub(e, builder.fsub(high, s))
                for value, place in zip((high, low), places, strict=True):
                    emitter.store(value, place)

        with builder.if_else(doubled) as (yes, no):
            with yes, builder.if_else(weighted) as (with_weights, without):
                with with_weights:
                    emit(True, True)
                with without:
                    emit(True, False)
            with no:
                emit(False, False)
        return context.get_dummy_value()

    return signature, codegen


def _two_sum(builder: ir.IRBuilder, a: ir.Value, b: ir.Value) -> tuple[ir.Value, ir.Value]:
    """Return a + b as the sum of two numbers, without error (Knuth)."""
    s = builder.fadd(a, b)
    part = builder.fsub(s, a)
    return s, builder.fadd(builder.fsub(a, builder.fsub(s, part)), builder.fsub(b, part))


@internal
def _shifted(values, columns, position, z):
    """Write (values − shift)·scale, from column ``position`` on."""
    shift, scale = columns.shift[position:], columns.scale[position:]
    for j in range(values.size):
        z[position + j] = (np.float64(values[j]) - shift[j]) * scale[j]


@internal
def _pack(z, weight, weighted, row, left, rest, right):
    """Write one row into the groups: z, and with weights wz as the sum of two numbers."""
    for group in range(right.shape[0]):
        part, packed = z[group * LANES : (group + 1) * LANES], right[group, row]
        for k in range(LANES):
            packed[k] = part[k]
        if weighted:
            high, low = left[group, row], rest[group, row]
            for k in range(LANES):
                product = weight * part[k]
                high[k] = product
                low[k] = fma(weight, part[k], -product)


def _compile(source):
    """Return the compiled loops; ``source`` is part of the key under which their machine code is cached."""

    @njit(nogil=True, cache=True, error_model="numpy")
    def survey_piece(X, weights, shift, first, last, low, high, size, change):
        source  # noqa: B018
        weighted, p = weights.size > 0, X.shape[1]
        for i in range(first, last):
            row = X[i]
            for j in range(p):
                change[j] += row[j] - row[j]  # not 0 for infinity and NaN
            weight = weights[i] if weighted else 1.0
            if weight == 0:
                continue
            for j in range(p):
                low[j] = row[j] if row[j] < low[j] else low[j]
                high[j] = row[j] if row[j] > high[j] else high[j]
            if weighted:
                root = np.sqrt(weight)
                for j in range(p):
                    distance = root * abs(np.float64(row[j]) - shift[j])
                    size[j] = distance if distance > size[j] else size[j]

    @njit(nogil=True, cache=True, error_model="numpy")
    def gram_piece(columns, doubled, first, last, sums):
        source  # noqa: B018
        X, Y, weights = columns.X, columns.Y, columns.weights
        weighted, p, m = weights.size > 0, X.shape[1], columns.shift.size
        groups = -(-m // LANES)
        size = max(1, _PANEL_BYTES // (groups * LANES * 8 * BLOCK)) * BLOCK
        right = np.zeros((groups, size, LANES))
        left = np.zeros((groups if weighted else 0, size, LANES))
        rest = np.zeros((groups if weighted else 0, size, LANES))
        z = np.zeros(groups * LANES)
        z[0] = (1 - columns.shift[0]) * columns.scale[0]
        next_row = first
        while next_row < last:
            n = 0
            while next_row < last and n < size:
                i = next_row
                next_row += 1
                weight = weights[i] if weighted else 1.0
                if weight == 0:
                    continue
                _shifted(X[i], columns, 1, z)
                _shifted(Y[i], columns, 1 + p, z)
                _pack(z, weight, weighted, n, left, rest, right)
                n += 1
            pair = 0
            for i in range(groups):
                for j in range(i, groups):
                    exact = doubled or i == j  # the last bits of squares are no random ones: k² = 1 mod 8
                    for start in range(0, n, BLOCK):
                        stop = min(start + BLOCK, n)
                        if weighted:
                            _gram_tile(left, rest, right, i, j, start, stop, exact, True, sums, pair)
                        else:
                            _gram_tile(right, right, right, i, j, start, stop, exact, False, sums, pair)
                    pair += 1

    return survey_piece, gram_piece


_survey_piece, _gram_piece = _compile(source_digest())


class Survey(NamedTuple):
    """What is known of the columns of some rows before anything is summed; rows of weight 0 do not count.

    Attributes
    ----------
    low, high : (n_features,) float64
        Smallest and largest value; inf and −inf where no row counts.
    size : (n_features,) float64
        Largest √w·|x − shift|; 0 without weights.
    finite : bool
        Whether no value, of any row, is infinite or NaN.
    """

    low: np.ndarray
    high: np.ndarray
    size: np.ndarray
    finite: bool


def survey(
    X: np.ndarray, weights: np.ndarray | None, shift: np.ndarray, n_threads: int | None = None
) -> Survey:
    """Look at the columns of X once; cost: reading X.

    Examples
    --------
    >>> survey(np.array([[1.0, 8.0], [3.0, 5.0]]), None, np.zeros(2))
    Survey(low=array([1., 5.]), high=array([3., 8.]), size=array([0., 0.]), finite=True)
    """
    n, p = X.shape
    pieces = max(1, min(4 * threads.available(), X.size // _SURVEY_ELEMENTS))
    least, most = (-np.inf, np.inf) if X.dtype.kind == "f" else (0, 255)
    low, high = np.full((pieces, p), most, X.dtype), np.full((pieces, p), least, X.dtype)
    size, change = np.zeros((pieces, p)), np.zeros((pieces, p), X.dtype)
    rows, given = writeable(X), _given(weights)
    _in_pieces(
        n,
        pieces,
        n_threads,
        lambda k, first, last: _survey_piece(
            rows, given, shift, first, last, low[k], high[k], size[k], change[k]
        ),
        brief=X.size <= _BRIEF_ELEMENTS,
    )
    return Survey(
        low.min(axis=0).astype(np.float64),
        high.max(axis=0).astype(np.float64),
        size.max(axis=0),
        not change.any(),
    )


def gram(
    columns: Columns, n_threads: int | None = None, *, doubled: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Return ZᵀWZ of z = (x − shift)·scale, as (high, low): the sum of two matrices, correct to about 28 digits.

    Parameters
    ----------
    columns : Columns
        Such that √w·|z| < 1 for every value of a row that counts, and z is exact.
    n_threads : int or None
    doubled : bool
        Whether the sums of a block of rows are in doubled precision, or in float64 at twice the speed.

    Notes
    -----
    The rows are cut into pieces by the shape of the problem alone and the sums of the pieces are added in their
    order, so the result is the same to the bit for any number of threads. The error of an entry is random and about
    2⁻⁹⁵ for each block of ``BLOCK`` rows, in units in which the largest √w·|z| of a column is between ½ and 1.
    In float64, a block has a random error of about 2⁻⁵³ of its sum for each of its rows instead, and blocks are still
    added as pairs; squares stay in doubled precision, since rounding those of float32 errs to one side. Memory: at most
    about 64 MB for the sums of the pieces, or two such sums.
    """
    n, m = len(columns.X), columns.shift.size
    groups = -(-m // LANES)
    n_pairs = groups * (groups + 1) // 2
    pieces = max(
        1, min(_PIECES, _PIECES_BYTES // (n_pairs * LANES * LANES * 16), n * n_pairs // _PIECE_STEPS)
    )
    sums = np.zeros((pieces, n_pairs, 2, LANES, LANES))
    given = Columns(
        writeable(columns.X), writeable(columns.Y), writeable(columns.weights), columns.shift, columns.scale
    )
    _in_pieces(
        n,
        pieces,
        n_threads,
        lambda k, first, last: _gram_piece(given, doubled, first, last, sums[k]),
        brief=n * n_pairs <= _BRIEF_STEPS,
    )
    high, low = sums[0, :, 0], sums[0, :, 1]
    for k in range(1, pieces):
        _add_pairs(high, low, sums[k, :, 0], sums[k, :, 1])
    return _unpacked(high, groups, m), _unpacked(low, groups, m)


def _given(weights: np.ndarray | None) -> np.ndarray:
    return np.empty(0) if weights is None else writeable(weights)


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


def _add_pairs(high: np.ndarray, low: np.ndarray, more_high: np.ndarray, more_low: np.ndarray) -> None:
    """Add pairs in place, with an error of some 2⁻¹⁰⁴ of the sum."""
    s = high + more_high
    part = s - high
    e = (high - (s - part)) + (more_high - part) + (low + more_low)
    high[:] = s + e
    low[:] = e - (high - s)


def _unpacked(tiles: np.ndarray, groups: int, m: int) -> np.ndarray:
    """Return the symmetric matrix of which ``tiles`` is the upper part."""
    blocks = np.zeros((groups, LANES, groups, LANES))
    i, j = np.triu_indices(groups)
    blocks[i, :, j, :] = tiles
    square = blocks.reshape(groups * LANES, groups * LANES)[:m, :m]
    return np.triu(square) + np.triu(square, 1).T

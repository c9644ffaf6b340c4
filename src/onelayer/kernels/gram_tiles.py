"""Register tiles of a Gram matrix: sums of products of columns, in doubled precision and in float64.

A product of two numbers of 53 bits has 106, and float64 keeps 53 of them at each addition. In doubled precision the sum
of products S runs on a fixed grid: it starts at 1.5·2ᵏ and is bounded so that it never leaves [2ᵏ, 2ᵏ⁺¹), where
float64 numbers are 2ᵏ⁻⁵² apart. One step is

    S′ = fma(a, b, S)        S + ab, rounded to the grid
    q = S′ − S               what was added: exact, both lie on the grid
    r = fma(a, b, −q)        what was not: exact for float32 inputs, else rounded at 2⁻⁵³ of half a grid step
    R′ = R + r

so S + R is the sum to nearly twice the precision in four operations, two on the multipliers and two on the adders of a
processor, where a product and a sum without error (TwoProd, TwoSum) and the addition of their errors take ten. After
``BLOCK`` rows, S and R are added to a pair (high, low). The bound needs |wab| < 1.

Columns come in groups of ``LANES``, packed so that a row of a group is one vector. Tiles of float64 sums are up to
``WIDEST`` groups wide: then a vector that is loaded is used eight times, and a number that is broadcast three times.

References
----------
Ogita, Rump and Oishi, *Accurate sum and dot product*, SIAM J. Sci. Comput. 26 (2005); Rump, Ogita and Oishi, *Accurate
floating-point summation, part I: faithful rounding*, SIAM J. Sci. Comput. 31 (2008), for sums on a grid.
"""

from __future__ import annotations

from collections.abc import Callable

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from onelayer.kernels.tiles import VECTOR_BYTES, _at, _Emitter, _for_each_width, _loop

LANES = VECTOR_BYTES // 8  # columns of one group
BLOCK = 64  # rows between two additions to the pair of sums: a power of two
WIDEST = 3  # groups: 24 vectors of sums where there are 32 registers, 12 where there are 16
_START = 1.5 * 2 * BLOCK  # S stays in [2·BLOCK, 4·BLOCK): 2ᵏ = 2·BLOCK


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


class Tile(_Emitter):
    """Writes the instructions of one tile of float64."""

    def __init__(self, builder: ir.IRBuilder) -> None:
        super().__init__(builder, ir.DoubleType())
        signature = ir.FunctionType(self.vector, [self.vector] * 3)
        self.fma = cgutils.get_or_insert_function(builder.module, signature, f"llvm.fma.v{LANES}f64")
        self.origin = ir.Constant(self.vector, [_START] * LANES)

    def lesser(self, a: ir.Value, b: ir.Value) -> ir.Value:
        """Return the lesser of two numbers, b where a is NaN."""
        return self.builder.select(self.builder.fcmp_ordered("<", a, b), a, b)

    def greater(self, a: ir.Value, b: ir.Value) -> ir.Value:
        """Return the greater of two numbers, b where a is NaN."""
        return self.builder.select(self.builder.fcmp_ordered(">", a, b), a, b)

    def groups(self, first: ir.Value, width: int) -> list[ir.Value]:
        """Return the numbers of some groups that follow each other."""
        return [self.builder.add(first, self.index(k)) for k in range(width)]

    def step(
        self, a: ir.Value, b: ir.Value, sums: list[ir.Value], rest: ir.Value | None = None
    ) -> list[ir.Value]:
        """Return [S, R] with (a + rest)·b added."""
        builder, (s, r) = self.builder, sums
        moved = builder.call(self.fma, [a, b, s])
        missing = builder.call(self.fma, [a, b, builder.fsub(s, moved)])
        if rest is not None:
            missing = builder.call(self.fma, [rest, b, missing])
        return [moved, builder.fadd(r, missing)]

    def add(self, high_at: ir.Value, low_at: ir.Value, s: ir.Value, r: ir.Value | None = None) -> None:
        """Add s, or s + r, to a pair of sums in memory without an error in high (TwoSum, Knuth).

        With r, |low| becomes half a unit in the last place of high at most; without, errors of high just add up in low.
        """
        builder = self.builder
        high, low = self.load(high_at, self.number), self.load(low_at, self.number)
        total = builder.fadd(high, s)
        part = builder.fsub(total, high)
        error = builder.fadd(builder.fsub(high, builder.fsub(total, part)), builder.fsub(s, part))
        if r is None:
            high, low = total, builder.fadd(low, error)
        else:
            error = builder.fadd(low, builder.fadd(error, r))
            high = builder.fadd(total, error)
            low = builder.fsub(error, builder.fsub(high, total))
        self.store(high, high_at)
        self.store(low, low_at)


@intrinsic
def doubled_tile(typingctx, left, rest, right, i, j, start, stop, weighted, sums, pair):
    """Add Σᵣ (left + rest)[i, r, a]·right[j, r, b] to the pairs sums[pair, :, a, b], in doubled precision.

    Parameters
    ----------
    left, rest, right : (groups, rows, LANES) float64
        wz as the sum of two numbers, and z; ``rest`` is not read unless ``weighted``.
    i, j : int
        Groups of columns.
    start, stop : int
        Rows, ``BLOCK`` at most.
    weighted : bool
    sums : (pairs, 2, LANES, LANES) float64
    pair : int
    """
    number = types.int64
    signature = types.void(left, rest, right, number, number, number, number, types.boolean, sums, number)

    def codegen(context, builder, sig, args):
        left, rest, right, sums = (
            context.make_array(sig.args[k])(context, builder, args[k]) for k in (0, 1, 2, 8)
        )
        i, j, start, stop, weighted, pair = (args[k] for k in (3, 4, 5, 6, 7, 9))
        tile = Tile(builder)
        zero = tile.index(0)

        def emit(with_rest: bool) -> None:
            def body(row, carried):
                b = tile.load(_at(builder, right, j, row, zero), tile.number)
                updated = []
                for k in range(LANES):
                    a = tile.broadcast(builder.load(_at(builder, left, i, row, tile.index(k))))
                    more = None
                    if with_rest:
                        more = tile.broadcast(builder.load(_at(builder, rest, i, row, tile.index(k))))
                    updated += tile.step(a, b, carried[2 * k : 2 * k + 2], more)
                return updated

            found = _loop(builder, start, stop, 1, [tile.origin, tile.zero()] * LANES, body)
            for k in range(LANES):
                high, low = (
                    _at(builder, sums, pair, tile.index(part), tile.index(k), zero) for part in (0, 1)
                )
                tile.add(high, low, builder.fsub(found[2 * k], tile.origin), found[2 * k + 1])

        either(builder, weighted, emit)
        return context.get_dummy_value()

    return signature, codegen


@intrinsic
def squares_tile(typingctx, left, rest, right, i, width, start, stop, weighted, squares):
    """Add Σᵣ (left + rest)[k, r, a]·right[k, r, a] to the pairs squares[k, :, a], in doubled precision.

    Parameters
    ----------
    left, rest, right, start, stop, weighted
        As for ``doubled_tile``.
    i, width : int
        First group of columns and how many, at most ``WIDEST``.
    squares : (groups, 2, LANES) float64
    """
    number = types.int64
    signature = types.void(left, rest, right, number, number, number, number, types.boolean, squares)

    def codegen(context, builder, sig, args):
        left, rest, right, squares = (
            context.make_array(sig.args[k])(context, builder, args[k]) for k in (0, 1, 2, 8)
        )
        i, width, start, stop, weighted = (args[k] for k in (3, 4, 5, 6, 7))
        tile = Tile(builder)
        zero = tile.index(0)

        def emit(size: int, with_rest: bool) -> None:
            groups = tile.groups(i, size)

            def body(row, carried):
                updated = []
                for k, group in enumerate(groups):
                    a, b = (
                        tile.load(_at(builder, part, group, row, zero), tile.number) for part in (left, right)
                    )
                    more = tile.load(_at(builder, rest, group, row, zero), tile.number) if with_rest else None
                    updated += tile.step(a, b, carried[2 * k : 2 * k + 2], more)
                return updated

            found = _loop(builder, start, stop, 1, [tile.origin, tile.zero()] * size, body)
            for k, group in enumerate(groups):
                high, low = (_at(builder, squares, group, tile.index(part), zero) for part in (0, 1))
                tile.add(high, low, builder.fsub(found[2 * k], tile.origin), found[2 * k + 1])

        _for_each_width(
            builder, WIDEST, width, lambda size: either(builder, weighted, lambda w: emit(size, w))
        )
        return context.get_dummy_value()

    return signature, codegen


@intrinsic
def single_tile(typingctx, left, right, i, j, width, start, stop, sums, pair):
    """Add Σᵣ left[i, r, a]·right[j + k, r, b] to the pairs sums[pair + k, :, a, b], in float64 within these rows.

    Parameters
    ----------
    left, right, start, stop, sums, pair
        As for ``doubled_tile``.
    i, j, width : int
        A group of columns, the first of those that it is multiplied with, and how many, at most ``WIDEST``.
    """
    number = types.int64
    signature = types.void(left, right, number, number, number, number, number, sums, number)

    def codegen(context, builder, sig, args):
        left, right, sums = (context.make_array(sig.args[k])(context, builder, args[k]) for k in (0, 1, 7))
        i, j, width, start, stop, pair = (args[k] for k in (2, 3, 4, 5, 6, 8))
        tile = Tile(builder)
        zero = tile.index(0)

        def emit(size: int) -> None:
            groups, pairs = tile.groups(j, size), tile.groups(pair, size)

            def body(row, carried):
                b = [tile.load(_at(builder, right, group, row, zero), tile.number) for group in groups]
                updated = list(carried)
                for k in range(LANES):
                    a = tile.broadcast(builder.load(_at(builder, left, i, row, tile.index(k))))
                    for v in range(size):
                        place = v * LANES + k
                        updated[place] = builder.call(tile.fma, [a, b[v], carried[place]])
                return updated

            found = _loop(builder, start, stop, 1, [tile.zero()] * (size * LANES), body)
            for v in range(size):
                for k in range(LANES):
                    high, low = (
                        _at(builder, sums, pairs[v], tile.index(part), tile.index(k), zero) for part in (0, 1)
                    )
                    tile.add(high, low, found[v * LANES + k])

        _for_each_width(builder, WIDEST, width, emit)
        return context.get_dummy_value()

    return signature, codegen


def either(builder: ir.IRBuilder, condition: ir.Value, emit: Callable[[bool], None]) -> None:
    """Emit a body for either truth value and choose between them by the condition."""
    with builder.if_else(condition) as (yes, no):
        with yes:
            emit(True)
        with no:
            emit(False)

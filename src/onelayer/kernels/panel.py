"""Panels: the columns [X, 1, Y] of a few rows, shifted, scaled and packed into groups; and what was seen on the way.

X comes by rows, or by columns that lie anywhere in memory. Groups of columns of X are read where they are if X comes by
rows, all others are first brought into the panel: the constant column stands behind X, so that these are few.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba.core import types
from numba.extending import intrinsic

from onelayer.kernels.gram_tiles import LANES, Tile, either
from onelayer.kernels.tiles import _at, _loop, internal

LOW, HIGH, CHANGE, SIZE = range(4)


class Columns(NamedTuple):
    """Where z = (x − shift)·scale of the columns [1, X, Y] comes from.

    Attributes
    ----------
    X : (n_rows, n_features) uint8, float32 or float64
        In C order; without rows where there are ``places``.
    places : (n_features,) uintp, or empty
        The address of each column of X, whose values are of the type of ``X`` and follow each other.
    Y : (n_rows, n_outputs) float64
    weights : (n_rows,) float64, or empty for equal weights
    shift, scale : (1 + n_features + n_outputs,) float64
    """

    X: np.ndarray
    places: np.ndarray
    Y: np.ndarray
    weights: np.ndarray
    shift: np.ndarray
    scale: np.ndarray


def order(columns: Columns) -> np.ndarray:
    """Return which of the columns [1, X, Y] stands in each place of a panel.

    Examples
    --------
    >>> nothing, zeros = np.empty(0), np.zeros(4)
    >>> order(Columns(np.zeros((5, 2)), nothing, np.zeros((5, 1)), nothing, zeros, zeros)).tolist()
    [1, 2, 0, 3]
    """
    p, m = columns.X.shape[1], columns.shift.size
    return np.r_[1 : p + 1, 0, p + 1 : m]


@intrinsic
def _value(typingctx, place, row, like):
    """Return the number of the type of ``like`` that stands ``row`` numbers after an address, as float64."""

    def codegen(context, builder, sig, args):
        element = context.get_data_type(sig.args[2].dtype)
        raw = builder.load(builder.gep(builder.inttoptr(args[0], element.as_pointer()), [args[1]]))
        return context.cast(builder, raw, sig.args[2].dtype, types.float64)

    return types.float64(types.uintp, types.int64, like), codegen


@intrinsic
def _turn(typingctx, places, column, first, n, like, right, group):
    """Write right[group, r, k] = column[first + r] of the columns from ``column`` on, for r < n, a multiple of LANES.

    A square of LANES rows and columns is turned in registers: each step exchanges one bit of the numbers of its rows
    with that bit of the numbers of its columns.
    """
    integer = types.int64
    signature = types.void(places, integer, integer, integer, like, right, integer)

    def codegen(context, builder, sig, args):
        places, right = (context.make_array(sig.args[k])(context, builder, args[k]) for k in (0, 5))
        column, first, n, group = (args[k] for k in (1, 2, 3, 6))
        element = context.get_data_type(sig.args[4].dtype)
        tile = Tile(builder)
        zero = tile.index(0)
        columns = [
            builder.inttoptr(
                builder.load(_at(builder, places, builder.add(column, tile.index(k)))), element.as_pointer()
            )
            for k in range(LANES)
        ]

        def body(row, _):
            place = builder.add(first, row)
            square = [tile.load(builder.gep(each, [place]), element) for each in columns]
            for each in columns:
                tile.prefetch(builder.gep(each, [builder.add(place, n)]))
            bit = 1
            while bit < LANES:
                for i in range(LANES):
                    if not i & bit:
                        a, b = square[i], square[i | bit]
                        one = [j if not j & bit else LANES + (j ^ bit) for j in range(LANES)]
                        other = [j | bit if not j & bit else LANES + j for j in range(LANES)]
                        square[i], square[i | bit] = tile.shuffle(a, b, one), tile.shuffle(a, b, other)
                bit *= 2
            for k, value in enumerate(square):
                tile.store(value, _at(builder, right, group, builder.add(row, tile.index(k)), zero))
            return []

        _loop(builder, zero, n, LANES, [], body)
        return context.get_dummy_value()

    return signature, codegen


@intrinsic
def _pack(typingctx, x, first, column, n, shift, scale, weights, roots, left, rest, right, group, seen):
    """Pack n rows of one group: right[group, r] = z = (x[first + r, column:] − shift)·scale.

    With weights, left and rest become wz as the sum of two numbers; where a weight is 0, all of them become 0.

    Parameters
    ----------
    x : (rows, columns) uint8, float32 or float64
        May be ``right[group]``.
    first, column, n : int
    shift, scale : (groups, LANES) float64
    weights, roots : (rows,) float64, or empty
        Weights and their square roots, from ``first`` and from 0 on.
    left, rest, right : (groups, panel, LANES) float64
    group : int
    seen : (4, groups, LANES) float64
        Becomes the least and the largest z, 0·x added up, and the largest √w·|z|; of rows of weight 0 only 0·x counts.
    """
    integer = types.int64
    signature = types.void(
        x, integer, integer, integer, shift, scale, weights, roots, left, rest, right, integer, seen
    )

    def codegen(context, builder, sig, args):
        x, shift, scale, weights, roots, left, rest, right, seen = (
            context.make_array(sig.args[k])(context, builder, args[k]) for k in (0, 4, 5, 6, 7, 8, 9, 10, 12)
        )
        first, column, n, group = (args[k] for k in (1, 2, 3, 11))
        element = context.get_data_type(sig.args[0].dtype)
        tile = Tile(builder)
        zero, nought = tile.index(0), tile.zero()
        shift, scale = (tile.load(_at(builder, part, group, zero), tile.number) for part in (shift, scale))
        places = [_at(builder, seen, tile.index(line), group, zero) for line in (LOW, HIGH, CHANGE, SIZE)]

        def emit(weighted: bool) -> None:
            def body(row, carried):
                low, high, change, size = carried
                source = builder.add(first, row)
                given = tile.load(_at(builder, x, source, column), element)
                tile.prefetch(_at(builder, x, builder.add(source, n), column))
                value = builder.fmul(builder.fsub(given, shift), scale)
                lower, higher = tile.lesser(value, low), tile.greater(value, high)
                change = builder.fadd(change, builder.fmul(given, nought))
                if weighted:
                    weight = builder.load(_at(builder, weights, source))
                    counts = builder.fcmp_ordered(">", weight, tile.number(0.0))
                    value = builder.select(counts, value, nought)
                    lower, higher = (builder.select(counts, lower, low), builder.select(counts, higher, high))
                    factor = tile.broadcast(weight)
                    product = builder.fmul(factor, value)
                    remains = builder.call(tile.fma, [factor, value, builder.fneg(product)])
                    tile.store(product, _at(builder, left, group, row, zero))
                    tile.store(remains, _at(builder, rest, group, row, zero))
                    distance = builder.fmul(tile.broadcast(builder.load(_at(builder, roots, row))), value)
                    size = tile.greater(builder.fneg(distance), tile.greater(distance, size))
                tile.store(value, _at(builder, right, group, row, zero))
                return [lower, higher, change, size]

            known = [tile.load(place, tile.number) for place in places]
            for value, place in zip(_loop(builder, zero, n, 1, known, body), places, strict=True):
                tile.store(value, place)

        weighted = builder.icmp_signed(">", builder.extract_value(weights.shape, 0), zero)
        either(builder, weighted, emit)
        return context.get_dummy_value()

    return signature, codegen


@internal
def _bring_rows(columns, first, n, group, right):
    """Write rows of one group of the columns [X, 1, Y] into right[group] as they are; X comes by rows."""
    X, Y, start = columns.X, columns.Y, group * LANES
    p, end = X.shape[1], min(LANES, columns.shift.size - start)
    of_x = max(0, min(LANES, p - start))
    for r in range(n):
        to = right[group, r]
        for k in range(of_x):
            to[k] = X[first + r, start + k]
        for k in range(of_x, end):
            to[k] = 1 if start + k == p else Y[first + r, start + k - p - 1]


@internal
def _bring_columns(columns, first, n, group, right):
    """Write rows of one group of the columns [X, 1, Y] into right[group] as they are; X comes by columns."""
    p, m, start = columns.X.shape[1], columns.shift.size, 0
    if (group + 1) * LANES <= p:
        start = n // LANES * LANES
        _turn(columns.places, group * LANES, first, start, columns.X, right, group)
    for k in range(min(LANES, m - group * LANES)):
        column = group * LANES + k
        if column < p:
            place = columns.places[column]
            for r in range(start, n):
                right[group, r, k] = _value(place, first + r, columns.X)
        elif column == p:
            for r in range(n):
                right[group, r, k] = 1
        else:
            for r in range(n):
                right[group, r, k] = columns.Y[first + r, column - p - 1]


@internal
def pack(columns, shift, scale, first, n, roots, left, rest, right, seen):
    """Pack n rows, from ``first`` on, into a panel.

    Parameters
    ----------
    columns : Columns
    shift, scale : (groups, LANES) float64
        Those of ``columns``, and more for whole groups.
    first, n : int
    roots : (panel,) float64, or empty without weights
        Becomes the square roots of the weights.
    left, rest, right : (groups, panel, LANES) float64
        Become wz as the sum of two numbers, with weights, and z; zeros where a weight is 0.
    seen : (4, groups, LANES) float64
        Least and largest z so far, 0·x added up, and largest √w·|z|; of rows of weight 0 only 0·x counts.
    """
    if roots.size > 0:
        for r in range(n):
            roots[r] = np.sqrt(columns.weights[first + r])
    for group in range(right.shape[0]):
        column = group * LANES
        if columns.places.size == 0 and column + LANES <= columns.X.shape[1]:
            _pack(
                columns.X,
                first,
                column,
                n,
                shift,
                scale,
                columns.weights,
                roots,
                left,
                rest,
                right,
                group,
                seen,
            )
        else:
            if columns.places.size == 0:
                _bring_rows(columns, first, n, group, right)
            else:
                _bring_columns(columns, first, n, group, right)
            weights = columns.weights[first:]
            _pack(right[group], 0, 0, n, shift, scale, weights, roots, left, rest, right, group, seen)

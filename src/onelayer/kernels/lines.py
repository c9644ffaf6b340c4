"""Weights as lines, one for each column of X: what a stored value of a sparse row is multiplied with lies together.

W has shape (n_features, width), the outputs of one column side by side and filled up with zeros to whole vectors, so
that an entry (row, j) reads or writes one or two cache lines and no others. A few outputs are not filled up: then W is
as small as it can be, and mostly stays in the cache.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from onelayer.kernels.tiles import SUMS, VECTOR_BYTES, _at, _Emitter, _for_each_width, _loop, internal, lanes

_FEW = 3  # outputs that are not filled up to a vector
_WIDEST = SUMS // 2  # vectors of one tile


class Entries(NamedTuple):
    """The values of sparse rows.

    Attributes
    ----------
    values : (nnz,) uint8, float32 or float64
    columns : (nnz,) int32
        In ascending order in each row.
    starts : (n_rows + 1,) int64
        Row i has the entries starts[i] to starts[i + 1].
    scale : (n_features,) or (1,) float
        Factor of the values of each column, or of all.
    """

    values: np.ndarray
    columns: np.ndarray
    starts: np.ndarray
    scale: np.ndarray


def width(n_outputs: int, number: np.dtype) -> int:
    """Return how long a line is.

    Examples
    --------
    >>> width(1, np.dtype(np.float64)), width(16, np.dtype(np.float32))
    (1, 16)
    """
    vector = lanes(number.itemsize)
    return n_outputs if n_outputs <= _FEW else -(-n_outputs // vector) * vector


def empty(n_lines: int, n_outputs: int, number: np.dtype) -> np.ndarray:
    """Return lines of zeros that begin with a line of the caches."""
    size = width(n_outputs, number)
    whole = np.zeros(n_lines * size + 64 // number.itemsize, number)
    start = -whole.ctypes.data % 64 // number.itemsize
    return whole[start : start + n_lines * size].reshape(n_lines, size)


def of(coef: np.ndarray) -> np.ndarray:
    """Return the lines of weights (n_outputs, n_features).

    Examples
    --------
    >>> of(np.array([[1.0, 2.0], [3.0, 4.0]])).tolist()
    [[1.0, 3.0], [2.0, 4.0]]
    """
    n_outputs, n_features = coef.shape
    W = empty(n_features, n_outputs, coef.dtype)
    W[:, :n_outputs] = coef.T
    return W


@intrinsic
def _tile(typingctx, entries, start, stop, W, offset, vectors, S, r):
    """Write S[r, offset + k] = Σ xⱼ·W[j, offset + k] over the entries [start, stop), for so many vectors of outputs."""
    number = types.int64
    signature = types.void(entries, number, number, W, number, number, S, number)

    def codegen(context, builder, sig, args):
        fields = builder.extract_value
        kinds = sig.args[0].types
        values, columns, scale = (
            context.make_array(kinds[i])(context, builder, fields(args[0], i)) for i in (0, 1, 3)
        )
        start, stop, offset, vectors, r = (args[i] for i in (1, 2, 4, 5, 7))
        w, s = (context.make_array(sig.args[i])(context, builder, args[i]) for i in (3, 6))
        emitter = _Emitter(builder, context.get_data_type(sig.args[3].dtype))
        one = emitter.index(1)
        stride = builder.zext(builder.icmp_signed(">", builder.extract_value(scale.shape, 0), one), one.type)

        def emit(width: int) -> None:
            def body(i, sums):
                column = builder.sext(builder.load(_at(builder, columns, i)), ir.IntType(64))
                factor = builder.load(_at(builder, scale, builder.mul(column, stride)))
                x = _converted(builder, builder.load(_at(builder, values, i)), emitter.number)
                x = emitter.broadcast(builder.fmul(x, factor))
                line = _at(builder, w, column, offset)
                return [
                    builder.call(
                        emitter.fmuladd,
                        [
                            x,
                            emitter.load(
                                builder.gep(line, [emitter.index(v * emitter.n_lanes)]), emitter.number
                            ),
                            sums[v],
                        ],
                    )
                    for v in range(width)
                ]

            sums = _loop(builder, start, stop, 1, [emitter.zero()] * width, body)
            for v, total in enumerate(sums):
                place = builder.add(offset, emitter.index(v * emitter.n_lanes))
                emitter.store(total, _at(builder, s, r, place))

        _for_each_width(builder, _WIDEST, vectors, emit)
        return context.get_dummy_value()

    return signature, codegen


def _converted(builder: ir.IRBuilder, value: ir.Value, number: ir.Type) -> ir.Value:
    """Return a stored value in the type of W."""
    if isinstance(value.type, ir.IntType):
        return builder.uitofp(value, number)
    return value if value.type == number else builder.fpext(value, number)


@intrinsic
def _add(typingctx, x, D, r, W, j):
    """Add x·D[r] to W[j], both of whole vectors."""
    number = types.int64
    signature = types.void(W.dtype, D, number, W, number)

    def codegen(context, builder, sig, args):
        d, w = (context.make_array(sig.args[i])(context, builder, args[i]) for i in (1, 3))
        emitter = _Emitter(builder, context.get_data_type(sig.args[3].dtype))
        nothing = emitter.index(0)
        x, source, line = (
            emitter.broadcast(args[0]),
            _at(builder, d, args[2], nothing),
            _at(builder, w, args[4], nothing),
        )

        def body(k, _):
            place = builder.gep(line, [k])
            parts = [emitter.load(pointer, emitter.number) for pointer in (builder.gep(source, [k]), place)]
            emitter.store(builder.call(emitter.fmuladd, [x, *parts]), place)
            return []

        _loop(builder, nothing, builder.extract_value(w.shape, 1), emitter.n_lanes, [], body)
        return context.get_dummy_value()

    return signature, codegen


@internal
def scores_of(entries, first, last, W, S, place):
    """Write S[place + i, k] = Σⱼ X[first + i, j]·scaleⱼ·W[j, k] for the rows [first, last), by ascending columns."""
    width = W.shape[1]
    if width <= _FEW:
        zero, of_each = np.uint32(0), entries.scale.size > 1
        for row in range(first, last):
            start, stop = np.uint64(entries.starts[row]), np.uint64(entries.starts[row + 1])
            for k in range(width):
                total = W.dtype.type(0)
                for i in range(start, stop):  # unsigned, or each index would be looked at for its sign
                    j = np.uint32(entries.columns[i])
                    factor = entries.scale[j if of_each else zero]
                    total += W.dtype.type(entries.values[i]) * factor * W[j, k]
                S[place + row - first, k] = total
    else:
        vector = VECTOR_BYTES // W.itemsize
        tile = _WIDEST * vector
        for row in range(first, last):
            start, stop = entries.starts[row], entries.starts[row + 1]
            for offset in range(0, width, tile):
                vectors = min(_WIDEST, (width - offset) // vector)
                _tile(entries, start, stop, W, offset, vectors, S, place + row - first)


@internal
def add_to_line(x, D, r, W, j):
    """Add x·D[r] to the line W[j]."""
    if W.shape[1] <= _FEW:
        for k in range(W.shape[1]):
            W[j, k] += x * D[r, k]
    else:
        _add(x, D, r, W, j)

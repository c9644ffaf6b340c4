"""Register tiles for many outputs, which skip zeros: the two products of a layer whose outputs fill vectors.

A vector lies along the outputs, and a tile has ``DEPTH`` rows of sums:

    sums[i, k] = Σₑ x(places[e], i) · B[places[e], k]

With x(j, i) = X[i, j] and B = W it computes the scores of ``DEPTH`` rows, with x(r, i) = X[r, i] and B the gradients in
the scores the gradient of ``DEPTH`` columns. Where all ``DEPTH`` values of x are zero, the place is left out of
``places``: half the pixels of an image are blank, and those of alike images at the same places.

``nonzero`` looks at ``LOOK`` values at a time, ``append`` notes the places that it found.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from onelayer.kernels.tiles import SUMS, _at, _Emitter, _for_each_width, _loop, lanes

DEPTH, LOOK = 4, 16
WIDEST = SUMS // DEPTH + 1
"""Vectors of outputs in a tile at most: one more than the narrow tiles have, whose operands take more registers."""

EVERY = np.uint16((1 << LOOK) - 1)


def aligned(shape: tuple[int, ...], number: np.dtype) -> np.ndarray:
    """Return zeros that begin with a line of the caches, so that no vector lies across two.

    Examples
    --------
    >>> aligned((3, 16), np.dtype(np.float32)).ctypes.data % 64
    0
    """
    size, line = int(np.prod(shape)), 64 // number.itemsize
    whole = np.zeros(size + line, number)
    start = -whole.ctypes.data % 64 // number.itemsize
    return whole[start : start + size].reshape(shape)


def strips_of(n_outputs: int, number: np.dtype) -> tuple[int, int]:
    """Return into how many strips of how many outputs each the outputs are divided, the last filled up.

    Examples
    --------
    >>> strips, width = strips_of(100, np.dtype(np.float32))
    >>> strips * width >= 100, width % lanes(4)
    (True, 0)
    """
    vectors = -(-n_outputs // lanes(number.itemsize))
    strips = -(-vectors // WIDEST)
    return strips, -(-vectors // strips) * lanes(number.itemsize)


@intrinsic
def wide_tile(typingctx, X, origin, along, across, places, count, B, out, row):
    """Add to out[row + i, :] the sums Σₑ X[origin + places[e]·along + i·across]·B[places[e], :] for i < ``DEPTH``.

    Parameters
    ----------
    X : (rows, columns) float
        Counted here as one long array.
    origin, along, across : int
        Where the first value lies, and how far it is to that of the next place, and of the next row of sums.
    places : (n,) int32
        Rows of B.
    count : int
        How many of them.
    B : (rows, width) float
        At most ``WIDEST`` vectors wide.
    out : (rows, width) float
    row : int
        First of the ``DEPTH`` rows to add to.
    """
    number = types.int64
    signature = types.void(X, number, number, number, places, number, B, out, number)

    def codegen(context, builder, sig, args):
        x, p, b, o = (context.make_array(sig.args[i])(context, builder, args[i]) for i in (0, 4, 6, 7))
        origin, along, across, count, row = (args[i] for i in (1, 2, 3, 5, 8))
        emitter = _Emitter(builder, context.get_data_type(sig.args[6].dtype))
        stride = builder.extract_value(b.shape, 1)

        def emit(width: int) -> None:
            vectors = [emitter.index(k * emitter.n_lanes) for k in range(width)]
            offsets = [builder.mul(across, emitter.index(i)) for i in range(DEPTH)]
            values = [builder.gep(x.data, [builder.add(origin, offset)]) for offset in offsets]
            rows = [builder.add(row, emitter.index(i)) for i in range(DEPTH)]
            targets = [_at(builder, o, i, k) for i in rows for k in vectors]

            def body(entry, sums):
                place = builder.sext(builder.load(builder.gep(p.data, [entry])), entry.type)
                base = builder.gep(b.data, [builder.mul(place, stride)])
                factors = [emitter.load(builder.gep(base, [k]), emitter.number) for k in vectors]
                step = builder.mul(place, along)
                updated = []
                for i, pointer in enumerate(values):
                    value = emitter.broadcast(builder.load(builder.gep(pointer, [step])))
                    for k, factor in enumerate(factors):
                        updated.append(builder.call(emitter.fmuladd, [value, factor, sums[i * width + k]]))
                return updated

            start = [emitter.load(target, emitter.number) for target in targets]
            sums = _loop(builder, emitter.index(0), count, 1, start, body)
            for total, target in zip(sums, targets, strict=True):
                emitter.store(total, target)

        _for_each_width(builder, WIDEST, builder.sdiv(stride, emitter.index(emitter.n_lanes)), emit)
        return context.get_dummy_value()

    return signature, codegen


@intrinsic
def transpose(typingctx, A, row, column, B, top, left):
    """Set B[top + i, left + j] = A[row + j, column + i] for i, j < the lanes of a vector."""
    number = types.int64
    signature = types.void(A, number, number, B, number, number)

    def codegen(context, builder, sig, args):
        a, b = (context.make_array(sig.args[i])(context, builder, args[i]) for i in (0, 3))
        row, column, top, left = (args[i] for i in (1, 2, 4, 5))
        emitter = _Emitter(builder, context.get_data_type(sig.args[0].dtype))
        n = emitter.n_lanes
        places = [emitter.index(i) for i in range(n)]
        vectors = [emitter.load(_at(builder, a, builder.add(row, i), column), emitter.number) for i in places]
        low = [lane // 2 + n * (lane % 2) for lane in range(n)]
        high = [lane + n // 2 for lane in low]
        for _ in range(n.bit_length() - 1):  # a perfect shuffle of the vectors, log2(n) times
            pairs = [(vectors[i], vectors[i + n // 2]) for i in range(n // 2)]
            vectors = [emitter.shuffle(u, v, half) for u, v in pairs for half in (low, high)]
        for i, vector in zip(places, vectors, strict=True):
            emitter.store(vector, _at(builder, b, builder.add(top, i), left))
        return context.get_dummy_value()

    return signature, codegen


@intrinsic
def nonzero(typingctx, x, position, bits):
    """Return a mask: bit i says whether x[position + i], of integers only the ``bits``, is not zero, i < ``LOOK``."""
    signature = types.uint16(x, types.int64, types.uint16)

    def codegen(context, builder, sig, args):
        array = context.make_array(sig.args[0])(context, builder, args[0])
        element = context.get_data_type(sig.args[0].dtype)
        vector = ir.VectorType(element, LOOK)
        pointer = builder.bitcast(builder.gep(array.data, [args[1]]), vector.as_pointer())
        values, zeros = builder.load(pointer, align=1), ir.Constant(vector, None)
        if isinstance(element, ir.IntType):
            found = builder.icmp_unsigned("!=", builder.and_(values, _splat(builder, args[2], vector)), zeros)
        else:
            found = builder.fcmp_unordered("!=", values, zeros)
        return builder.bitcast(found, ir.IntType(LOOK))

    return signature, codegen


@intrinsic
def append(typingctx, places, count, first, mask):
    """Write first + i behind the ``count`` places, for each bit i of the mask, and return how many there are then.

    There must be room for ``LOOK`` more.
    """
    signature = types.int64(places, types.int64, types.int64, types.uint16)

    def codegen(context, builder, sig, args):
        array = context.make_array(sig.args[0])(context, builder, args[0])
        integer = ir.IntType(32)
        vector, flags = ir.VectorType(integer, LOOK), ir.VectorType(ir.IntType(1), LOOK)
        first = _splat(builder, builder.trunc(args[2], integer), vector)
        numbers = builder.add(first, ir.Constant(vector, list(range(LOOK))))
        signature = ir.FunctionType(ir.VoidType(), [vector, integer.as_pointer(), flags])
        name = f"llvm.masked.compressstore.v{LOOK}i32"
        store = cgutils.get_or_insert_function(builder.module, signature, name)
        where = builder.gep(array.data, [args[1]])
        builder.call(store, [numbers, where, builder.bitcast(args[3], flags)])
        return builder.add(args[1], builder.zext(builder.ctpop(args[3]), ir.IntType(64)))

    return signature, codegen


def _splat(builder: ir.IRBuilder, scalar: ir.Value, vector: ir.VectorType) -> ir.Value:
    """Return a vector that has the scalar in every lane."""
    undefined, integer = ir.Constant(vector, ir.Undefined), ir.IntType(32)
    first = builder.insert_element(undefined, scalar, integer(0))
    return builder.shuffle_vector(
        first, undefined, ir.Constant(ir.VectorType(integer, vector.count), [0] * vector.count)
    )

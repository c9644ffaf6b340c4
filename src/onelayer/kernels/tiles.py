"""Register tiles: the two inner products of a linear layer, written as vector instructions.

``scores_tile`` computes S[k, r] = Σⱼ X[r, j]·W[k, j] for a few rows r and outputs k, ``gradient_tile``
G[k, j] = Σᵣ D[k, r]·X[r, j] for a few columns j and outputs k. Both keep all their sums in registers, convert uint8
inputs as they load them, and add in an order that is written here and not left to the compiler: the same inputs
give the same bits however the tiles are dealt out to threads.

The shape of a tile follows the machine: there are registers for ``SUMS`` vectors of sums, and a tile takes up to
``SCORES_WIDTH`` or ``GRADIENT_WIDTH`` outputs and as many rows (or vectors of columns), a power of two, as fill them.
Blocking in registers after Goto and van de Geijn, *Anatomy of high-performance matrix multiplication*, ACM TOMS 34
(2008).
"""

from __future__ import annotations

from collections.abc import Callable

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba import njit
from numba.core import cgutils, types
from numba.extending import intrinsic, register_jitable

# Called by compiled code only: no way in, and no counting of references, which takes as long as ten numbers for each
# array and is worse where threads share it; so these functions cannot make arrays, only take views.
internal = njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True, error_model="numpy", _nrt=False)
Body = Callable[[ir.Value, list[ir.Value]], list[ir.Value]]

GROUP = 16  # rows of one group of scores: S is stored as (groups, outputs, GROUP)


def _machine() -> tuple[int, int]:
    """Return (bytes of a vector register, vector sums that fit in registers beside the operands)."""
    features = llvm.get_host_cpu_features()
    if features.get("avx512f"):
        return 64, 20
    if features.get("avx2"):
        return 32, 10
    return 16, 20 if "neon" in features or "asimd" in features else 10


VECTOR_BYTES, SUMS = _machine()
SCORES_WIDTH, GRADIENT_WIDTH = 5, SUMS // 2


def lanes(itemsize: int) -> int:
    """Return how many numbers of ``itemsize`` bytes one vector holds."""
    return VECTOR_BYTES // itemsize


def depth(width: int) -> int:
    """Return how many rows (or vectors of columns) a tile of ``width`` outputs takes: a power of two, at most 8.

    Examples
    --------
    >>> depth(GRADIENT_WIDTH), depth(1)
    (2, 8)
    """
    size = 8
    while size > 1 and size * width > SUMS:
        size //= 2
    return size


@register_jitable
def zeros_on_lines(size):
    """Return so many float64 zeros that begin with a line of the caches, so that no vector lies across two.

    Examples
    --------
    >>> [zeros_on_lines(n).ctypes.data % VECTOR_BYTES for n in (8, 100)]
    [0, 0]
    """
    whole = np.zeros(size + VECTOR_BYTES // 8)
    start = -whole.ctypes.data % VECTOR_BYTES // 8
    return whole[start : start + size]


class _Emitter:
    """Writes the vector instructions of one tile."""

    def __init__(self, builder: ir.IRBuilder, number: ir.Type) -> None:
        self.builder = builder
        self.number = number
        self.n_lanes = lanes(8 if isinstance(number, ir.DoubleType) else 4)
        self.vector = ir.VectorType(number, self.n_lanes)
        kind = "f64" if isinstance(number, ir.DoubleType) else "f32"
        signature = ir.FunctionType(self.vector, [self.vector] * 3)
        name = f"llvm.fmuladd.v{self.n_lanes}{kind}"
        self.fmuladd = cgutils.get_or_insert_function(builder.module, signature, name)

    def zero(self) -> ir.Value:
        return ir.Constant(self.vector, None)

    def index(self, value: int) -> ir.Constant:
        return ir.Constant(ir.IntType(64), value)

    def load(self, pointer: ir.Value, element: ir.Type) -> ir.Value:
        """Load a vector of ``element`` and convert it to the number of the tile."""
        vector = ir.VectorType(element, self.n_lanes)
        raw = self.builder.load(self.builder.bitcast(pointer, vector.as_pointer()), align=1)
        if isinstance(element, ir.IntType):
            return self.builder.uitofp(raw, self.vector)
        return raw if element == self.number else self.builder.fpext(raw, self.vector)

    def store(self, value: ir.Value, pointer: ir.Value) -> None:
        self.builder.store(value, self.builder.bitcast(pointer, value.type.as_pointer()), align=4)

    def broadcast(self, scalar: ir.Value) -> ir.Value:
        undefined = ir.Constant(self.vector, ir.Undefined)
        first = self.builder.insert_element(undefined, scalar, ir.Constant(ir.IntType(32), 0))
        return self.shuffle(first, undefined, [0] * self.n_lanes)

    def shuffle(self, a: ir.Value, b: ir.Value, lanes_taken: list[int]) -> ir.Value:
        mask = ir.Constant(ir.VectorType(ir.IntType(32), len(lanes_taken)), lanes_taken)
        return self.builder.shuffle_vector(a, b, mask)

    def prefetch(self, pointer: ir.Value) -> None:
        """Ask the memory for the cache line of an address, without waiting for it."""
        byte, flag = ir.IntType(8).as_pointer(), ir.IntType(32)
        signature = ir.FunctionType(ir.VoidType(), [byte, flag, flag, flag])
        function = cgutils.get_or_insert_function(self.builder.module, signature, "llvm.prefetch.p0")
        reading, second_level, data = flag(0), flag(2), flag(1)
        self.builder.call(function, [self.builder.bitcast(pointer, byte), reading, second_level, data])

    def add_lanes(self, sums: list[ir.Value]) -> ir.Value:
        """Add up each vector's lanes: lane i of the result is the sum of all lanes of ``sums[i]``.

        Halves are added pairwise, two vectors at a time, so n vectors cost about 3n instructions.
        """
        segment = self.n_lanes
        while segment > 1:
            half = segment // 2
            low = [lane for lane in range(2 * self.n_lanes) if lane % segment < half]
            high = [lane for lane in range(2 * self.n_lanes) if lane % segment >= half]
            pairs = [(sums[i], sums[min(i + 1, len(sums) - 1)]) for i in range(0, len(sums), 2)]
            sums = [self.builder.fadd(self.shuffle(a, b, low), self.shuffle(a, b, high)) for a, b in pairs]
            segment = half
        return sums[0]


def _at(builder: ir.IRBuilder, array: ir.Value, *indices: ir.Value) -> ir.Value:
    """Return the address of an element of a C-contiguous array."""
    offset = indices[0]
    for axis, index in enumerate(indices[1:], start=1):
        length = builder.extract_value(array.shape, axis)
        offset = builder.add(builder.mul(offset, length), index)
    return builder.gep(array.data, [offset])


def _loop(
    builder: ir.IRBuilder, start: ir.Value, stop: ir.Value, step: int, sums: list[ir.Value], body: Body
) -> list[ir.Value]:
    """Emit ``for i in range(start, stop, step): sums = body(i, sums)`` and return the last sums."""
    before = builder.block
    head = builder.append_basic_block("tile.head")
    inside = builder.append_basic_block("tile.body")
    after = builder.append_basic_block("tile.after")
    builder.branch(head)
    builder.position_at_end(head)
    counter = builder.phi(start.type)
    counter.add_incoming(start, before)
    carried = [builder.phi(value.type) for value in sums]
    for phi, value in zip(carried, sums, strict=True):
        phi.add_incoming(value, before)
    builder.cbranch(builder.icmp_signed("<", counter, stop), inside, after)
    builder.position_at_end(inside)
    updated = body(counter, carried)
    following = builder.add(counter, ir.Constant(start.type, step))
    for phi, value in zip(carried, updated, strict=True):
        phi.add_incoming(value, builder.block)
    counter.add_incoming(following, builder.block)
    builder.branch(head)
    builder.position_at_end(after)
    return list(carried)


def _for_each_width(builder: ir.IRBuilder, widest: int, width: ir.Value, emit: Callable[[int], None]) -> None:
    """Emit one body per width from 1 to the widest and jump to the one asked for."""
    done = builder.append_basic_block("tile.done")
    switch = builder.switch(width, done)
    for size in range(1, widest + 1):
        block = builder.append_basic_block(f"tile.width{size}")
        switch.add_case(ir.Constant(width.type, size), block)
        builder.position_at_end(block)
        emit(size)
        builder.branch(done)
    builder.position_at_end(done)


@intrinsic
def scores_tile(typingctx, X, index, first, last, W, output, width, start, stop, S, lane):
    """Write the scores of ``depth(width)`` rows: S[k, lane + r] = Σⱼ X[index[first + r], j]·W[k, j].

    Parameters
    ----------
    X : (rows, columns) uint8, or the type of W
    index : (n,) int64
        Rows of X.
    first, last : int
        The rows ``index[first]`` to ``index[last]``; where they are fewer than the tile takes, the last is repeated.
    W : (outputs, columns) float
    output, width : int
        First output and how many, at most ``SCORES_WIDTH``.
    start, stop : int
        The columns to add up; a whole number of vectors.
    S : (outputs, GROUP) float
    lane : int
        Where the scores of the first row go.
    """
    number = types.int64
    signature = types.void(X, index, number, number, W, number, number, number, number, S, number)

    def codegen(context, builder, sig, args):
        x, rows, w, s = (context.make_array(sig.args[i])(context, builder, args[i]) for i in (0, 1, 4, 9))
        first, last, output, width, start, stop, lane = (args[i] for i in (2, 3, 5, 6, 7, 8, 10))
        emitter = _Emitter(builder, context.get_data_type(sig.args[4].dtype))
        x_element = context.get_data_type(sig.args[0].dtype)

        def emit(width: int) -> None:
            n_rows = depth(width)
            x_rows = []
            for r in range(n_rows):
                wanted = builder.add(first, emitter.index(r))
                entry = builder.select(builder.icmp_signed("<", wanted, last), wanted, last)
                row = builder.load(_at(builder, rows, entry))
                x_rows.append(_at(builder, x, row, emitter.index(0)))
            outputs = [builder.add(output, emitter.index(k)) for k in range(width)]
            w_rows = [_at(builder, w, k, emitter.index(0)) for k in outputs]

            def body(column, sums):
                xs = [emitter.load(builder.gep(pointer, [column]), x_element) for pointer in x_rows]
                updated = []
                for k, pointer in enumerate(w_rows):
                    weights = emitter.load(builder.gep(pointer, [column]), emitter.number)
                    for r in range(n_rows):
                        updated.append(builder.call(emitter.fmuladd, [xs[r], weights, sums[k * n_rows + r]]))
                return updated

            zeros = [emitter.zero()] * (n_rows * width)
            sums = _loop(builder, start, stop, emitter.n_lanes, zeros, body)
            together = min(n_rows, emitter.n_lanes)  # scores of one output in one vector
            for position in range(0, len(sums), emitter.n_lanes):
                total = emitter.add_lanes(sums[position : position + emitter.n_lanes])
                for offset in range(0, min(emitter.n_lanes, len(sums) - position), together):
                    k, row = divmod(position + offset, n_rows)
                    part = emitter.shuffle(total, total, list(range(offset, offset + together)))
                    place = builder.add(lane, emitter.index(row))
                    emitter.store(part, _at(builder, s, outputs[k], place))

        _for_each_width(builder, SCORES_WIDTH, width, emit)
        return context.get_dummy_value()

    return signature, codegen


@intrinsic
def gradient_tile(typingctx, X, index, first, n_rows, D, output, width, column, vectors, G, position):
    """Add to the gradient of a few columns: G[k, position + j] += Σᵣ Dₖᵣ·X[index[first + r], column + j].

    Parameters
    ----------
    X : (rows, columns) uint8, or the type of D
    index : (n,) int64
        Rows of X.
    first, n_rows : int
        The rows to add up: ``n_rows`` of ``index`` from ``first`` on.
    D : (groups, outputs, GROUP) float
        Gradient of the loss in the scores of these rows; Dₖᵣ = D[r // GROUP, k, r % GROUP].
    output, width : int
        First output and how many, at most ``GRADIENT_WIDTH``.
    column : int
        First column.
    vectors : int
        1, or ``depth(width)``: how many vectors of columns.
    G : (outputs, columns) float
    position : int
        Where the gradient of the first column goes.
    """
    number = types.int64
    signature = types.void(X, index, number, number, D, number, number, number, number, G, number)

    def codegen(context, builder, sig, args):
        x, rows, d, g = (context.make_array(sig.args[i])(context, builder, args[i]) for i in (0, 1, 4, 9))
        first, n_rows, output, width, column, vectors, position = (args[i] for i in (2, 3, 5, 6, 7, 8, 10))
        emitter = _Emitter(builder, context.get_data_type(sig.args[4].dtype))
        x_element = context.get_data_type(sig.args[0].dtype)
        group_size = emitter.index(GROUP)

        def emit_block(width: int, n_vectors: int) -> None:
            outputs = [builder.add(output, emitter.index(k)) for k in range(width)]
            targets = [
                _at(builder, g, k, builder.add(position, emitter.index(v * emitter.n_lanes)))
                for k in outputs
                for v in range(n_vectors)
            ]

            def body(row, sums):
                pointer = _at(builder, x, builder.load(_at(builder, rows, builder.add(first, row))), column)
                xs = [
                    emitter.load(builder.gep(pointer, [emitter.index(v * emitter.n_lanes)]), x_element)
                    for v in range(n_vectors)
                ]
                group, lane = builder.sdiv(row, group_size), builder.srem(row, group_size)
                updated = []
                for k in range(width):
                    delta = emitter.broadcast(builder.load(_at(builder, d, group, outputs[k], lane)))
                    for v in range(n_vectors):
                        updated.append(builder.call(emitter.fmuladd, [xs[v], delta, sums[k * n_vectors + v]]))
                return updated

            start = [emitter.load(target, emitter.number) for target in targets]
            sums = _loop(builder, emitter.index(0), n_rows, 1, start, body)
            for value, target in zip(sums, targets, strict=True):
                emitter.store(value, target)

        def emit(width: int) -> None:
            single = builder.icmp_signed("==", vectors, emitter.index(1))
            with builder.if_else(single) as (one, several):
                with one:
                    emit_block(width, 1)
                with several:
                    emit_block(width, depth(width))

        _for_each_width(builder, GRADIENT_WIDTH, width, emit)
        return context.get_dummy_value()

    return signature, codegen


@intrinsic
def prefetch(typingctx, x, position):
    """Ask the memory for the cache line of ``x[position]``, without waiting for it."""

    def codegen(context, builder, sig, args):
        array = context.make_array(sig.args[0])(context, builder, args[0])
        _Emitter(builder, ir.DoubleType()).prefetch(builder.gep(array.data, [args[1]]))
        return context.get_dummy_value()

    return types.void(x, types.int64), codegen

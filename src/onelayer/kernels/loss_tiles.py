"""Cross-entropy over one group of rows, written as vector instructions: scores in, gradients in the scores out.

The largest score of a row is taken out of the sum, log Σₖ exp sₖ = m + log1p(Σ_{k ≠ argmax} exp(sₖ − m)), so that
nothing overflows and the loss of a certain and right prediction keeps its digits. Of the class with the largest score
1 − p is the sum of the others, so that a gradient near zero keeps its digits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from onelayer.kernels.tiles import GROUP, _at, _loop
from onelayer.kernels.vector_math import VectorMath

Body = Callable[[ir.Value, ir.Value, list[ir.Value]], list[ir.Value]]


class _Group:
    """Sixteen rows: their scores and targets, a vector for each output, and their weights."""

    def __init__(self, context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> None:
        self.builder, self.lane = builder, arguments[3]
        self._first = ir.Constant(ir.IntType(64), 0)
        self._scores, self._targets, weights = (
            context.make_array(signature.args[i])(context, builder, arguments[i]) for i in range(3)
        )
        self.math = VectorMath(builder, context.get_data_type(signature.args[0].dtype), GROUP)
        self.zero, self.one = self.math.constant(0), self.math.constant(1)
        self.weights = self._load(_at(builder, weights, self._first))

    def _load(self, pointer: ir.Value) -> ir.Value:
        return self.builder.load(self.builder.bitcast(pointer, self.math.vector.as_pointer()), align=1)

    def _pointer(self, k: ir.Value) -> ir.Value:
        return _at(self.builder, self._scores, k, self.lane)

    def scores(self, k: ir.Value) -> ir.Value:
        """Return the scores of one output."""
        return self._load(self._pointer(k))

    def targets(self, k: ir.Value) -> ir.Value:
        """Return the targets of one output."""
        return self._load(_at(self.builder, self._targets, k, self._first))

    def put(self, k: ir.Value, value: ir.Value) -> None:
        """Write a vector in the place of the scores of one output."""
        place = self.builder.bitcast(self._pointer(k), self.math.vector.as_pointer())
        self.builder.store(value, place, align=1)

    def for_each_output(self, start: list[ir.Value], body: Body) -> list[ir.Value]:
        """Emit ``for k in range(n_outputs): carried = body(k, k in all lanes, carried)``; return the last of them."""
        n_outputs = self.builder.extract_value(self._scores.shape, 0)
        return _loop(
            self.builder,
            self._first,
            n_outputs,
            1,
            start,
            lambda k, carried: body(k, self._lanes(k), carried),
        )

    def _lanes(self, k: ir.Value) -> ir.Value:
        undefined = ir.Constant(self.math.vector, ir.Undefined)
        number = self.builder.sitofp(k, self.math.number)
        first = self.builder.insert_element(undefined, number, ir.Constant(ir.IntType(32), 0))
        mask = ir.Constant(ir.VectorType(ir.IntType(32), GROUP), [0] * GROUP)
        return self.builder.shuffle_vector(first, undefined, mask)

    def largest(self) -> tuple[ir.Value, ir.Value]:
        """Return the largest score of each row, and its class."""

        def body(k: ir.Value, number: ir.Value, carried: list[ir.Value]) -> list[ir.Value]:
            largest, winner = carried
            score = self.scores(k)
            return [
                self.math.where(">", score, largest, score, largest),
                self.math.where(">", score, largest, number, winner),
            ]

        largest, winner = self.for_each_output([self.scores(self._first), self.zero], body)
        return largest, winner


def _in_order(*arrays: Any) -> bool:
    """Tell whether arrays of these types are in C order, which is all that the instructions can read."""
    return all(array.layout == "C" for array in arrays)


@intrinsic
def cross_entropy(typingctx, S, labels, weights, lane):
    """S becomes w·(p − onehot(y)) in ``GROUP`` lanes; returns Σ w·(log Σₖ exp sₖ − s_y).

    Parameters
    ----------
    S : (outputs, lanes) float
    labels : (1, GROUP) float
        Class indices.
    weights : (GROUP,) float
    lane : int
        The first of the lanes.
    """
    if not _in_order(S, labels, weights):
        return None
    signature = types.float64(S, labels, weights, types.int64)

    def codegen(context, builder, sig, args):
        group = _Group(context, builder, sig, args)
        math, zero, w = group.math, group.zero, group.weights
        label = group.targets(ir.Constant(ir.IntType(64), 0))
        largest, winner = group.largest()

        def exponentials(k, number, carried):
            rest, chosen = carried
            score = group.scores(k)
            e = math.exponential(builder.fsub(score, largest))
            group.put(k, e)
            others = math.where("==", winner, number, zero, e)
            return [builder.fadd(rest, others), math.where("==", label, number, score, chosen)]

        rest, chosen = group.for_each_output([zero, zero], exponentials)
        loss = builder.fadd(builder.fsub(largest, chosen), math.log1p(rest))
        share = builder.fdiv(w, builder.fadd(group.one, rest))
        sure = builder.fneg(builder.fmul(rest, share))

        def gradients(k, number, carried):
            p = builder.fmul(group.scores(k), share)
            right = math.where("==", winner, number, sure, builder.fsub(p, w))
            group.put(k, math.where("==", label, number, right, p))
            return carried

        group.for_each_output([], gradients)
        return math.sum(builder.fmul(w, loss))

    return signature, codegen


@intrinsic
def soft_cross_entropy(typingctx, S, targets, weights, lane):
    """S becomes w·(p·Σq − q) in ``GROUP`` lanes; returns Σ w·Σₖ qₖ·(log Σⱼ exp sⱼ − sₖ).

    Parameters
    ----------
    S : (outputs, lanes) float
    targets : (outputs, GROUP) float
        Soft labels q.
    weights : (GROUP,) float
    lane : int
        The first of the lanes.
    """
    if not _in_order(S, targets, weights):
        return None
    signature = types.float64(S, targets, weights, types.int64)

    def codegen(context, builder, sig, args):
        group = _Group(context, builder, sig, args)
        math, zero = group.math, group.zero
        largest, winner = group.largest()

        def exponentials(k, number, carried):
            rest, below, of_others, of_winner = carried
            q, deficit = group.targets(k), builder.fsub(largest, group.scores(k))
            e = math.exponential(builder.fneg(deficit))
            group.put(k, e)
            return [
                builder.fadd(rest, math.where("==", winner, number, zero, e)),
                math.fmuladd(q, deficit, below),
                builder.fadd(of_others, math.where("==", winner, number, zero, q)),
                math.where("==", winner, number, q, of_winner),
            ]

        rest, below, of_others, of_winner = group.for_each_output([zero] * 4, exponentials)
        whole, of_all = builder.fadd(group.one, rest), builder.fadd(of_others, of_winner)
        loss = math.fmuladd(of_all, math.log1p(rest), below)
        share = builder.fdiv(group.weights, whole)

        def gradients(k, number, carried):
            q = group.targets(k)
            winning = builder.fsub(of_others, builder.fmul(q, rest))
            losing = builder.fsub(builder.fmul(group.scores(k), of_all), builder.fmul(q, whole))
            group.put(k, builder.fmul(math.where("==", winner, number, winning, losing), share))
            return carried

        group.for_each_output([], gradients)
        return math.sum(builder.fmul(group.weights, loss))

    return signature, codegen

"""Exponential and logarithm of a vector of numbers, written as vector instructions.

Neither calls a library nor converts between floats and integers, which few machines can do for whole vectors: integers
are read from the last bits of a sum with a large number.
"""

from __future__ import annotations

import math
from typing import ClassVar

from llvmlite import ir
from numba.core import cgutils


class VectorMath:
    """Writes the mathematics of vectors of some type of number.

    Parameters
    ----------
    builder : IRBuilder
    number : llvmlite type
        Float or double.
    n_lanes : int
        Numbers in a vector; more than a register holds is spread over several.
    """

    _MANTISSA: ClassVar = {False: 23, True: 52}
    _BIAS: ClassVar = {False: 127, True: 1023}
    _TERMS: ClassVar = {False: (7, 4), True: (13, 10)}  # of the series of exp and of artanh
    _LOG2: ClassVar = {  # log 2 in two parts, the first with trailing zeros, so that n times it is exact
        False: (0.693145751953125, 1.4286068203094172e-06),
        True: (0.69314718036912381649, 1.9082149292705877e-10),
    }

    def __init__(self, builder: ir.IRBuilder, number: ir.Type, n_lanes: int) -> None:
        self.builder, self.number = builder, number
        double = isinstance(number, ir.DoubleType)
        self.n_lanes, self.vector = n_lanes, ir.VectorType(number, n_lanes)
        self._integers = ir.VectorType(ir.IntType(64 if double else 32), n_lanes)
        self._mantissa, self._bias = self._MANTISSA[double], self._BIAS[double]
        self._exp_terms, self._log_terms = self._TERMS[double]
        self._high, self._low = self._LOG2[double]
        name = f"llvm.fmuladd.v{n_lanes}f{64 if double else 32}"
        signature = ir.FunctionType(self.vector, [self.vector] * 3)
        self._fmuladd = cgutils.get_or_insert_function(builder.module, signature, name)

    def constant(self, value: float) -> ir.Constant:
        """Return the same number in all lanes."""
        return ir.Constant(self.vector, [ir.Constant(self.number, value)] * self.n_lanes)

    def fmuladd(self, a: ir.Value, b: ir.Value, c: ir.Value) -> ir.Value:
        """Return a·b + c."""
        return self.builder.call(self._fmuladd, [a, b, c])

    def where(self, comparison: str, a: ir.Value, b: ir.Value, yes: ir.Value, no: ir.Value) -> ir.Value:
        """Return ``yes`` in the lanes where a compares so with b, else ``no``."""
        return self.builder.select(self.builder.fcmp_ordered(comparison, a, b), yes, no)

    def exponential(self, x: ir.Value) -> ir.Value:
        """Return exp x for x <= 0, with a relative error below 2 eps.

        exp x = 2ⁿ·exp r with abs(r) <= ½·log 2, exp r by its Taylor series; range reduction in two steps after Cody and
        Waite (1980). Arguments far below give not 0 but 2⁻¹⁰⁰ (float) or 2⁻⁹⁶⁷ (double): a probability stays positive,
        and what is made of it stays normal, since with the numbers below those machines are a hundred times slower.
        """
        builder = self.builder
        smallest = self.constant(math.log(2) * (4 + self._mantissa - self._bias))
        x = builder.select(
            builder.fcmp_unordered(">", x, smallest), x, smallest
        )  # what is not a number stays so
        magic = self.constant(1.5 * 2**self._mantissa)
        shifted = self.fmuladd(x, self.constant(math.log2(math.e)), magic)
        n = builder.fsub(shifted, magic)
        r = self.fmuladd(n, self.constant(-self._low), self.fmuladd(n, self.constant(-self._high), x))
        total = self._polynomial(r, [1 / math.factorial(k) for k in range(self._exp_terms, -1, -1)])
        power = builder.shl(builder.bitcast(shifted, self._integers), self._integer(self._mantissa))
        return builder.bitcast(builder.add(builder.bitcast(total, self._integers), power), self.vector)

    def log1p(self, x: ir.Value) -> ir.Value:
        """Return log(1 + x) for x >= 0, with a relative error below 3 eps.

        1 + x = 2ⁿ·m with m between 1/√2 and √2, log m = 2·artanh s by its series, s = (m − 1)/(m + 1); what the sum
        1 + x has rounded off is added at the end.
        """
        builder, one = self.builder, self.constant(1)
        u = builder.fadd(one, x)
        less, more = self.where("<", x, one, x, one), self.where(">", x, one, x, one)
        lost = builder.fsub(less, builder.fsub(u, more))
        bits, mantissa = builder.bitcast(u, self._integers), self._integer(self._mantissa)
        root = builder.bitcast(self.constant(math.sqrt(0.5)), self._integers)
        exponent = builder.ashr(builder.sub(bits, root), mantissa)
        m = builder.bitcast(builder.sub(bits, builder.shl(exponent, mantissa)), self.vector)
        magic = self.constant(2**self._mantissa)
        n = builder.bitcast(builder.add(exponent, builder.bitcast(magic, self._integers)), self.vector)
        n = builder.fsub(n, magic)
        s = builder.fdiv(builder.fsub(m, one), builder.fadd(m, one))
        series = self._polynomial(
            builder.fmul(s, s), [2 / (2 * k + 1) for k in range(self._log_terms, -1, -1)]
        )
        rest = self.fmuladd(n, self.constant(self._low), builder.fdiv(lost, u))
        return self.fmuladd(n, self.constant(self._high), self.fmuladd(series, s, rest))

    def sum(self, x: ir.Value) -> ir.Value:
        """Return the sum of all lanes in double, halves added pairwise."""
        size = self.n_lanes
        if isinstance(self.number, ir.FloatType):
            x = self.builder.fpext(x, ir.VectorType(ir.DoubleType(), size))
        while size > 1:
            size //= 2
            low, high = (
                ir.Constant(ir.VectorType(ir.IntType(32), size), list(range(start, start + size)))
                for start in (0, size)
            )
            x = self.builder.fadd(
                self.builder.shuffle_vector(x, x, low), self.builder.shuffle_vector(x, x, high)
            )
        return self.builder.extract_element(x, ir.Constant(ir.IntType(32), 0))

    def _integer(self, value: int) -> ir.Constant:
        return ir.Constant(self._integers, [value] * self.n_lanes)

    def _polynomial(self, x: ir.Value, coefficients: list[float]) -> ir.Value:
        total: ir.Value = self.constant(coefficients[0])
        for coefficient in coefficients[1:]:
            total = self.fmuladd(total, x, self.constant(coefficient))
        return total

"""Exponential and logarithm of vectors against the standard library and NumPy in more digits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numba import njit, types
from numba.extending import intrinsic

from onelayer.kernels.tiles import GROUP
from onelayer.kernels.vector_math import VectorMath


def of_vectors(name):
    """Return a compiled loop that applies a function of ``VectorMath``, or its sum, to whole vectors."""

    @intrinsic
    def apply(typingctx, x, out, start):
        def codegen(context, builder, sig, args):
            source, target = (context.make_array(sig.args[i])(context, builder, args[i]) for i in (0, 1))
            mathematics = VectorMath(builder, context.get_data_type(sig.args[0].dtype), GROUP)
            place = builder.gep(source.data, [args[2]])
            x = builder.load(builder.bitcast(place, mathematics.vector.as_pointer()), align=1)
            found = getattr(mathematics, name)(x)
            to = builder.gep(target.data, [args[2]])
            builder.store(found, builder.bitcast(to, found.type.as_pointer()), align=1)
            return context.get_dummy_value()

        return types.void(x, out, types.int64), codegen

    @njit
    def run(x, out):
        for start in range(0, x.size, GROUP):
            apply(x, out, start)

    return run


def whole(x, number):
    """Return the values in whole vectors."""
    return np.concatenate([x, np.zeros(-len(x) % GROUP)]).astype(number)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_exponential_to_two_eps(dtype):
    exponential = of_vectors("exponential")
    smallest = {np.float32: 2.0**-100, np.float64: 2.0**-967}[dtype]
    x = np.concatenate([[0.0], np.linspace(math.log(smallest) + 1e-9, 0, 100_001), -np.logspace(-12, 1, 999)])
    x = whole(x, dtype)
    out = np.empty_like(x)
    exponential(x, out)
    exact = np.array([math.exp(float(value)) for value in x])
    assert np.max(np.abs(out - exact) / exact) <= 2 * np.finfo(dtype).eps
    far, out = whole(np.array([-1e30, -np.inf, np.nan]), dtype), np.empty(GROUP, dtype)
    exponential(far, out)
    np.testing.assert_allclose(out[:2], smallest, rtol=1e-4)
    assert np.isnan(out[2])


@pytest.mark.parametrize(("number", "wider"), [(np.float32, np.float64), (np.float64, np.longdouble)])
def test_logarithm_to_three_eps(number, wider):
    largest = np.log10(np.finfo(number).max) - 1
    x = whole(
        np.concatenate([np.logspace(-30, largest, 20_001), np.linspace(0, 20, 20_001), [np.nan]]), number
    )
    out = np.empty_like(x)
    of_vectors("log1p")(x, out)
    truth = np.log1p(x.astype(wider))
    known = np.isfinite(truth)
    assert (np.abs(out - truth)[known] <= 3 * np.finfo(number).eps * truth[known]).all()
    assert out[20_001] == 0
    assert np.isnan(out[40_002])


@pytest.mark.parametrize("number", [np.float32, np.float64])
def test_the_sum_is_in_float64(number):
    @intrinsic
    def total(typingctx, x):
        def codegen(context, builder, sig, args):
            source = context.make_array(sig.args[0])(context, builder, args[0])
            mathematics = VectorMath(builder, context.get_data_type(sig.args[0].dtype), GROUP)
            x = builder.load(builder.bitcast(source.data, mathematics.vector.as_pointer()), align=1)
            return mathematics.sum(x)

        return types.float64(x), codegen

    x = (2.0 ** -np.arange(GROUP) * (-1) ** np.arange(GROUP)).astype(number)
    x[0] = 2**24
    assert njit(lambda x: total(x))(x) == math.fsum(x.tolist())

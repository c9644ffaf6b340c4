"""Numbers of 106 bits against fractions, and their triangular factors and solves."""

from __future__ import annotations

import operator
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onelayer.kernels import cholesky
from onelayer.solvers.closed_form.double_double import DoubleDouble

NUMBERS = st.builds(
    lambda high, low: (high, low * abs(high) * 2.0**-54),
    st.floats(1e-60, 1e60) | st.floats(-1e60, -1e-60),
    st.floats(-1, 1),
)


def exact(number: DoubleDouble) -> Fraction:
    return Fraction(float(number.high)) + Fraction(float(number.low))


@pytest.mark.parametrize("operation", [operator.add, operator.sub, operator.mul, operator.truediv])
@given(NUMBERS, NUMBERS)
def test_arithmetic(operation, first, second):
    a, b = (DoubleDouble(np.array(high), np.array(low)) for high, low in (first, second))
    truth = operation(exact(a), exact(b))
    scale = max(abs(truth), abs(exact(a)) + abs(exact(b)) if operation in (operator.add, operator.sub) else 0)
    found = operation(a, b)
    assert abs(exact(found) - truth) <= Fraction(2) ** -102 * scale
    assert abs(found.low) <= np.spacing(abs(found.high)) / 2


def matrix(n: int) -> DoubleDouble:
    random = np.random.RandomState(n)
    A = random.randn(n, n) + 1j * random.randn(n, n) * 2.0**-55
    return DoubleDouble(A.real.copy(), A.imag * np.abs(A.real))


@pytest.mark.parametrize("n", [1, 2, 5, 12])
def test_factor_and_solve(n):
    M = matrix(n)
    A = M.T @ M
    work, order, size = A.copy(), np.arange(n), np.diag(A.high).copy()
    assert cholesky.factor(work.high, work.low, order, size, 0, n, -1, 0.0) == n
    R = DoubleDouble(np.triu(work.high), np.triu(work.low))
    apart = R.T @ R - A[np.ix_(order, order)]
    assert np.abs(apart.high).max() <= 1e-29 * np.abs(A.high).max()
    remaining = np.square(np.diag(R.high)) / size[order]
    assert remaining[0] == pytest.approx(1)

    B = matrix(n)
    for transposed in (False, True):
        X = B.copy()
        cholesky.solve(R.high, R.low, transposed, X.high, X.low)
        residual = (R.T if transposed else R) @ X - B
        assert np.abs(residual.high).max() <= 1e-28 * max(1, np.abs(X.high).max()) * np.abs(R.high).max()


def test_the_factor_stops_where_little_is_left_and_goes_on_when_told():
    A = DoubleDouble.of(np.diag([4.0, 1e-30, 9.0]))
    order = np.arange(3)
    assert cholesky.factor(A.high, A.low, order, np.ones(3), 0, 3, -1, 1e-20) == 2
    assert order.tolist() == [2, 0, 1]
    assert cholesky.factor(A.high, A.low, order, np.ones(3), 2, 3, 2, 1e-20) == 3
    assert np.diag(A.high).tolist() == [3, 2, 1e-15]


def test_shapes():
    A = matrix(3)
    assert A.shape == (3, 3)
    assert A[1].shape == (3,)
    assert np.array_equal(A.T.high, A.high.T)
    assert np.array_equal(A.times_power(3).low, A.low * 8)
    assert np.array_equal(A.sum(axis=1).high, (A @ DoubleDouble.of(np.ones((3, 1)))).high[:, 0])

"""Least squares held against exact fractions, the pseudo-inverse, and a penalty written as extra rows."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from onelayer.course.experiments.least_squares import by_qr, by_svd, exact, normal_equations, ridge

SOLVERS = (normal_equations, by_qr, by_svd)
whole_numbers = arrays(np.int64, (5, 3), elements=st.integers(-9, 9))


@given(whole_numbers)
def test_fractions_solve_the_normal_equations_without_any_error(table):
    X, y = table[:, :2], table[:, 2]
    assume(np.linalg.matrix_rank(X) == 2)
    w = exact(X, y)
    for column in X.T:
        left = sum(int(a) * (int(p) * w[0] + int(q) * w[1]) for a, (p, q) in zip(column, X, strict=True))
        assert left == int(column @ y)


def test_fractions_by_hand():
    # y = 1, 2, 2 over x = 0, 1, 2: slope 1/2, intercept 7/6
    X = np.array([[0.0, 1.0], [1.0, 1.0], [2.0, 1.0]])
    assert exact(X, np.array([1.0, 2.0, 2.0])) == [Fraction(1, 2), Fraction(7, 6)]


@pytest.mark.parametrize("solve", SOLVERS)
@pytest.mark.parametrize("number", [np.float32, np.float64])
def test_all_solvers_agree_where_nothing_is_collinear(solve, number):
    random_state = np.random.RandomState(0)
    X, y = (
        random_state.standard_normal((30, 4)).astype(number),
        random_state.standard_normal(30).astype(number),
    )
    w = solve(X, y)
    assert w.dtype == number
    np.testing.assert_allclose(w, np.linalg.pinv(X.astype(float)) @ y, rtol=1e3 * np.finfo(number).eps)


@pytest.mark.parametrize("shape", [(3, 5), (6, 4)])
def test_the_decomposition_returns_the_shortest_of_the_best(shape):
    random_state = np.random.RandomState(1)
    X = random_state.standard_normal((shape[0], 2)) @ random_state.standard_normal((2, shape[1]))
    y = random_state.standard_normal(shape[0])
    np.testing.assert_allclose(by_svd(X, y), np.linalg.pinv(X, rcond=1e-10) @ y, atol=1e-12)


def test_ridge_is_least_squares_with_a_row_for_each_weight():
    random_state = np.random.RandomState(2)
    X, y = random_state.standard_normal((20, 3)), random_state.standard_normal(20)
    extended = np.vstack([X, np.sqrt(20 * 0.3) * np.eye(3)])
    expected = np.linalg.lstsq(extended, np.concatenate([y, np.zeros(3)]), rcond=None)[0]
    np.testing.assert_allclose(ridge(X, y, 0.3), expected, rtol=1e-12)


def test_ridge_tends_to_the_shortest_solution_as_the_penalty_vanishes():
    X, y = np.array([[1.0, 2.0]]), np.array([5.0])
    for alpha in (1.0, 1e-3, 1e-6):
        np.testing.assert_allclose(ridge(X, y, alpha), np.array([1.0, 2.0]) * 5 / (5 + alpha), rtol=1e-8)

"""The noise of minibatches, held against all minibatches there are, and the gradient against finite differences."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import approx_fprime

from onelayer.course.pages.minibatches.gradient_noise import (
    Batch,
    Copies,
    Noise,
    gradient,
    measured_noise,
    predicted_noise,
    spread,
)
from onelayer.losses import CrossEntropy


def batch(seed: int = 0, n_rows: int = 7) -> Batch:
    random_state = np.random.RandomState(seed)
    X = random_state.standard_normal((n_rows, 2))
    return Batch(
        X, np.arange(n_rows) % 3, random_state.standard_normal((2, 3)), random_state.standard_normal(3)
    )


def test_the_gradient_is_the_slope_of_the_mean_cross_entropy():
    rows = batch()

    def loss(parameters):
        W, b = parameters[:6].reshape(2, 3), parameters[6:]
        return CrossEntropy().value(rows.X @ W + b, rows.y)

    slope = approx_fprime(np.append(rows.W, rows.b), loss, 1e-7)
    np.testing.assert_allclose(gradient(rows), slope, atol=1e-6)


def test_the_spread_is_that_of_the_gradients_of_single_rows():
    rows = batch()
    single = np.array([gradient(rows.rows([i])) for i in range(len(rows))])
    expected = np.sqrt(np.mean(np.sum((single - single.mean(axis=0)) ** 2, axis=1)))
    assert spread(rows) == pytest.approx(expected, rel=1e-12)


@given(st.integers(0, 1000), st.integers(1, 7))
def test_the_formula_is_the_mean_over_all_minibatches(seed, size):
    rows = batch(seed)
    full = gradient(rows)
    squares = [
        np.sum((gradient(rows.rows(list(drawn))) - full) ** 2) for drawn in combinations(range(7), size)
    ]
    assert predicted_noise(spread(rows), size, 7) == pytest.approx(np.sqrt(np.mean(squares)), abs=1e-12)


def test_random_minibatches_have_that_noise():
    rows = batch()
    measured = measured_noise(rows, 3, 2000, np.random.RandomState(0))
    assert measured == pytest.approx(predicted_noise(spread(rows), 3, 7), rel=0.05)


def test_at_the_balance_noise_and_gradient_are_equally_long():
    noise = Noise.of(batch(n_rows=50), [1, 5, 20], 400, np.random.RandomState(0))
    assert predicted_noise(noise.spread, noise.balance, 50) == pytest.approx(noise.length, rel=1e-12)
    assert noise.misfit < 0.2


def test_copies_of_a_row_know_no_more_than_the_row():
    copies = Copies.of(batch(), 1000)
    assert copies.difference < 1e-13

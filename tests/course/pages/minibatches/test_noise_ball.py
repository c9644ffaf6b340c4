"""Walks around an optimum, where one weight and targets of ±1 can be worked out on paper."""

from __future__ import annotations

import numpy as np
import pytest

from onelayer.course.pages.minibatches.noise_ball import Ball, Bowl, stochastic_gradient, walk

# all x = 1 and half of the y = −1, half +1: the optimum is 0, the curvature 1, and the gradient of a row ∓1
ONES, SIGNS = np.ones((100, 1)), np.repeat([-1.0, 1.0], 50)


def test_the_bowl_of_signs():
    bowl = Bowl.of(ONES, SIGNS)
    np.testing.assert_allclose(bowl.optimum, 0, atol=1e-15)
    assert bowl.curvature.item() == pytest.approx(1)
    assert bowl.noise.item() == pytest.approx(1)
    assert bowl.excess(np.array([3.0])) == pytest.approx(4.5)
    assert bowl.rest(0.1, 5) == pytest.approx(0.1 / 20)


@pytest.mark.parametrize(("batch_size", "rate"), [(1, 0.02), (1, 0.5), (10, 0.1)])
def test_walks_settle_at_the_variance_of_their_recursion(batch_size, rate):
    """w ← (1 − η)w + ηm with a mean m of variance 1/b has the variance η/(b(2 − η)) in the end."""
    ball = Ball.of(ONES, SIGNS, batch_size, rate, 1000, np.random.RandomState(0))
    assert ball.measured == pytest.approx(0.5 * rate / (batch_size * (2 - rate)), rel=0.1)


def test_a_minibatch_of_equal_rows_has_their_gradient():
    w = np.array([[2.0], [-1.0]])
    slope = stochastic_gradient(ONES, np.zeros(100), w, 4, np.random.RandomState(0))
    np.testing.assert_allclose(slope, w)


def test_a_walk_along_a_known_slope():
    """w ← w(1 − ηₜ) with ηₜ = 1/(t + 2): the product telescopes to 1/(steps + 1)."""
    path = walk(lambda w: w, np.array([[6.0]]), lambda step: 1 / (step + 2), 5)
    np.testing.assert_allclose(path[:, 0, 0], [6, 3, 2, 1.5, 1.2, 1])


def test_without_noise_a_constant_rate_arrives():
    bowl = Bowl.of(ONES, np.full(100, 3.0))
    assert bowl.rest(0.1, 1) == pytest.approx(0, abs=1e-25)
    path = walk(
        lambda w: stochastic_gradient(ONES, np.full(100, 3.0), w, 1, np.random.RandomState(0)),
        np.zeros((1, 1)),
        lambda step: 0.5,
        50,
    )
    assert bowl.excess(path[-1])[0] < 1e-25

"""The losses against values worked by hand, finite differences, and exact arithmetic."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from onelayer.losses import LOSSES, CrossEntropy, Squared

FINITE = st.floats(-30, 30)


def targets_for(loss, n_rows, n_outputs, seed=0):
    random = np.random.RandomState(seed)
    if loss.name == "squared":
        return random.randn(n_rows, n_outputs)
    return random.randint(0, n_outputs, (n_rows, 1))


def test_values_by_hand():
    assert Squared().value([[1.0]], [[3.0]]) == 2.0
    assert Squared().value([[1.0, 0.0], [0.0, 0.0]], [[3.0, 1.0], [0.0, 0.0]], [3.0, 1.0]) == 2.5 * 3 / 4
    assert CrossEntropy().value([[0.0, 0.0]], [1]) == pytest.approx(math.log(2), rel=1e-15)
    assert CrossEntropy().value([[math.log(3), 0.0]], [0]) == pytest.approx(math.log(4 / 3), rel=1e-15)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("n_outputs", [1, 2, 3, 10])
def test_gradient_is_the_slope(loss, n_outputs):
    random = np.random.RandomState(3)
    scores, targets = random.randn(5, n_outputs), targets_for(loss, 5, n_outputs)
    gradient, h = loss.gradient(scores, targets), 1e-6
    for k in range(n_outputs):
        step = np.zeros(n_outputs)
        step[k] = h
        slope = (loss.rows(scores + step, targets) - loss.rows(scores - step, targets)) / (2 * h)
        np.testing.assert_allclose(gradient[:, k], slope, atol=5e-9)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_curvature_bounds_the_hessian_at_the_start(loss):
    n_outputs, h = 4, 1e-5
    targets = targets_for(loss, 1, n_outputs)
    base = np.zeros((1, n_outputs))
    steps = np.eye(n_outputs) * h
    hessian = [
        (loss.gradient(base + s, targets) - loss.gradient(base - s, targets))[0] / (2 * h) for s in steps
    ]
    assert np.linalg.eigvalsh(np.array(hessian))[-1] == pytest.approx(loss.curvature(n_outputs), rel=1e-6)


def test_certain_and_right_keeps_its_digits():
    """log(1 + exp(−40)) by its series, in exact arithmetic."""
    x = sum(Fraction(-40) ** k / math.factorial(k) for k in range(200))
    expected = float(x - x**2 / 2 + x**3 / 3)
    assert CrossEntropy().value([[40.0, 0.0]], [0]) == pytest.approx(expected, rel=1e-12)
    assert CrossEntropy().gradient([[40.0, 0.0]], [0])[0, 0] == pytest.approx(-expected, rel=1e-12)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_large_scores_stay_finite(dtype):
    scores = np.array([[1e4, -1e4, 0.0]], dtype=dtype)
    for label, expected in [(0, 0.0), (1, 2e4), (2, 1e4)]:
        assert CrossEntropy().value(scores, [label]) == expected
        assert np.isfinite(CrossEntropy().gradient(scores, [label])).all()
    assert np.isfinite(CrossEntropy().log_probabilities(scores)).all()


@given(arrays(np.float64, (3, 5), elements=FINITE), st.floats(-1e3, 1e3))
def test_softmax_properties(scores, shift):
    loss, labels = CrossEntropy(), np.array([0, 1, 2])
    probabilities = np.exp(loss.log_probabilities(scores))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-11)
    np.testing.assert_allclose(loss.gradient(scores, labels).sum(axis=1), 0, atol=1e-11)
    np.testing.assert_allclose(loss.rows(scores + shift, labels), loss.rows(scores, labels), atol=1e-11 * 1e3)
    np.testing.assert_allclose(
        loss.rows(scores, labels), -np.take_along_axis(loss.log_probabilities(scores), labels[:, None], 1)[:, 0],
        rtol=1e-9, atol=1e-13,
    )  # fmt: skip


@pytest.mark.parametrize("weights", [None, np.array([1.0, 0.0, 2.0])])
def test_the_squared_constant_is_the_best(weights):
    y = np.array([[1.0], [5.0], [4.0]])
    best = Squared().constant(y, weights, 1)
    at = Squared().value(np.broadcast_to(best, y.shape), y, weights)
    for other in (best - 1e-3, best + 1e-3):
        assert Squared().value(np.broadcast_to(other, y.shape), y, weights) > at


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("weights", [None, np.arange(6.0)])
def test_the_value_of_equal_scores_is_the_value(loss, weights):
    scores, targets = np.array([0.5, -2.0, 1.0]), targets_for(loss, 6, 3)
    expected = loss.value(np.tile(scores, (6, 1)), targets, weights)
    assert loss.constant_value(scores, targets, weights) == pytest.approx(expected, rel=1e-14)

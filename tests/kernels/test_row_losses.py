"""The compiled losses against the specification."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import logsumexp, softmax

from onelayer.kernels import row_losses
from onelayer.kernels.tiles import GROUP
from onelayer.losses import LOSSES, Huber, Quantile

COMPILED = {repr(loss): loss for loss in (*LOSSES.values(), Huber(0.3), Quantile(0.9))}


def compiled(loss, S, targets, weights, scale=(), lane=0):
    """Run the compiled loss over one group, in place, and return the sum."""
    number = S.dtype
    told = row_losses.RowLoss(loss.code, loss.parameter(number), np.array(scale, number))
    return row_losses.row_loss(told, S, targets, weights, lane)


def targets_of(loss, n_outputs, random):
    if loss.name == "cross-entropy":
        return random.randint(0, n_outputs, (1, GROUP))
    return random.randn(n_outputs, GROUP)


@pytest.mark.parametrize("loss", COMPILED.values(), ids=COMPILED)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_outputs", [1, 2, 3, 10, 101])
@pytest.mark.parametrize("size", [1.0, 100.0])
def test_compiled_loss_is_the_loss(loss, dtype, n_outputs, size):
    random = np.random.RandomState(n_outputs)
    scores = (size * random.randn(n_outputs, GROUP)).astype(dtype)
    weights = random.randint(0, 3, GROUP).astype(dtype)
    targets = targets_of(loss, n_outputs, random).astype(dtype)
    if loss.name != "cross-entropy":
        scores[0, :4] = targets[0, :4]  # errors of zero
    S = scores.copy()
    total = compiled(loss, S, targets, weights)
    exact, exact_targets = scores.T.astype(np.float64), targets.T.astype(np.float64)
    expected = weights[:, None] * loss.gradient(exact, exact_targets)
    eps = float(np.finfo(dtype).eps)
    np.testing.assert_allclose(S.T, expected, rtol=200 * size * eps, atol=4 * eps * np.abs(expected).max())
    assert total == pytest.approx(float(loss.rows(exact, exact_targets) @ weights), rel=100 * eps, abs=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_outputs", [2, 3, 10, 101])
def test_soft_labels(dtype, n_outputs):
    random = np.random.RandomState(n_outputs)
    scores = (5 * random.randn(n_outputs, GROUP)).astype(dtype)
    weights = random.randint(0, 3, GROUP).astype(dtype)
    targets = np.ascontiguousarray(random.dirichlet(np.ones(n_outputs), GROUP).T, dtype)
    targets[:, 0] = 0
    targets[1, 0] = 1
    S = scores.copy()
    total = compiled(LOSSES["cross-entropy"], S, targets, weights)
    exact, q = scores.astype(np.float64), targets.astype(np.float64)
    expected = weights * (softmax(exact, axis=0) * q.sum(axis=0) - q)
    eps = float(np.finfo(dtype).eps)
    np.testing.assert_allclose(S, expected, rtol=1000 * eps, atol=8 * eps * np.abs(expected).max())
    losses = (q * (logsumexp(exact, axis=0) - exact)).sum(axis=0)
    assert total == pytest.approx(float(losses @ weights), rel=100 * eps)


@pytest.mark.parametrize("loss", COMPILED.values(), ids=COMPILED)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_other_lanes_are_left_alone(loss, dtype):
    random = np.random.RandomState(0)
    wide = random.randn(3, 3 * GROUP).astype(dtype)
    targets = targets_of(loss, 3, random).astype(dtype)
    weights, own = np.ones(GROUP, dtype), wide[:, GROUP : 2 * GROUP].copy()
    S = wide.copy()
    assert compiled(loss, S, targets, weights, lane=GROUP) == compiled(loss, own, targets, weights)
    np.testing.assert_array_equal(S, np.hstack([wide[:, :GROUP], own, wide[:, 2 * GROUP :]]))


@pytest.mark.parametrize("loss", COMPILED.values(), ids=COMPILED)
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_the_loss_of_scaled_scores(loss, n_outputs):
    random = np.random.RandomState(n_outputs)
    scores, scale = random.randn(n_outputs, GROUP), np.array([1.0, 1e-3, 1e3])[-n_outputs:]
    targets, weights = targets_of(loss, n_outputs, random).astype(float), random.rand(GROUP)
    S = scores.copy()
    total = compiled(loss, S, targets, weights, scale)
    scaled = (scores * scale[:, None]).T
    np.testing.assert_allclose(
        S.T, weights[:, None] * loss.gradient(scaled, targets.T) * scale, rtol=1e-12, atol=1e-15
    )
    assert total == pytest.approx(float(loss.rows(scaled, targets.T) @ weights), rel=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("loss", [loss for loss in COMPILED.values() if loss.bounded], ids=repr)
@pytest.mark.parametrize("score", [np.nan, np.inf, -np.inf])
def test_a_score_that_is_no_number_is_seen_in_the_loss(loss, dtype, score):
    S, zeros = np.full((1, GROUP), score, dtype), np.zeros((1, GROUP), dtype)
    assert not compiled(loss, S, zeros, np.ones(GROUP, dtype)) < np.inf


@pytest.mark.parametrize(("delta", "dtype"), [(1e150, np.float32), (1e150, np.float64)])
def test_a_delta_beyond_all_errors_is_the_squared_loss(delta, dtype):
    scores = (100 * np.random.RandomState(0).randn(2, GROUP)).astype(dtype)
    S, R, targets, weights = scores.copy(), scores.copy(), np.zeros((2, GROUP), dtype), np.ones(GROUP, dtype)
    total = compiled(Huber(delta), S, targets, weights)
    assert total == pytest.approx(compiled(LOSSES["squared"], R, targets, weights), rel=1e-6)
    np.testing.assert_array_equal(S, R)


def test_the_codes_of_the_compiled_losses():
    assert {name: loss.code for name, loss in LOSSES.items()} == {
        "squared": row_losses.SQUARED,
        "cross-entropy": row_losses.CROSS_ENTROPY,
        "absolute": row_losses.ABSOLUTE,
        "huber": row_losses.HUBER,
        "quantile": row_losses.QUANTILE,
    }


def test_certain_and_right_keeps_its_digits():
    S = np.zeros((2, GROUP))
    S[0] = 40.0
    total = compiled(LOSSES["cross-entropy"], S, np.zeros((1, GROUP)), np.ones(GROUP))
    assert total / GROUP == pytest.approx(math.log1p(math.exp(-40)), rel=1e-12)
    np.testing.assert_allclose(S[0], -math.exp(-40), rtol=1e-12)

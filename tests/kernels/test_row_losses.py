"""The compiled losses and the exponential against the specification and the standard library."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numba import njit

from onelayer.kernels import row_losses
from onelayer.kernels.exponential import exponential
from onelayer.kernels.tiles import GROUP
from onelayer.losses import LOSSES

COMPILED = {name: loss for name, loss in LOSSES.items() if loss.code is not None}


@njit
def exponentials(x, out):
    for i in range(x.size):
        out[i] = exponential(x[i])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_exponential_to_two_eps(dtype):
    smallest = math.log(np.finfo(dtype).tiny)
    x = np.concatenate([[0.0], np.linspace(smallest + 1, 0, 100_001), -np.logspace(-12, 1, 999)]).astype(
        dtype
    )
    out = np.empty_like(x)
    exponentials(x, out)
    exact = np.array([math.exp(float(value)) for value in x])
    assert np.max(np.abs(out - exact) / exact) <= 2 * np.finfo(dtype).eps
    exponentials(np.full(3, -1e30, dtype), out[:3])
    assert (out[:3] > 0).all()
    assert (out[:3] < 1e-37).all()


@pytest.mark.parametrize("loss", COMPILED.values(), ids=COMPILED)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_outputs", [1, 2, 3, 10, 101])
@pytest.mark.parametrize("size", [1.0, 100.0])
def test_compiled_loss_is_the_loss(loss, dtype, n_outputs, size):
    random = np.random.RandomState(n_outputs)
    scores = (size * random.randn(n_outputs, GROUP)).astype(dtype)
    weights = random.randint(0, 3, GROUP).astype(dtype)
    if loss.name == "squared":
        targets = random.randn(n_outputs, GROUP).astype(dtype)
    else:
        targets = random.randint(0, n_outputs, (1, GROUP)).astype(dtype)
    S = scores.copy()
    total = row_losses.row_loss(loss.code, S, targets, weights, np.zeros((4, GROUP), dtype))
    exact, exact_targets = scores.T.astype(np.float64), targets.T.astype(np.float64)
    expected = weights[:, None] * loss.gradient(exact, exact_targets)
    eps = float(np.finfo(dtype).eps)
    np.testing.assert_allclose(S.T, expected, rtol=200 * size * eps, atol=4 * eps * np.abs(expected).max())
    assert total == pytest.approx(float(loss.rows(exact, exact_targets) @ weights), rel=100 * eps, abs=1e-12)


def test_the_codes_of_the_compiled_losses():
    assert {name: loss.code for name, loss in COMPILED.items()} == {
        "squared": row_losses.SQUARED,
        "cross-entropy": row_losses.CROSS_ENTROPY,
    }


def test_certain_and_right_keeps_its_digits():
    S = np.zeros((2, GROUP))
    S[0] = 40.0
    total = row_losses.row_loss(
        row_losses.CROSS_ENTROPY, S, np.zeros((1, GROUP)), np.ones(GROUP), np.zeros((4, GROUP))
    )
    assert total / GROUP == pytest.approx(math.log1p(math.exp(-40)), rel=1e-12)
    np.testing.assert_allclose(S[0], -math.exp(-40), rtol=1e-12)

"""The objective against finite differences and dense linear algebra."""

from __future__ import annotations

import numpy as np
import pytest

from onelayer.losses import LOSSES
from onelayer.matrices import Dense
from onelayer.objective import Objective


def objective(loss_name, dtype=np.float64, alpha=0.1, weighted=True, intercept=True, n_rows=40, n_features=6):
    random = np.random.RandomState(0)
    X = (random.rand(n_rows, n_features) * 255).astype(dtype)
    if dtype != np.uint8:
        X /= 255
    loss, n_outputs = LOSSES[loss_name], 3
    targets = (
        random.randint(0, 3, (n_rows, 1)).astype(float)
        if loss_name == "cross-entropy"
        else random.randn(n_rows, 3)
    )
    weights = random.randint(0, 3, n_rows).astype(float) if weighted else None
    return Objective(Dense(X), targets, loss, n_outputs, alpha, weights, intercept)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("intercept", [False, True])
def test_gradient_is_the_slope(loss, weighted, intercept):
    F = objective(loss, weighted=weighted, intercept=intercept)
    random, h = np.random.RandomState(1), 1e-6
    W, b = random.randn(3, 6), random.randn(3)
    in_W, in_b = F.gradient(W, b)
    for index in np.ndindex(W.shape):
        step = np.zeros_like(W)
        step[index] = h
        assert in_W[index] == pytest.approx((F.value(W + step, b) - F.value(W - step, b)) / (2 * h), abs=5e-8)
    for k in range(3):
        step = np.eye(3)[k] * h
        slope = (F.value(W, b + step) - F.value(W, b - step)) / (2 * h) if intercept else 0
        assert in_b[k] == pytest.approx(slope, abs=5e-8)


@pytest.mark.parametrize("loss", LOSSES)
def test_uint8_is_the_same_objective_as_its_scaled_floats(loss):
    stored = objective(loss, np.uint8)
    scaled = Objective(
        Dense(stored.X.array / 255), stored.targets, stored.loss, 3, stored.alpha, stored.sample_weight, True
    )
    W, b = np.random.RandomState(2).randn(3, 6), np.ones(3)
    assert stored.value(W, b) == pytest.approx(scaled.value(W, b), rel=1e-5)
    np.testing.assert_allclose(stored.gradient(W, b)[0], scaled.gradient(W, b)[0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("loss", LOSSES)
def test_integer_weights_are_repeated_rows(loss):
    F = objective(loss)
    repeats = F.sample_weight.astype(int)
    repeated = Objective(
        Dense(np.repeat(F.X.array, repeats, axis=0)),
        np.repeat(F.targets, repeats, axis=0),
        F.loss,
        3,
        F.alpha,
        None,
        True,
    )
    W, b = np.random.RandomState(2).randn(3, 6), np.ones(3)
    assert F.value(W, b) == pytest.approx(repeated.value(W, b), rel=1e-13)
    np.testing.assert_allclose(F.gradient(W, b)[0], repeated.gradient(W, b)[0], rtol=1e-12, atol=1e-14)
    both = [
        X.moments(weights).standardisation(np.dtype(float), True)
        for X, weights in [(F.X, F.sample_weight), (repeated.X, None)]
    ]
    np.testing.assert_allclose(both[0], both[1])


def test_curvature_of_the_whole_batch_is_the_largest_eigenvalue():
    F = objective("squared", weighted=False)
    Z = np.hstack([F.X.array, np.ones((40, 1))])
    exact = np.linalg.eigvalsh(Z.T @ Z / 40)[-1]
    random = np.random.RandomState(0)
    found = F.minibatch_curvature(40, np.zeros(6), np.ones(6), random)
    assert 0.98 * exact <= found <= exact * (1 + 1e-12)


def test_curvature_of_single_rows_is_the_longest():
    F = objective("squared", weighted=False)
    found = F.minibatch_curvature(1, np.zeros(6), np.ones(6), np.random.RandomState(0))
    assert found == pytest.approx((F.X.array**2).sum(axis=1).max() + 1, rel=1e-12)


def test_standardisation_of_columns_of_any_scale():
    random = np.random.RandomState(0)
    scales = np.array([1e-300, 1e-3, 1.0, 1e6, 1e100, 0.0])
    X = Dense(random.randn(500, 6) * scales + np.array([0, 5, -3, 1e8, 0, 7]))
    center, inverse_scale = X.moments(None).standardisation(np.dtype(float), True)
    Z = (X.array - center) * inverse_scale
    np.testing.assert_allclose(Z[:, 1:5].std(axis=0), 1, rtol=1e-6)
    assert np.abs(Z).max() < 10.1
    assert (Z[:, 5] == 0).all()


def test_a_rare_large_value_does_not_dominate():
    X = np.zeros((10_000, 1))
    X[77] = 5.0
    center, inverse_scale = Dense(X).moments(None).standardisation(np.dtype(float), True)
    assert np.abs((X - center) * inverse_scale).max() <= 10

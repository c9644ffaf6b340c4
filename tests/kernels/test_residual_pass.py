"""The pass over the rows against the losses' own formulas and plain NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from onelayer.kernels.residual_pass import Slopes, load_rows, residual_pass, slope_along, source
from onelayer.losses import Absolute, Huber, Quantile

SLOPES = {
    "huber": (Huber(0.7), Slopes(-1, 1, 0.7, 0.7), 0.7),
    "absolute": (Absolute(), Slopes(-1, 1, 0.3, 0.0), 1.0),
    "quantile": (Quantile(0.8), Slopes(-0.2, 0.8, 0.3, 0.0), 1.0),
}


def rows(dtype, n_rows, n_features, weighted, intercept):
    random = np.random.RandomState(n_rows)
    X = (random.rand(n_rows, n_features) * 255).astype(dtype)
    center, scale = random.rand(n_features) * 100 * intercept, 0.5 ** random.randint(1, 7, n_features)
    weights = random.rand(n_rows) * (random.rand(n_rows) < 0.7) if weighted else None
    weights = None if weights is None else weights / weights.sum()
    seen = (X.astype(float) - center) * scale
    seen = np.hstack([seen, np.ones((n_rows, 1))]) if intercept else seen
    share = np.full(n_rows, 1 / n_rows) if weights is None else weights
    return source(X, center, scale, intercept, weights), seen, share


@pytest.mark.parametrize("name", SLOPES)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(17, 3), (1500, 1), (333, 40)])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("intercept", [False, True])
def test_sums_against_numpy(name, dtype, shape, weighted, intercept):
    loss, slopes, factor = SLOPES[name]
    given, seen, share = rows(dtype, *shape, weighted, intercept)
    random = np.random.RandomState(1)
    theta, y = random.randn(seen.shape[1]), random.randn(len(seen))
    residuals, sides = np.empty(len(y)), np.empty(len(y), np.int8)
    sums = residual_pass(given, y, theta, slopes, 2, residuals, sides)

    r = y - seen @ theta
    d = np.clip(r / slopes.kappa, slopes.low, slopes.high)
    inside = (d > slopes.low) & (d < slopes.high) & (share > 0)
    np.testing.assert_allclose(residuals, r, atol=1e-12 * np.abs(seen).max())
    np.testing.assert_array_equal(sides, inside)
    assert factor * sums.target_loss == pytest.approx(
        loss.value(np.zeros((len(r), 1)), r[:, None], share), rel=1e-10
    )
    assert sums.loss == pytest.approx(share @ (d * r - slopes.kappa / 2 * d**2), rel=1e-10)
    assert sums.slope_square == pytest.approx(share @ d**2, rel=1e-10)
    assert sums.inside_square == pytest.approx(share @ (inside * r**2), rel=1e-10, abs=1e-15)
    np.testing.assert_allclose(sums.inside, seen.T @ (share * d * inside), atol=1e-11)
    np.testing.assert_allclose(sums.outside, seen.T @ (share * d * ~inside), atol=1e-11)


@pytest.mark.parametrize("weighted", [False, True])
def test_slope_along_a_step_is_the_derivative_of_the_loss(weighted):
    given, _, share = rows(np.float64, 200, 3, weighted, True)
    random = np.random.RandomState(2)
    start, end = random.randn(200), random.randn(200)
    slopes = Slopes(-0.4, 0.6, 0.9, 0.0)

    def loss(length):
        r = start + length * (end - start)
        d = np.clip(r / 0.9, -0.4, 0.6)
        return share @ (d * r - 0.45 * d**2)

    along, curvature, square = slope_along(start, end, given.weights, slopes, 0.3, 2)
    assert along == pytest.approx((loss(0.3 + 1e-6) - loss(0.3 - 1e-6)) / 2e-6, rel=1e-6)
    r = start + 0.3 * (end - start)
    inside = (r > -0.36) & (r < 0.54)
    assert curvature == pytest.approx(share @ (inside * (end - start) ** 2) / 0.9, rel=1e-12)
    assert square == pytest.approx(share @ np.clip(r / 0.9, -0.4, 0.6) ** 2, rel=1e-12)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_blocks_of_rows_hold_the_whole_gram_matrix(size):
    given, seen, share = rows(np.float32, 50, 3, True, True)
    blocks = list(load_rows(given, size))
    np.testing.assert_allclose(sum(b.T @ b for b in blocks), seen.T @ (share[:, None] * seen), rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_same_bits_for_any_number_of_threads(dtype):
    given, seen, _ = rows(dtype, 7001, 11, True, True)
    theta, y = np.linspace(-1, 1, seen.shape[1]), np.zeros(0)
    outcomes = []
    for n_threads in (1, 2, 5):
        residuals, sides = np.empty(7001), np.empty(7001, np.int8)
        sums = residual_pass(given, y, theta, Slopes(-1, 1, 3.0, 0.0), n_threads, residuals, sides)
        outcomes.append(np.concatenate([*map(np.ravel, sums), residuals, sides]))
    np.testing.assert_array_equal(outcomes[0], outcomes[1])
    np.testing.assert_array_equal(outcomes[0], outcomes[2])

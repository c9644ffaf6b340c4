"""Units of the targets: a fit to y times 2^k is the fit to y, times 2^k, as far as float64 goes."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import ConvergenceWarning

import onelayer as ol
from onelayer.losses import Absolute, Huber, Quantile
from onelayer.solvers.newton import Newton

from .problems import least_value, noisy, objective

SCALED = [(Absolute(), 1.0), (Quantile(0.2), 1.0), (Huber(1.35), 0.7), (Huber(1.35), "auto")]


def in_units(F, scale, k):
    """Return the problem of targets times 2^k, and the scale that belongs to it."""
    alpha = F.alpha
    if F.loss.name != "huber" or scale == "auto":  # F is in units of y, else of y²
        alpha = float(np.ldexp(alpha, -k))
    other = objective(
        F.loss, F.X.array, np.ldexp(F.targets, k), F.sample_weight, alpha, bool(F.fit_intercept)
    )
    return other, float(np.ldexp(scale, k)) if F.loss.name == "huber" and scale != "auto" else scale


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_a_power_of_two_times_y_is_one_times_the_coefficients(data):
    loss, scale = data.draw(st.sampled_from(SCALED))
    k = data.draw(st.integers(-1000, 1000))
    n_rows, n_features = data.draw(st.integers(2, 30)), data.draw(st.integers(1, 3))
    random = np.random.RandomState(data.draw(st.integers(0, 1000)))
    X, y = random.randn(n_rows, n_features), random.standard_t(2, n_rows)
    weights = data.draw(st.sampled_from([None, 0.5 + random.rand(n_rows)]))
    F = objective(loss, X, y, weights, data.draw(st.sampled_from([0.0, 0.3])), data.draw(st.booleans()))
    G, scale_of_G = in_units(F, scale, k)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        one, other = Newton(scale=scale).solve(F), Newton(scale=scale_of_G).solve(G)
    np.testing.assert_array_equal(other.coef, np.ldexp(one.coef, k))
    np.testing.assert_array_equal(other.intercept, np.ldexp(one.intercept, k))
    assert (other.converged, len(other.epochs)) == (one.converged, len(one.epochs))
    rounding = 2.0**-50 if abs(k) > 980 else 0  # units end at 2^±1000: beyond, y is no longer of order one
    assert other.gap == pytest.approx(one.gap, rel=0, abs=rounding)
    if scale == "auto":
        assert other.scale == np.ldexp(one.scale, k)


@pytest.mark.parametrize("alpha", [0.0, 0.1])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("size", [1e-300, 1e-140, 1e-30, 1e-20, 1e-12])
def test_targets_far_below_delta_are_fitted_by_least_squares(size, weighted, alpha):
    F = noisy(Huber(1.35), n_features=2, weighted=weighted, alpha=alpha)
    solution = Newton().solve(
        objective(F.loss, F.X.array, size * F.targets, F.sample_weight, alpha, F.fit_intercept)
    )
    share = np.ones(300) if F.sample_weight is None else F.sample_weight
    root = np.sqrt(share / share.sum())[:, None]
    rows = np.vstack([root * np.column_stack([F.X.array, np.ones(300)]), np.sqrt(alpha) * np.eye(2, 3)])
    expected = np.linalg.lstsq(rows, np.append(root * F.targets, [0.0, 0.0]), rcond=None)[0]
    np.testing.assert_allclose(np.append(solution.coef, solution.intercept) / size, expected, rtol=1e-8)
    assert solution.converged


@pytest.mark.parametrize("size", [1e12, 1e30, 1e140, 1e300])
def test_targets_far_above_delta_are_fitted_by_the_absolute_loss(size):
    F = noisy(Huber(1.35), n_features=2)
    solution = Newton().solve(objective(F.loss, F.X.array, size * F.targets))
    G = objective(Absolute(), F.X.array, F.targets)
    reached = G.value(solution.coef / size, solution.intercept / size)
    assert reached == pytest.approx(least_value(G), rel=1e-9)
    assert solution.converged


def test_outputs_of_any_size_beside_each_other():
    F = noisy(Huber(1.35), n_features=2)
    sizes = np.array([1e-200, 1.0, 1e200])
    together = Newton().solve(objective(F.loss, F.X.array, F.targets * sizes))
    for k, size in enumerate(sizes):
        alone = Newton().solve(objective(F.loss, F.X.array, F.targets * size))
        np.testing.assert_array_equal(together.coef[k], alone.coef[0])
    assert together.converged
    assert 0 <= together.gap <= 1e-8


@pytest.mark.parametrize("loss", ["absolute", "huber", "quantile"])
@pytest.mark.parametrize("k", [-450, 450])
def test_an_estimator_is_as_indifferent(loss, k):
    F = noisy(Absolute(), n_features=2)
    y = F.targets[:, 0]
    for scale in (1.0, "auto"):
        of_y, of_other = (scale, np.ldexp(scale, k)) if scale != "auto" else (scale, scale)
        one = ol.LinearRegression(loss=loss, scale=of_y).fit(F.X.array, y)
        other = ol.LinearRegression(loss=loss, scale=of_other).fit(F.X.array, np.ldexp(y, k))
        np.testing.assert_array_equal(other.coef_, np.ldexp(one.coef_, k))
        assert other.score(F.X.array, np.ldexp(y, k)) == pytest.approx(one.score(F.X.array, y), rel=1e-9)
        assert other.converged_


def test_a_gap_is_that_of_the_outputs_that_are_not_fitted_perfectly():
    F = noisy(Huber(1.35), n_features=2)
    targets = np.column_stack([np.full(300, 7.0), 1e-200 * F.targets])
    with pytest.warns(ConvergenceWarning, match="after max_iter=1 steps"):
        solution = Newton(max_iter=1, tol=1e-17).solve(objective(F.loss, F.X.array, targets))
    assert 0 < solution.gap < 1

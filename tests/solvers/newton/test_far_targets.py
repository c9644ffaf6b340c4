"""Targets far beyond the others, for which robust losses are made: they change neither the solution nor its precision.

A residual that stays at a bound of the slope may be as large as it likes: the loss of its row is a straight line, and
the optimum the same. So the truth is the optimum with those targets brought near enough for linear programming, so long
as they are outside there.
"""

from __future__ import annotations

import warnings
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.exceptions import ConvergenceWarning

import onelayer as ol
from onelayer.losses import Absolute, Huber, Quantile
from onelayer.solvers.newton import Newton

from .problems import least_value, objective

NEAR = 1000.0
LOSSES = [Absolute(), Quantile(0.3), Quantile(0.8)]
SIZES = [1e6, 1e9, 1e12, 1e15, 1e30, 1e150, 1e300]


def with_far(size, n_rows=60, n_features=2, far=3, seed=0, integers=False):
    """Return X and y, some of whose targets are of this size, of both signs, and which."""
    random = np.random.RandomState(seed)
    X = random.randn(n_rows, n_features)
    noise = random.standard_t(2, n_rows)
    if integers:
        X, noise = random.randint(-2, 3, X.shape).astype(float), random.randint(-2, 3, n_rows).astype(float)
    y = X.sum(axis=1) + noise
    rows = random.permutation(n_rows)[:far]
    y[rows] = size * random.choice([-1.0, 1.0], far) * random.uniform(0.5, 2.0, far)
    return X, y, rows


def brought_near(y, rows, size=NEAR):
    near = y.copy()
    near[rows] = np.copysign(size, y[rows])
    return near


def outside(X, rows, solution):
    """Return whether no score of these rows is near their targets, not even where these are brought near."""
    return bool((np.abs(X[rows] @ solution.coef[0] + solution.intercept[0]) < NEAR / 2).all())


@pytest.mark.parametrize("loss", LOSSES, ids=str)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("integers", [False, True], ids=["noise", "integers"])
def test_equals_linear_programming(loss, size, integers):
    for seed in range(4):
        X, y, rows = with_far(size, seed=seed, integers=integers)
        solution = Newton().solve(objective(loss, X, y))
        near = objective(loss, X, brought_near(y, rows))
        assert outside(X, rows, solution)
        assert near.value(solution.coef, solution.intercept) == pytest.approx(least_value(near), rel=1e-7)
        assert solution.converged
        assert 0 <= solution.gap <= 1e-8


@pytest.mark.parametrize("scale", [1.0, "auto"])
@pytest.mark.parametrize("alpha", [0.0, 0.05])
@pytest.mark.parametrize("size", SIZES)
def test_huber_meets_the_conditions_of_its_optimum(scale, alpha, size):
    for seed in range(4):
        X, y, rows = with_far(size, seed=seed)
        solution = Newton(scale=scale, tol=1e-13).solve(objective(Huber(1.35), X, y, alpha=alpha))
        delta = 1.35 * (1.0 if solution.scale is None else solution.scale)
        r = y - X @ solution.coef[0] - solution.intercept[0]
        slopes = np.clip(r / delta, -1, 1)
        factor = delta if scale == 1.0 else 1.35  # of J the mean loss is δσ·h over σ
        np.testing.assert_allclose(factor * X.T @ slopes / 60, alpha * solution.coef[0], atol=1e-6)
        assert slopes.mean() == pytest.approx(0, abs=1e-6)  # a gap of 1e-13 squares to it
        if scale == "auto":
            assert np.square(slopes).mean() * 1.35**2 == pytest.approx(1, rel=1e-6)
        assert (np.abs(slopes[rows]) == 1).all()
        assert solution.converged


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_any_number_of_far_targets_with_weights_and_penalty(data):
    loss, scale = data.draw(
        st.sampled_from([*((loss, 1.0) for loss in LOSSES), (Huber(0.7), 1.0), (Huber(2.0), "auto")])
    )
    X, y, rows = with_far(
        size=10.0 ** data.draw(st.floats(5, 250)),
        n_rows=data.draw(st.integers(30, 100)),
        n_features=data.draw(st.integers(0, 4)),
        far=data.draw(st.integers(1, 4)),
        seed=data.draw(st.integers(0, 10_000)),
    )
    weights = 2.0 ** np.random.RandomState(1).randint(-1, 2, len(y)) if data.draw(st.booleans()) else None
    alpha = data.draw(st.sampled_from([0.0, 0.01, 1.0]))
    near = objective(loss, X, brought_near(y, rows), weights, alpha)
    other = Newton(scale=scale, tol=1e-12).solve(near)
    assume(outside(X, rows, other))  # not where so many are on one side that a quantile lies among them
    if scale == "auto":
        farther = objective(loss, X, brought_near(y, rows, 10 * NEAR), weights, alpha)
        its_scale = Newton(scale=scale).solve(farther).scale
        assume(abs(its_scale / other.scale - 1) < 1e-3)  # else so many far rows break the scale down
    solution = Newton(scale=scale).solve(objective(loss, X, y, weights, alpha))
    if scale == "auto":  # what J is of both, with the scale of each

        def joint(found):
            F = objective(Huber(loss.delta * found.scale), X, near.targets, weights)
            fit = 0.5 * found.scale + F.value(found.coef, found.intercept) / found.scale
            return fit + 0.5 * alpha * np.square(found.coef).sum()

        assert joint(solution) == pytest.approx(joint(other), rel=1e-7)
    else:
        best = near.value(other.coef, other.intercept)
        assert near.value(solution.coef, solution.intercept) == pytest.approx(best, rel=1e-7)
    assert solution.converged


@pytest.mark.parametrize("loss", LOSSES, ids=str)
@pytest.mark.parametrize("steps", range(1, 8))
def test_the_gap_is_true_wherever_it_stops(loss, steps):
    X, y, rows = with_far(1e12)
    near = brought_near(y, rows)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        solution = Newton(max_iter=steps).solve(objective(loss, X, y))
    low, high = (-1, 1) if loss.name == "absolute" else (Fraction(loss.q) - 1, Fraction(loss.q))
    coef = [Fraction(float(each)) for each in [*solution.coef[0], solution.intercept[0]]]
    exact = Fraction(0)
    for row, target in zip(X.tolist(), near.tolist(), strict=True):
        r = Fraction(target) - sum(Fraction(x) * w for x, w in zip([*row, 1.0], coef, strict=True))
        exact += max(high * r, low * r) / 60
    least = Fraction(least_value(objective(loss, X, near))) * (1 - Fraction(1, 10**9))
    assert exact - least <= Fraction(solution.gap) * exact * (1 + Fraction(1, 10**6))


@pytest.mark.parametrize("loss", [*LOSSES, Huber(1.35)], ids=str)
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_a_target_far_out_that_a_column_of_its_own_explains(loss, fit_intercept):
    X, y, rows = with_far(1e6, far=2)
    own = np.zeros((60, 2))
    own[rows, [0, 1]] = 1.0
    together = Newton().solve(objective(loss, np.hstack([X, own]), y, fit_intercept=fit_intercept))
    others = objective(loss, np.delete(X, rows, axis=0), np.delete(y, rows), fit_intercept=fit_intercept)
    alone = Newton(tol=1e-12).solve(others)
    reached = others.value(together.coef[:, :2], together.intercept)
    assert reached == pytest.approx(others.value(alone.coef, alone.intercept), rel=1e-7)
    r = y - np.hstack([X, own]) @ together.coef[0] - together.intercept[0]
    np.testing.assert_allclose(r[rows], 0, atol=1e-7)
    assert together.converged


def test_far_columns_are_no_reason_to_call_a_target_far():
    random = np.random.RandomState(0)
    X = random.standard_cauchy((200, 2)) ** 3
    y = X.sum(axis=1) + random.standard_t(2, 200)
    solution = Newton(tol=1e-7).solve(objective(Absolute(), X, y))
    np.testing.assert_allclose(solution.coef[0], [1.0, 1.0], atol=0.05)
    assert solution.converged


def test_it_takes_hardly_more_steps():
    steps = []
    for size in (10.0, 1e12):
        X, y, _ = with_far(size, n_rows=5000, n_features=5, far=50)
        steps.append([len(Newton().solve(objective(loss, X, y)).epochs) for loss in LOSSES])
    assert np.sum(steps[1]) <= 1.2 * np.sum(steps[0])


@pytest.mark.parametrize("loss", ["absolute", "huber", "quantile"])
def test_the_record_has_the_mean_loss_with_the_true_targets(loss):
    X, y, _ = with_far(1e12)
    model = ol.LinearRegression(loss=loss, quantile=0.3).fit(X, y)
    expected = model.losses_[0].value(model.predict(X)[:, None], y)
    assert model.history_[-1]["train_loss"] == pytest.approx(expected, rel=1e-9)


def test_rows_without_weight_may_be_anywhere():
    X, y, rows = with_far(1e300)
    weights = np.ones(60)
    weights[rows] = 0
    weighted = Newton().solve(objective(Absolute(), X, y, weights))
    alone = Newton().solve(objective(Absolute(), np.delete(X, rows, axis=0), np.delete(y, rows)))
    np.testing.assert_allclose(weighted.coef, alone.coef, rtol=1e-9)


def test_counts_that_are_mostly_zero_beside_absurd_ones():
    random = np.random.RandomState(0)
    y = random.randint(0, 3, 100) * (random.rand(100) < 0.3).astype(float)
    X = random.randn(100, 1)
    y[:20] = 1e13
    solution = Newton().solve(objective(Huber(0.5), X, y))
    near = objective(Huber(0.5), X, np.minimum(y, NEAR))
    best = Newton(tol=1e-12).solve(near)
    reached = near.value(solution.coef, solution.intercept)
    assert reached == pytest.approx(near.value(best.coef, best.intercept), rel=1e-8)


def with_level(n_rows, far, seed):
    """Return X with a level that the first rows have, and y whose first target is far out."""
    random = np.random.RandomState(seed)
    X = np.hstack([random.randn(200, 3), np.zeros((200, 1))])
    X[:n_rows, 3] = 1
    y = X[:, 0] + random.standard_t(3, 200)
    y[0] = far
    return X, y


@pytest.mark.parametrize("size", [1e6, 1e9, 1e12, 1e15, 1e18])
def test_a_level_of_one_row_takes_no_digits_from_the_others(size):
    """Its coefficient meets the target, whatever that is, so the others are as they would be without that row."""
    for seed in range(5):
        X, y = with_level(1, size, seed)
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", ConvergenceWarning
            )  # float64 meets the target to within 2^-53 of it only
            model = ol.LinearRegression(loss="absolute").fit(X, y)
        others = ol.LinearRegression(loss="absolute", tol=1e-10).fit(X[1:, :3], y[1:])
        np.testing.assert_allclose(model.coef_[:3], others.coef_, atol=1e-5)
        assert model.coef_[3] == pytest.approx(size, abs=10 + size * 2.0**-52)


@pytest.mark.parametrize("size", [1e9, 1e15, 1e100])
@pytest.mark.parametrize("loss", LOSSES[:2], ids=str)
def test_a_tie_between_two_rows_of_a_level_equals_linear_programming(loss, size):
    for seed in range(5):
        X, y = with_level(2, size, seed)
        near = brought_near(y, [0])
        solution = Newton().solve(objective(loss, X, y))
        coef = solution.coef.copy()
        coef[0, 3] = min(coef[0, 3], 0.5 * NEAR)  # wherever it is between the two, the mean loss is the same
        F = objective(loss, X, near)
        assert solution.converged
        assert F.value(coef, solution.intercept) == pytest.approx(least_value(F), rel=1e-8)


@pytest.mark.parametrize("size", [1e6, 1e12, 1e18, 1e50, 1e300])
@pytest.mark.parametrize("loss", ["absolute", "huber"])
def test_one_far_out_among_equal_ones(loss, size):
    y = np.full(60, 2.5)
    y[0] = size
    model = ol.LinearRegression(loss=loss).fit(np.random.RandomState(0).randn(60, 1), y)
    assert model.intercept_ == pytest.approx(2.5, rel=1e-14)
    np.testing.assert_allclose(model.coef_, 0, atol=1e-14)


def test_targets_of_scales_far_apart_have_a_gap_that_is_a_number():
    random = np.random.RandomState(0)
    X, y = random.randn(60, 2), 1e-170 * random.randn(60)
    y[:3] = 1.5
    assert 0 < ol.LinearRegression(loss="huber", delta=0.1, scale=1.0).fit(X, y).gap_ < 1e-12

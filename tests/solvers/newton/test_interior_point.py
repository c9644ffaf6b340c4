"""The interior point method, alone and where the smoothing path hands over to it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onelayer.losses import Absolute, Huber, Quantile
from onelayer.solvers.newton import Newton, path

from .problems import least_value, noisy, objective
from .test_newton import assert_optimal, value


@pytest.fixture
def at_once(monkeypatch):
    """Let the path hand over before its first step."""
    monkeypatch.setattr(path, "_STEPS", 0)


@pytest.fixture
def handed_over(monkeypatch):
    """Return a list in which every path is noted that hands over."""
    noted = []

    class Noted(path.InteriorPoint):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            noted.append(self)

    monkeypatch.setattr(path, "InteriorPoint", Noted)
    return noted


def with_categories(loss, n_rows=1500, n_levels=40, weighted=False, alpha=0.0, seed=0, rounded=False):
    """Return a problem like that of house prices: a few numbers, and the dummies of a category."""
    random = np.random.RandomState(seed)
    level = random.randint(0, n_levels, n_rows)
    X = np.hstack([random.randn(n_rows, 3), np.eye(n_levels)[level][:, 1:]])
    y = 12 + X[:, 0] - X[:, 1] + 0.5 * random.randn(n_levels)[level] + random.standard_t(2, n_rows)
    if rounded:
        X, y = np.round(X), np.round(y)
    weights = random.rand(n_rows) * (random.rand(n_rows) < 0.8) if weighted else None
    return objective(loss, X, y, weights, alpha)


@pytest.mark.parametrize("q", [0.05, 0.3, 0.5, 0.95])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("rounded", [False, True])
def test_categories_against_linear_programming(q, weighted, rounded, at_once):
    F = with_categories(Quantile(q), 400, 15, weighted, rounded=rounded)
    solution = Newton().solve(F)
    assert solution.converged
    least = least_value(F)
    assert value(F, solution) == pytest.approx(least, rel=1e-8)
    assert value(F, Newton(tol=1e-10).solve(F)) == pytest.approx(least, rel=1e-9)


@pytest.mark.parametrize("loss", [Absolute(), Quantile(0.1), Quantile(0.8)], ids=str)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("alpha", [1e-3, 0.1, 10.0])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_zero_is_a_subgradient_with_a_penalty(loss, weighted, alpha, fit_intercept, at_once):
    F = noisy(loss, np.float64, 200, 3, weighted, alpha, fit_intercept)
    solution = Newton(tol=1e-13).solve(F)
    assert solution.gap <= 1e-12
    assert_optimal(F, solution)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_small_problems_against_linear_programming(data):
    n_rows, n_features = data.draw(st.integers(1, 40)), data.draw(st.integers(0, 4))
    random = np.random.RandomState(data.draw(st.integers(0, 1000)))
    X = data.draw(st.sampled_from([random.randn, lambda *shape: random.randint(0, 3, shape)]))(
        n_rows, n_features
    )
    if n_features and data.draw(st.booleans()):
        X = np.hstack([X, X[:, :1]])
    y = data.draw(st.sampled_from([random.randn(n_rows), random.randint(0, 3, n_rows), X.sum(axis=1)]))
    weights = data.draw(
        st.sampled_from([None, random.rand(n_rows) + 1e-3, np.append(random.rand(n_rows - 1) < 0.7, 1)])
    )
    F = objective(
        Quantile(data.draw(st.floats(0.05, 0.95))), X, y, None if weights is None else weights.astype(float)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(path, "_STEPS", 0)
        solution = Newton(tol=1e-9).solve(F)
    assert solution.converged
    assert value(F, solution) == pytest.approx(least_value(F), rel=2e-9, abs=1e-12)


def test_hands_over_where_the_path_does_not_get_on(handed_over):
    solution = Newton().solve(with_categories(Quantile(0.1)))
    assert len(handed_over) == 1
    assert solution.converged
    assert len(solution.epochs) < 60


@pytest.mark.parametrize("loss", [Absolute(), Quantile(0.2), Huber(1.0)], ids=str)
def test_does_not_where_it_does(loss, handed_over):
    solution = Newton().solve(noisy(loss, n_rows=5000))
    assert solution.converged
    assert handed_over == []


def test_the_same_bits_for_any_number_of_threads(handed_over):
    F = with_categories(Quantile(0.1), 4000)
    one, several = (Newton(n_threads=n).solve(F) for n in (1, 3))
    assert len(handed_over) == 2
    np.testing.assert_array_equal(one.coef, several.coef)
    np.testing.assert_array_equal(one.intercept, several.intercept)
    assert one.gap == several.gap


def test_can_be_stopped_on_the_way(handed_over):
    F = with_categories(Quantile(0.1))
    whole = Newton().solve(F)
    with pytest.warns(match="quantile 0.1: the relative gap"):
        part = Newton(max_iter=len(whole.epochs) - 2).solve(F)
    assert handed_over
    assert value(F, part) * (1 - part.gap) <= value(F, whole) * (1 + 1e-14)


def test_the_path_goes_on_where_the_interior_point_method_is_stuck(monkeypatch):
    class Weary(path.InteriorPoint):
        def step(self):
            super().step()
            self.stuck = self.complementarity() < 1e-5

    monkeypatch.setattr(path, "InteriorPoint", Weary)
    monkeypatch.setattr(path, "_STEPS", 0)
    F = with_categories(Quantile(0.3), 400, 15)
    solution = Newton().solve(F)
    assert solution.converged
    assert value(F, solution) == pytest.approx(least_value(F), rel=1e-8)

"""What the page says of gradient descent on a quadratic, held against the theory of it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime, minimize

from onelayer.course.book.parameters import settings
from onelayer.course.pages.gradient_descent import page as gradient_descent

PAGE = gradient_descent.PAGE


@pytest.fixture(scope="module")
def found():
    return PAGE.run(settings(PAGE.parameters, ["rows=60", "steps=25"]))


def test_the_gradient_is_the_slope_of_the_loss(found):
    w = np.array([0.3, -1.2])
    slope = approx_fprime(w, lambda w: gradient_descent.mean_loss(found.X, found.y, w), 1e-7)
    np.testing.assert_allclose(gradient_descent.gradient(found.X, found.y, w), slope, rtol=1e-5)


def test_the_optimum_is_that_of_another_minimiser(found):
    result = minimize(lambda w: gradient_descent.mean_loss(found.X, found.y, w), [0, 0], tol=1e-12)
    np.testing.assert_allclose(found.optimum, result.x, rtol=1e-5)


def test_paths_follow_the_closed_form(found):
    """w_t − w* = (I − ηH)ᵗ (w₀ − w*)."""
    H = found.X.T @ found.X / len(found.X)
    for descent in (found.slow, found.right, found.beyond, found.yours):
        power = np.linalg.matrix_power(np.eye(2) - descent.rate * H, len(descent.path) - 1)
        expected = found.optimum + power @ (descent.path[0] - found.optimum)
        np.testing.assert_allclose(descent.path[-1], expected, rtol=1e-9, atol=1e-12)


def test_factors_predicted_are_those_measured(found):
    for share, predicted, measured in found.factors:
        assert predicted == pytest.approx(abs(1 - 2 * share), abs=1e-12)
        assert measured == pytest.approx(predicted, abs=1e-9)


def test_the_limit_parts_what_converges_from_what_runs_away(found):
    assert found.limit == pytest.approx(2 / np.linalg.eigvalsh(found.X.T @ found.X / len(found.X))[-1])
    assert found.right.excess[-1] < found.slow.excess[-1] < found.slow.excess[0]
    assert found.beyond.excess[-1] > found.beyond.excess[0]


def test_no_rate_of_the_sweep_does_much_better_than_the_best_one(found):
    assert found.right.excess[-1] <= 10 * found.reached.min() + 1e-12


def test_equal_scales_make_the_valley_round():
    found = PAGE.run(settings(PAGE.parameters, ["rows=100000", "stretch=1", "steps=1"]))
    assert found.limit == pytest.approx(2, rel=0.03)
    assert found.condition == pytest.approx(1, rel=0.03)

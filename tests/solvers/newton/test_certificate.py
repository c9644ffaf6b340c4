"""The lower bound is below the optimum from wherever it starts, and reaches it at the optimum."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onelayer.kernels.residual_pass import Slopes, source
from onelayer.losses import Huber, Quantile
from onelayer.solvers.newton import Newton
from onelayer.solvers.newton.certificate import lower_bound
from onelayer.solvers.newton.design import Design
from onelayer.solvers.newton.targets import NONE, Far

from .problems import least_value, objective

random = np.random.RandomState(0)
X = random.randn(60, 3)
Y = X @ [1.0, 2.0, -1.0] + random.standard_t(2, 60)


def bound(slopes, alpha, gamma, near, kappa, tau=None, y=Y, far=NONE):
    rows = source(X, np.zeros(3), np.ones(3), True, None)
    design = Design(rows, np.array([alpha, alpha, alpha, 0.0]), None)
    point = design.visit(y, gamma, slopes._replace(kappa=kappa))
    inside = design.gram_of(point.sides)
    close = design.visit(y, near, slopes._replace(kappa=kappa))
    return lower_bound(design, slopes, tau, point, inside, near, close.residuals, far)


finite = st.floats(-30, 30)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(finite, min_size=4, max_size=4), st.lists(finite, min_size=4, max_size=4), st.floats(1e-3, 1e3)
)
def test_below_the_optimum_of_linear_programming(gamma, near, kappa):
    least = least_value(objective(Quantile(0.3), X, Y))
    assert (
        0
        <= bound(Slopes(-0.7, 0.3, kappa, 0.0), 0.0, np.array(gamma), np.array(near), kappa)
        <= least * (1 + 1e-9)
    )


@settings(deadline=None, max_examples=60)
@given(
    st.lists(finite, min_size=4, max_size=4),
    st.lists(finite, min_size=4, max_size=4),
    st.floats(1e-3, 1e3),
    st.sampled_from([0.0, 0.1, 10.0]),
)
def test_below_the_value_of_the_solution_for_huber_with_penalty(gamma, near, kappa, alpha):
    F = objective(Huber(0.8), X, Y, alpha=0.8 * alpha)
    solution = Newton(tol=1e-12).solve(F)
    least = F.value(solution.coef, solution.intercept) / 0.8
    found = bound(Slopes(-1.0, 1.0, kappa, 0.8), alpha, np.array(gamma), np.array(near), kappa)
    assert found <= least * (1 + 1e-9)


@pytest.mark.parametrize("alpha", [0.0, 0.1, 10.0])
def test_equal_to_the_value_at_the_optimum(alpha):
    F = objective(Huber(0.8), X, Y, alpha=0.8 * alpha)
    solution = Newton(tol=1e-13).solve(F)
    gamma = np.append(solution.coef, solution.intercept)
    found = bound(Slopes(-1.0, 1.0, 0.8, 0.8), alpha, gamma, gamma, 0.8)
    assert found == pytest.approx(F.value(solution.coef, solution.intercept) / 0.8, rel=1e-12)


def test_a_price_of_the_smoothing_limits_the_slopes():
    gamma = np.zeros(4)
    free = bound(Slopes(-1.0, 1.0, 0.1, 0.0), 0.0, gamma, gamma, 0.1)
    limited = bound(Slopes(-1.0, 1.0, 0.1, 0.0), 0.0, gamma, gamma, 0.1, tau=0.01)
    assert limited < free


FAR_ROWS = np.array([3, 17, 40])
SIGNS = np.array([1.0, -1.0, 1.0])


def with_far(size):
    y = Y.copy()
    y[FAR_ROWS] = size * SIGNS
    return y


@settings(deadline=None, max_examples=60)
@given(
    st.lists(finite, min_size=4, max_size=4),
    st.lists(finite, min_size=4, max_size=4),
    st.floats(1e-3, 1e3),
    st.sampled_from([20.0, 100.0]),
)
def test_with_targets_brought_nearer_below_the_optimum_of_the_true_ones(gamma, near, kappa, nearer):
    far = Far(FAR_ROWS, 1e4 * SIGNS, nearer * SIGNS, np.full(3, 1 / 60))
    found = bound(
        Slopes(-0.7, 0.3, kappa, 0.0),
        0.0,
        np.array(gamma),
        np.array(near),
        kappa,
        y=with_far(nearer),
        far=far,
    )
    least = least_value(objective(Quantile(0.3), X, with_far(1e4)))
    assert found <= (least - far.taken(-0.7, 0.3)) + 1e-9 * least


@pytest.mark.parametrize("alpha", [0.0, 0.1, 10.0])
@pytest.mark.parametrize("size", [1e6, 1e100])
def test_equal_to_the_value_at_the_optimum_however_far_out_true_targets_are(alpha, size):
    y = with_far(100.0)
    F = objective(Huber(0.8), X, y, alpha=0.8 * alpha)
    solution = Newton(tol=1e-13).solve(F)
    gamma = np.append(solution.coef, solution.intercept)
    far = Far(FAR_ROWS, size * SIGNS, 100.0 * SIGNS, np.full(3, 1 / 60))
    found = bound(Slopes(-1.0, 1.0, 0.8, 0.8), alpha, gamma, gamma, 0.8, y=y, far=far)
    assert found == pytest.approx(F.value(solution.coef, solution.intercept) / 0.8, rel=1e-12)

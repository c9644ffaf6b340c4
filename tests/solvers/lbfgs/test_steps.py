"""The direction from what is remembered, and the length of a step."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onelayer.kernels import two_loop
from onelayer.solvers.lbfgs.line_search import Point, level, search
from onelayer.solvers.lbfgs.memory import Memory


class Plain:
    """Stands for the Hessian by a multiple of one."""

    rough = False

    def __init__(self, curvature):
        self.curvature = curvature

    def solve(self, gradient):
        return gradient / self.curvature


class Rough(Plain):
    rough = True


def remember(memory, step, change, preconditioner):
    """Add a step from zero."""
    start, nothing = np.zeros_like(step), np.zeros_like(step)
    memory.add(Point(start, 0.0, 0.0, nothing), Point(step, 0.0, 0.0, change), preconditioner)


def test_direction_is_that_of_the_updated_matrix():
    """BFGS updates of a dense matrix (Nocedal and Wright, 6.17) give the same direction."""
    random = np.random.RandomState(0)
    A = random.randn(12, 5)
    A = A.T @ A
    memory, inverse = Memory(5, two_loop.plain(5)), np.eye(5) / 3.0
    for _ in range(4):
        s = random.randn(5)
        y = A @ s
        remember(memory, s, y, Plain(3.0))
        rho = 1 / (y @ s)
        V = np.eye(5) - rho * np.outer(s, y)
        inverse = V @ inverse @ V.T + rho * np.outer(s, s)
    gradient = random.randn(5)
    np.testing.assert_allclose(memory.direction(gradient, Plain(3.0)), -inverse @ gradient, rtol=1e-9)


def test_the_oldest_steps_are_forgotten(monkeypatch):
    monkeypatch.setattr("onelayer.solvers.lbfgs.memory._MOST", 4)
    random = np.random.RandomState(0)
    A = random.randn(12, 7)
    A = A.T @ A
    long, short = Memory(7, two_loop.plain(7)), Memory(7, two_loop.plain(7))
    steps = random.randn(11, 7)
    for k, s in enumerate(steps):
        remember(long, s, A @ s, Plain(2.0))
        if k >= len(steps) - 4:
            remember(short, s, A @ s, Plain(2.0))
    gradient = random.randn(7)
    assert (long.direction(gradient, Plain(2.0)) == short.direction(gradient, Plain(2.0))).all()


def test_a_rough_preconditioner_takes_its_size_from_the_last_step():
    memory = Memory(3, two_loop.plain(3))
    s = np.array([1.0, 0.0, 0.0])
    remember(memory, s, 7.0 * s, Rough(1.0))
    np.testing.assert_allclose(memory.direction(np.array([0.0, 1.0, 0.0]), Rough(1.0)), [0, -1 / 7, 0])


def test_a_step_without_curvature_is_not_remembered():
    memory = Memory(2, two_loop.plain(2))
    for change in (np.zeros(2), np.array([-1.0, 0.0]), np.array([np.nan, 0.0])):
        remember(memory, np.array([1.0, 0.0]), change, Plain(1.0))
    np.testing.assert_allclose(memory.direction(np.ones(2), Plain(1.0)), [-1, -1])


def along(function, slope):
    """Return what evaluates a function of one number."""

    def evaluate(theta):
        x = float(theta[0])
        with np.errstate(all="ignore"):
            return Point(theta, float(function(x)), 0.0, np.array([slope(x)]))

    return evaluate


FUNCTIONS = {
    "parabola": (lambda x: (x - 1) ** 2, lambda x: 2 * (x - 1)),
    "far": (lambda x: (x - 80) ** 2, lambda x: 2 * (x - 80)),
    "near": (lambda x: (x - 1e-5) ** 2, lambda x: 2 * (x - 1e-5)),
    "softplus": (lambda x: np.log1p(np.exp(-x)) + 0.01 * x, lambda x: -1 / (1 + np.exp(x)) + 0.01),
    "wall": (lambda x: -x if x < 0.3 else np.inf, lambda x: -1.0 if x < 0.3 else np.nan),
    "quartic": (lambda x: (x - 2) ** 4 + 0.1 * x, lambda x: 4 * (x - 2) ** 3 + 0.1),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_conditions_of_wolfe(name):
    function, slope = FUNCTIONS[name]
    evaluate = along(function, slope)
    start = evaluate(np.zeros(1))
    direction = -np.sign(start.gradient)
    found = search(evaluate, start, direction, 0.0, np.vdot)
    assert found is not None
    length = abs(found.theta[0])
    assert found.value <= start.value + 1e-4 * length * float(direction @ start.gradient)
    if name != "wall":
        assert float(direction @ found.gradient) >= 0.9 * float(direction @ start.gradient)


@settings(max_examples=100, deadline=None)
@given(st.floats(-6, 6), st.floats(-3, 3))
def test_any_parabola(log_length, log_curvature):
    best, curvature = 10.0**log_length, 10.0**log_curvature
    evaluate = along(lambda x: 0.5 * curvature * (x - best) ** 2, lambda x: curvature * (x - best))
    start = evaluate(np.zeros(1))
    found = search(evaluate, start, np.ones(1), 0.0, np.vdot)
    assert found is not None
    assert found.value < start.value
    assert abs(found.gradient[0]) <= 0.9 * abs(start.gradient[0]) or found.theta[0] > best


@pytest.mark.parametrize("best", [0.1, 0.3, 1.0, 1.04, 7.0, 3e4])
@pytest.mark.parametrize("bend", [np.tanh, np.arctan, lambda x: x, lambda x: x**3])
def test_where_a_slope_is_nearly_level(best, bend):
    asked = []

    def slope_at(length):
        asked.append(length)
        return float(bend(length - best))

    first = float(bend(-best))
    length = level(slope_at, first)
    slopes = [abs(bend(length - best)) for length in asked]
    assert asked[0] == 1.0
    assert len(asked) <= 6
    assert abs(bend(length - best)) == min(slopes)
    if best <= 7:
        assert abs(bend(length - best)) <= 0.1 * abs(first)


@pytest.mark.parametrize("slope", [-1.0, np.inf, np.nan])
def test_a_slope_that_is_never_level_ends_the_asking(slope):
    assert 0 < level(lambda length: slope if length > 1e-3 else -1.0, -1.0) <= 1e5


def test_no_step_where_rounding_hides_all():
    evaluate = along(lambda x: 1.0 + abs(x), lambda x: 1.0)
    start = Point(np.zeros(1), 1.0, 0.0, np.array([-1e-30]))
    assert search(evaluate, start, np.ones(1), 0.0, np.vdot) is None


def test_the_first_step_is_as_long_as_is_best():
    """Along −g of a quadratic with curvature 7, from a preconditioner that is off by a factor."""
    memory, gradient = Memory(2, two_loop.plain(2)), np.array([2.0, 0.0])
    direction = memory.direction(gradient, Rough(0.01))
    memory.take_size(7.0 * np.vdot(direction, direction), -np.vdot(direction, gradient))
    np.testing.assert_allclose(memory.direction(gradient, Rough(0.01)), [-2 / 7, 0])
    for curvature in (0.0, np.inf, np.nan):
        memory.take_size(curvature, 1.0)
    np.testing.assert_allclose(memory.direction(gradient, Rough(0.01)), [-2 / 7, 0])

"""What a gap is measured by."""

from __future__ import annotations

import numpy as np
import pytest

from onelayer.kernels.residual_pass import Slopes, source
from onelayer.solvers.newton.design import Design
from onelayer.solvers.newton.yardstick import Reached, Yardstick

ABSOLUTE = Slopes(-1.0, 1.0, 0.0, 0.0)


def yardstick(y, weights=None):
    rows = source(np.ones((len(y), 1)), np.zeros(1), np.ones(1), False, weights)
    return Yardstick(Design(rows, np.zeros(1), None), np.asarray(y))


def at(residuals, slopes=ABSOLUTE, weights=None):
    r, kappa = np.asarray(residuals, dtype=float), slopes.target
    d = np.clip(r / kappa, slopes.low, slopes.high) if kappa else np.where(r > 0, slopes.high, slopes.low)
    value = float(np.average(d * (r - 0.5 * kappa * d), weights=weights))
    return Reached(value, np.zeros(1), r, slopes)


def test_nothing_is_taken_from_ordinary_residuals():
    r = np.random.RandomState(0).standard_t(2, 1000)
    assert yardstick(r).counted(at(r)) == at(r).value


def test_a_residual_counts_ten_times_the_usual_one_at_most():
    r = [1.0, -1.0, 2.0, -2.0, 3.0, 1e12, -1e6]
    expected = (1 + 1 + 2 + 2 + 3 + 20 + 20) / 7
    assert yardstick(r).counted(at(r)) == pytest.approx(expected, rel=1e-3)
    weights = np.array([1.0, 1.0, 1.0, 1.0, 4.0, 1.0, 1.0]) / 10
    expected = (1 + 1 + 2 + 2 + 12 + 30 + 30) / 10
    assert yardstick(r, weights).counted(at(r, weights=weights)) == pytest.approx(expected, rel=1e-3)


def test_each_side_by_its_own_slope():
    r = [1.0, -1.0, 2.0, -2.0, 3.0, 1e9, -1e9]
    expected = (0.1 * (1 + 2 + 3 + 20) + 0.9 * (1 + 2 + 20)) / 7
    assert yardstick(r).counted(at(r, Slopes(-0.9, 0.1, 0.0, 0.0))) == pytest.approx(expected, rel=1e-6)


def test_whole_where_the_loss_is_curved():
    r = [1.0, -1.0, 2.0, -2.0, 3.0, 1e5]
    inside = at(r, Slopes(-1.0, 1.0, 1e6, 1e6))
    assert yardstick(r).counted(inside) == inside.value


def test_residuals_that_are_but_rounding_are_not_the_usual_one():
    y = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 60.0, 70.0])
    r = np.array([1e-16, -1e-16, 3e-16, 0.0, 4e-16, 50.0, 60.0])
    assert yardstick(y).counted(at(r)) == pytest.approx(110 / 7, rel=1e-12)


def test_a_gap_is_relative_to_what_is_counted():
    r = [1.0, -1.0, 2.0, -2.0, 3.0, 1e6, -1e6]
    reached = at(r)
    found = yardstick(r).gap(reached, reached.value - 0.007)
    assert found == pytest.approx(0.007 / ((1 + 1 + 2 + 2 + 3 + 20 + 20) / 7), rel=1e-4)
    counted = yardstick(r).counted(reached)
    rounding = yardstick(r).rounding(reached)
    assert yardstick(r).gap(reached, reached.value) == pytest.approx(rounding / counted, rel=1e-12)
    assert 1e-13 < rounding / counted < 1e-11
    assert yardstick(r).gap(reached, reached.value, tol=1e-8) == 0.0
    assert yardstick(r).gap(reached, 0.0) == 1.0
    assert yardstick(r).gap(at([0.0] * 7), 0.0) == 0.0

"""Targets of order one, and which of them are brought nearer."""

from __future__ import annotations

import numpy as np
import pytest

from onelayer.kernels.residual_pass import source
from onelayer.losses import Absolute, Huber
from onelayer.solvers.newton.bounded import BoundedLoss
from onelayer.solvers.newton.design import Design
from onelayer.solvers.newton.targets import FAR, Targets, typical

ABSOLUTE = BoundedLoss.of(Absolute(), 1.0)
Z = np.random.RandomState(0).choice([-1.0, 1.0], (9, 2))
Y = np.array([-1.5, 1.0, 1.25, -1.25, 1.5, 1.0, 2 * FAR, -1e30, 100.0])


def design(X=Z, weights=None):
    return Design(source(X, np.zeros(2), np.ones(2), False, weights), np.zeros(2), None)


def test_the_middle_of_the_sizes_that_are_not_zero():
    values = np.array([0.0, 0.0, 0.0, -1.0, 2.0, 30.0])
    assert typical(values, None) == 2.0
    assert typical(values, np.array([1.0, 1.0, 1.0, 1.0, 1.0, 9.0])) == 30.0
    assert typical(values, np.array([1.0, 1.0, 1.0, 1.0, 0.0, 0.0])) == 1.0
    assert typical(np.zeros(3), None) == 0.0


@pytest.mark.parametrize("unit", [2.0**-990, 1.0, 2.0**990])
def test_centred_and_of_order_one(unit):
    y = np.array([1.0, 2.0, 3.0, 5.0, 9.0]) * unit
    targets = Targets.of(y, None, 0.5, True)
    assert (targets.offset, targets.unit, targets.spread) == (3 * unit, 2 * unit, 1.0)
    assert targets.y.tolist() == [-1.0, -0.5, 0.0, 1.0, 3.0]
    assert targets.reach == pytest.approx(3 * np.sqrt(5))


def test_no_residual_of_least_squares_is_beyond_the_reach():
    random = np.random.RandomState(1)
    for _ in range(200):
        X, y, weights = random.randn(7, 2), random.standard_cauchy(7), 10.0 ** random.uniform(-8, 0, 7)
        targets = Targets.of(y, weights / weights.sum(), 0.5, False)
        root = np.sqrt(weights)
        theta = np.linalg.lstsq(root[:, None] * X, root * targets.y, rcond=None)[0]
        assert (np.abs(targets.y - X @ theta) <= targets.reach * (1 + 1e-9)).all()


def test_weights_say_where_the_middle_is():
    y = np.array([1.0, 2.0, 3.0, 1e9, 2e9, 3e9, 1e12])
    targets = Targets.of(y, np.array([0.3, 0.3, 0.3, 0.05, 0.03, 0.02, 0.0]), 0.5, True)
    assert targets.offset == 2.0
    assert targets.y[-1] == 0


def test_only_targets_far_out_are_brought_nearer():
    targets = Targets.of(Y, None, 0.5, False)
    near, far = targets.nearer(ABSOLUTE, design())
    assert (targets.unit, targets.spread) == (1.0, 1.5)
    assert far.rows.tolist() == [6, 7]
    assert far.true.tolist() == [2 * FAR, -1e30]
    assert near[6:8].tolist() == [1.5 * FAR, -1.5 * FAR]
    np.testing.assert_array_equal(np.delete(near, [6, 7]), np.delete(Y, [6, 7]))
    assert far.taken(-1.0, 1.0) == pytest.approx(1e30 / 9)


def test_not_where_the_row_is_as_far_out_nor_where_the_loss_is_still_curved():
    targets, X = Targets.of(Y, None, 0.5, False), Z.copy()
    X[7, 1] = 1e28
    assert targets.nearer(ABSOLUTE, design(X))[1].rows.tolist() == [6]
    wide = BoundedLoss.of(Huber(1e30), 1.0).in_units(1.0, 1e31)
    assert len(targets.nearer(wide, design())[1]) == 0


def test_rows_come_back_when_the_score_is_near_their_target():
    near, far = Targets.of(Y, None, 0.5, False).nearer(ABSOLUTE, design())
    assert far.crossing(near, -1.0, 1.0, 0.0).tolist() == [False, False]
    score = np.zeros(9)
    score[6] = 0.9 * near[6]
    assert not far.crossing(near - score, -1.0, 1.0, 0.0).any()
    score[6] = 0.99 * near[6]
    crossing = far.crossing(near - score, -1.0, 1.0, 0.0)
    assert crossing.tolist() == [True, False]
    assert far.without(crossing).rows.tolist() == [7]


def test_most_are_zero_and_most_others_far_out():
    y = np.array([0.0] * 12 + [1.0, 1.0, 1.0, 1e13, -1e13, 1e13, 1e13])
    targets = Targets.of(y, None, 0.5, True)
    assert (targets.unit, targets.spread) == (1.0, 1.0)


def test_most_are_the_same_and_the_others_far_out_beside_that():
    y = np.array([2.5] * 59 + [1e18])
    targets = Targets.of(y, None, 0.5, True)
    assert (targets.offset, targets.unit, targets.spread) == (2.5, 2.0, 1.25)
    assert targets.nearer(ABSOLUTE, design(np.zeros((60, 2))))[1].rows.tolist() == [59]

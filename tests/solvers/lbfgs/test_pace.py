"""How far it is at the pace of the last steps, for descents whose distance is known."""

from __future__ import annotations

import math

import pytest

from onelayer.solvers.lbfgs.pace import Pace


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
@pytest.mark.parametrize("n_steps", [4, 8, 20])
def test_gains_that_shrink_evenly(share, n_steps):
    """F − F* = shareⁿ: all that is to come is what is left."""
    pace, left = Pace(rough=True), 1.0
    for _ in range(n_steps):
        pace.gained(left * (1 - share))
        left *= share
    assert pace.to_come(0.0) == pytest.approx(left, rel=1e-9)
    assert pace.fallen() == pytest.approx(-math.log(share), rel=1e-9)
    assert pace.window == min(4, n_steps // 2)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
def test_near_its_end_the_first_gains_promise_little(share):
    """Rows of gains as above, behind a first one that only makes up for a bad guess."""
    pace, left = Pace(rough=True, near=True), 1e-2
    pace.gained(1.0)
    for _ in range(7):
        pace.gained(left * (1 - share))
        left *= share
        assert pace.to_come(0.0) >= 0.9 * left
    assert Pace(rough=True, near=True).to_come(0.0) == 0


def test_gains_that_do_not_shrink():
    pace = Pace(rough=True)
    for _ in range(8):
        pace.gained(1.0)
    assert pace.to_come(0.0) == pytest.approx(4 * 9)
    assert pace.fallen() == 0


def test_a_single_gain_and_none():
    pace = Pace(rough=True)
    assert pace.to_come(0.0) == 0
    assert pace.window == 0
    pace.gained(0.5)
    assert pace.to_come(0.0) == 0.5


def test_gains_below_the_noise_are_none():
    pace = Pace(rough=True)
    for _ in range(8):
        pace.gained(1e-9)
    assert pace.to_come(1e-8) == 0


@pytest.mark.parametrize("n_steps", [2, 5, 12])
def test_distances_tell_the_pace_of_an_exact_metric(n_steps):
    pace = Pace(rough=False)
    for step in range(n_steps):
        pace.at(3.0 * 0.25**step)
        pace.gained(0.0)
    assert pace.fallen() == pytest.approx(math.log(4))

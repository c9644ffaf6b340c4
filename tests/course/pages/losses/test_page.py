"""The page on losses: areas, slopes, walks, balances and shares that are known beforehand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from onelayer.course.book.parameters import settings
from onelayer.course.pages.losses.page import PAGE, descend
from onelayer.losses import Absolute, Huber, Squared

NAMES = ("squared", "absolute", "huber")


@pytest.fixture(scope="module")
def found():
    return PAGE.run(settings(PAGE.parameters, PAGE.small))


def test_likelihoods_are_the_densities_they_are_called_after(found):
    np.testing.assert_allclose(found.curves["squared"].likelihood, stats.norm.pdf(found.errors))
    np.testing.assert_allclose(found.curves["absolute"].likelihood, stats.laplace.pdf(found.errors))


@pytest.mark.parametrize("name", NAMES)
def test_slope_and_curvature_are_those_of_the_value(found, name):
    curve, step = found.curves[name], found.errors[1] - found.errors[0]
    away = np.abs(np.abs(found.errors) - 1) > 2 * step  # from the joint of Huber's loss,
    away &= np.abs(found.errors) > 2 * step  # and from the kink of the absolute one
    np.testing.assert_allclose(np.gradient(curve.value, step)[away][1:-1], curve.slope[away][1:-1], atol=1e-9)
    np.testing.assert_allclose(
        np.gradient(curve.slope, step)[away][1:-1], curve.curvature[away][1:-1], atol=1e-9
    )


def test_the_gradients_pass_the_test_by_chords(found):
    assert found.largest_gap < 1e-9


def test_an_error_of_six_against_one_of_three(found):
    assert found.ratios["squared"] == pytest.approx(np.exp(13.5))
    assert found.ratios["absolute"] == pytest.approx(np.exp(3))
    assert found.ratios["huber"] == pytest.approx(np.exp(3))


def test_walks_go_as_foretold():
    steps = np.arange(31)
    np.testing.assert_allclose(descend(Squared(), 10, 0.25, 30), 10 * 0.75**steps)
    np.testing.assert_allclose(descend(Absolute(), 10, 0.25, 30), 10 - 0.25 * steps)
    huber = descend(Huber(2.0), 10, 0.25, 30)
    np.testing.assert_allclose(huber[:17], 10 - 0.5 * steps[:17])
    np.testing.assert_allclose(huber[17:], 2 * 0.75 ** steps[1:15])


def test_the_absolute_walk_ends_jumping_and_the_others_end_at_rest(found):
    long = PAGE.run(settings(PAGE.parameters, ["steps=100"])).paths
    assert abs(long["absolute"][-1] - long["absolute"][-2]) == pytest.approx(0.3)
    assert abs(long["squared"][-1]) < 1e-9
    assert abs(long["huber"][-1]) < 1e-9


def test_only_the_squared_walk_diverges_above_two():
    paths = PAGE.run(settings(PAGE.parameters, ["learning_rate=2.3"])).paths
    assert abs(paths["squared"][-1]) == pytest.approx(10 * 1.3**60)
    for name in ("absolute", "huber"):
        assert 0.1 < abs(paths[name][-2:]).max() <= 2.3
        assert paths[name][-1] * paths[name][-2] < 0


def test_pulls_balance_in_the_squared_line(found):
    X = np.column_stack([np.ones_like(found.x), found.x])
    np.testing.assert_allclose(X.T @ (X @ found.pulls["squared"].line - found.y), 0, atol=1e-9)


def test_the_lift_of_the_squared_line_is_the_leverage_of_the_outlier(found):
    X = np.column_stack([np.ones_like(found.x), found.x])
    leverage = X[-1] @ np.linalg.solve(X.T @ X, X[-1])
    assert found.lift == pytest.approx(leverage)


def test_a_further_outlier_moves_the_squared_line_only(found):
    further = PAGE.run(settings(PAGE.parameters, [*PAGE.small, "outlier=80"]))
    assert further.pulls["squared"].away[20] > 5 * found.pulls["squared"].away[20]
    for name in ("absolute", "huber"):
        assert abs(further.pulls[name].slope) == 1
        np.testing.assert_allclose(further.pulls[name].line, found.pulls[name].line, atol=1e-4)


def test_huber_goes_from_absolute_to_squared(found):
    tiny, huge = (PAGE.run(settings(PAGE.parameters, [*PAGE.small, f"delta={d}"])) for d in (0.001, 100))
    np.testing.assert_allclose(tiny.pulls["huber"].line, found.pulls["absolute"].line, atol=1e-2)
    np.testing.assert_allclose(huge.pulls["huber"].line, found.pulls["squared"].line, atol=1e-6)


def test_shares_below_the_quantile_lines(found):
    for share, below in zip(found.fan.q, found.fan.below, strict=True):
        assert below == pytest.approx(share, abs=0.01)

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from onelayer.errors import InvalidDataError
from onelayer.estimators.linear_regression import LinearRegression
from onelayer.plots.residuals_vs_fitted import (
    MOST_DOTS,
    ResidualsVersusFittedDisplay,
    running_quartiles,
    shown_rows,
)


def test_quartiles_by_hand():
    """Three groups of twenty rows, x = 0 … 59 in any order; y is 0 … 19 in the first, and 100 more in each next."""
    x = np.arange(60.0)
    y = x % 20 + 100 * (x // 20)
    mixed = np.random.RandomState(0).permutation(60)
    found = running_quartiles(x[mixed], y[mixed])
    assert found.x.tolist() == [9.5, 29.5, 49.5]
    assert found.lower.tolist() == [4.75, 104.75, 204.75]
    assert found.median.tolist() == [9.5, 109.5, 209.5]
    assert found.upper.tolist() == [14.25, 114.25, 214.25]


def test_rows_with_equal_fitted_values_stay_together():
    x = np.repeat([1.0, 2.0, 3.0], [1000, 10, 500])
    found = running_quartiles(x, np.arange(len(x)))
    assert len(found.x) == len(set(found.x.tolist())) == 3
    assert found.median[0] == 499.5


@pytest.mark.parametrize("x", [np.arange(59.0), np.zeros(500), np.zeros(0)])
def test_with_few_groups_there_is_nothing_to_follow(x):
    assert all(values.size == 0 for values in vars(running_quartiles(x, x)).values())


@given(
    arrays(np.float64, st.integers(60, 700), elements=st.floats(-1e6, 1e6)),
    st.integers(0, 100),
)
def test_quartiles_lie_in_order_within_the_values(y, seed):
    found = running_quartiles(np.random.RandomState(seed).randn(len(y)), y)
    assert 3 <= len(found.x) <= 24
    assert (np.diff(found.x) > 0).all()
    assert (y.min() <= found.lower).all()
    assert (found.lower <= found.median).all()
    assert (found.median <= found.upper).all()
    assert (found.upper <= y.max()).all()


def test_refuses_what_does_not_belong_together():
    with pytest.raises(InvalidDataError, match=r"x has shape \(2,\) and y \(3,\)"):
        running_quartiles([1.0, 2.0], [1.0, 2.0, 3.0])


@given(st.integers(1, 5000), st.integers(200, 3000), st.integers(0, 99))
def test_rows_to_draw_are_no_more_than_asked_for_and_hold_the_farthest(n, most, seed):
    values = np.random.RandomState(seed).randn(n)
    rows = shown_rows(values, most)
    assert len(rows) == len(np.unique(rows)) <= most or n <= most
    assert set(np.argsort(-np.abs(values))[: min(n, 100)]) <= set(rows.tolist())


def test_draws_dots_and_the_quartiles():
    random = np.random.RandomState(0)
    X = random.randn(200, 1)
    y = X[:, 0] + random.randn(200)
    model = LinearRegression().fit(X, y)
    display = ResidualsVersusFittedDisplay.from_estimator(model, X, y)
    np.testing.assert_allclose(display.points_.get_offsets()[:, 0], model.predict(X))
    np.testing.assert_allclose(display.points_.get_offsets()[:, 1], y - model.predict(X))
    median, lower, upper = (line.get_ydata() for line in display.lines_)
    np.testing.assert_array_equal(median, display.quartiles.median)
    assert (lower < upper).all()
    assert display.figure_ is display.ax_.figure


def test_draws_many_rows_as_a_density():
    values = np.random.RandomState(0).randn(2, MOST_DOTS + 1)
    display = ResidualsVersusFittedDisplay.from_predictions(*values)
    assert display.points_.get_array().sum() == MOST_DOTS + 1

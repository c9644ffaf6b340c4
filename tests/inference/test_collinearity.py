import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.outliers_influence import variance_inflation_factor

from onelayer.inference.collinearity import variance_inflation

from .peers import design, statsmodels_fit
from .problems import least_squares, table


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_equal_to_statsmodels(fit_intercept):
    X, targets, _ = table()
    Z, first = design(X, fit_intercept), int(fit_intercept)
    peer = [variance_inflation_factor(Z, first + j, standardize=fit_intercept) for j in range(4)]
    np.testing.assert_allclose(
        variance_inflation(least_squares(X, targets, None, fit_intercept)), peer, rtol=1e-10
    )


def test_weighted():
    X, targets, weights = table(weighted=True)
    each = [statsmodels_fit(np.delete(X, j, axis=1), X[:, j], weights).rsquared for j in range(4)]
    ours = variance_inflation(least_squares(X, targets, weights))
    np.testing.assert_allclose(ours, 1 / (1 - np.array(each)), rtol=1e-10)


@given(st.lists(st.integers(-30, 30), min_size=4, max_size=4))
def test_free_of_units(powers):
    X, targets, _ = table()
    plain = variance_inflation(least_squares(X, targets))
    np.testing.assert_allclose(
        variance_inflation(least_squares(X * 2.0 ** np.array(powers), targets)), plain, rtol=1e-9
    )


def test_dependent_columns_are_infinite_and_leave_the_others_alone():
    # x₃ = x₀ − x₂/2: dropped, as R drops it, the others have their usual figure; x₁ takes no part in it.
    X, targets, _ = table(40, 3)
    both = np.column_stack([X, X[:, 0] - X[:, 2] / 2])
    ours = variance_inflation(least_squares(both, targets))
    np.testing.assert_array_equal(np.isinf(ours), [True, False, True, True])
    assert ours[1] == pytest.approx(variance_inflation(least_squares(X, targets))[1], rel=1e-10)


def test_no_columns_left():
    X, targets = np.ones((5, 1)), np.arange(5.0)[:, None]
    fit = least_squares(X, targets)
    assert variance_inflation(fit).tolist() == [np.inf]

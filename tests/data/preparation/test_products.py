"""Polynomial terms side by side with scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import PolynomialFeatures

from onelayer.data.preparation.products import Products, round_centre
from onelayer.errors import InvalidParameterError

X = np.random.RandomState(0).randn(20, 3) * [1, 10, 0.1] + [2000, -5, 0]
CENTRES = (2000.0, -5.0, 0.25)


@pytest.mark.parametrize("degree", [2, 3, 4])
def test_order_names_and_values_are_those_of_scikit_learn(degree: int) -> None:
    theirs = PolynomialFeatures(degree, include_bias=False).fit(X)
    products = Products.up_to(degree, range(3), CENTRES, [math.inf] * 3)
    assert ("a", "b", "c", *products.names("abc")) == tuple(theirs.get_feature_names_out(list("abc")))
    np.testing.assert_allclose(products.of(X), theirs.transform(X - CENTRES)[:, 3:], rtol=1e-13)


@pytest.mark.parametrize("degree", [2, 3])
def test_centred_terms_span_the_functions_of_the_plain_ones(degree: int) -> None:
    """Least squares of any target have the same predictions."""
    y = np.random.RandomState(1).randn(len(X))
    near = (X - [2000, -5, 0]).round(3)
    plain = PolynomialFeatures(degree).fit_transform(near)
    ours = np.c_[
        np.ones(len(X)),
        near,
        Products.up_to(degree, range(3), (0.5, 2.0, 0.05), [math.inf] * 3).of(near),
    ]
    predictions = [matrix @ np.linalg.lstsq(matrix, y, rcond=None)[0] for matrix in (plain, ours)]
    np.testing.assert_allclose(*predictions, rtol=1e-6)


def test_a_year_and_its_square_do_not_depend_on_each_other() -> None:
    year = np.arange(1900.0, 2016)[:, None]
    centred = np.c_[year, Products.up_to(2, [0], [1958.0], [math.inf]).of(year)]
    plain = np.c_[year, year**2]
    assert abs(np.corrcoef(plain.T)[0, 1]) > 0.9999
    assert abs(np.corrcoef(centred.T)[0, 1]) < 0.05


@pytest.mark.parametrize("n_values", [2, 3, 4])
def test_no_power_that_is_a_sum_of_lower_ones(n_values: int) -> None:
    """The powers of a column of k values, with a constant, have rank k."""
    column = np.arange(float(n_values)).repeat(5)[:, None]
    products = Products.up_to(5, [0], [1.0], [n_values])
    matrix = np.c_[np.ones(len(column)), column, products.of(column)]
    assert np.linalg.matrix_rank(matrix) == matrix.shape[1] == n_values


def test_more_terms_than_anyone_wants_are_refused() -> None:
    with pytest.raises(InvalidParameterError, match="poly=3: 60 columns of numbers have more than 10,000"):
        Products.up_to(3, range(60), [0.0] * 60, [math.inf] * 60)


@settings(deadline=None)
@given(low=st.floats(-1e9, 1e9), width=st.floats(1e-3, 1e9), share=st.floats(0, 1))
def test_a_centre_is_near_the_mean(low: float, width: float, share: float) -> None:
    high, mean = low + width, low + share * width
    assert abs(round_centre(mean, low, high) - mean) <= (high - low) / 200 * (1 + 1e-6) + 1e-6 * abs(mean)

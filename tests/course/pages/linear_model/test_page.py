"""What the page says of house prices, held against scikit-learn and arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import linear_model as sklearn
from sklearn.metrics import mean_absolute_error, r2_score

from onelayer.course.book.parameters import settings
from onelayer.course.experiments.houses import houses
from onelayer.course.pages.linear_model import page as linear_model
from onelayer.course.pages.linear_model.page import COLUMNS, fit, mean_error, predict, r_squared

PAGE = linear_model.PAGE


def found_with(*assignments):
    return PAGE.run(settings(PAGE.parameters, ["rows=3000", *assignments]))


@pytest.fixture(scope="module")
def found():
    return found_with()


def test_a_line_by_hand():
    X, y = np.array([[0.0], [1.0], [2.0]]), np.array([1.0, 2.0, 2.0])
    w, b = fit(X, y)
    np.testing.assert_allclose([w[0], b], [1 / 2, 7 / 6])
    predicted = predict(X, w, b)
    np.testing.assert_allclose(predicted, [7 / 6, 10 / 6, 13 / 6])
    assert r_squared(y, predicted) == pytest.approx(0.75)
    assert mean_error(y, predicted) == pytest.approx(2 / 9)


def test_every_model_is_the_one_of_scikit_learn(found):
    sales = found.sales
    for k, model in enumerate(found.models, 1):
        peer = sklearn.LinearRegression().fit(sales.X[:, :k], sales.y)
        np.testing.assert_allclose(model.w, peer.coef_, rtol=1e-6)
        assert model.b == pytest.approx(peer.intercept_, rel=1e-6)
        predicted = peer.predict(sales.X_test[:, :k])
        assert model.r2 == pytest.approx(r2_score(sales.y_test, predicted), abs=1e-8)
        assert model.error == pytest.approx(mean_absolute_error(sales.y_test, predicted))


def test_the_weight_alone_is_made_up_of_the_weights_together(found):
    area, bedrooms = found.models[1].w
    assert found.bedrooms == pytest.approx(bedrooms + area * found.rooms_to_area)


def test_bedrooms_change_their_sign_beside_area(found):
    assert found.bedrooms > 0 > found.models[1].w[1]
    everything, band = found.by_bedrooms[None], found.by_bedrooms[1800, 2200]
    assert everything[3] > everything[2] > everything[1]
    assert band[3] < band[1]


def test_mean_prices_by_bedrooms(found):
    sales = houses(COLUMNS, rows=3000)
    chosen = (sales.X[:, 0] >= 1800) & (sales.X[:, 0] < 2200) & (sales.X[:, 1] == 3)
    assert found.by_bedrooms[1800, 2200][2] == pytest.approx(sales.y[chosen].mean())


def test_another_unit_of_area_changes_its_weight_alone(found):
    metres = found_with("unit=metres")
    for before, after in zip(found.models, metres.models, strict=True):
        assert after.w[0] == pytest.approx(before.w[0] / 0.3048**2, rel=1e-6)
        np.testing.assert_allclose(after.w[1:], before.w[1:], rtol=1e-6)
        assert after.r2 == pytest.approx(before.r2, abs=1e-8)
    np.testing.assert_allclose(metres.standardised, found.standardised, rtol=1e-6)
    assert metres.trained.r2 == pytest.approx(found.trained.r2, abs=1e-6)


def test_standardised_weights_are_those_of_standardised_columns(found):
    X = (found.sales.X - found.sales.X.mean(axis=0)) / found.sales.X.std(axis=0)
    np.testing.assert_allclose(found.standardised, fit(X, found.sales.y)[0], rtol=1e-6)


def test_descent_comes_far_nearer_to_the_formula_than_both_are_to_the_truth(found):
    assert found.apart < 0.1 * found.models[-1].error
    assert found.trained.r2 == pytest.approx(found.models[-1].r2, abs=0.02)
    few = found_with("epochs=1")
    assert few.apart > found.apart


def test_held_out_sales_are_a_fifth_and_the_data_are_not_changed(found):
    assert (len(found.sales.y), len(found.sales.y_test)) == (2400, 600)
    found_with("unit=metres")
    assert houses(COLUMNS, rows=3000).X[:, 0].max() == found.sales.X[:, 0].max() > 1000


def test_saying_the_mean_is_the_model_without_columns(found):
    assert found.guess == pytest.approx(np.abs(found.sales.y_test - found.sales.y.mean()).mean())
    assert found.guess > found.models[0].error > found.models[-1].error

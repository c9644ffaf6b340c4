import numpy as np
import pytest

from onelayer.estimators.linear_regression import LinearRegression
from onelayer.estimators.softmax_regression import SoftmaxRegression
from onelayer.plots import coefficients
from onelayer.plots.coefficients import (
    CoefficientsDisplay,
    column_names,
    largest_coefficients,
    score_names,
)

X = np.array([[0.0, -1.0, 100.0], [2.0, 1.0, 300.0]])  # standard deviations 1, 1, 100


def test_effects_do_not_depend_on_units():
    largest = largest_coefficients([[3.0, -4.0, 0.02], [0.0, 1.0, -0.1]], X)
    np.testing.assert_array_equal(largest.features, [2, 1, 0])
    np.testing.assert_array_equal(largest.coef, [[0.02, -0.1], [-4.0, 1.0], [3.0, 0.0]])
    np.testing.assert_array_equal(largest.effects, [[2.0, -10.0], [-4.0, 1.0], [3.0, 0.0]])


def test_only_the_largest_are_kept():
    np.testing.assert_array_equal(largest_coefficients([1.0, 2.0, 0.0], X, n_features=1).features, [1])


def test_blocks_of_columns_and_evenly_spaced_rows_change_little(monkeypatch):
    rows = np.random.default_rng(0).integers(0, 256, (900, 7)).astype(np.uint8)
    coef = np.ones(7)
    whole = largest_coefficients(coef, rows)
    np.testing.assert_allclose(whole.effects[:, 0], rows[:, whole.features].std(axis=0), rtol=1e-12)
    monkeypatch.setattr(coefficients, "_VALUES_AT_ONCE", 2000)
    np.testing.assert_allclose(largest_coefficients(coef, rows).effects, whole.effects, rtol=1e-12)
    monkeypatch.setattr(coefficients, "_ROWS", 300)
    taken = largest_coefficients(coef, rows)
    np.testing.assert_allclose(taken.effects[:, 0], rows[::3, taken.features].std(axis=0), rtol=1e-12)


def test_names():
    y = np.array([0.0, 1.0])
    single = LinearRegression(epochs=1, random_state=0).fit(X, y)
    assert (column_names(single), score_names(single)) == (["x0", "x1", "x2"], ["y"])
    several = LinearRegression(epochs=1, random_state=0).fit(X, np.column_stack([y, y]))
    assert score_names(several) == ["y0", "y1"]
    labels = ["no", "yes"]
    assert score_names(SoftmaxRegression(epochs=1, random_state=0).fit(X, labels)) == ["yes"]


@pytest.mark.parametrize("n_features", [2, 20])
def test_draws_the_largest_coefficients(digits, n_features):
    rows, _, model = digits
    display = CoefficientsDisplay.from_estimator(model, rows, n_features=n_features)
    assert display.im_.get_array().shape == (n_features, 10)
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert labels == [f"x{j}" for j in display.coefficients.features]
    assert [label.get_text() for label in display.ax_.get_xticklabels()] == [str(k) for k in range(10)]

import numpy as np
import pytest
import statsmodels.api as sm

from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.estimators.linear_regression import LinearRegression
from onelayer.plots.intervals import CoefficientIntervals, CoefficientIntervalsDisplay

random = np.random.RandomState(0)
X = random.randn(80, 3) * [1.0, 10.0, 0.1]
Y = np.column_stack([X @ [1.0, -0.3, 0.0], X @ [0.0, 1.0, 2.0]]) + random.randn(80, 2)
RAW = CoefficientIntervals(("a", "b", "c"), [3.0, -4.0, 0.5], [1.0, -5.0, -1.0], [5.0, -3.0, 2.0])


def test_standardised_by_hand():
    found = RAW.standardise([0.5, 2.0, 10.0], 4.0)
    assert found.standardised
    assert found.coef.tolist() == [0.375, -2.0, 1.25]
    assert found.low.tolist() == [0.125, -2.5, -2.5]
    assert found.high.tolist() == [0.625, -1.5, 5.0]


def test_standardised_are_the_coefficients_of_standardised_columns():
    model = LinearRegression().fit(X, Y[:, 0])
    display = CoefficientIntervalsDisplay.from_estimator(model, X, Y[:, 0], standardised=True)
    peer = sm.OLS(
        (Y[:, 0] - Y[:, 0].mean()) / Y[:, 0].std(), sm.add_constant((X - X.mean(0)) / X.std(0))
    ).fit()
    order = np.argsort(-np.abs(peer.params[1:]))
    np.testing.assert_allclose(display.shown.coef, peer.params[1:][order], rtol=1e-10)
    np.testing.assert_allclose(display.shown.low, peer.conf_int()[1:, 0][order], rtol=1e-9)
    assert display.ax_.get_xlabel() == "Standard deviations of y per standard deviation of the feature"


@pytest.mark.parametrize("level", [0.5, 0.99])
@pytest.mark.parametrize("output", [0, 1])
def test_draws_the_intervals_of_statsmodels_the_largest_first(level, output):
    model = LinearRegression().fit(X, Y)
    display = CoefficientIntervalsDisplay.from_estimator(model, output=output, level=level)
    peer = sm.OLS(Y[:, output], sm.add_constant(X)).fit()
    order = np.argsort(-np.abs(peer.params[1:]))
    ends = peer.conf_int(1 - level)[1:][order]
    segments = np.array(display.whiskers_.get_segments())
    np.testing.assert_allclose(segments[:, :, 0], ends, rtol=1e-9)
    np.testing.assert_allclose(display.points_.get_xdata(), peer.params[1:][order], rtol=1e-10)
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == [f"x{j}" for j in order]
    low, high = display.ax_.get_ylim()
    assert low > high  # the first at the top


def test_a_model_without_errors_is_drawn_without_intervals():
    model = LinearRegression(solver="sgd", epochs=2, random_state=0).fit(X, Y[:, 0])
    display = CoefficientIntervalsDisplay.from_estimator(model, n_features=2)
    assert np.isnan(display.shown.low).all()
    assert len(display.points_.get_xdata()) == 2


def test_arrays_are_drawn_as_they_are():
    display = CoefficientIntervalsDisplay.from_arrays(RAW.names, RAW.coef, RAW.low, RAW.high, n_features=2)
    assert display.shown.names == ("b", "a")
    assert display.ax_.get_xlabel() == "Coefficient"


def test_refuses_what_does_not_fit():
    with pytest.raises(InvalidDataError, match="2 names, 1 coefficients, 1 lower and 1 upper ends"):
        CoefficientIntervals(("a", "b"), [1.0], [0.0], [2.0])
    with pytest.raises(InvalidParameterError, match="n_features must be at least 1, not 0"):
        CoefficientIntervalsDisplay(RAW, n_features=0)
    model = LinearRegression().fit(X, Y[:, 0])
    with pytest.raises(InvalidParameterError, match="give X and y"):
        CoefficientIntervalsDisplay.from_estimator(model, standardised=True)
    with pytest.raises(InvalidParameterError, match="output=1: the model has the outputs 0 to 0"):
        CoefficientIntervalsDisplay.from_estimator(model, output=1)

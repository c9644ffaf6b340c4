import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.estimators.linear_regression import LinearRegression
from onelayer.plots import influence
from onelayer.plots.influence import (
    InfluenceDisplay,
    cook_contour,
    cook_levels,
    influence_of_rows,
    least_squares_of,
    most_telling_rows,
)


@pytest.fixture(scope="module")
def rows():
    random = np.random.RandomState(0)
    X = random.randn(60, 2)
    X[7] = [9.0, -9.0]
    y = X @ [1.0, 2.0] + random.randn(60)
    y[7] += 5
    return X, y


@pytest.fixture(scope="module")
def model(rows):
    return LinearRegression().fit(*rows)


@pytest.fixture(scope="module")
def peer(rows):
    X, y = rows
    return sm.OLS(y, sm.add_constant(X)).fit().get_influence()


def test_draws_leverage_and_residuals_of_statsmodels(rows, model, peer):
    display = InfluenceDisplay.from_estimator(model, *rows, n_named=3)
    np.testing.assert_allclose(display.points_.get_offsets()[:, 0], peer.hat_matrix_diag, rtol=1e-9)
    np.testing.assert_allclose(
        display.points_.get_offsets()[:, 1], peer.resid_studentized_internal, rtol=1e-8
    )
    most = np.argsort(-peer.cooks_distance[0])[:3]
    assert most[0] == 7
    assert [text.get_text() for text in display.ax_.texts] == [str(i) for i in most]
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["Cook's distance 0.5", "Cook's distance 1"]


def test_some_rows_have_the_influence_that_they_have_among_all(rows, model, peer):
    X, y = rows
    some = np.array([3, 7, 11, 30, 59])
    found = influence_of_rows(least_squares_of(model), X[some], y[some, None])
    np.testing.assert_allclose(found.leverage, peer.hat_matrix_diag[some], rtol=1e-9)
    np.testing.assert_allclose(found.internal[:, 0], peer.resid_studentized_internal[some], rtol=1e-8)
    np.testing.assert_allclose(found.cooks_distance[:, 0], peer.cooks_distance[0][some], rtol=1e-8)


def test_of_many_rows_some_are_drawn_and_the_farthest_are_named_by_their_place(rows, monkeypatch):
    monkeypatch.setattr(influence, "_MOST_ROWS", 30)
    monkeypatch.setattr(influence, "_FARTHEST", 5)
    X, y = rows
    y = y.copy()
    y[41] += 100
    display = InfluenceDisplay.from_estimator(LinearRegression().fit(X, y), X, y)
    assert len(display.leverage) <= 30
    assert 41 in display.rows[display.most]


@given(st.floats(0.01, 5), st.integers(1, 50), st.floats(0.001, 0.999))
def test_a_row_on_a_contour_has_its_distance(distance, n_parameters, leverage):
    residual = float(cook_contour(distance, n_parameters, leverage))
    assert residual**2 / n_parameters * leverage / (1 - leverage) == pytest.approx(distance, rel=1e-9)


@given(st.floats(1e-12, 1e6))
def test_contours_lie_below_the_largest_distance_or_at_a_half_and_one(largest):
    levels = cook_levels(largest)
    if largest >= 0.5:
        assert levels == [0.5, 1.0]
    else:
        assert len(levels) == 1
        assert 0.4 * largest * (1 - 1e-9) <= levels[0] <= largest
    assert cook_levels(float("nan")) == cook_levels(float("inf")) == cook_levels(0.0) == []


def test_all_rows_or_twenty_thousand():
    assert most_telling_rows(np.zeros(20_000)).tolist() == list(range(20_000))
    residuals = np.where(np.arange(30_000) == 12_345, -9.0, 0.0)
    chosen = most_telling_rows(residuals)
    assert len(chosen) <= 20_000
    assert 12_345 in chosen


def test_refuses_models_and_rows_without_an_influence(rows, model):
    X, y = rows
    for parameters in ({"solver": "sgd", "epochs": 1}, {"alpha": 0.1}, {"loss": "absolute"}):
        with pytest.raises(InvalidParameterError, match="exact least squares without a penalty"):
            InfluenceDisplay.from_estimator(LinearRegression(**parameters).fit(X, y), X, y)
    weighted = LinearRegression().fit(X, y, sample_weight=np.linspace(0.5, 2, 60))
    with pytest.raises(InvalidParameterError, match="without weights"):
        InfluenceDisplay.from_estimator(weighted, X, y)
    with pytest.raises(InvalidDataError, match="give the 60 rows that the model was fitted to"):
        InfluenceDisplay.from_estimator(model, X[:9], y[:9])
    with pytest.raises(
        InvalidDataError, match="not the rows that the model was fitted to: the sum of squared"
    ):
        InfluenceDisplay.from_estimator(model, X, y[::-1])
    with pytest.raises(InvalidParameterError, match="output=1: the model has the outputs 0 to 0"):
        InfluenceDisplay.from_estimator(model, X, y, output=1)
    exact = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
    with pytest.raises(InvalidDataError, match="passes through every row"):
        InfluenceDisplay.from_estimator(exact, [[0.0], [1.0]], [0.0, 1.0])
    with pytest.raises(InvalidDataError, match="2 leverages, 1 residuals, 2 distances and 2 rows"):
        InfluenceDisplay([0.1, 0.2], [1.0], [0.1, 0.2], 2)
    with pytest.raises(InvalidDataError, match="at least one row"):
        InfluenceDisplay([], [], [], 2)


def test_a_row_of_leverage_one_is_last_and_does_not_disturb_the_others():
    display = InfluenceDisplay([0.2, 1.0, 0.3], [1.0, np.nan, 2.0], [0.1, np.nan, 0.7], 2).plot()
    assert display.most.tolist() == [2, 0, 1]

"""Linear regression by minibatch SGD: known weights, several outputs, columns of very different scale."""

from __future__ import annotations

import numpy as np
import pytest

import onelayer as ol
from onelayer.errors import DivergenceError, InvalidDataError, InvalidParameterError, RankWarning


def test_the_synthetic_set_of_the_course():
    """w = (2, −3.4), b = 4.2, noise 0.01, 3 epochs, batch 10, rate 0.03: within three standard errors."""
    random = np.random.RandomState(0)
    X = random.randn(1000, 2)
    y = X @ [2, -3.4] + 4.2 + 0.01 * random.randn(1000)
    model = ol.LinearRegression(epochs=3, batch_size=10, learning_rate=0.03, random_state=0).fit(X, y)
    np.testing.assert_allclose(model.coef_, [2, -3.4], atol=3 * 0.01 / np.sqrt(1000) + 0.001)
    assert model.intercept_ == pytest.approx(4.2, abs=3 * 0.01 / np.sqrt(1000) + 0.001)
    assert model.coef_.shape == (2,)
    assert np.ndim(model.intercept_) == 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_columns_of_scale_a_thousandth_and_a_million(dtype):
    random = np.random.RandomState(0)
    X = (random.randn(2000, 3) * [1e-3, 1.0, 1e6] + [0, 0, 5e6]).astype(dtype)
    y = X.astype(float) @ [1e3, -2, 3e-6] + 7
    model = ol.LinearRegression(epochs=30, random_state=0).fit(X, y)
    assert model.score(X, y) > 0.9999
    np.testing.assert_allclose(model.coef_, [1e3, -2, 3e-6], rtol=0.02)


def test_several_outputs():
    random = np.random.RandomState(0)
    X, W = random.randn(500, 4), random.randn(3, 4)
    Y = X @ W.T + [1, 2, 3]
    model = ol.LinearRegression(epochs=40, random_state=0).fit(X, Y)
    np.testing.assert_allclose(model.coef_, W, atol=1e-3)
    np.testing.assert_allclose(model.intercept_, [1, 2, 3], atol=1e-3)
    assert model.predict(X).shape == (500, 3)
    with pytest.raises(InvalidDataError, match="y has 1 outputs; the model was fitted to 3"):
        model.partial_fit(X, Y[:, :1])


def test_partial_fit_streams():
    random = np.random.RandomState(0)
    model = ol.LinearRegression(random_state=0)
    for _ in range(40):
        X = random.randn(200, 3)
        model.partial_fit(X, X @ [1.0, 2.0, 3.0] - 1)
    np.testing.assert_allclose(model.coef_, [1, 2, 3], atol=1e-3)
    assert model.intercept_ == pytest.approx(-1, abs=1e-3)
    assert model.n_iter_ == 40


def test_without_an_intercept():
    random = np.random.RandomState(0)
    X = random.rand(400, 2) + 1
    model = ol.LinearRegression(fit_intercept=False, epochs=300, random_state=0).fit(X, X @ [2.0, -1.0])
    assert model.intercept_ == 0
    np.testing.assert_allclose(model.coef_, [2, -1], atol=1e-2)


def test_constant_targets_and_constant_columns():
    X = np.ones((20, 3))
    model = ol.LinearRegression(solver="sgd", random_state=0).fit(X, np.full(20, 4.5))
    np.testing.assert_allclose(model.predict(X), 4.5)
    with pytest.warns(RankWarning, match="x0 = 1 in every row"):
        model = ol.LinearRegression().fit(X, np.full(20, 4.5))
    np.testing.assert_allclose(model.predict(X), 4.5)


def test_an_unknown_loss_is_named():
    with pytest.raises(InvalidParameterError, match="loss='cubic'"):
        ol.LinearRegression(loss="cubic").fit([[1.0], [2.0]], [1.0, 2.0])


@pytest.mark.parametrize("size", [1, 2, 8])
def test_a_stream_in_parts_of_any_size_learns(size):
    random = np.random.RandomState(0)
    X = random.randn(2000, 4) * [1, 10, 0.1, 1] + [0, 5, 1, -2]
    y = X @ [1.0, 0.2, 5.0, -1.0] + 3 + 0.1 * random.randn(2000)
    model = ol.LinearRegression(random_state=0)
    for start in range(0, len(X), size):
        model.partial_fit(X[start : start + size], y[start : start + size])
    assert model.score(X, y) > 0.95


def test_targets_that_cannot_be_held_or_resolved_are_refused():
    X = np.random.RandomState(0).rand(20, 2).astype(np.float32)
    with pytest.raises(
        InvalidDataError, match=r"y has 1e\+300 in row 0, whose square is too large for float32"
    ):
        ol.LinearRegression(solver="sgd").fit(X, np.r_[1e300, np.zeros(19)])
    with pytest.raises(InvalidDataError, match="cannot resolve; subtract its mean, or give X as float64"):
        ol.LinearRegression(solver="sgd").fit(X, 1e8 + np.arange(20.0))
    with pytest.raises(InvalidDataError, match="y contains NaN in row 3"):
        ol.LinearRegression().fit(X, np.where(np.arange(20) == 3, np.nan, 1.0))
    with pytest.raises(InvalidParameterError, match="alpha='auto'"):
        ol.LinearRegression(alpha="auto").fit(X, X[:, 0])
    with pytest.raises(InvalidDataError, match="y_val has 2 outputs, y has 1"):
        ol.LinearRegression().fit(X, X[:, 0], X_val=X, y_val=X)


@pytest.mark.parametrize("size", [1e25, 1e200])
def test_inputs_too_large_to_train_on_diverge_with_a_reason(size):
    X = np.random.RandomState(0).randn(50, 2) * size
    with pytest.raises(DivergenceError, match="diverged in epoch 1"):
        ol.LinearRegression(learning_rate=0.1).fit(X, np.arange(50.0))


def test_one_validation_row_has_no_r2():
    X = np.arange(10.0)[:, None]
    model = ol.LinearRegression(epochs=2).fit(X, X[:, 0], X_val=X[:1], y_val=X[:1, 0])
    assert model.history_[0]["val_score"] is None

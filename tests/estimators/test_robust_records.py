"""Records of robust fits have the mean loss of the rows after each iteration, by formulas written out here."""

from __future__ import annotations

import warnings
from itertools import pairwise

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

import onelayer as ol
from onelayer.evaluation import evaluate

RANDOM = np.random.RandomState(0)
N = 120
X = RANDOM.randn(N, 3) * [1, 20, 0.1]
y = X @ [2.0, -0.1, 7.0] + 5 + RANDOM.standard_t(2, N)
Y = np.column_stack([y, 100 * RANDOM.randn(N) + X[:, 0]])
WEIGHTS = RANDOM.randint(0, 4, N).astype(float)
MAJORITY = X @ [2.0, -0.1, 7.0] + 100 * (np.arange(N) % 4 == 0) * RANDOM.randn(
    N
)  # three quarters fit perfectly


def huber(r, model):
    """½r² up to δσ, then linear; the absolute error where σ is 0."""
    bounds = model.delta * np.atleast_1d(model.scale_)
    size = np.abs(r)
    beyond = np.where(bounds > 0, bounds * (size - 0.5 * bounds), size)
    return np.where(size <= bounds, 0.5 * size**2, beyond)


def pinball(r, model):
    q = np.atleast_1d(model.quantile)
    return np.where(r > 0, q * r, (q - 1) * r)


FORMS = [
    ({"loss": "absolute"}, lambda r, model: np.abs(r)),
    ({"loss": "absolute", "alpha": 0.1}, lambda r, model: np.abs(r)),
    ({"loss": "quantile", "quantile": 0.2}, pinball),
    ({"loss": "huber"}, huber),
    ({"loss": "huber", "alpha": 0.1}, huber),
    ({"loss": "huber", "delta": 3.0, "fit_intercept": False}, huber),
    ({"loss": "huber", "scale": 2.0}, huber),
]


def mean_loss(model, formula, targets, weights=None):
    """Return Σ wᵢ·ℓ(rᵢ) / Σ wᵢ, summed over the outputs."""
    scores = X @ np.atleast_2d(model.coef_).T + np.atleast_1d(model.intercept_)
    r = (targets if targets.ndim > 1 else targets[:, None]) - scores
    return float(np.average(formula(r, model).sum(axis=1), weights=weights))


@pytest.mark.parametrize(("parameters", "formula"), FORMS, ids=[str(parameters) for parameters, _ in FORMS])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["equal", "weighted"])
@pytest.mark.parametrize("targets", [y, Y, MAJORITY], ids=["one", "two", "majority"])
def test_every_record_has_the_mean_loss_after_its_iteration(parameters, formula, weights, targets):
    last = ol.LinearRegression(**parameters).fit(X, targets, sample_weight=weights)
    for steps in range(1, last.n_iter_ + 1):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = ol.LinearRegression(**parameters, max_iter=steps).fit(X, targets, sample_weight=weights)
        assert len(model.history_) == steps
        expected = mean_loss(model, formula, targets, weights)
        assert model.history_[-1]["train_loss"] == pytest.approx(expected, rel=1e-9)
        assert model.history_[-1]["train_loss"] == last.history_[steps - 1]["train_loss"]
    if weights is None:
        assert evaluate(last, X, targets).loss == pytest.approx(last.history_[-1]["train_loss"], rel=1e-9)


@pytest.mark.parametrize("quantiles", [[0.2], [0.9, 0.1], [0.1, 0.5, 0.9]])
def test_records_of_several_quantiles_have_the_loss_of_all(quantiles):
    heard = []
    model = ol.LinearRegression(loss="quantile", quantile=quantiles).fit(X, y, callbacks=[heard.append])
    reached = [record["train_loss"] for record in model.history_]
    assert reached[-1] == pytest.approx(mean_loss(model, pinball, y), rel=1e-12)
    assert reached[-1] == pytest.approx(evaluate(model, X, y).loss, rel=1e-12)
    assert all(later <= earlier * (1 + 1e-12) for earlier, later in pairwise(reached))
    assert [epoch.train_loss for epoch in heard] == reached
    constants = np.quantile(y, quantiles, method="averaged_inverted_cdf")
    assert reached[0] <= pinball(y[:, None] - constants, model).sum(axis=1).mean() * (1 + 1e-12)


def test_validation_loss_of_several_quantiles_by_sgd_is_that_of_all():
    model = ol.LinearRegression(loss="quantile", quantile=[0.2, 0.8], epochs=5, random_state=0)
    model.fit(X, y, X_val=X[:50], y_val=y[:50])
    assert len(model.history_) == 10
    scores = X[:50] @ model.coef_.T + model.intercept_
    expected = pinball(y[:50, None] - scores, model).sum(axis=1).mean()
    assert model.history_[-1]["val_loss"] == pytest.approx(expected, rel=1e-9)


def test_a_stream_of_several_quantiles_has_one_record_of_all_for_each_part():
    model = ol.LinearRegression(loss="quantile", quantile=[0.2, 0.8], solver="sgd", learning_rate=1e-12)
    model.partial_fit(X[:60], y[:60]).partial_fit(X[60:], y[60:])
    scores = X[60:] @ model.coef_.T + model.intercept_  # a rate of nearly 0 changes nothing
    expected = pinball(y[60:, None] - scores, model).sum(axis=1).mean()
    assert [record["epoch"] for record in model.history_] == [1, 2]
    assert model.history_[1]["train_loss"] == pytest.approx(expected, rel=1e-6)

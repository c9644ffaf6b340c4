"""A path of penalties: each point the optimum that a fit from zero finds, sooner."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, log_loss, r2_score

import onelayer as ol
from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.estimators import exact_path
from onelayer.matrices import PrincipalAxes

RANDOM = np.random.RandomState(0)
N = 300
X = RANDOM.randn(N, 6) @ RANDOM.randn(6, 6)
LABELS = (X @ RANDOM.randn(6, 4) + 3 * RANDOM.gumbel(size=(N, 4))).argmax(axis=1)
TARGET = X @ RANDOM.randn(6) + RANDOM.standard_t(2, N)
WEIGHTS = RANDOM.randint(1, 4, N).astype(float)
TRAIN, TEST = slice(0, 200), slice(200, N)


@pytest.mark.parametrize("two", [False, True], ids=["four classes", "two"])
@pytest.mark.parametrize("kind", ["float64", "float32", "uint8", "csr"])
def test_of_a_classifier_it_is_that_of_scikit_learn(kind, two):
    rows = np.clip(20 * X + 128, 0, 255).astype(np.uint8) if kind == "uint8" else X
    rows = csr_array(rows) if kind == "csr" else rows.astype(kind)
    y = LABELS > 1 if two else LABELS
    path = ol.regularization_path(ol.SoftmaxRegression(), rows, y, alphas=[1e-3, 1.0, 0.03])
    assert path.alphas.tolist() == [1.0, 0.03, 1e-3]
    for k, alpha in enumerate(path.alphas):
        theirs = LogisticRegression(C=1 / (alpha * N), tol=1e-10, max_iter=10_000)
        unit = 1 / 255 if kind == "uint8" else 1.0
        inputs = (rows * unit).astype(np.float64)
        theirs.fit(inputs, y)
        np.testing.assert_allclose(path.coefs[k] / unit, theirs.coef_, rtol=1e-3, atol=1e-4)
        loss = log_loss(y, theirs.predict_proba(inputs)) + alpha / 2 * np.square(theirs.coef_).sum()
        assert path.objectives[k] == pytest.approx(loss, rel=2e-6)
    assert (path.gaps < 1e-6).all()
    model = ol.SoftmaxRegression(alpha=1e-3).fit(rows, y)
    assert path.objectives[-1] == pytest.approx(model.objective_, rel=1e-7)


def test_of_least_squares_it_is_ridge_regression():
    path = ol.regularization_path(
        ol.LinearRegression(), X, TARGET, WEIGHTS, alphas=4, X_val=X[TEST], y_val=TARGET[TEST]
    )
    np.testing.assert_allclose(
        path.alphas, np.array([1e4, 10 ** (4 / 3), 10 ** (-4 / 3), 1e-4]) / WEIGHTS.sum()
    )
    for k, alpha in enumerate(path.alphas):
        theirs = Ridge(alpha=alpha * WEIGHTS.sum()).fit(X, TARGET, sample_weight=WEIGHTS)
        np.testing.assert_allclose(path.coefs[k, 0], theirs.coef_, rtol=1e-9)
        assert path.intercepts[k, 0] == pytest.approx(theirs.intercept_)
        errors = np.average(np.square(theirs.predict(X) - TARGET), weights=WEIGHTS) / 2
        assert path.objectives[k] == pytest.approx(errors + alpha / 2 * np.square(theirs.coef_).sum())
        assert path.val_scores[k] == pytest.approx(r2_score(TARGET[TEST], theirs.predict(X[TEST])))
    assert path.best == int(np.argmin(path.val_losses))


@pytest.mark.parametrize(
    "form",
    [
        ol.LinearRegression(loss="absolute"),
        ol.LinearRegression(loss="huber", scale=1.0),
        ol.LinearRegression(loss="quantile", quantile=0.8),
    ],
    ids=["absolute", "huber", "quantile"],
)
def test_of_robust_losses_each_point_is_a_fit_from_zero(form):
    path = ol.regularization_path(form, X, TARGET, alphas=[1.0, 0.1, 1e-3])
    for k, alpha in enumerate(path.alphas):
        alone = form.set_params(alpha=alpha).fit(X, TARGET)
        residuals = (TARGET - X @ path.coefs[k, 0] - path.intercepts[k, 0])[:, None]
        loss = alone.losses_[0].value(-residuals, np.zeros_like(residuals), None)
        value = loss + alpha / 2 * np.square(path.coefs[k]).sum()
        assert path.objectives[k] == pytest.approx(value, rel=1e-9)
        residuals = (TARGET - alone.predict(X))[:, None]
        best = alone.losses_[0].value(-residuals, np.zeros_like(residuals), None)
        assert value <= best + alpha / 2 * np.square(alone.coef_).sum() + 1e-7
    assert path.gaps.max() <= 1e-8


def test_it_is_judged_on_validation_data():
    path = ol.regularization_path(
        ol.SoftmaxRegression(), X[TRAIN], LABELS[TRAIN], alphas=8, X_val=X[TEST], y_val=LABELS[TEST]
    )
    for k in range(8):
        scores = X[TEST] @ path.coefs[k].T + path.intercepts[k]
        assert path.val_scores[k] == accuracy_score(LABELS[TEST], scores.argmax(axis=1))
        proba = np.exp(scores - np.logaddexp.reduce(scores, axis=1)[:, None])
        assert path.val_losses[k] == pytest.approx(log_loss(LABELS[TEST], proba))
    assert 0 < path.best < 8
    assert np.isclose(path.val_losses.min(), path.val_losses[path.best])


def test_the_estimator_stays_as_it_was_and_the_start_saves_iterations():
    form = ol.SoftmaxRegression(alpha=7.0)
    path = ol.regularization_path(form, X, LABELS, alphas=np.geomspace(1, 1e-3, 20))
    assert form.get_params() == ol.SoftmaxRegression(alpha=7.0).get_params()
    assert not hasattr(form, "coef_")
    alone = sum(ol.SoftmaxRegression(alpha=alpha).fit(X, LABELS).n_iter_ for alpha in path.alphas)
    assert path.n_iters.sum() < alone


@pytest.mark.parametrize("alphas", [[], [1.0, 1.0]])
def test_alphas_are_different_numbers(alphas):
    with pytest.raises(InvalidParameterError, match="expected different finite numbers of at least 0"):
        ol.regularization_path(ol.SoftmaxRegression(), X, LABELS, alphas=alphas)


def test_what_is_no_path_is_refused():
    with pytest.raises(InvalidParameterError, match=r"alphas=-1.0: expected a finite number"):
        ol.regularization_path(ol.SoftmaxRegression(), X, LABELS, alphas=[-1.0])
    with pytest.raises(InvalidParameterError, match="which minibatch SGD does not reach"):
        ol.regularization_path(ol.SoftmaxRegression(epochs=3), X, LABELS)
    with pytest.raises(InvalidDataError, match="X_val and y_val go together"):
        ol.regularization_path(ol.SoftmaxRegression(), X, LABELS, X_val=X)
    with pytest.raises(InvalidParameterError, match="give X_val and y_val"):
        ol.regularization_path(ol.LinearRegression(), X, TARGET).best


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("two", [False, True], ids=["four classes", "two"])
def test_principal_axes_change_the_way_and_not_the_end(monkeypatch, fit_intercept, two):
    model, y = ol.SoftmaxRegression(fit_intercept=fit_intercept), LABELS > 1 if two else LABELS
    rows, found = X * [1, 10, 1, 0.1, 1, 100] + 5, {}
    for passes in (0.0, np.inf):
        monkeypatch.setattr(exact_path, "_PASSES", passes)
        turned = []
        monkeypatch.setattr(PrincipalAxes, "turned", spied(PrincipalAxes.turned, turned))
        path = ol.regularization_path(
            model, rows[TRAIN], y[TRAIN], WEIGHTS[TRAIN], alphas=5, X_val=rows[TEST], y_val=y[TEST]
        )
        assert len(turned) == (2 if passes else 0)
        monkeypatch.undo()
        found[passes] = path
    straight, turned = found.values()
    np.testing.assert_allclose(turned.objectives, straight.objectives, rtol=1e-12)
    np.testing.assert_allclose(turned.val_losses, straight.val_losses, rtol=1e-6)
    for k in range(5):
        size = np.abs(straight.coefs[k]).max()
        np.testing.assert_allclose(turned.coefs[k], straight.coefs[k], atol=1e-5 * size)
        np.testing.assert_allclose(turned.intercepts[k], straight.intercepts[k], atol=1e-4)


def spied(function, calls):
    """Return a function that notes that it was called."""

    def noting(*args, **kwargs):
        calls.append(args)
        return function(*args, **kwargs)

    return noting

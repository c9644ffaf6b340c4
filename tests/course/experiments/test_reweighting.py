"""Iteratively reweighted least squares against scikit-learn, linear programming and the losses themselves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn.linear_model import HuberRegressor, QuantileRegressor

from onelayer.course.experiments import reweighting
from onelayer.losses import Absolute, Huber, Quantile, Squared

LOSSES = (Squared(), Absolute(), Huber(0.7), Quantile(0.8))


@pytest.fixture(scope="module")
def rows():
    random_state = np.random.RandomState(3)
    X = np.column_stack([random_state.standard_normal((80, 2)), np.ones(80)])
    return X, X @ [2.0, -3.4, 4.2] + random_state.standard_t(2, 80)


def test_squared_loss_is_least_squares(rows):
    X, y = rows
    expected = np.linalg.lstsq(X, y, rcond=None)[0]
    np.testing.assert_allclose(reweighting.fit(X, y[None], Squared())[0], expected, rtol=1e-10)


def test_huber_loss_against_scikit_learn(rows):
    """HuberRegressor finds the scale too; at its scale σ, its weights are those of a loss with δ = ε·σ."""
    X, y = rows
    peer = HuberRegressor(epsilon=1.5, alpha=0, tol=1e-10, max_iter=10_000).fit(X[:, :2], y)
    found = reweighting.fit(X, y[None], Huber(1.5 * peer.scale_))[0]
    np.testing.assert_allclose(found, [*peer.coef_, peer.intercept_], atol=1e-3)


def test_huber_loss_against_scipy(rows):
    X, y = rows
    loss = Huber(0.7)
    peer = minimize(
        lambda w: loss.rows((X @ w)[:, None], y).sum(),
        np.zeros(3),
        jac=lambda w: X.T @ loss.gradient((X @ w)[:, None], y)[:, 0],
        method="BFGS",
        options={"gtol": 1e-9},
    )
    np.testing.assert_allclose(reweighting.fit(X, y[None], loss)[0], peer.x, atol=1e-6)


@pytest.mark.parametrize("q", [0.1, 0.5, 0.9])
def test_quantile_loss_against_linear_programming(rows, q):
    X, y = rows
    peer = QuantileRegressor(quantile=q, alpha=0, solver="highs").fit(X[:, :2], y)
    expected = np.array([*peer.coef_, peer.intercept_])
    found = reweighting.fit(X, y[None], Quantile(q), max_iter=20_000, tol=1e-12)[0]
    np.testing.assert_allclose(found, expected, atol=2e-3)
    total = [Quantile(q).value((X @ w)[:, None], y) for w in (found, expected)]
    assert total[0] == pytest.approx(total[1], rel=1e-5)


def test_absolute_loss_is_twice_the_median_loss(rows):
    X, y = rows
    median = reweighting.fit(X, y[None], Quantile(0.5))
    np.testing.assert_allclose(reweighting.fit(X, y[None], Absolute()), median, rtol=1e-9)


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_many_fits_at_once_are_each_alone(loss, rows):
    X, y = rows
    ys = np.stack([y, -y, y[::-1]])
    Xs = np.stack([X, 2 * X, X[::-1]])
    together = reweighting.fit(Xs, ys, loss, max_iter=30, tol=0)
    alone = [
        reweighting.fit(*each, loss, max_iter=30, tol=0)[0] for each in zip(Xs, ys[:, None], strict=True)
    ]
    np.testing.assert_allclose(together, alone, rtol=1e-8)


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
@given(seed=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_the_loss_never_rises(loss, seed):
    random_state = np.random.RandomState(seed)
    X, y = random_state.standard_normal((30, 3)), random_state.standard_cauchy(30)
    w = np.zeros((1, 3))
    totals = []
    for _ in range(12):
        totals.append(loss.rows(X @ w[0][:, None], y).sum())
        w = reweighting.fit(X, y[None], loss, start=w, max_iter=1)
    assert (np.diff(totals) <= 1e-5 * totals[0]).all()


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
@given(error=st.floats(-20, 20).filter(lambda e: abs(e) > 0.01), elsewhere=st.floats(-50, 50))
@settings(max_examples=50, deadline=None)
def test_a_parabola_touches_the_loss_and_lies_nowhere_below(loss, error, elsewhere):
    omega, tau = (each[0, 0] for each in reweighting.touching_parabolas(loss, np.array([[error]])))
    at, other = (loss.rows([[e]], [0.0])[0] for e in (error, elsewhere))
    parabola = at + omega / 2 * (elsewhere**2 - error**2) + tau * (elsewhere - error)
    assert omega * error + tau == pytest.approx(loss.gradient([[error]], [0.0])[0, 0], abs=1e-9)
    assert parabola >= other - 1e-6


def test_rows_on_a_line_give_the_line():
    X = np.column_stack([np.arange(5.0), np.ones(5)])
    for loss in LOSSES:
        np.testing.assert_allclose(reweighting.fit(X, (X @ [2.0, 1.0])[None], loss), [[2, 1]], atol=1e-9)

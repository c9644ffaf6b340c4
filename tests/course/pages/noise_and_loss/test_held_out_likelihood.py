"""Likelihood of sales held out, against models that are known and against direct maximisation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from onelayer.course.experiments.houses import Houses
from onelayer.course.pages.noise_and_loss.held_out_likelihood import fit_with_scale, judge
from onelayer.losses import Absolute, Huber, Squared

LOSSES = (Squared(), Absolute(), Huber(0.5), Huber(2.0))


@pytest.fixture(scope="module")
def sales():
    """Sales whose log price is linear in two columns with Laplace noise; the third column never changes."""
    random_state = np.random.RandomState(0)
    X = np.column_stack([random_state.standard_normal((3000, 2)) * [3, 100], np.full(3000, 7.0)])
    y = np.exp(13 + X @ [0.1, 0.002, 0] + random_state.laplace(scale=0.2, size=3000))
    return Houses(("a", "b", "c"), X[:2000], y[:2000], X[2000:], y[2000:])


@pytest.mark.parametrize("loss", [Huber(0.5), Huber(2.0)], ids=repr)
def test_weights_and_scale_have_the_greatest_likelihood(loss):
    random_state = np.random.RandomState(4)
    X = np.column_stack([random_state.standard_normal(150), np.ones(150)])
    y = X @ [2.0, 5.0] + random_state.standard_t(3, 150)
    peer = minimize(
        lambda v: -loss.noise.log_density(y - X @ v[:2], np.exp(v[2])).sum(),
        [2.0, 5.0, 0.0],
        method="Nelder-Mead",
        options={"xatol": 1e-8, "fatol": 1e-10, "maxiter": 5000},
    )
    w, scale = fit_with_scale(X, y, loss)
    np.testing.assert_allclose([*w, scale], [*peer.x[:2], np.exp(peer.x[2])], rtol=2e-3)


def test_the_right_noise_and_the_right_target_win(sales):
    """The truth has −log(2·0.2) − 1 per unit of log price; a Gaussian loses log √π − ½ against Laplace noise."""
    judged = {loss: judge(sales, loss, log_price=True).log_density for loss in LOSSES}
    means = {loss: density.mean() for loss, density in judged.items()}
    assert means[Absolute()] - means[Squared()] == pytest.approx(np.log(np.pi) / 2 - 0.5, abs=0.02)
    truth = -np.log(2 * 0.2) - 1 - np.log(sales.y_test)
    assert abs((judged[Absolute()] - truth).mean()) < 3 * (judged[Absolute()] - truth).std() / np.sqrt(1000)
    for loss in LOSSES:
        assert judge(sales, loss, log_price=False).log_density.mean() < means[loss]


def test_the_density_of_a_price_integrates_to_one(sales):
    prices = np.exp(np.linspace(9, 17, 4001))
    same = Houses(sales.names, sales.X, sales.y, np.tile(sales.X[:1], (len(prices), 1)), prices)
    for loss in LOSSES:
        density = np.exp(judge(same, loss, log_price=True).log_density)
        area = np.sum((density[1:] + density[:-1]) / 2 * np.diff(prices))
        assert area == pytest.approx(1, abs=2e-3)


def test_scales_are_those_of_the_noise(sales):
    assert judge(sales, Absolute(), log_price=True).scale == pytest.approx(0.2, rel=0.06)
    assert judge(sales, Squared(), log_price=True).scale == pytest.approx(0.2 * np.sqrt(2), rel=0.06)

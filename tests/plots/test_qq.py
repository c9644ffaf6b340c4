import math

import numpy as np
import pytest
from scipy import stats

from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.estimators.linear_regression import LinearRegression
from onelayer.losses import Absolute, Huber, Quantile, Squared
from onelayer.losses.noise import AsymmetricLaplace, Gaussian, HuberNoise, Laplace
from onelayer.plots.noise_model import noise_models
from onelayer.plots.qq import QQDisplay, quantile_pairs

FAMILIES = [Gaussian(), Laplace(), HuberNoise(Huber(1.35)), AsymmetricLaplace(Quantile(0.2))]


def test_pairs_by_hand():
    """Four residuals stand at 1/8, 3/8, 5/8, 7/8; a quarter of Laplace noise lies below −σ·log 2."""
    pairs = quantile_pairs([8.0, -1.0, 0.0, 2.0], Absolute().noise, scale=2.0)
    expected = 2 * np.log([1 / 4, 3 / 4, 4 / 3, 4])
    np.testing.assert_allclose(pairs.expected, expected, rtol=1e-14)
    assert pairs.observed.tolist() == [-1.0, 0.0, 2.0, 8.0]
    assert pairs.n_rows == 4


def test_gaussian_quantiles_and_scale_are_those_of_scipy():
    values = np.random.RandomState(0).randn(50)
    pairs = quantile_pairs(values)
    assert pairs.scale == pytest.approx(math.sqrt(np.mean(values**2)), rel=1e-14)
    expected = stats.norm(scale=pairs.scale).ppf((np.arange(50) + 0.5) / 50)
    np.testing.assert_allclose(pairs.expected, expected, rtol=1e-12)


def test_the_band_of_one_residual_holds_ninety_five_percent():
    pairs = quantile_pairs([1.0], scale=1.0)
    assert pairs.low[0] == pytest.approx(stats.norm.ppf(0.025), rel=1e-12)
    assert pairs.high[0] == pytest.approx(stats.norm.ppf(0.975), rel=1e-12)


@pytest.mark.parametrize("noise", FAMILIES, ids=repr)
def test_each_place_lies_in_its_band_as_often_as_it_says(noise):
    """Of 400 samples of 40, at each place: within five standard errors of 0.9, and over all places much nearer."""
    random = np.random.RandomState(0)
    inside = []
    for _ in range(400):
        pairs = quantile_pairs(noise.sample(40, 3.0, random), noise, scale=3.0, level=0.9)
        inside.append((pairs.low <= pairs.observed) & (pairs.observed <= pairs.high))
    shares = np.mean(inside, axis=0)
    assert np.abs(shares - 0.9).max() < 5 * math.sqrt(0.09 / 400)
    assert shares.mean() == pytest.approx(0.9, abs=0.02)


@pytest.mark.parametrize("noise", FAMILIES, ids=repr)
def test_noise_lies_on_the_line_and_noise_of_another_kind_does_not(noise):
    own = quantile_pairs(noise.sample(20_000, 2.0, random_state=1), noise)
    assert own.share_inside > 0.7
    middle = slice(20, -20)
    np.testing.assert_allclose(
        own.observed[middle],
        own.expected[middle],
        atol=0.3 * own.scale / min(own.noise.loss.q if noise == FAMILIES[3] else 1, 1),
    )
    heavy = quantile_pairs(stats.t(2).rvs(20_000, random_state=1), noise)
    assert heavy.share_inside < 0.6


@pytest.mark.parametrize("n", [1, 2, 299, 300, 301, 302, 1000, 100_001])
def test_few_points_are_drawn_and_the_ends_are_all_there(n):
    values = np.random.RandomState(0).randn(n)
    pairs = quantile_pairs(values)
    assert len(pairs.expected) == (n if n <= 300 else len(pairs.expected)) <= 302
    ordered = np.sort(values)
    assert set(ordered[:10]) | set(ordered[-10:]) <= set(pairs.observed)
    assert (np.diff(pairs.expected) > 0).all()
    assert (np.diff(pairs.observed) >= 0).all()


def test_refuses_what_has_no_quantiles():
    with pytest.raises(InvalidDataError, match="all residuals are 0"):
        quantile_pairs([0.0, 0.0])
    with pytest.raises(InvalidDataError, match="there are no rows"):
        quantile_pairs([])
    for level in (0, 1, 1.5):
        with pytest.raises(InvalidParameterError, match="expected a number between 0 and 1"):
            quantile_pairs([1.0], level=level)


@pytest.fixture(scope="module")
def rows():
    random = np.random.RandomState(0)
    X = random.randn(300, 2)
    return X, X @ [1.0, -1.0] + random.laplace(size=300)


@pytest.mark.parametrize(
    ("parameters", "noise"),
    [
        ({}, Gaussian()),
        ({"solver": "sgd", "epochs": 2, "random_state": 0}, Gaussian()),
        ({"loss": "absolute"}, Laplace()),
        ({"loss": "huber", "delta": 2.0}, HuberNoise(Huber(2.0))),
        ({"loss": "quantile", "quantile": 0.3}, AsymmetricLaplace(Quantile(0.3))),
    ],
)
def test_a_model_is_held_against_the_noise_of_its_own_loss(rows, parameters, noise):
    X, y = rows
    model = LinearRegression(**parameters).fit(X, y)
    (found,) = noise_models(model)
    assert type(found) is type(noise)
    for name, value in vars(noise.loss).items():
        assert vars(found.loss)[name] == pytest.approx(value, rel=1e-12)
    display = QQDisplay.from_estimator(model, X, y)
    assert type(display.pairs.noise) is type(noise)
    np.testing.assert_allclose(display.points_.get_ydata(), np.sort(y - model.predict(X)), rtol=1e-12)
    assert display.ax_.get_xlabel().endswith(f"scale {display.pairs.scale:.4g}")


def test_every_output_has_its_own_noise(rows):
    X, y = rows
    model = LinearRegression(loss="quantile", quantile=[0.1, 0.8]).fit(X, y)
    assert noise_models(model, 2) == [Quantile(0.1).noise, Quantile(0.8).noise]
    targets = np.column_stack([y, 10 * y])
    several = LinearRegression(loss="huber").fit(X, targets)
    assert [noise.loss.delta for noise in noise_models(several, 2)] == pytest.approx([1.35, 1.35], rel=1e-12)
    display = QQDisplay.from_estimator(several, X, targets, output=1, noise=Squared().noise)
    assert display.pairs.noise == Gaussian()
    with pytest.raises(InvalidParameterError, match="output=2: the model has the outputs 0 to 1"):
        QQDisplay.from_estimator(several, X, targets, output=2)
    with pytest.raises(InvalidDataError, match="give the values of one output"):
        QQDisplay.from_predictions(targets, targets)

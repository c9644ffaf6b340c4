"""The noise of each loss against SciPy's distributions, integrals, simulations, and searches for the best scale."""

from __future__ import annotations

import math
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from scipy.integrate import quad
from scipy.optimize import minimize_scalar

from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.losses import LOSSES, Absolute, CrossEntropy, Huber, Quantile, Squared
from onelayer.losses.categorical import Categorical
from onelayer.losses.noise import AsymmetricLaplace, Gaussian, HuberNoise, Laplace


class HuberParts:
    """Huber's distribution, which SciPy does not have, put together of SciPy's normal and exponential distributions."""

    def __init__(self, delta, scale):
        self.delta, self.scale = delta, scale
        inside = math.sqrt(2 * math.pi) * (stats.norm.cdf(delta) - stats.norm.cdf(-delta))
        outside = 2 * math.sqrt(2 * math.pi) * stats.norm.pdf(delta) / delta
        self.share = inside / (inside + outside)

    def logpdf(self, r):
        size = np.abs(r) / self.scale
        inside = stats.truncnorm(-self.delta, self.delta).logpdf(size) + math.log(self.share)
        outside = stats.expon(self.delta, 1 / self.delta).logpdf(size) + math.log((1 - self.share) / 2)
        return np.where(size <= self.delta, inside, outside) - math.log(self.scale)

    def cdf(self, r):
        size = np.abs(r) / self.scale
        inside = self.share * stats.truncnorm(-self.delta, self.delta).cdf(size) - self.share / 2
        outside = self.share / 2 + (1 - self.share) / 2 * stats.expon(self.delta, 1 / self.delta).cdf(size)
        return 0.5 + np.sign(r) * np.where(size <= self.delta, inside, outside)


def laplace_asymmetric(q, scale):
    """Return SciPy's distribution, with slopes κ/s and 1/(κs) for the quantile loss's q/σ and (1 − q)/σ."""
    return stats.laplace_asymmetric(math.sqrt(q / (1 - q)), scale=scale / math.sqrt(q * (1 - q)))


PEERS = {  # each noise with the distribution that it is, by its scale
    Gaussian(): lambda scale: stats.norm(scale=scale),
    Laplace(): lambda scale: stats.laplace(scale=scale),
    HuberNoise(): partial(HuberParts, 1.0),
    HuberNoise(Huber(0.2)): partial(HuberParts, 0.2),
    HuberNoise(Huber(4)): partial(HuberParts, 4.0),
    AsymmetricLaplace(): partial(laplace_asymmetric, 0.5),
    AsymmetricLaplace(Quantile(0.05)): partial(laplace_asymmetric, 0.05),
    AsymmetricLaplace(Quantile(0.8)): partial(laplace_asymmetric, 0.8),
}
KINKS = [-4.0, -1.0, -0.2, 0.0, 0.2, 1.0, 4.0]
every_family = pytest.mark.parametrize("noise", PEERS, ids=repr)


def integral(function, kinks):
    """Return an integral over all reals, taken piece by piece so that no kink lies inside of a piece."""
    edges = [-np.inf, *kinks, np.inf]
    return sum(quad(function, a, b, epsabs=1e-13, epsrel=1e-12)[0] for a, b in pairwise(edges))


@pytest.mark.parametrize(
    ("loss", "noise"),
    [
        (Squared(), Gaussian()),
        (Absolute(), Laplace()),
        (Huber(0.5), HuberNoise(Huber(0.5))),
        (Quantile(0.9), AsymmetricLaplace(Quantile(0.9))),
        (CrossEntropy(), Categorical()),
    ],
)
def test_every_loss_knows_its_noise_and_the_noise_its_loss(loss, noise):
    assert loss.noise == noise
    assert loss.noise.loss == loss
    assert loss.name in LOSSES


@every_family
def test_the_normaliser_is_the_integral(noise):
    def density(r):
        return math.exp(-noise.loss.rows([[0.0]], [[r]])[0])

    assert noise.normaliser == pytest.approx(integral(density, KINKS), rel=1e-10)


@every_family
@pytest.mark.parametrize("scale", [0.25, 1.0, 30.0])
def test_the_density_is_that_of_scipy(noise, scale):
    r = np.concatenate([np.linspace(-20, 20, 401), [-500.0, 500.0]]) * scale
    expected = PEERS[noise](scale).logpdf(r)
    np.testing.assert_allclose(noise.log_density(r, scale), expected, rtol=1e-9, atol=1e-11)


@every_family
@pytest.mark.parametrize("scale", [0.1, 3.0])
def test_the_density_integrates_to_one_and_is_the_loss_but_for_a_constant(noise, scale):
    def density(r):
        return float(np.exp(noise.log_density(r, scale)))

    assert integral(density, [scale * kink for kink in KINKS]) == pytest.approx(1, rel=1e-9)
    r = np.linspace(-3, 3, 13)
    log_ratio = noise.log_density(r) - noise.log_density(0.0)
    np.testing.assert_allclose(-log_ratio, noise.loss.rows(np.zeros((13, 1)), r), rtol=1e-12, atol=1e-14)


@every_family
def test_the_density_has_the_shape_of_the_residuals_and_never_overflows(noise):
    assert noise.log_density(1.0).shape == ()
    assert noise.log_density(np.ones((4, 3), np.float16)).shape == (4, 3)
    assert noise.log_density([1e300, -1e300], 1e-300).tolist() == [-np.inf, -np.inf]
    assert np.isfinite(noise.log_density(np.array([0.0, 1.0]), 1e300)).all()


@every_family
@pytest.mark.parametrize("scale", [1.0, 7.0])
def test_samples_follow_the_distribution(noise, scale):
    sample = noise.sample(20_000, scale, random_state=1)
    assert stats.kstest(sample, PEERS[noise](scale).cdf).pvalue > 0.01
    assert stats.kstest(sample[:-1], PEERS[noise](1.1 * scale).cdf).pvalue < 0.01  # it would be noticed


@every_family
@pytest.mark.parametrize("scale", [1.0, 0.02])
def test_the_share_below_a_quantile_by_scipy_is_the_share_asked_for(noise, scale):
    p = np.concatenate([[1e-12, 1e-6], np.linspace(0.001, 0.999, 99), [1 - 1e-6]])
    quantiles = noise.quantiles(p, scale)
    np.testing.assert_allclose(PEERS[noise](scale).cdf(quantiles), p, rtol=1e-9, atol=1e-15)
    assert (np.diff(quantiles) > 0).all()


def test_quantiles_by_hand():
    """A quarter of Laplace noise lies below −log 2; of asymmetric noise, a share q below 0."""
    np.testing.assert_allclose(Laplace().quantiles([0.25, 0.5, 0.875]), np.log([0.5, 1, 4]), atol=1e-15)
    assert AsymmetricLaplace(Quantile(0.8)).quantiles(0.8) == 0
    assert AsymmetricLaplace(Quantile(0.8)).quantiles(0.4, 3) == pytest.approx(-15 * math.log(2), rel=1e-14)
    assert Gaussian().quantiles(0.975, 2) == pytest.approx(2 * 1.959963984540054, rel=1e-15)


@every_family
def test_quantiles_at_the_ends_and_what_is_no_share(noise):
    assert noise.quantiles([[0.0, 1.0]]).tolist() == [[-np.inf, np.inf]]
    for p in ([0.5, 1.5], -0.1, np.nan):
        with pytest.raises(InvalidDataError, match="p holds numbers outside of 0 to 1"):
            noise.quantiles(p)


@pytest.mark.parametrize("delta", [1e-150, 1e-3, 1e3, 1e150])
def test_quantiles_of_huber_noise_in_its_limits(delta):
    """A very wide middle is Gaussian; a very narrow one leaves Laplace noise of scale 1/δ."""
    p = np.array([1e-9, 0.2, 0.5, 0.7])
    expected = Gaussian().quantiles(p) if delta > 1 else Laplace().quantiles(p, 1 / delta)
    np.testing.assert_allclose(HuberNoise(Huber(delta)).quantiles(p), expected, rtol=1e-5, atol=1e-12 / delta)


@every_family
def test_samples_are_those_of_their_random_state(noise):
    first = noise.sample((50, 3), 2.0, random_state=4)
    assert first.shape == (50, 3)
    np.testing.assert_array_equal(first, noise.sample((50, 3), 2.0, np.random.RandomState(4)))
    np.testing.assert_array_equal(first, 2 * noise.sample((50, 3), random_state=4))
    assert (first != noise.sample((50, 3), 2.0, random_state=5)).any()
    assert np.unique(noise.sample(1000)).size == 1000


def test_huber_noise_between_its_limits():
    far = HuberNoise(Huber(40.0)).sample(5000, random_state=0)
    assert stats.kstest(far, stats.norm.cdf).pvalue > 0.01
    near = HuberNoise(Huber(1e-3)).sample(5000, random_state=0)
    assert stats.kstest(near, stats.laplace(scale=1e3).cdf).pvalue > 0.01
    assert HuberNoise(Huber(1e150)).normaliser == Gaussian().normaliser
    assert np.isfinite(HuberNoise(Huber(1e-150)).log_density([0.0, 1.0])).all()


def test_scales_by_hand():
    r, w = [3.0, -4.0, 0.0], [1.0, 2.0, 2.0]
    assert Gaussian().fit_scale(r, w) == pytest.approx(math.sqrt((9 + 2 * 16) / 5), rel=1e-15)
    assert Laplace().fit_scale(r, w) == pytest.approx((3 + 2 * 4) / 5, rel=1e-15)
    assert AsymmetricLaplace(Quantile(0.25)).fit_scale(r, w) == pytest.approx(
        (0.25 * 3 + 2 * 0.75 * 4) / 5, rel=1e-15
    )
    # δ = 1, residuals 1, 1 and 10: with 1/σ = x in [1/10, 1], 2x² + 10x = 3.
    x = (-10 + math.sqrt(124)) / 4
    assert HuberNoise().fit_scale([1.0, 1.0, 10.0]) == pytest.approx(1 / x, rel=1e-14)


residuals_and_weights = st.integers(1, 12).flatmap(
    lambda n: st.tuples(
        arrays(np.float64, n, elements=st.floats(-100, 100, allow_subnormal=False)),
        arrays(np.float64, n, elements=st.floats(0.01, 3)),
    )
)


@every_family
@given(residuals_and_weights)
def test_no_scale_is_likelier(noise, drawn):
    residuals, weights = drawn
    assume(np.abs(residuals).max() > 1e-3)

    def loss(log_scale):
        return -float(np.average(noise.log_density(residuals, math.exp(log_scale)), weights=weights))

    found = math.log(noise.fit_scale(residuals, weights))
    grid = min(loss(found + step) for step in np.linspace(-8, 8, 41))
    other = minimize_scalar(loss, bracket=(found - 1, found + 2)).fun
    assert loss(found) <= min(grid, other) + 1e-12 * (1 + abs(other))


@every_family
@given(arrays(np.float64, 8, elements=st.floats(-100, 100)), st.integers(-900, 900))
def test_the_scale_stretches_with_the_residuals(noise, residuals, power):
    assume(np.abs(residuals).max() > 1e-3)
    expected = noise.fit_scale(residuals) * 2.0**power
    assert noise.fit_scale(residuals * 2.0**power) == pytest.approx(expected, rel=1e-12)


@every_family
def test_integer_weights_are_repeated_residuals(noise):
    residuals, repeats = np.array([0.5, -3.0, 40.0, 7.0]), [2, 0, 1, 3]
    again = noise.fit_scale(np.repeat(residuals, repeats))
    assert noise.fit_scale(residuals, repeats) == pytest.approx(again, rel=1e-14)
    two_outputs = np.column_stack([residuals, residuals])
    assert noise.fit_scale(two_outputs, repeats) == pytest.approx(again, rel=1e-14)


@every_family
def test_residuals_without_weight_do_not_count(noise):
    expected = noise.fit_scale([1e-300, -3e-300])
    assert noise.fit_scale([1e-300, 1e300, -3e-300], [1, 0, 1]) == pytest.approx(expected, rel=1e-14)
    assert noise.fit_scale(-2.0) == pytest.approx(noise.fit_scale([-2.0]), rel=1e-14)


@every_family
@pytest.mark.parametrize("scale", [1e-6, 2.5])
def test_the_scale_of_a_sample_is_found(noise, scale):
    """Within four standard errors, about 1/√n of the scale for a Laplace distribution and less for a Gaussian."""
    found = noise.fit_scale(noise.sample(40_000, scale, random_state=0))
    assert found == pytest.approx(scale, rel=4 / math.sqrt(40_000))


@pytest.mark.parametrize("delta", [1e-150, 1e-8, 1e-3, 1e3, 1e8, 1e150])
def test_the_scale_of_huber_noise_in_its_limits(delta):
    residuals = np.array([1.0, -2.0, 30.0, 0.0])
    expected = math.sqrt(905 / 4) if delta > 1 else delta * 33 / 4
    assert HuberNoise(Huber(delta)).fit_scale(residuals) == pytest.approx(expected, rel=1e-5)


@every_family
@pytest.mark.parametrize(
    ("residuals", "weights", "message"),
    [
        ([0.0, 0.0], None, "all residuals are 0, so no scale is the likeliest"),
        ([0.0, 1.0], [1.0, 0.0], "all residuals are 0"),
        ([1.0, np.nan], None, "residuals contains NaN in row 1"),
        ([[1.0, np.inf]], None, "residuals contains inf in row 0"),
        ([], None, "there are no rows"),
        ([1.0], [1.0, 2.0], r"weights has shape \(2,\); expected \(1,\)"),
        (["a"], None, "residuals must be an array of real numbers"),
    ],
)
def test_refuses_residuals_without_a_likeliest_scale(noise, residuals, weights, message):
    with pytest.raises(InvalidDataError, match=message):
        noise.fit_scale(residuals, weights)


@pytest.mark.parametrize("scale", [0, -1.0, np.inf, np.nan, "auto"])
def test_refuses_a_scale_that_is_no_positive_number(scale):
    message = r"^scale=.*: expected a finite number above 0$"
    for noise in PEERS:
        with pytest.raises(InvalidParameterError, match=message):
            noise.sample(3, scale)
        with pytest.raises(InvalidParameterError, match=message):
            noise.log_density([1.0], scale)
    with pytest.raises(InvalidParameterError, match=message):
        Categorical().sample([[1.0, 2.0]], scale)
    with pytest.raises(InvalidParameterError, match=message):
        Categorical().log_density([[1.0, 2.0]], [0], scale)


SCORES = 2 * np.random.RandomState(0).randn(60, 4)
LABELS = Categorical().sample(SCORES, 1.5, random_state=1)


@pytest.mark.parametrize("temperature", [0.1, 1.0, 20.0])
def test_categorical_density_is_that_of_torch(temperature):
    distribution = torch.distributions.Categorical(logits=torch.tensor(SCORES / temperature))
    expected = distribution.log_prob(torch.tensor(LABELS)).numpy()
    np.testing.assert_allclose(Categorical().log_density(SCORES, LABELS, temperature), expected, atol=1e-13)


def test_categorical_density_sums_to_one_at_any_temperature():
    assert Categorical().normaliser == 1
    for temperature in (1e-300, 1e-3, 1.0, 1e3, 1e300):
        densities = [Categorical().log_density(SCORES, np.full(60, k), temperature) for k in range(4)]
        np.testing.assert_allclose(np.exp(densities).sum(axis=0), 1, rtol=1e-14)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_drawn_labels_have_the_frequencies_of_the_softmax(temperature):
    scores = np.array([2.0, 0.0, -1.0, 1.0])
    labels = Categorical().sample(np.tile(scores, (20_000, 1)), temperature, random_state=0)
    p = np.exp(scores / temperature) / np.exp(scores / temperature).sum()
    assert stats.chisquare(np.bincount(labels, minlength=4), 20_000 * p).pvalue > 0.01
    again = Categorical().sample(np.tile(scores, (20_000, 1)), temperature, np.random.RandomState(0))
    np.testing.assert_array_equal(labels, again)


def test_a_cold_sample_is_the_best_class():
    np.testing.assert_array_equal(Categorical().sample(SCORES, 1e-300, random_state=0), SCORES.argmax(axis=1))


def test_temperature_by_hand():
    """Three of four rows of class 0: 2/T = log 3. Weights that say seven of eight: 2/T = log 7."""
    scores, labels = [[2.0, 0.0]] * 4, [0, 0, 0, 1]
    assert Categorical().fit_scale(scores, labels) == pytest.approx(2 / math.log(3), rel=1e-14)
    assert Categorical().fit_scale(scores, labels, [7, 0, 0, 1]) == pytest.approx(2 / math.log(7), rel=1e-14)
    assert Categorical().fit_scale(scores, [[0.75, 0.25]] * 4) == pytest.approx(2 / math.log(3), rel=1e-14)


@given(
    arrays(np.float64, (6, 3), elements=st.integers(-20, 20).map(float)),
    st.floats(0.05, 50),
)
def test_the_temperature_of_its_own_probabilities_is_found(scores, temperature):
    scores += [0.0, 1.0, 2.5]
    soft = CrossEntropy().probabilities(scores / temperature)
    assume(soft.max(axis=1).min() < 0.999)
    assert Categorical().fit_scale(scores, soft) == pytest.approx(temperature, rel=1e-6)


@given(st.integers(0, 1000), st.integers(-300, 300))
def test_no_temperature_is_likelier(seed, power):
    random = np.random.RandomState(seed)
    scores, weights = random.randn(30, 4), random.uniform(0.1, 2, 30)
    labels = Categorical().sample(scores, 0.7, random)
    found = Categorical().fit_scale(scores, labels, weights)

    def loss(log_temperature):
        density = Categorical().log_density(scores, labels, math.exp(log_temperature))
        return -float(np.average(density, weights=weights))

    other = minimize_scalar(loss, bracket=(-1, 1)).fun
    grid = min(loss(math.log(found) + step) for step in np.linspace(-3, 3, 31))
    assert loss(math.log(found)) <= min(other, grid) + 1e-13
    stretched = Categorical().fit_scale(scores * 2.0**power, labels, weights)
    assert stretched == pytest.approx(found * 2.0**power, rel=1e-12)


def test_the_temperature_of_drawn_labels_is_found():
    scores = np.random.RandomState(0).randn(20_000, 5) * 2
    for temperature in (0.4, 1.0, 3.0):
        labels = Categorical().sample(scores, temperature, random_state=0)
        assert Categorical().fit_scale(scores, labels) == pytest.approx(temperature, rel=0.05)


@pytest.mark.parametrize(
    ("scores", "labels", "message"),
    [
        ([[1.0, 1.0], [2.0, 2.0]], [0, 1], "the scores of every row are all equal"),
        ([[1.0], [2.0]], [0, 0], "the scores of every row are all equal"),
        ([[1.0, 0.0], [0.0, 3.0]], [0, 1], "every label has the highest score of its row"),
        ([[1.0, 1.0, 0.0], [0.0, 3.0, 3.0]], [0, 1], "every label has the highest score of its row"),
        ([[1.0, 0.0], [0.0, 1e-9]], [0, 1], "every label has the highest score of its row"),
        ([[1.0, 0.0], [0.0, 3.0]], [1, 0], "the labels are no likelier where their scores are higher"),
        ([[1.0, 0.0], [1.0, 0.0]], [1, 0], "the labels are no likelier where their scores are higher"),
        ([[1.0, np.nan]], [0], "scores contains NaN in row 0"),
        ([[1e308, -1e308]] * 4, [0, 0, 0, 1], "the scores of a row are too far apart"),
        ([[1e308, 0.0]] * 5, [0, 0, 0, 1, 1], "the likeliest temperature is no float64"),
        (np.zeros((2, 0)), [0, 0], r"scores have shape \(2, 0\); expected at least one output"),
        (
            [[1.0], [1.0, 2.0]],
            [0, 0],
            "scores must be an array of real numbers, with rows of the same length",
        ),
        ([[1.0, 0.0]], [2], "the label of row 0 is 2"),
        ([[1.0, 0.0]], [0, 1], r"scores have shape \(1, 2\) and targets \(2,\)"),
        (np.zeros((0, 2)), [], "there are no rows"),
    ],
)
def test_refuses_labels_without_a_likeliest_temperature(scores, labels, message):
    with pytest.raises(InvalidDataError, match=message):
        Categorical().fit_scale(scores, labels)


def test_the_likeliest_temperature_near_its_limits():
    """One label in a thousand on the lower score of rows that differ by a hair: 1/T = log(999)/gap, and the reverse."""
    for gap in (1e-12, 1e12):
        scores, labels = np.tile([gap, 0.0], (1000, 1)), (np.arange(1000) == 7).astype(int)
        assert Categorical().fit_scale(scores, labels) == pytest.approx(gap / math.log(999), rel=1e-12)
    nearly_even = [1] * 499 + [0] * 501
    found = Categorical().fit_scale(np.tile([1.0, 0.0], (1000, 1)), nearly_even)
    assert found == pytest.approx(1 / math.log(501 / 499), rel=1e-11)


def test_an_impossible_class_without_a_share_costs_nothing():
    assert Categorical().log_density([[2.0, 0.0]], [[1.0, 0.0]], scale=1e-320).tolist() == [0.0]
    assert Categorical().log_density([[1e308, -1e308]], [[1.0, 0.0]]).tolist() == [0.0]


def test_refuses_scores_without_a_class():
    message = r"^scores have shape \(2, 0\); expected at least one output$"
    with pytest.raises(InvalidDataError, match=message):
        Categorical().log_density(np.zeros((2, 0)), [0, 0])
    with pytest.raises(InvalidDataError, match=message):
        Categorical().sample(np.zeros((2, 0)))


@every_family
def test_sizes_of_samples(noise):
    assert noise.sample((), random_state=0).shape == ()
    assert noise.sample(0).shape == (0,)
    assert noise.sample((2, np.int64(3))).shape == (2, 3)
    for size in (-1, 2.5, "a", None, True, (2, -1), (2, 2.5)):
        with pytest.raises(
            InvalidParameterError, match=r"^size=.*: expected a whole number, at least 0, or a tuple"
        ):
            noise.sample(size)
    with pytest.raises(
        InvalidParameterError, match=r"^size=\(10{10}, 10{10}\): more numbers than an array can hold$"
    ):
        noise.sample((10**10, 10**10))


@pytest.mark.parametrize("random_state", ["x", -1, 2**32, 1.5, True, np.random.default_rng(0)], ids=str)
def test_refuses_a_random_state_that_is_none(random_state):
    message = r"^random_state=.*: expected a whole number from 0 to 4294967295, a RandomState or None$"
    for noise in PEERS:
        with pytest.raises(InvalidParameterError, match=message):
            noise.sample(3, random_state=random_state)
    with pytest.raises(InvalidParameterError, match=message):
        Categorical().sample([[1.0, 2.0]], random_state=random_state)


@pytest.mark.parametrize("noise", [Gaussian, Laplace, HuberNoise, AsymmetricLaplace, Categorical])
@pytest.mark.parametrize(
    "loss", [Squared(), Absolute(), Huber(), Quantile(), CrossEntropy(), "squared", None]
)
def test_refuses_the_loss_of_another_noise(noise, loss):
    if loss == noise().loss:
        assert noise(loss).loss == loss
    else:
        with pytest.raises(
            InvalidParameterError, match=rf"^loss=.*: {noise.__name__} is the noise of \w+, and takes"
        ):
            noise(loss)

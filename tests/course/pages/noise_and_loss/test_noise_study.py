"""The theory of estimation under noise against published constants, SciPy's distributions and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, stats

from onelayer.course.pages.noise_and_loss import noise_study
from onelayer.course.pages.noise_and_loss.noise_study import DENSITIES, asymptotic_variance, least_variance
from onelayer.losses import Absolute, Huber, Squared

PEERS = {
    "gaussian": stats.norm().pdf,
    "laplace": stats.laplace().pdf,
    "student-t": stats.t(3).pdf,
    "contaminated": lambda e: 0.9 * stats.norm.pdf(e) + 0.1 * stats.norm.pdf(e, scale=10),
}


@pytest.mark.parametrize("family", DENSITIES)
@pytest.mark.parametrize("e", [0.1, 0.8, 2.5, 4.0, 12.0])
def test_densities_and_their_scores(family, e):
    density, peer, h = DENSITIES[family], PEERS[family], 1e-4
    assert density.value(e) == pytest.approx(peer(e), rel=1e-12)
    slope = -(math.log(peer(e + h)) - math.log(peer(e - h))) / (2 * h)
    assert density.score(e) == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize(
    ("family", "variance", "absolute"),
    [
        ("gaussian", 1.0, math.pi / 2),
        ("laplace", 2.0, 1.0),
        ("student-t", 3.0, 3 * math.pi**2 / 16),
        ("contaminated", 10.9, math.pi / (2 * 0.91**2)),
    ],
)
def test_variances_worked_by_hand(family, variance, absolute):
    """Of the squared loss it is the variance of the noise, of the absolute one 1/(4f(0)²)."""
    assert asymptotic_variance(Squared(), DENSITIES[family]) == pytest.approx(variance)
    assert asymptotic_variance(Absolute(), DENSITIES[family]) == pytest.approx(absolute)


def test_huber_with_the_textbook_delta_has_95_per_cent_efficiency():
    """Huber, Robust Statistics, 1981: δ = 1.345 for a normal error."""
    assert 1 / asymptotic_variance(Huber(1.345), DENSITIES["gaussian"], 1.345) == pytest.approx(
        0.95, abs=5e-5
    )


@pytest.mark.parametrize(("delta", "limit"), [(1e-3, Absolute()), (60.0, Squared())])
@pytest.mark.parametrize("family", ["gaussian", "laplace", "contaminated"])
def test_huber_lies_between_absolute_and_squared(family, delta, limit):
    found = asymptotic_variance(Huber(delta), DENSITIES[family], delta)
    assert found == pytest.approx(asymptotic_variance(limit, DENSITIES[family]), rel=5e-3)


@pytest.mark.parametrize("family", DENSITIES)
def test_nothing_is_below_the_bound(family):
    bound = least_variance(DENSITIES[family])
    for loss, joint in ((Squared(), 1.0), (Absolute(), 1.0), (Huber(1.345), 1.345)):
        assert asymptotic_variance(loss, DENSITIES[family], joint) >= bound * (1 - 1e-9)


def test_bound_of_the_contaminated_normal_by_another_rule():
    e = np.linspace(-60, 60, 400_001)
    f = PEERS["contaminated"](e)
    information = integrate.simpson(np.gradient(f, e) ** 2 / f, x=e)
    assert least_variance(DENSITIES["contaminated"]) == pytest.approx(1 / information, rel=1e-6)


def test_simulated_least_squares_has_its_exact_error():
    """With Gaussian inputs and an intercept, E‖ŵ − w‖² = d·σ²/(n − d − 2)."""
    errors = noise_study.simulate({"squared": Squared()}, "gaussian", rows=12, repetitions=4000, seed=1)
    mean, error = noise_study.mean_with_error(errors["squared"])
    assert abs(mean - 2 / (12 - 4)) < 4 * error
    assert error < 0.01


def test_ratio_with_error_against_repetition():
    """The standard error of a ratio is the spread of the ratio when all is done again."""
    random_state = np.random.RandomState(0)
    below = random_state.exponential(size=(2000, 200))
    above = 2 * below + random_state.exponential(size=below.shape)
    found = [noise_study.ratio_with_error(*pair) for pair in zip(above, below, strict=True)]
    ratios, errors = np.transpose(found)
    assert np.mean(errors) == pytest.approx(np.std(ratios), rel=0.06)

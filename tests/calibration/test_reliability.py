import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import binom, binomtest
from sklearn.calibration import calibration_curve

from onelayer.calibration import class_reliability_curves, reliability_curve
from onelayer.errors import InvalidDataError, InvalidParameterError


def test_bins_by_hand():
    # Bins (0, ¼], (¼, ½], (½, ¾], (¾, 1]; all values are exact in binary.
    curve = reliability_curve([0, 1, 0, 1, 1, 1], [0.0, 0.25, 0.375, 0.5, 0.875, 1.0], n_bins=4)
    np.testing.assert_array_equal(curve.edges, [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_array_equal(curve.counts, [2, 2, 0, 2])
    np.testing.assert_array_equal(curve.probability, [0.125, 0.4375, np.nan, 0.9375])
    np.testing.assert_array_equal(curve.frequency, [0.5, 0.5, np.nan, 1.0])
    # (2·0.375 + 2·0.0625 + 2·0.0625) / 6
    assert curve.expected_calibration_error == pytest.approx(1 / 6, rel=1e-15)
    assert curve.maximum_calibration_error == 0.375


@pytest.mark.parametrize("n_bins", [10, 15, 100])
def test_a_probability_on_an_edge_belongs_to_the_bin_below(n_bins):
    edges = np.array([m / n_bins for m in range(1, n_bins + 1)])
    curve = reliability_curve(np.ones(n_bins), edges, n_bins=n_bins)
    np.testing.assert_array_equal(curve.counts, np.ones(n_bins))


outcomes_and_probabilities = st.integers(1, 60).flatmap(
    lambda n: st.tuples(
        hnp.arrays(bool, n), hnp.arrays(np.float64, n, elements=st.floats(0, 1, allow_subnormal=False))
    )
)


@given(outcomes_and_probabilities, st.integers(1, 30))
def test_a_curve_accounts_for_every_row(data, n_bins):
    outcomes, probabilities = data
    curve = reliability_curve(outcomes, probabilities, n_bins=n_bins)
    filled = curve.counts > 0
    assert curve.counts.sum() == len(outcomes)
    np.testing.assert_array_equal(np.isnan(curve.frequency), ~filled)
    assert (curve.counts[filled] * curve.frequency[filled]).sum() == pytest.approx(outcomes.sum())
    assert (curve.counts[filled] * curve.probability[filled]).sum() == pytest.approx(probabilities.sum())
    assert (curve.probability[filled] <= curve.edges[1:][filled] + 1e-12).all()
    assert (curve.probability[filled] >= curve.edges[:-1][filled] - 1e-12).all()
    assert 0 <= curve.expected_calibration_error <= curve.maximum_calibration_error + 1e-12 <= 1 + 2e-12


def test_agrees_with_scikit_learn_on_two_classes():
    rng = np.random.default_rng(0)
    probabilities = rng.beta(2, 1, size=500)
    outcomes = rng.random(500) < probabilities**2
    frequency, probability = calibration_curve(outcomes, probabilities, n_bins=8)
    curve = reliability_curve(outcomes, probabilities, n_bins=8)
    filled = curve.counts > 0
    np.testing.assert_allclose(curve.frequency[filled], frequency, rtol=1e-13)
    np.testing.assert_allclose(curve.probability[filled], probability, rtol=1e-13)


@pytest.mark.parametrize(
    ("outcomes", "probabilities", "message"),
    [
        ([], [], "two lists of one length"),
        ([1, 0], [0.5], r"shapes \(2,\) and \(1,\)"),
        ([1, 0], [0.5, 1.25], r"the probability in row 1 is 1\.25; it must be between 0 and 1"),
        ([1, 0], [np.nan, 0.5], "the probability in row 0 is nan"),
        ([1, 2], [0.5, 0.5], r"the outcome in row 1 is 2\.0; it must be 0 or 1"),
    ],
)
def test_refuses_what_is_no_probability(outcomes, probabilities, message):
    with pytest.raises(InvalidDataError, match=message):
        reliability_curve(outcomes, probabilities)


@pytest.mark.parametrize("n_bins", [0, -1, 2.5])
def test_refuses_a_number_of_bins_that_is_none(n_bins):
    with pytest.raises(InvalidParameterError, match="n_bins must be a whole number of at least 1"):
        reliability_curve([1], [0.5], n_bins=n_bins)


@pytest.mark.parametrize("level", [0.5, 0.95])
@pytest.mark.parametrize("n", [1, 4, 30])
def test_the_interval_holds_the_chance_at_least_as_often_as_it_says(n, level):
    curves = [reliability_curve(np.arange(n) < hits, np.full(n, 0.5), n_bins=1) for hits in range(n + 1)]
    low, high = np.array([curve.interval(level) for curve in curves])[:, :, 0].T
    for chance in np.linspace(0, 1, 201):
        probabilities = binom.pmf(np.arange(n + 1), n, chance)
        assert probabilities[(low <= chance) & (chance <= high)].sum() >= level - 1e-12


@pytest.mark.parametrize(("hits", "n"), [(0, 5), (5, 5), (1, 40), (17, 40), (1, 1)])
def test_the_interval_is_that_of_scipy(hits, n):
    curve = reliability_curve(np.arange(n) < hits, np.full(n, 0.9), n_bins=2)
    expected = binomtest(hits, n).proportion_ci(0.9, method="exact")
    low, high = curve.interval(0.9)
    np.testing.assert_allclose([low[1], high[1]], expected, rtol=1e-10)  # scipy finds them by iteration
    assert np.isnan([low[0], high[0]]).all()


def test_the_interval_holds_the_mean_of_chances_that_differ():
    # Every outcome of seven rows with chances from 0.1 to 0.9, each with its probability.
    chances = np.linspace(0.1, 0.9, 7)
    held = 0.0
    for outcome in itertools.product([0, 1], repeat=7):
        low, high = reliability_curve(outcome, chances, n_bins=1).interval(0.8)
        probability = np.where(outcome, chances, 1 - chances).prod()
        held += probability * (low[0] <= chances.mean() <= high[0])
    assert held >= 0.8


@pytest.mark.parametrize("level", [0, 1, "high"])
def test_refuses_a_level_that_is_none(level):
    with pytest.raises(InvalidParameterError, match="level="):
        reliability_curve([1], [0.5]).interval(level)


def test_each_class_has_the_curve_of_its_own_column():
    random = np.random.default_rng(3)
    proba = random.dirichlet([1, 2, 3], size=200)
    labels = np.array(["b", "c", "a"])[random.integers(0, 3, 200)]
    curves = class_reliability_curves(labels, proba, classes=["b", "c", "a"], n_bins=5)
    for label, column, curve in zip("bca", proba.T, curves, strict=True):
        alone = reliability_curve(labels == label, column, n_bins=5)
        np.testing.assert_array_equal(curve.counts, alone.counts)
        np.testing.assert_allclose(curve.frequency, alone.frequency)
        np.testing.assert_allclose(curve.probability, alone.probability)

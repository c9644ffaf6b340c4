import math

import numpy as np
import pytest

from onelayer.errors import InvalidParameterError
from onelayer.inference.bootstrap import Bootstrap, bootstrap
from onelayer.inference.covariance import heteroscedastic

from .problems import least_squares, table


def test_standard_error_of_a_mean():
    # Of the mean of n rows the bootstrap's standard error tends to √(Σ(yᵢ − ȳ)²)/n; it errs by 1/√(2·4000) of itself.
    y = np.random.RandomState(0).standard_normal(50)

    def mean(weights):
        return np.zeros((1, 0)), np.average(y, weights=weights, keepdims=True)

    ours = bootstrap(mean, 50, n_resamples=4000, random_state=0)
    assert ours.samples.shape == (4000, 1, 1)
    error = ours.covariance().standard_errors
    np.testing.assert_allclose(error, y.std() / math.sqrt(50), rtol=4 / math.sqrt(8000))


def test_standard_error_of_a_median():
    # For large n it is 1/(2·f(m)·√n), with the density f at the median m: √(π/2)/√n for a normal sample (Koenker, 1.4).
    # The bootstrap's own is noisy, by about n^(−1/4) of itself, so the mean over 60 samples is taken.
    n, random, errors = 401, np.random.RandomState(0), []
    for _ in range(60):
        y = np.sort(random.standard_normal(n))

        def median(weights, y=y):
            below = np.cumsum(weights)
            return np.zeros((1, 0)), y[[np.searchsorted(below, below[-1] / 2)]]

        resampled = bootstrap(median, n, n_resamples=100, random_state=random)
        errors.append(resampled.covariance().standard_errors[0])
    assert np.mean(errors) == pytest.approx(math.sqrt(math.pi / 2 / n), rel=0.1)


def test_of_least_squares_it_agrees_with_hc0():
    # Both are consistent where the noise varies; weights multiply the counts.
    X, targets, weights = table(800, 2, weighted=True)

    def refit(counts):
        fit = least_squares(X, targets, counts)
        return fit.coef, fit.intercept

    ours = bootstrap(refit, 800, weights, n_resamples=600, random_state=0).covariance()
    expected = heteroscedastic(least_squares(X, targets, weights), X, targets, weights, "HC0")
    np.testing.assert_allclose(ours.standard_errors, expected.standard_errors, rtol=0.15)


def test_what_refit_is_given():
    seen, heard = [], []

    def refit(weights):
        seen.append(weights.copy())
        return np.full((2, 3), len(seen)), np.full(2, -len(seen))

    weights = np.array([0.0, 2.0, 3.0, 0.5])
    ours = bootstrap(
        refit, 4, weights, n_resamples=5, random_state=1, progress=lambda *told: heard.append(told)
    )
    counts = np.array(seen)[:, 1:] / weights[1:]
    np.testing.assert_array_equal(counts, counts.round())
    assert (counts.sum(axis=1) <= 4).all()
    assert heard == [(done, 5) for done in range(1, 6)]
    np.testing.assert_array_equal(ours.samples[3], [[-4, 4, 4, 4]] * 2)

    def counted(weights):
        assert weights.sum() == 4
        return np.zeros((1, 0)), np.zeros(1)

    assert bootstrap(counted, 4, n_resamples=7).n_resamples == 7


def test_the_same_seed_gives_the_same_samples():
    def refit(weights):
        return weights[None, :2], weights[2:3]

    first, again, other = (
        bootstrap(refit, 30, n_resamples=3, random_state=seed).samples for seed in (5, 5, 6)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_percentiles_and_covariance_by_hand():
    ours = Bootstrap(np.array([[[float(i), 2.0 * i]] for i in range(101)]))
    np.testing.assert_allclose(ours.interval(0.9), [[5, 10], [95, 190]], rtol=1e-12)
    variance = 101 * 102 / 12  # of 0 … 100, over n − 1
    np.testing.assert_allclose(ours.covariance().matrix, variance * np.array([[1, 2], [2, 4]]), rtol=1e-12)


@pytest.mark.parametrize("wrong", [{"n_resamples": 1}, {"random_state": "x"}, {"n_rows": 0}])
def test_refusals(wrong):
    with pytest.raises(InvalidParameterError, match=next(iter(wrong))):
        bootstrap(**{"refit": lambda w: None, "n_rows": 3, **wrong})

"""Synthetic regression: the model it is made by, each family of noise against scipy, the same bits again."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from onelayer.data.dataset import fingerprint
from onelayer.data.synthetic import FAMILIES, synthetic_regression
from onelayer.errors import InvalidParameterError

N = 20_000
CDFS: dict[str, Callable[[NDArray], NDArray]] = {
    "gaussian": stats.norm.cdf,
    "laplace": stats.laplace.cdf,
    "student-t": stats.t(3).cdf,
    "contaminated": lambda x: 0.9 * stats.norm.cdf(x) + 0.1 * stats.norm.cdf(x / 10),
}
STANDARD_DEVIATIONS = {
    "gaussian": stats.norm.std(),
    "laplace": stats.laplace.std(),
    "contaminated": np.sqrt(0.9 + 0.1 * 10**2),
}


def standard_noise(family: str, noise: float = 1.0, seed: int = 0) -> NDArray:
    """Return ε, from the definition y = Xw + b + noise·ε."""
    data = synthetic_regression([2.0, -3.4], 4.2, N, noise, family, random_state=seed)
    assert data.y is not None
    return (data.y - (data.X @ [2.0, -3.4] + 4.2)) / noise


def test_the_default_is_the_course_s() -> None:
    data = synthetic_regression(random_state=0)
    assert data.y is not None
    assert (data.X.shape, data.X.dtype) == ((1000, 2), np.float64)
    assert (data.y.shape, data.y.dtype) == ((1000,), np.float64)
    assert (data.name, data.part, data.regression) == ("synthetic-regression", "train", True)
    assert (data.classes, data.image_shape, data.feature_names) == (None, None, None)
    assert data.source == (
        "synthetic-regression: y = X·(2, -3.4) + 4.2 + 0.01·ε with gaussian ε, 1,000 rows, random_state=0"
    )
    residuals = data.y - (2.0 * data.X[:, 0] - 3.4 * data.X[:, 1] + 4.2)
    assert residuals.std() == pytest.approx(0.01, rel=5 / np.sqrt(2000))


def test_without_noise_the_model_holds() -> None:
    data = synthetic_regression([0.5, 1.0, -2.0], 8.0, 50, 0, random_state=3)
    truth = [math.fsum([0.5 * x0, x1, -2.0 * x2, 8.0]) for x0, x1, x2 in data.X]
    np.testing.assert_allclose(data.y, truth, rtol=0, atol=1e-14)


def test_whole_numbers_are_numbers() -> None:
    data = synthetic_regression((1, -1), 10**300, 5, 1, random_state=0)
    np.testing.assert_array_equal(data.y, np.full(5, 1e300))


def test_columns_are_independent_and_standard_normal() -> None:
    X = synthetic_regression(np.ones(3), n=N, random_state=0).X
    for column in X.T:
        assert stats.kstest(column, stats.norm.cdf).pvalue > 0.01
    assert np.abs(np.corrcoef(X.T) - np.eye(3)).max() < 5 / np.sqrt(N)


@pytest.mark.parametrize("family", FAMILIES)
def test_noise_has_the_distribution_of_its_family_and_of_no_other(family: str) -> None:
    epsilon = standard_noise(family)
    for name, cdf in CDFS.items():
        p = stats.kstest(epsilon, cdf).pvalue
        assert p > 0.01 if name == family else p < 1e-6


@pytest.mark.parametrize("family", STANDARD_DEVIATIONS)
def test_noise_has_the_standard_deviation_that_is_documented(family: str) -> None:
    epsilon, sd = standard_noise(family), STANDARD_DEVIATIONS[family]
    error_of_variance = np.sqrt((np.mean(epsilon**4) - sd**4) / N)
    assert np.mean(epsilon**2) == pytest.approx(sd**2, abs=5 * error_of_variance)
    assert np.mean(epsilon) == pytest.approx(0, abs=5 * sd / np.sqrt(N))


def test_student_t_has_the_quartiles_of_three_degrees_of_freedom() -> None:
    """Its fourth moment is infinite, so the standard deviation of a sample says little."""
    low, high = np.quantile(standard_noise("student-t"), [0.25, 0.75])
    assert (low, high) == pytest.approx(stats.t(3).ppf([0.25, 0.75]), abs=0.03)


@pytest.mark.parametrize("family", FAMILIES)
def test_noise_is_a_scale(family: str) -> None:
    np.testing.assert_allclose(
        standard_noise(family, noise=100.0), standard_noise(family), rtol=1e-9, atol=1e-11
    )


def test_rows_do_not_depend_on_noise_and_model() -> None:
    X = synthetic_regression(random_state=5).X
    for family in FAMILIES:
        for noise in (0.0, 1.0):
            again = synthetic_regression((1.0, 1.0), -1.0, noise=noise, family=family, random_state=5)
            assert again.X.tobytes() == X.tobytes()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_seed_gives_the_same_bits(family: str) -> None:
    first, again, other = (synthetic_regression(family=family, random_state=seed) for seed in (7, 7, 8))
    assert first.X.tobytes() == again.X.tobytes()
    assert first.y.tobytes() == again.y.tobytes()  # type: ignore[union-attr]
    assert first.fingerprint == again.fingerprint
    assert first.fingerprint != other.fingerprint
    assert not np.isin(first.X, other.X).any()


def test_a_generator_goes_on() -> None:
    random = np.random.RandomState(7)
    first, second = (synthetic_regression(random_state=random) for _ in range(2))
    assert first.fingerprint == synthetic_regression(random_state=7).fingerprint
    assert first.fingerprint != second.fingerprint
    assert synthetic_regression().fingerprint != synthetic_regression().fingerprint


def test_the_fingerprint_is_of_x_and_y() -> None:
    data = synthetic_regression(n=3, random_state=0)
    assert data.y is not None
    digests = [hashlib.sha256(array.tobytes()).hexdigest() for array in (data.X, data.y)]
    assert data.fingerprint == fingerprint(*digests)


def test_many_weights_are_shown_by_the_first() -> None:
    assert "X·(1, 1, 1, 1, 1, 1, …) + 4.2" in synthetic_regression(np.ones(100), n=1).source


def test_a_negative_intercept_is_subtracted_and_one_row_is_a_row() -> None:
    source = synthetic_regression([1.0], -4.2, 1, 0.5, "laplace").source
    assert source == "synthetic-regression: y = X·(1) − 4.2 + 0.5·ε with laplace ε, 1 row"


def test_whole_numbers_of_more_than_64_bits_are_weights() -> None:
    large = synthetic_regression([10**30, -1], 0, 5, 0, random_state=0)
    assert large.fingerprint == synthetic_regression([1e30, -1.0], 0, 5, 0, random_state=0).fingerprint


@given(
    w=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5),
    b=st.floats(-1e6, 1e6),
    n=st.integers(1, 20),
    noise=st.floats(0, 1e6),
    family=st.sampled_from(sorted(FAMILIES)),
)
def test_whatever_is_in_range(w: list[float], b: float, n: int, noise: float, family: str) -> None:
    data = synthetic_regression(w, b, n, noise, family, random_state=0)
    assert data.y is not None
    assert data.X.shape == (n, len(w))
    assert data.y.shape == (n,)
    assert np.isfinite(data.y).all()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"w": []}, r"w=\[\]: expected a sequence of numbers, at least one"),
        ({"w": 2.0}, r"w=2.0: expected a sequence of numbers, at least one"),
        ({"w": [[1.0]]}, r"w=\[\[1.0\]\]: expected a sequence of numbers"),
        ({"w": [[1.0], [1.0, 2.0]]}, r"w=.*: expected a sequence of numbers"),
        ({"w": ["a"]}, r"w=\['a'\]: expected real numbers"),
        ({"w": np.array([1j])}, r"w=array\(\[.*\]\): expected real numbers"),
        ({"w": [1.0, np.nan]}, r"w\[1\]=nan: expected a finite number"),
        ({"w": [-np.inf]}, r"w\[0\]=-inf: expected a finite number"),
        ({"b": np.inf}, r"b=inf: expected a finite number"),
        ({"b": 10**400}, r"b=10{400}: expected a finite number"),
        ({"b": "4"}, r"b='4': expected a finite number"),
        ({"b": None}, r"b=None: expected a finite number"),
        ({"n": 0}, r"n=0: expected a whole number, at least 1"),
        ({"n": -3}, r"n=-3: expected a whole number, at least 1"),
        ({"n": 10.0}, r"n=10.0: expected a whole number, at least 1"),
        ({"n": True}, r"n=True: expected a whole number, at least 1"),
        ({"noise": -0.01}, r"noise=-0.01: expected a finite number of at least 0"),
        ({"noise": np.nan}, r"noise=nan: expected a finite number of at least 0"),
        ({"noise": True}, r"noise=True: expected a finite number of at least 0"),
        ({"family": "cauchy"}, r"family='cauchy': expected one of 'gaussian', 'laplace', 'student-t', 'cont"),
        ({"family": ["gaussian"]}, r"family=\['gaussian'\]: expected one of 'gaussian'"),
        (
            {"random_state": -1},
            r"random_state=-1: expected a whole number from 0 to 4294967295, a RandomState",
        ),
        ({"random_state": "zero"}, r"random_state='zero': expected a whole number"),
        ({"random_state": True}, r"random_state=True: expected a whole number"),
        ({"n": 10**20}, r"n=10{20}: more rows of 2 features than an array can have"),
        ({"w": np.ones(1000), "n": 2**51}, r"n=\d+: more rows of 1000 features than an array can have"),
        ({"w": [1.0, 10**400]}, r"w\[1\]=10{400}: expected a finite number"),
        ({"w": [1.0, None]}, r"w\[1\]=None: expected a finite number"),
        ({"w": [1e308, 1e308], "n": 100, "random_state": 0}, r"so large that y is not finite in row \d+$"),
    ],
)
def test_bad_parameters(parameters: dict, message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        synthetic_regression(**parameters)

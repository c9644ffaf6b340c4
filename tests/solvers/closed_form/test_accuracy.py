"""Digits that are right, against exact rational arithmetic and against pivoted Householder QR in float64."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest

from onelayer.solvers.closed_form import Statistics, solve

from .rational import digits, householder, least_squares

RANDOM = np.random.RandomState(0)
SPREAD = RANDOM.rand(50)
YEARS = np.arange(1950.0, 2020.0)
SECONDS = 1.7e9 + np.sort(RANDOM.rand(40, 2) * 3600, axis=0)


def powers(x, degree):
    return np.stack([x**k for k in range(1, degree + 1)], axis=1)


def nearly_collinear(distance):
    X = RANDOM.randn(40, 4)
    X[:, 3] = X[:, 0] + X[:, 1] + distance * RANDOM.randn(40)
    return X


PROBLEMS = {
    "polynomial of degree 5": powers(SPREAD, 5),
    "polynomial of degree 10": powers(SPREAD, 10),
    "degree 10 on [-9, -3]": powers(np.linspace(-9, -3, 82), 10),  # as in NIST's Filip
    "powers of whole numbers": powers(np.arange(1.0, 31), 7),
    **{f"collinear to {d:g}": nearly_collinear(d) for d in (1e-4, 1e-6, 1e-8, 1e-10, 1e-11, 1e-12)},
    "scales from 1e-8 to 1e8": RANDOM.randn(40, 5) * 10.0 ** np.arange(-8, 9, 4),
    "years": np.stack([YEARS, np.sin(YEARS)], axis=1),
    "powers of years": powers(YEARS, 3),
    "seconds since 1970": SECONDS,
    "seconds within a millisecond": 1.7e9 + np.sort(RANDOM.rand(40, 2), axis=0) * 1e-3,
    "one large value": np.where(RANDOM.rand(40, 3) < 0.05, 1e9, 1) * RANDOM.randn(40, 3),
}
SINGULAR_IN_FLOAT32 = {"seconds within a millisecond"}
CASES = [
    (name, dtype)
    for name in PROBLEMS
    for dtype in (np.float32, np.float64)
    if dtype == np.float64 or name not in SINGULAR_IN_FLOAT32
]


def targets(X):
    values = X.astype(np.float64)
    random = np.random.RandomState(1)
    return (values / np.abs(values).max(axis=0)) @ random.randn(X.shape[1]) + 1 + 0.1 * random.randn(len(X))


@pytest.mark.parametrize(("name", "dtype"), CASES)
@pytest.mark.parametrize("weighted", [False, True])
def test_never_fewer_digits_than_pivoted_qr(name, dtype, weighted):
    X = PROBLEMS[name].astype(dtype)
    y, weights = targets(X), np.random.RandomState(2).rand(len(X)) * 9 if weighted else None
    exact = least_squares(X, y, weights)
    fit = solve(Statistics.of(X, y[:, None], weights))
    assert fit.rank == X.shape[1]
    found = digits([*fit.intercept, *fit.coef[0]], exact)
    assert found >= digits(householder(X, y, weights), exact)
    assert found >= min(14.5, 28.5 - 2 * np.log10(fit.condition))


@pytest.mark.parametrize("name", ["years", "polynomial of degree 10", "scales from 1e-8 to 1e8"])
def test_without_an_intercept(name):
    X = PROBLEMS[name]
    y = targets(X)
    exact = least_squares(X, y, fit_intercept=False)
    fit = solve(Statistics.of(X, y[:, None], None), fit_intercept=False)
    assert fit.intercept.tolist() == [0]
    assert digits(fit.coef[0], exact) >= max(14, digits(householder(X, y, fit_intercept=False), exact))


@pytest.mark.parametrize("distance", [3e-8, 1e-10, 1e-12])
def test_parts_of_nearly_collinear_rows_agree_as_far_as_the_condition_allows(distance):
    """To 1e-12 up to a condition number of 10⁸, and to 10⁻²⁹ of its square beyond."""
    X = nearly_collinear(distance)
    y = targets(X)
    exact = least_squares(X, y)
    for size in (1, 7, 39):
        parts = [Statistics.of(X[k : k + size], y[k : k + size, None], None) for k in range(0, 40, size)]
        fit = solve(reduce(Statistics.merge, parts))
        assert fit.condition > 2e7
        found = digits([*fit.intercept, *fit.coef[0]], exact)
        assert found >= min(12.0 if fit.condition < 1e8 else 15.0, 28.5 - 2 * np.log10(fit.condition))


@pytest.mark.parametrize("exponent", [-200, -100, 100, 150])
def test_no_overflow_and_no_underflow(exponent):
    X = np.random.RandomState(3).randn(30, 3) * np.array([10.0**exponent, 1.0, 10.0**-exponent])
    y = np.random.RandomState(4).randn(30)
    for weights in (
        None,
        np.random.RandomState(5).rand(30) * 1e-250,
        np.random.RandomState(5).rand(30) * 1e250,
    ):
        fit = solve(Statistics.of(X, y[:, None], weights))
        assert digits([*fit.intercept, *fit.coef[0]], least_squares(X, y, weights)) == 15


def test_a_heavy_outlier_of_little_weight_hides_nothing():
    random = np.random.RandomState(6)
    X, weights = random.randn(50, 2), np.ones(50)
    X[7], weights[7] = 1e15, 1e-26
    y = X @ np.array([1.0, -2.0]) * 1e-3 + random.randn(50)
    fit = solve(Statistics.of(X, y[:, None], weights))
    assert digits([*fit.intercept, *fit.coef[0]], least_squares(X, y, weights)) >= 14.5


def test_values_of_float32_give_the_coefficients_of_the_same_values_in_float64():
    random = np.random.RandomState(7)
    X, y = random.randn(2000, 20).astype(np.float32), random.randn(2000, 2)
    narrow, broad = (solve(Statistics.of(array, y, None)) for array in (X, X.astype(np.float64)))
    assert np.array_equal(narrow.coef, broad.coef)
    assert np.array_equal(narrow.intercept, broad.intercept)


def test_a_perfect_fit_has_no_residual_to_speak_of():
    random = np.random.RandomState(8)
    X = random.randint(-9, 9, (200, 6)).astype(np.float64)
    y = X @ np.arange(1.0, 7) + 8
    fit = solve(Statistics.of(X, y[:, None], None))
    assert fit.coef[0].tolist() == [1, 2, 3, 4, 5, 6]
    assert fit.intercept.tolist() == [8]
    assert 0 <= fit.residual[0, 0] <= 1e-24 * fit.total[0, 0]

"""Coordinates: of order one, and back without loss."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from onelayer.matrices import Dense
from onelayer.solvers.newton.coordinates import Coordinates


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("weighted", [False, True])
def test_columns_are_of_order_one(dtype, weighted):
    X = np.random.RandomState(0).rand(500, 3) * (255 if dtype == np.uint8 else [1e-9, 1.0, 1e9])
    weights = np.arange(500.0) if weighted else None
    seen = Coordinates.of(Dense(X.astype(dtype)), weights, True)
    Z = (X - seen.center) * seen.scale
    assert (np.abs(Z.mean(axis=0)) < 0.7).all()
    assert ((Z.std(axis=0) > 0.3) & (Z.std(axis=0) < 3)).all()


@pytest.mark.parametrize("exponent", [-300, -160, 160, 300])
def test_columns_near_the_ends_of_float64(exponent):
    X = np.array([[1.0], [2.0], [4.0]]) * 10.0**exponent
    seen = Coordinates.of(Dense(X), None, True)
    Z = (X - seen.center) * seen.scale
    assert 0.3 < np.abs(Z).max() < 3


def test_columns_that_are_constant_or_absent():
    seen = Coordinates.of(Dense(np.full((4, 1), 3.0)), None, True)
    assert (seen.center.tolist(), seen.scale.tolist()) == ([3.0], [1.0])
    none = Coordinates.of(Dense(np.zeros((4, 0))), None, True)
    assert none.parameters(np.array([0.5]), 2.0, 4.0)[1] == 4.0


def test_rows_without_weight_do_not_count():
    X, weights = np.array([[1e300], [1.0], [3.0]]), np.array([0.0, 1.0, 1.0])
    assert Coordinates.of(Dense(X), weights, True).center.tolist() == [2.0]


def test_parameters_are_rounded_once():
    random = np.random.RandomState(0)
    seen = Coordinates.of(Dense(1e8 + random.rand(20, 4)), None, True)
    theta, offset, unit = random.randn(5), 1234.5, 8.0
    coef, intercept = seen.parameters(theta, offset, unit)
    exact = Fraction(offset) + Fraction(unit) * Fraction(theta[-1])
    exact -= sum(Fraction(w) * Fraction(c) for w, c in zip(coef, seen.center, strict=True))
    assert intercept == float(exact)
    np.testing.assert_array_equal(coef, theta[:4] * seen.scale * unit)
    back = seen.theta(coef, intercept, offset, unit)
    np.testing.assert_array_equal(back[:4], theta[:4])
    assert back[-1] == pytest.approx(theta[-1], abs=np.spacing(abs(intercept)))


def test_a_value_that_most_rows_have_becomes_zero():
    X = np.zeros((101, 3))
    X[:50, 0] = np.arange(50) + 1.0  # 51 rows of 0
    X[:51, 1] = np.arange(51) + 1.0  # 50
    X[:, 2], X[7, 2] = 1e9, 3.0
    seen = Coordinates.of(Dense(X), None, True)
    assert seen.center.tolist() == [0.0, pytest.approx(X[:, 1].mean()), 1e9]
    Z = (X - seen.center) * seen.scale
    assert (np.sqrt(np.square(Z).mean(axis=0)) < 3).all()
    assert (np.sqrt(np.square(Z).mean(axis=0)) > 0.3).all()
    assert Coordinates.of(Dense(X), None, False).center.tolist() == [0.0, 0.0, 0.0]

"""The typical size of errors: by hand, with weights, and against what would deceive a mean or a median."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onelayer.losses import Absolute
from onelayer.matrices import Dense
from onelayer.objective import Objective
from onelayer.solvers.error_scale import error_scale, merged


def scale_of(targets, X=None, weights=None, coef=None, intercept=None):
    targets = np.asarray(targets, float)
    targets = targets[:, None] if targets.ndim == 1 else targets
    n_rows, n_outputs = targets.shape
    X = np.zeros((n_rows, 1)) if X is None else X
    F = Objective(Dense(X), targets, Absolute(), n_outputs, 0.0, weights, True)
    coef = np.zeros((n_outputs, X.shape[1])) if coef is None else coef
    return error_scale(F, coef, np.zeros(n_outputs) if intercept is None else intercept).tolist()


def test_by_hand():
    """Of 1, 2, 3, 100 the largest quarter, 100, lies beyond (3 + 100)/2, the quantile of ¾."""
    assert scale_of([1, -2, 3, -100]) == [(1 + 2 + 3 + 51.5) / 4]
    assert scale_of([1, 1, 2, 2, 1e9]) == [(1 + 1 + 2 + 2 + 2) / 5]


def test_errors_are_those_of_the_model_in_units_of_the_targets():
    X = np.array([[0, 255], [51, 0]], np.uint8)
    found = scale_of(
        [[1.0, 5.0], [2.0, 5.0]], X, coef=np.array([[0.0, 0.0], [0.1, 0.01]]), intercept=np.array([3.0, 0.0])
    )
    assert found == pytest.approx([1.5, (2.45 + 0.1) / 2], rel=1e-6)


def test_mostly_zero_and_all_zero():
    assert scale_of([0] * 9 + [10]) == [1.0]
    assert scale_of([0, 0, 0]) == [0.0]


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(0, 3)), min_size=1, max_size=12))
def test_a_row_of_weight_two_counts_as_two_rows(rows):
    values, repeats = np.array(rows).T
    if repeats.any():
        expected = scale_of(np.repeat(values, repeats))
        assert scale_of(values, weights=repeats.astype(float)) == pytest.approx(expected)


@given(st.lists(st.integers(-99, 99), min_size=4, max_size=40), st.integers(-300, 300))
def test_it_stretches_with_the_targets(values, power):
    stretched = scale_of(np.ldexp(np.array(values, float), power))
    assert stretched == pytest.approx([np.ldexp(scale_of(values)[0], power)])


def test_long_data_and_far_rows():
    """The mean of |e| cut off at the quantile of ¾: for N(0, 1) at 1.1503, ∫ min(|e|, c)φ = 2(φ(0) − φ(c)) + c/4."""
    random = np.random.RandomState(0)
    y = random.standard_normal(1_200_000)
    c = 1.1503493803760079
    expected = 2 * (1 - np.exp(-c * c / 2)) / np.sqrt(2 * np.pi) + c / 4
    assert scale_of(y) == pytest.approx([expected], rel=5e-3)
    y[::20] = 1e300
    assert scale_of(y)[0] < 1.2 * expected


def test_numbers_near_the_largest():
    assert scale_of([1e308, -1e308], intercept=np.array([-1e308])) == pytest.approx([1.4e308], rel=0.5)


def test_merged_by_hand():
    assert merged(np.array([4.0]), np.array([9.0]), 0.5).tolist() == pytest.approx([6.0])
    assert merged(np.array([8.0]), np.array([1.0]), 1 / 3).tolist() == pytest.approx([4.0])
    assert merged(np.array([0.0, 2.0, 0.0]), np.array([3.0, 0.0, 0.0]), 0.1).tolist() == [3.0, 2.0, 0.0]

"""Sums of rounded numbers, held against the bounds of their order."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onelayer.course.pages.vectorisation.summation import errors, in_pairs, one_after_the_other, score_errors

UNIT = float(np.finfo(np.float32).eps) / 2  # the largest relative error of one rounding


@given(st.integers(0, 10), st.integers(0, 2**32 - 1))
def test_errors_stay_within_the_bounds_of_the_order(power, seed):
    values = np.random.RandomState(seed).random_sample(2**power).astype(np.float32)
    exact = math.fsum(values.tolist())
    for add, roundings in ((one_after_the_other, 2**power - 1), (in_pairs, power)):
        bound = roundings * UNIT / (1 - roundings * UNIT)
        assert abs(float(add(values)) - exact) <= bound * exact * (1 + 1e-9)


def test_a_counter_in_float32_stops():
    assert one_after_the_other(np.array([2**24, 1, 1, 1], np.float32)) == 2**24
    assert in_pairs(np.array([2**24, 1, 1, 1], np.float32)) == 2**24 + 2


def test_from_left_to_right_is_what_a_loop_does():
    values = np.random.RandomState(3).random_sample(100).astype(np.float32)
    total = np.float32(0)
    for value in values:
        total = total + value
    assert one_after_the_other(values) == total


def test_the_error_from_left_to_right_grows_and_that_of_pairs_does_not():
    found = errors(2**12, np.random.RandomState(0), trials=5)
    assert found.lengths.tolist() == [2**k for k in range(3, 13)]
    assert found.sequential[-3:].mean() > 3 * found.pairs[-3:].mean()
    assert found.pairs.max() < 12 * UNIT
    assert found.numpy.max() < 12 * UNIT


def test_errors_of_scores_stay_within_the_bound():
    random_state = np.random.RandomState(4)
    X, W = (random_state.standard_normal(shape).astype(np.float32) for shape in ((5, 40), (3, 40)))
    found = score_errors(X, W)
    assert set(found) == {"sequential", "numpy", "kernel"}
    for error in found.values():
        assert error <= 41 * UNIT


def test_errors_of_scores_that_are_exact_are_none():
    X, W = np.ones((2, 8), np.float32), np.ones((1, 8), np.float32)
    assert set(score_errors(X, W).values()) == {0.0}


@pytest.mark.parametrize("add", [one_after_the_other, in_pairs])
def test_one_number_is_its_own_sum(add):
    assert add(np.array([0.5])) == 0.5

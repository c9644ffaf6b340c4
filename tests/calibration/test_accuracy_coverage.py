import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onelayer.calibration import accuracy_coverage_curve
from onelayer.errors import InvalidDataError, InvalidParameterError


def area_of_order(correct):
    """The mean risk over all numbers of rows taken, in the order given."""
    return np.mean([1 - np.mean(correct[:j]) for j in range(1, len(correct) + 1)])


def area_over_orders(correct, confidence):
    """The mean of the area over all orders of the rows in which the confidence does not rise."""
    rows = range(len(correct))
    orders = [
        order
        for order in itertools.permutations(rows)
        if all(confidence[a] >= confidence[b] for a, b in itertools.pairwise(order))
    ]
    return np.mean([area_of_order([correct[i] for i in order]) for order in orders])


def test_points_by_hand():
    curve = accuracy_coverage_curve([0, 1, 1, 1, 0], [0.5, 0.9, 0.9, 0.7, 0.7])
    np.testing.assert_array_equal(curve.threshold, [0.9, 0.7, 0.5])
    np.testing.assert_array_equal(curve.coverage, [0.4, 0.8, 1.0])
    np.testing.assert_allclose(curve.accuracy, [1.0, 0.75, 0.6])
    assert curve.area == pytest.approx((0 + 0 + 0.5 / 3 + 1 / 4 + 2 / 5) / 5)


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 3)), min_size=1, max_size=6))
def test_the_area_is_the_mean_over_all_orders_of_equals(rows):
    correct, confidence = zip(*rows, strict=True)
    curve = accuracy_coverage_curve(correct, confidence)
    assert curve.area == pytest.approx(area_over_orders(correct, confidence), abs=1e-12)
    best = area_of_order(sorted(correct, reverse=True))
    assert curve.excess_area == pytest.approx(curve.area - best, abs=1e-12)
    assert curve.excess_area >= -1e-12


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 4)), min_size=1, max_size=30), st.randoms())
def test_the_order_of_the_rows_does_not_matter(rows, chance):
    shuffled = list(rows)
    chance.shuffle(shuffled)
    one, other = (accuracy_coverage_curve(*zip(*each, strict=True)) for each in (rows, shuffled))
    assert (one.area, one.excess_area) == (other.area, other.excess_area)
    np.testing.assert_array_equal(one.accuracy, other.accuracy)
    np.testing.assert_array_equal(one.coverage, other.coverage)


def test_confidence_that_tells_nothing_has_the_error_rate_for_an_area():
    assert accuracy_coverage_curve([1, 0, 0, 1], [0.5] * 4).area == pytest.approx(0.5)


def test_the_least_area_nears_the_formula_of_geifman():
    # r + (1 − r)·ln(1 − r) is the limit of the least area for many rows and the error rate r.
    n, r = 20_000, 0.3
    curve = accuracy_coverage_curve(np.arange(n) >= r * n, np.arange(n))
    assert curve.excess_area == pytest.approx(0, abs=1e-12)
    assert curve.area == pytest.approx(r + (1 - r) * math.log(1 - r), abs=1e-4)


def test_accuracy_at_a_coverage_and_the_threshold_for_an_accuracy():
    curve = accuracy_coverage_curve([1, 1, 0, 1, 0], [0.9, 0.8, 0.7, 0.6, 0.5])
    assert [curve.accuracy_at(share) for share in (0.1, 0.4, 0.41, 1)] == pytest.approx([1, 1, 2 / 3, 0.6])
    assert [curve.threshold_for(share) for share in (1, 0.75, 0.7, 0.5)] == [0.8, 0.6, 0.6, 0.5]
    assert accuracy_coverage_curve([0, 1], [0.9, 0.8]).threshold_for(0.6) is None


@pytest.mark.parametrize("share", [0, -0.1, 1.5, "all"])
def test_refuses_a_share_that_is_none(share):
    curve = accuracy_coverage_curve([1, 0], [0.9, 0.8])
    with pytest.raises(InvalidParameterError, match="coverage="):
        curve.accuracy_at(share)
    with pytest.raises(InvalidParameterError, match="accuracy="):
        curve.threshold_for(share)


@pytest.mark.parametrize(
    ("correct", "confidence", "message"),
    [
        ([], [], "two lists of one length"),
        ([1], [0.5, 0.5], r"shapes \(1,\) and \(2,\)"),
        ([1, 0], [0.5, np.nan], "row 1 has the confidence nan"),
        ([1, 2], [0.5, 0.4], "row 1 has the confidence 0.4 and correct = 2"),
    ],
)
def test_refuses_what_is_no_prediction(correct, confidence, message):
    with pytest.raises(InvalidDataError, match=message):
        accuracy_coverage_curve(correct, confidence)

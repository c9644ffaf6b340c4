import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.calibration import calibration_curve

from onelayer.calibration import (
    classwise_calibration_error,
    expected_calibration_error,
    reliability_curve,
    temperature,
    top_label,
)
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


def test_expected_calibration_error_by_hand():
    # Four rows at confidence 0.9, three right: |0.75 − 0.9|; one at 0.6, right: |1 − 0.6|.
    proba = [[0.9, 0.1, 0.0]] * 4 + [[0.2, 0.6, 0.2]]
    error = expected_calibration_error([0, 0, 0, 2, 1], proba, n_bins=10)
    assert error == pytest.approx((4 * 0.15 + 0.4) / 5, rel=1e-14)


def test_certain_and_right_is_calibrated():
    assert expected_calibration_error(["a", "b"], [[1, 0], [0, 1]], classes=["a", "b"]) == 0.0
    assert expected_calibration_error(["a", "b"], [[0, 1], [1, 0]], classes=["a", "b"]) == 1.0


def test_classwise_by_hand():
    # Column 0 says 0.75 of a row that is not of class 0 and 0.25 of one that is: gaps 0.75 and 0.75.
    # Column 1 likewise; column 2 says 0 and is right.
    proba = [[0.75, 0.25, 0], [0.25, 0.75, 0]]
    np.testing.assert_array_equal(classwise_calibration_error([1, 0], proba), [0.75, 0.75, 0.0])


def test_top_label_takes_the_first_of_equals_as_argmax_does():
    correct, confidence = top_label([7, 5], [[0.5, 0.5], [0.5, 0.5]], classes=[5, 7])
    np.testing.assert_array_equal(correct, [False, True])
    np.testing.assert_array_equal(confidence, [0.5, 0.5])


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


@pytest.mark.parametrize(
    ("y", "proba", "classes", "message"),
    [
        ([0, 1], [[0.5, 0.5]], None, r"y has shape \(2,\) and proba \(1, 2\)"),
        ([0], [0.5], None, r"y has shape \(1,\) and proba \(1,\)"),
        ([0], [[0.5, 0.5]], [0, 1, 2], "proba has 2 columns, but there are 3 classes"),
        (
            ["dog"],
            [[0.5, 0.5]],
            ["cat", "cow"],
            "label 'dog' in row 0 of y is not one of the 2 classes",
        ),
        ([0, 2], [[0.5, 0.5]] * 2, None, "label 2 in row 1 of y"),
    ],
)
def test_refuses_labels_that_do_not_fit(y, proba, classes, message):
    with pytest.raises(InvalidDataError, match=message):
        expected_calibration_error(y, proba, classes=classes)


def test_temperature_by_hand():
    # Right in three rows of four at a margin of 2: the likeliest probability is 3/4, so 2/T = log 3.
    scores, y = np.array([[0.0, 2.0], [2.0, 0.0], [0.0, 2.0], [0.0, 2.0]]), ["a", "b", "a", "b"]
    found = temperature(y, scores, classes=["b", "a"])
    assert found == pytest.approx(2 / math.log(3), rel=1e-14)
    assert temperature(y, scores[:, ::-1], classes=["a", "b"]) == found
    assert temperature([1, 0, 1, 0], scores) == found
    assert (
        temperature([1, 0, 1, 0], scores[:, 1] - scores[:, 0]) == found
    )  # as two classes' decision_function


def test_temperature_mends_a_model_that_is_too_sure():
    random = np.random.RandomState(0)
    honest = random.randn(5000, 3) * 1.5
    y = (honest + random.gumbel(size=honest.shape)).argmax(axis=1)
    too_sure = 3 * honest

    def error(scores):
        exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
        return expected_calibration_error(y, exponentials / exponentials.sum(axis=1, keepdims=True))

    found = temperature(y[:2500], too_sure[:2500])
    assert found == pytest.approx(3, rel=0.1)
    assert error(too_sure) > 0.1
    assert error(too_sure / found) < 0.03


@pytest.mark.parametrize(
    ("y", "scores", "message"),
    [
        (
            [0, 1],
            [[0.5, 0.5]],
            r"scores must be \(n_rows, n_classes\).* y has shape \(2,\) and scores \(1, 2\)",
        ),
        ([0, 2], [[0.5, 0.5]] * 2, "label 2 in row 1 of y"),
        ([0, 1], [[2.0, 1.0], [1.0, 2.0]], "every label has the highest score of its row"),
        ([0, 1], [[2.0, np.inf], [1.0, 2.0]], "scores contains inf in row 0"),
    ],
)
def test_refuses_scores_without_a_likeliest_temperature(y, scores, message):
    with pytest.raises(InvalidDataError, match=message):
        temperature(y, scores)

import numpy as np
import pytest

from onelayer.calibration import (
    classwise_calibration_error,
    expected_calibration_error,
    maximum_calibration_error,
    top_label,
)
from onelayer.errors import InvalidDataError


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


def test_the_largest_gap_by_hand():
    # 0.9 with three right of four: 0.15; 0.6 and right: 0.4; a bin of one row counts as much as any.
    proba = [[0.9, 0.1, 0.0]] * 4 + [[0.2, 0.6, 0.2]]
    assert maximum_calibration_error([0, 0, 0, 2, 1], proba, n_bins=10) == pytest.approx(0.4, rel=1e-14)


def test_a_value_that_is_no_probability_is_named_with_its_place():
    with pytest.raises(
        InvalidDataError, match=r"the probability in row 1, column 0, is -0\.5; it must be between"
    ):
        classwise_calibration_error([0, 1], [[0.5, 0.5], [-0.5, 1.5]])

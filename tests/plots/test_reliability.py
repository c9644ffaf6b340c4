import numpy as np
import pytest

from onelayer.calibration import expected_calibration_error
from onelayer.plots.reliability import ReliabilityDisplay


def test_draws_a_bar_for_each_bin_that_holds_predictions():
    proba = [[0.9, 0.1], [0.9, 0.1], [0.25, 0.75], [0.25, 0.75]]
    display = ReliabilityDisplay.from_predictions([0, 1, 1, 1], proba, n_bins=4)
    assert [(bar.get_x(), bar.get_width(), bar.get_height()) for bar in display.bars_] == [
        (0.5, 0.25, 1.0),
        (0.75, 0.25, 0.5),
    ]
    assert display.ax_.get_title() == "Expected calibration error 0.325"


def test_whiskers_are_the_intervals_of_the_bins():
    proba = [[0.9, 0.1], [0.9, 0.1], [0.25, 0.75], [0.25, 0.75]]
    display = ReliabilityDisplay.from_predictions([0, 1, 1, 1], proba, n_bins=4)
    low, high = display.curve.interval()
    np.testing.assert_allclose(
        display.whiskers_.get_segments(), [[[0.75, low[2]], [0.75, high[2]]], [[0.9, low[3]], [0.9, high[3]]]]
    )


def test_a_model_and_its_probabilities_give_one_picture(digits):
    X, y, model = digits
    display = ReliabilityDisplay.from_estimator(model, X, y, n_bins=10)
    error = expected_calibration_error(y, model.predict_proba(X), n_bins=10)
    assert display.curve.expected_calibration_error == pytest.approx(error, abs=1e-9)
    again = ReliabilityDisplay.from_predictions(y, model.predict_proba(X), classes=model.classes_, n_bins=10)
    np.testing.assert_array_equal(again.curve.counts, display.curve.counts)


def test_draws_on_the_axes_given():
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    display = ReliabilityDisplay.from_predictions(["a"], [[0.75, 0.25]], classes=["a", "b"], ax=ax)
    assert display.ax_ is ax
    assert display.figure_ is ax.figure

import numpy as np

from onelayer.calibration import accuracy_coverage_curve
from onelayer.plots.accuracy_coverage import AccuracyCoverageDisplay


def test_a_model_and_its_probabilities_give_one_picture(digits):
    X, y, model = digits
    display = AccuracyCoverageDisplay.from_estimator(model, X, y)
    proba = model.predict_proba(X)
    curve = accuracy_coverage_curve(model.predict(X) == y, proba.max(axis=1))
    assert display.curve.accuracy_at(1) == model.score(X, y)
    assert display.curve.area == np.float64(curve.area)
    np.testing.assert_array_equal(display.line_.get_xdata(), display.curve.coverage)
    np.testing.assert_array_equal(display.line_.get_ydata(), display.curve.accuracy)
    again = AccuracyCoverageDisplay.from_predictions(y, proba, classes=model.classes_)
    assert again.ax_.get_title() == display.ax_.get_title() == f"Area under 1 − accuracy {curve.area:.3f}"


def test_draws_on_the_axes_given():
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    display = AccuracyCoverageDisplay.from_predictions([0, 1], [[0.75, 0.25], [0.6, 0.4]], ax=ax)
    assert display.ax_ is ax
    assert display.figure_ is ax.figure
    np.testing.assert_array_equal(display.line_.get_xydata(), [[0.5, 1.0], [1.0, 0.5]])

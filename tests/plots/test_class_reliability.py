import numpy as np

from onelayer.calibration import BinnedForecasts, ReliabilityCurve, classwise_calibration_error
from onelayer.plots.class_reliability import ClassReliabilityDisplay, least_calibrated


def test_every_class_has_its_curve(digits):
    X, y, model = digits
    names = [f"digit {k}" for k in range(10)]
    display = ClassReliabilityDisplay.from_estimator(model, X, y, class_names=names)
    errors = classwise_calibration_error(y, model.predict_proba(X), n_bins=10)
    assert [part.get_title() for part in display.axes_] == [
        f"{name} {error:.3f}" for name, error in zip(names, errors, strict=True)
    ]
    for k, part in enumerate(display.axes_):
        curve = ReliabilityCurve.of(BinnedForecasts.from_estimator(model, X, y, n_bins=10), k)
        filled = curve.counts > 0
        _, drawn = part.lines
        np.testing.assert_array_equal(
            drawn.get_xydata().T, [curve.probability[filled], curve.frequency[filled]]
        )
        (whiskers,) = part.collections
        low, high = curve.interval()
        np.testing.assert_array_equal(
            [segment[:, 1] for segment in whiskers.get_segments()], np.column_stack([low, high])[filled]
        )


def test_of_many_classes_those_with_the_largest_errors_are_drawn_in_their_order():
    random = np.random.default_rng(0)
    y, proba = random.integers(0, 30, 500), random.dirichlet(np.ones(30), 500)
    forecasts = BinnedForecasts.of_classes(y, proba, n_bins=5)
    errors = classwise_calibration_error(y, proba, n_bins=5)
    chosen = [k for k, _ in least_calibrated(forecasts, 4)]
    assert chosen == sorted(chosen)
    assert set(chosen) == set(np.argsort(-errors)[:4].tolist())
    display = ClassReliabilityDisplay.from_predictions(y, proba, n_bins=5, n_classes=4)
    assert [k for k, _ in display.curves] == chosen
    assert len(display.axes_) == 4


def test_draws_on_the_axes_given():
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    display = ClassReliabilityDisplay.from_predictions(["a"], [[0.75, 0.25]], classes=["a", "b"], ax=ax)
    assert display.ax_ is ax
    assert display.figure_ is ax.figure
    assert [part.get_title() for part in display.axes_] == ["a 0.250", "b 0.250"]

"""What a page says of calibration, held against the library and against what was drawn."""

import re

import numpy as np
import pytest

from onelayer.calibration import (
    accuracy_coverage_curve,
    brier_score,
    classwise_calibration_error,
    reliability_curve,
    top_label,
)
from onelayer.estimators.softmax_regression import SoftmaxRegression
from onelayer.evaluation import predict_classes
from onelayer.languages import texts
from onelayer.report import render
from onelayer.report.calibration import calibration_of

from .conftest import fitted, halves
from .reader import Page

ENGLISH = texts("onelayer.report.texts", "en")


def measured(case):
    found = predict_classes(case.model, case.test.X, case.test.y)
    names = [str(label) for label in case.model.classes_]
    return calibration_of(case.model, case.test, found, names, ENGLISH)


def blurred(n_classes, n_rows=600):
    """Rows of classes that overlap, and a model of them."""
    chance = np.random.RandomState(0)
    centres = chance.randn(n_classes, 5)
    y = chance.randint(0, n_classes, n_rows)
    train, test = halves("blurred", centres[y] + chance.randn(n_rows, 5), y)
    return fitted(SoftmaxRegression(epochs=10, random_state=0), train, test)


def height(chart, share):
    """Where a share lies on an axis from 0 to 1."""
    return chart.y.start + share * (chart.y.end - chart.y.start)


def test_whiskers_stand_where_the_intervals_end(images):
    diagram = measured(images).diagram
    proba = images.model.predict_proba(images.test.X)
    curve = reliability_curve(*top_label(images.test.y, proba))
    filled = curve.counts > 0
    low, high = (end[filled] for end in curve.interval())
    places, ones, others = np.transpose(diagram.whiskers)
    np.testing.assert_allclose(ones, height(diagram, low), atol=0.02)
    np.testing.assert_allclose(others, height(diagram, high), atol=0.02)
    np.testing.assert_allclose(places, [x for x, _ in diagram.dots])


def test_the_parts_of_the_brier_score_sum_to_it(images):
    proba = images.model.predict_proba(images.test.X)
    score = brier_score(images.test.y, proba)
    rows = measured(images).brier
    assert [sign for sign, *_ in rows] == ["", "−", "+", "="]
    reliability, resolution, uncertainty, total = (float(value) for _, _, value, _ in rows)
    assert total == pytest.approx(score.score, abs=6e-5)
    assert uncertainty == pytest.approx(score.uncertainty, abs=6e-5)
    assert reliability - resolution + uncertainty == pytest.approx(total, abs=2e-4)


@pytest.mark.parametrize(("n_classes", "shown"), [(2, 2), (10, 10), (30, 12)])
def test_diagrams_of_all_classes_or_of_those_with_the_largest_errors(n_classes, shown):
    case = blurred(n_classes)
    found = measured(case)
    errors = classwise_calibration_error(case.test.y, case.model.predict_proba(case.test.X))
    np.testing.assert_allclose(found.class_errors, errors)
    names = [each.name for each in found.diagrams]
    assert names == [str(k) for k in sorted(np.argsort(-errors, kind="stable")[:shown].tolist())]
    assert [each.error for each in found.diagrams] == [f"{errors[int(name)]:.3f}" for name in names]
    page = Page(render(case.model, case.train, case.test))
    assert ("The 12 of 30 classes with the largest errors" in page.text) == (n_classes == 30)


def test_the_curve_of_accuracy_ends_at_that_of_all_rows(images):
    found = measured(images)
    curve = accuracy_coverage_curve(
        *top_label(images.test.y, images.model.predict_proba(images.test.X).astype(float))
    )
    (line,) = found.coverage.lines
    x, y = (float(each) for each in line.points.split()[-1].split(","))
    axis = found.coverage.y
    assert x == found.coverage.x.end
    score = images.model.score(images.test.X, images.test.y)
    assert axis.low + (y - axis.start) / (axis.end - axis.start) * (axis.high - axis.low) == pytest.approx(
        score, abs=1e-3
    )
    assert found.n_rows_least == 50
    assert f"{curve.area:.3f}" in found.coverage.description


def test_the_rows_decided_have_the_accuracy_asked_for():
    case = blurred(4)
    proba = case.model.predict_proba(case.test.X)
    correct, confidence = top_label(case.test.y, proba)
    decisions = measured(case).decisions
    asked = [float(accuracy.strip("%")) / 100 for accuracy, *_ in decisions]
    assert asked == pytest.approx([a for a in (0.8, 0.9, 0.95, 0.98, 0.99, 0.999) if a > correct.mean()])
    for accuracy, (_, share, least) in zip(asked, decisions, strict=True):
        taken = confidence >= float(least.strip("%")) / 100 - 5e-4
        assert float(share.strip("%")) / 100 == pytest.approx(taken.mean(), abs=0.01)
        assert correct[taken].mean() == pytest.approx(accuracy, abs=0.02)


def test_an_accuracy_that_is_never_reached_has_no_confidence():
    # The surest prediction is wrong, and so are half of all.
    train, test = halves(
        "coin", np.array([[4.0], [4], [1], [1], [-1], [-1], [2], [2]]), np.array([0, 0, 1, 1, 0, 0, 1, 1])
    )
    case = fitted(SoftmaxRegression(epochs=1, random_state=0), train, test)
    case.model.coef_, case.model.intercept_ = np.array([[1.0]]), np.array([0.0])
    assert measured(case).decisions[-1] == ("99.9%", "0%", "–")


def test_rows_of_equal_confidence_are_decided_together():
    # Three rows with a score of 4 are right, and one of two with a score of 1: 3 of 5 with at least 90 %.
    X, y = np.repeat([[4.0], [4], [4], [1], [1]], 2, axis=0), np.repeat([1, 1, 1, 1, 0], 2)
    case = fitted(SoftmaxRegression(epochs=1, random_state=0), *halves("ties", X, y))
    case.model.coef_, case.model.intercept_ = np.array([[1.0]]), np.array([0.0])
    assert measured(case).decisions[0] == ("90.0%", "60.0%", f"{1 / (1 + np.exp(-4)):.1%}")


def test_a_calibrated_model_says_its_temperature(images):
    case = blurred(3)
    assert "Temperature" not in Page(render(case.model, case.train, case.test)).text
    case.model.calibrate(case.test.X, case.test.y)
    text = Page(render(case.model, case.train, case.test)).text
    (found,) = re.findall(r"Temperature (\d\.\d+)", text)
    assert float(found) == pytest.approx(case.model.temperature_, abs=1e-3)

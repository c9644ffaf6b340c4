"""What the page says of the three implementations, held against least squares and against theory."""

from __future__ import annotations

import numpy as np
import pytest

import onelayer as ol
from onelayer.course.book.parameters import settings
from onelayer.course.experiments.images import fashion_mnist
from onelayer.course.pages.scratch_and_concise import page as scratch_and_concise

PAGE = scratch_and_concise.PAGE


@pytest.fixture(scope="module")
def found():
    return PAGE.run(settings(PAGE.parameters, PAGE.small))


@pytest.fixture(scope="module")
def long():
    """A linear regression that has walked its way, and as little as possible of the rest."""
    return PAGE.run(
        settings(PAGE.parameters, ["rows=1000", "noise=0.1", "linear_epochs=8", "images=100", "epochs=1"])
    )


def test_the_three_agree(found):
    assert found.differences["linear"][0] < 1e-5
    assert found.differences["linear"][1] < 1e-12
    assert found.differences["softmax"][0] < 1e-5
    assert found.differences["softmax"][1] < 1e-13
    for runs in (found.linear, found.softmax):
        one, two, three = (runs[name].losses for name in scratch_and_concise.NAMES)
        np.testing.assert_allclose(one, two, rtol=1e-5)
        np.testing.assert_allclose(one, three, rtol=1e-5)


def test_the_difference_sees_weights_and_biases():
    X = np.array([[0.0], [1.0], [2.0]])
    models = {
        name: ol.LinearRegression(epochs=1, batch_size=1, learning_rate=rate, random_state=0).fit(
            X, [1, 2, 3]
        )
        for name, rate in (("one", 0.01), ("two", 0.02))
    }
    expected = max(
        abs(models["one"].coef_[0] - models["two"].coef_[0]),
        abs(models["one"].intercept_ - models["two"].intercept_),
    )
    assert scratch_and_concise.largest_difference(models) == pytest.approx(expected)
    assert scratch_and_concise.largest_difference(models, unit=100) == pytest.approx(
        100 * abs(models["one"].coef_[0] - models["two"].coef_[0])
    )


def test_what_is_left_of_the_way_is_what_is_missing(found):
    """300 rows in batches of 10 are 90 steps in three epochs, far too few: the rest is noise."""
    np.testing.assert_allclose(found.left, -np.array([2, -3.4, 4.2]) * 0.97**90)
    np.testing.assert_allclose(found.errors["fast"], found.left, rtol=0.5)


def test_the_standard_errors_are_those_of_least_squares(long):
    design = np.column_stack([long.X, np.ones(len(long.X))])
    np.testing.assert_allclose(long.standard_errors, 0.1 / np.sqrt(1000), rtol=0.1)
    estimate = np.linalg.lstsq(design, long.y, rcond=None)[0]
    assert np.all(np.abs(estimate - [2, -3.4, 4.2]) < 4 * long.standard_errors)


def test_errors_are_explained_by_the_three_parts(long):
    for errors in long.errors.values():
        assert np.all(np.abs(errors - long.left) < 4 * long.scatter)
    assert long.largest_error == max(np.abs(errors).max() for errors in long.errors.values())


def test_the_figures_to_reach():
    """3 epochs, batches of 10, rate 0.03: an error below 0.001 or three standard errors."""
    found = PAGE.run(settings(PAGE.parameters, ["images=100", "epochs=1"]))
    assert np.all(np.abs(found.errors["scratch"]) < np.maximum(1e-3, 3 * found.standard_errors))


def test_scores_are_the_accuracy_on_the_test_images(found):
    train, test = fashion_mnist(500)
    model = ol.SoftmaxRegression(epochs=2, batch_size=256, learning_rate=0.1, alpha=0.0, random_state=0)
    model.fit(train.X, train.y)
    for run in found.softmax.values():
        assert run.scores[-1] == pytest.approx(np.mean(model.predict(test.X) == test.y), abs=0.002)
    assert found.largest_weight == pytest.approx(255 * np.abs(model.coef_).max(), rel=1e-4)

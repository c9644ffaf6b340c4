"""What the page says of Fashion-MNIST, held against counting by hand and against theory."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from onelayer.course.book import drawing
from onelayer.course.book.parameters import settings
from onelayer.course.book.words import Words
from onelayer.course.experiments.images import fashion_mnist
from onelayer.course.pages.fashion_mnist import page as page
from onelayer.fonts import boxes_allowed

PAGE = page.PAGE


@pytest.fixture(scope="module")
def found():
    return PAGE.run(settings(PAGE.parameters, PAGE.small))


def test_samples_are_of_their_classes(found):
    train, _ = fashion_mnist(600)
    assert found.sample_classes.tolist() == [*range(10), *range(10)]
    for image, label in zip(found.samples, found.sample_classes, strict=True):
        rows = np.flatnonzero((image.ravel() == train.X).all(axis=1))
        assert train.y[rows[0]] == label
    assert found.counts.sum() == found.n_train == 600


def test_the_curve_ends_at_the_accuracy_of_the_predictions(found):
    counts = found.predictions.confusion()
    assert found.accuracy == pytest.approx(np.trace(counts) / counts.sum())
    assert counts.sum() == found.n_test == 1000
    assert found.standard_error == pytest.approx(np.sqrt(found.accuracy * (1 - found.accuracy) / 1000))
    assert len(found.losses) == len(found.accuracies) == 2
    assert found.losses[1] < found.losses[0]


def test_best_and_worst_are_those_of_the_confusion_matrix(found):
    counts = found.predictions.confusion()
    recognised = np.diag(counts) / counts.sum(axis=1)
    best, worst = found.best_and_worst
    assert recognised[best] == recognised.max()
    assert recognised[worst] == recognised.min()


def test_a_moved_bias_by_hand():
    scores = np.zeros((2, 10))
    scores[0, 0] = 1.0  # wins until the bias of shirts is moved by more than 1
    labels = np.array([0, 6])
    assert page.moved(scores, labels, 0.5)[1] == 1.0
    assert page.moved(scores, labels, 1.5)[1] == 0.5
    assert page.moved(scores, labels, -0.5)[1] == 0.5
    loss = np.log(np.e + 8 + np.exp(2)) - 1 + np.log(9 + np.exp(2)) - 2
    assert page.moved(scores, labels, 2.0)[0] == pytest.approx(loss / 2)


def test_the_loss_has_a_slope_and_the_accuracy_has_steps(found):
    assert found.moves.measured_slope == pytest.approx(found.moves.slope, abs=1e-8)
    heights = np.diff(found.moves.accuracies) * found.moves.n_images
    np.testing.assert_allclose(heights, np.rint(heights), atol=1e-9)
    assert found.moves.steps == np.count_nonzero(np.rint(heights)) > 0


def test_weights_are_those_for_pixels_up_to_one(found):
    assert found.weights.shape == (10, 28, 28)
    assert found.limit == pytest.approx(np.percentile(np.abs(found.weights), 99.5))
    train, _ = fashion_mnist(600)
    mean = (
        train.X[train.y == 8].mean(axis=0).reshape(28, 28)
    )  # bags fit their own template better than the boots'
    assert np.sum(mean * (found.weights[8] - found.weights[9])) > 0


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_names_of_the_confusion_matrix_stand_clear_of_each_other(found, lang):
    with drawing.themed(), boxes_allowed():
        figure = PAGE.figures(settings(PAGE.parameters), found, Words(lang))["confusion"].figure
        figure.canvas.draw()
        (axes,) = figure.axes
        for labels in (axes.get_xticklabels(), axes.get_yticklabels()):
            boxes = [label.get_window_extent() for label in labels]
            assert len(boxes) == 10
            assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))

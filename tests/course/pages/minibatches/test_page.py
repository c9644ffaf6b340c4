"""What the page says of minibatches, held against what training itself says."""

from __future__ import annotations

import numpy as np
import pytest

import onelayer as ol
from onelayer.course.book.parameters import settings
from onelayer.course.experiments.images import fashion_mnist
from onelayer.course.pages.minibatches import page as minibatches
from onelayer.course.pages.minibatches.batch_size_race import RATES, Race, losses

PAGE = minibatches.PAGE


@pytest.fixture(scope="module")
def found():
    return PAGE.run(settings(PAGE.parameters, [*PAGE.small, "steps=300"]))


def test_sizes_run_from_one_row_to_all(found):
    assert found.sizes == [1, 2, 4, 8, 16, 32, 64, 128, 200]
    assert found.grid_sizes == [1, 4, 16, 64, 200]
    assert found.shown == [1, 16, 200]
    assert len(found.scratch) == len(found.one_core) == len(found.all_cores) == 9


def test_at_the_start_the_gradient_is_that_of_equal_probabilities(found):
    """With all weights zero each class has p = 1/10, so that ‖pᵢ − onehot‖² = 0.9 in every row."""
    train, _ = fashion_mnist(200)
    X = np.hstack([train.X / 255, np.ones((200, 1))])
    slopes = 0.1 - np.eye(10)[train.y]
    length = np.linalg.norm(X.T @ slopes / 200)
    assert found.start.length == pytest.approx(length, rel=1e-5)
    expected = np.sqrt(0.9 * np.sum(X**2) / 200 - length**2)
    assert found.start.spread == pytest.approx(expected, rel=1e-5)


def test_training_shortens_the_gradient(found):
    assert found.trained.length < found.start.length
    assert found.trained.balance > found.start.balance


def test_the_table_holds_the_loss_of_training(found):
    train, _ = fashion_mnist(200)
    model = ol.SoftmaxRegression(
        epochs=1, batch_size=16, learning_rate=0.03, alpha=0.0, random_state=0, n_threads=1
    ).fit(train.X, train.y)
    loss = -np.mean(model.predict_log_proba(train.X)[np.arange(200), train.y])
    assert found.reached[2, RATES.index(0.03)] == pytest.approx(loss, rel=1e-5)
    assert found.reached[found.best] == np.nanmin(found.reached)
    assert found.reached.shape == (5, len(RATES))


def test_too_large_a_rate_is_reported_as_diverged():
    train, _ = fashion_mnist(200)
    assert np.isnan(losses(train.X, train.y, 3, 1, 1.0)).all()


def test_a_race_runs_for_its_time(found):
    train, _ = fashion_mnist(200)
    race = Race.of(train.X, train.y, 16, found.reached[2], 0.5, 2.0)
    np.testing.assert_allclose(race.seconds, [0.5, 1, 1.5, 2])
    assert race.end == race.losses[-1:].mean()


def test_walks_begin_together_and_a_decaying_rate_comes_closer(found):
    np.testing.assert_array_equal(found.steady[0], found.decaying[0])
    assert found.settled(found.decaying) < found.settled(found.steady) / 2
    small = [ball for ball in found.balls if ball.rate == 0.03]
    for ball in small:
        assert ball.measured == pytest.approx(ball.predicted, rel=0.3)

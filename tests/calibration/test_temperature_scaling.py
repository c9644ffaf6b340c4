import math

import numpy as np
import pytest
from scipy.special import log_softmax

from onelayer.calibration import expected_calibration_error, temperature
from onelayer.errors import InvalidDataError


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


def test_a_weight_is_as_many_rows():
    random = np.random.RandomState(1)
    scores, y = random.randn(60, 4), random.randint(4, size=60)
    weights = random.randint(0, 4, size=60)
    y[:20] = scores[:20].argmax(axis=1)
    many = temperature(np.repeat(y, weights), np.repeat(scores, weights, axis=0))
    assert temperature(y, scores, sample_weight=weights) == pytest.approx(many, rel=1e-12)
    assert temperature(y, scores) != pytest.approx(many, rel=1e-3)


def test_no_temperature_near_it_is_likelier():
    random = np.random.RandomState(2)
    scores = 4 * random.randn(300, 5)
    y = (scores / 3 + random.gumbel(size=scores.shape)).argmax(axis=1)
    found = temperature(y, scores)

    def loss(scale):
        return -log_softmax(scores / scale, axis=1)[np.arange(300), y].mean()

    assert loss(found) < min(loss(found * 1.001), loss(found / 1.001))

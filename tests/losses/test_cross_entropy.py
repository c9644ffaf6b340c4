"""Cross-entropy against values by hand, arithmetic in sixty digits, and PyTorch."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from onelayer.errors import InvalidDataError
from onelayer.losses import CrossEntropy

LOSS = CrossEntropy()
HARD_LOGITS = [
    [40.0, 0.0],
    [0.0, 0.0, 0.0],
    [1e4, -1e4, 0.0],
    [300.0, -300.0, 299.0],
    [1e-20, 0.0],
    [50.0, 49.99999999, -80.0, -80.0],
    [-700.0, 0.0, 1.0, 2.0],
]
scores_of_five = arrays(np.float64, (3, 5), elements=st.floats(-30, 30))


def exact(scores, y):
    """Return loss, gradient and Hessian of one row in sixty digits, by the definition."""
    with mpmath.workdps(60):
        s, y = [mpmath.mpf(v) for v in scores], [mpmath.mpf(float(v)) for v in y]
        exponentials = [mpmath.exp(v - max(s)) for v in s]
        total = mpmath.fsum(exponentials)
        p = [e / total for e in exponentials]
        log_p = [v - max(s) - mpmath.log(total) for v in s]
        mass = mpmath.fsum(y)
        loss = -mpmath.fsum(a * b for a, b in zip(y, log_p, strict=True))
        gradient = [mass * a - b for a, b in zip(p, y, strict=True)]
        hessian = [[mass * (a * (i == j) - a * b) for j, b in enumerate(p)] for i, a in enumerate(p)]
        return float(loss), np.array(gradient, float), np.array(hessian, float)


def test_values_by_hand():
    assert LOSS.value([[0.0, 0.0]], [1]) == pytest.approx(math.log(2), rel=1e-15)
    assert LOSS.value([[math.log(3), 0.0]], [0]) == pytest.approx(math.log(4 / 3), rel=1e-15)
    # Probabilities ¾ and ¼; half of the label on each: ½·log(4/3) + ½·log 4.
    assert LOSS.value([[math.log(3), 0.0]], [[0.5, 0.5]]) == pytest.approx(math.log(16 / 3) / 2, rel=1e-15)
    np.testing.assert_allclose(LOSS.gradient([[math.log(3), 0.0]], [[0.5, 0.5]]), [[0.25, -0.25]], rtol=1e-15)
    np.testing.assert_allclose(LOSS.probabilities([[math.log(3), 0.0]]), [[0.75, 0.25]], rtol=1e-15)
    expected = [[[3 / 16, -3 / 16], [-3 / 16, 3 / 16]]]
    np.testing.assert_allclose(LOSS.curvature([[math.log(3), 0.0]], [0]), expected, rtol=1e-15)


@pytest.mark.parametrize("scores", HARD_LOGITS, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_all_digits_of_labels_and_one_hot_labels(scores, dtype):
    scores = np.array([scores], dtype)
    rtol = 20 * float(np.finfo(dtype).eps)
    close = {"rtol": rtol, "atol": 2 * float(np.finfo(dtype).tiny)}
    for label, one_hot in enumerate(np.eye(scores.shape[1])):
        loss, gradient, hessian = exact(scores[0].tolist(), one_hot)
        for targets in ([label], one_hot[None], one_hot[None].astype(int)):
            np.testing.assert_allclose(LOSS.rows(scores, targets), [loss], **close)
            np.testing.assert_allclose(LOSS.gradient(scores, targets), [gradient], **close)
            np.testing.assert_allclose(LOSS.curvature(scores, targets), [hessian], **close)


@pytest.mark.parametrize("y", [[1 - 1e-10, 1e-10], [1e-10, 1 - 1e-10], [0.3, 0.7], [0.5, 0.5]], ids=str)
@pytest.mark.parametrize("scores", [[40.0, 0.0], [0.0, 40.0], [3.0, 1.0]], ids=str)
def test_all_digits_of_soft_labels(scores, y):
    loss, gradient, hessian = exact(scores, y)
    np.testing.assert_allclose(LOSS.rows([scores], [y]), [loss], rtol=1e-14)
    np.testing.assert_allclose(LOSS.gradient([scores], [y]), [gradient], rtol=1e-14)
    np.testing.assert_allclose(LOSS.curvature([scores], [y]), [hessian], rtol=1e-14)


def test_the_loss_of_the_true_winner_is_not_zero():
    for targets in ([0], [[1.0, 0.0]]):
        assert LOSS.value([[40.0, 0.0]], targets) == pytest.approx(4.248354255291589e-18, rel=1e-12)
        assert LOSS.gradient([[40.0, 0.0]], targets)[0, 0] == pytest.approx(-4.248354255291589e-18, rel=1e-12)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_large_scores_stay_finite(dtype):
    scores = np.array([[1e4, -1e4, 0.0]], dtype)
    for label, expected in [(0, 0.0), (1, 2e4), (2, 1e4)]:
        one_hot = np.eye(3, dtype=dtype)[[label]]
        for targets in ([label], one_hot):
            assert LOSS.value(scores, targets) == expected
            assert LOSS.gradient(scores, targets).tolist() == (np.eye(3)[[0]] - one_hot).tolist()
            assert not LOSS.curvature(scores, targets).any()
    np.testing.assert_array_equal(LOSS.log_probabilities(scores), [[0.0, -2e4, -1e4]])
    np.testing.assert_array_equal(LOSS.probabilities(scores), [[1.0, 0.0, 0.0]])


@given(scores_of_five, st.floats(-1e3, 1e3))
def test_softmax_properties(scores, shift):
    labels = np.array([0, 1, 2])
    probabilities = LOSS.probabilities(scores)
    np.testing.assert_allclose(probabilities, np.exp(LOSS.log_probabilities(scores)), rtol=1e-13)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-14)
    np.testing.assert_allclose(LOSS.gradient(scores, labels).sum(axis=1), 0, atol=1e-14)
    np.testing.assert_allclose(LOSS.curvature(scores, labels).sum(axis=1), 0, atol=1e-15)
    np.testing.assert_allclose(LOSS.rows(scores + shift, labels), LOSS.rows(scores, labels), atol=1e-11)


@given(scores_of_five, arrays(np.float64, (3, 5), elements=st.floats(0.01, 1)))
def test_soft_labels_are_mixtures_of_labels(scores, parts):
    soft = parts / parts.sum(axis=1, keepdims=True)
    for function in (LOSS.rows, LOSS.gradient, LOSS.curvature):
        results = np.stack([function(scores, np.full(3, k)) for k in range(5)])
        expected = np.einsum("ik,ki...->i...", soft, results)
        np.testing.assert_allclose(function(scores, soft), expected, rtol=1e-13, atol=1e-15)


@given(scores_of_five)
def test_the_true_probabilities_have_the_least_mean_loss(scores):
    """Gibbs: the mean loss under p is least at the scores log p, where it is the entropy and its gradient 0."""
    p = LOSS.probabilities(scores)
    entropy = -(p * LOSS.log_probabilities(scores)).sum(axis=1)
    np.testing.assert_allclose(LOSS.rows(scores, p), entropy, rtol=1e-12)
    np.testing.assert_allclose(LOSS.gradient(scores, p), 0, atol=1e-15)
    assert (LOSS.rows(scores[::-1], p) >= entropy - 1e-12).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("soft", [False, True])
def test_same_as_torch(dtype, soft):
    random = np.random.RandomState(0)
    scores = 3 * random.randn(200, 7).astype(dtype)
    targets = random.dirichlet(np.ones(7), 200).astype(dtype) if soft else random.randint(0, 7, 200)
    s = torch.tensor(scores, requires_grad=True)
    rows = torch.nn.functional.cross_entropy(s, torch.tensor(targets), reduction="none")
    rows.sum().backward()
    close = {"rtol": 50 * np.finfo(dtype).eps, "atol": 4 * np.finfo(dtype).eps}
    np.testing.assert_allclose(LOSS.rows(scores, targets), rows.detach().numpy(), **close)
    np.testing.assert_allclose(LOSS.gradient(scores, targets), s.grad.numpy(), **close)


def test_targets_are_told_apart_by_their_shape():
    scores = np.array([[2.0, 0.0], [0.0, 1.0]])
    by_label = LOSS.rows(scores, [0, 1])
    np.testing.assert_array_equal(LOSS.rows(scores, [[0], [1]]), by_label)
    np.testing.assert_array_equal(LOSS.rows(scores, [[0.0], [1.0]]), by_label)
    np.testing.assert_array_equal(LOSS.rows(scores, [[1, 0], [0, 1]]), by_label)
    np.testing.assert_array_equal(LOSS.rows(scores, np.eye(2, dtype=bool)), by_label)
    assert LOSS.rows([[3.0], [-3.0]], [[0], [0]]).tolist() == [
        0.0,
        0.0,
    ]  # one class: labels, of which all are 0


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_soft_labels_rounded_to_their_type_are_taken(dtype):
    random = np.random.RandomState(0)
    for n_outputs in (2, 10, 1000):
        soft = random.dirichlet(np.ones(n_outputs), 50).astype(dtype)
        assert np.isfinite(LOSS.rows(random.randn(50, n_outputs), soft)).all()


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ([0, 3], "the label of row 1 is 3; expected a class index, 0 to 2"),
        ([-1, 0], "the label of row 0 is -1; expected a class index"),
        ([[0.5], [1]], r"the label of row 0 is 0\.5; expected a class index"),
        ([0, np.nan], "the label of row 1 is nan; expected a class index"),
        ([0, np.inf], "the label of row 1 is inf; expected a class index"),
        ([0, 1, 2], r"scores have shape \(2, 3\) and targets \(3,\); expected \(2,\) labels, or soft labels"),
        ([[0.5, 0.5], [0.5, 0.5]], r"scores have shape \(2, 3\) and targets \(2, 2\)"),
        ([[0.5, 0.25, 0.25], [0.5, 0.5, 0.5]], r"the soft labels of row 1 sum to 1\.5; .* must sum to 1"),
        ([[0, 0, 0], [0, 0, 1]], "the soft labels of row 0 sum to 0;"),
        ([[0, 0.999, 0], [0, 0, 1]], r"the soft labels of row 0 sum to 0\.999;"),
        (
            [[0, 0, 1], [0.5, -0.5, 1]],
            r"the soft label of class 1 in row 1 is -0\.5; it must be a probability",
        ),
        ([[0, 0, 1], [0.5, np.nan, 1]], "the soft label of class 1 in row 1 is nan"),
        (["cat", "dog"], "targets must be an array of real numbers"),
    ],
)
def test_refuses_targets_that_are_no_labels(targets, message):
    scores = np.zeros((2, 3))
    for method in (LOSS.rows, LOSS.value, LOSS.gradient, LOSS.curvature):
        with pytest.raises(InvalidDataError, match=message):
            method(scores, targets)
    with pytest.raises(InvalidDataError, match=message):
        LOSS.rows(np.zeros((2, 3), np.float32), targets)


def test_a_refusal_names_the_row_of_the_whole():
    soft = np.tile([0.5, 0.5], (30_000, 1))
    soft[20_001] = 0.75
    with pytest.raises(InvalidDataError, match=r"the soft labels of row 20001 sum to 1\.5"):
        LOSS.value(np.zeros((30_000, 2)), soft)


def test_an_impossible_class_costs_nothing_where_it_has_no_share():
    impossible = [[-np.inf, 0.0]]
    assert LOSS.value(impossible, [[0.0, 1.0]]) == 0
    assert LOSS.value(impossible, [1]) == 0
    assert LOSS.value(impossible, [0]) == np.inf
    assert LOSS.value(impossible, [[0.5, 0.5]]) == np.inf
    assert LOSS.gradient(impossible, [[0.5, 0.5]]).tolist() == [[-0.5, 0.5]]
    assert LOSS.probabilities(impossible).tolist() == [[0.0, 1.0]]
    assert LOSS.log_probabilities(impossible).tolist() == [[-np.inf, 0.0]]
    assert not LOSS.curvature(impossible, [1]).any()
    scores = np.array([-np.inf, 0.0, 0.0])
    for targets in ([1, 2, 2], np.eye(3)[[1, 2, 2]]):
        assert LOSS.constant_value(scores, np.array(targets), None) == pytest.approx(math.log(2), rel=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_difference_that_overflows_is_infinite_without_a_warning(dtype):
    big = np.array([[0.9, -0.9]], dtype) * np.finfo(dtype).max
    assert LOSS.value(big, [1]) == np.inf
    assert LOSS.value(big, [0]) == 0
    assert LOSS.value(big, [[1.0, 0.0]]) == 0
    assert LOSS.probabilities(big).tolist() == [[1.0, 0.0]]
    assert LOSS.gradient(big, [1]).tolist() == [[1.0, -1.0]]


@pytest.mark.parametrize("row", [[np.inf, 0.0], [np.inf, np.inf], [-np.inf, -np.inf], [np.nan, 0.0]], ids=str)
def test_rows_without_a_softmax_are_nan_without_a_warning(row):
    for targets in ([0], [1], [[1.0, 0.0]]):
        for result in (LOSS.rows, LOSS.gradient, LOSS.curvature):
            assert np.isnan(result([row], targets)).all()
    assert np.isnan(LOSS.probabilities([row])).all()
    assert np.isnan(LOSS.log_probabilities([row])).all()


def test_refuses_scores_without_a_class():
    for method in (LOSS.probabilities, LOSS.log_probabilities):
        with pytest.raises(
            InvalidDataError, match=r"^scores have shape \(2, 0\); expected at least one output$"
        ):
            method(np.zeros((2, 0)))

"""The losses of a regression against values by hand, PyTorch, scikit-learn and NumPy's quantiles."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize_scalar
from sklearn.metrics import mean_pinball_loss
from torch.nn import functional

from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.losses import Absolute, Huber, Quantile, Squared

some_targets = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=15)


def test_squared_by_hand():
    assert Squared().value([[1.0]], [[3.0]]) == 2.0
    assert Squared().value([[1.0, 0.0], [0.0, 0.0]], [[3.0, 1.0], [0.0, 0.0]], [3.0, 1.0]) == 2.5 * 3 / 4
    assert Squared().gradient([[1.0, 5.0]], [[3.0, 4.5]]).tolist() == [[-2.0, 0.5]]
    assert Squared().curvature([[1.0, 5.0]], [[3.0, 4.5]]).tolist() == [[[1, 0], [0, 1]]]


def test_absolute_by_hand():
    assert Absolute().rows([[1.0, 0.0], [0.0, 0.0]], [[3.0, -1.0], [0.0, 0.5]]).tolist() == [3.0, 0.5]
    assert Absolute().gradient([[1.0, 0.0, 2.0]], [[3.0, -1.0, 2.0]]).tolist() == [[-1.0, 1.0, 0.0]]
    assert Absolute().curvature([[1.0, 0.0]], [[3.0, -1.0]]).tolist() == [[[0, 0], [0, 0]]]


def test_huber_by_hand():
    """With δ = 2: ½·1², 2·(3 − 1), and 2²/2 = 2·(2 − 1) where both formulas meet."""
    scores, targets = [[1.0], [-3.0], [2.0], [-2.0]], np.zeros((4, 1))
    assert Huber(2).rows(scores, targets).tolist() == [0.5, 4.0, 2.0, 2.0]
    assert Huber(2).gradient(scores, targets).ravel().tolist() == [1.0, -2.0, 2.0, -2.0]
    assert Huber(2).curvature(scores, targets).ravel().tolist() == [1.0, 0.0, 1.0, 1.0]


def test_quantile_by_hand():
    """With q = ¾: a score 2 too low costs 1.5, one 2 too high costs 0.5."""
    scores, targets = [[-2.0], [2.0], [0.0]], np.zeros((3, 1))
    assert Quantile(0.75).rows(scores, targets).tolist() == [1.5, 0.5, 0.0]
    assert Quantile(0.75).gradient(scores, targets).ravel().tolist() == [-0.75, 0.25, 0.0]
    assert not Quantile(0.75).curvature(scores, targets).any()


@pytest.mark.parametrize(
    ("delta", "dtype"), [(1e-150, "f8"), (1e-60, "f8"), (1e60, "f4"), (1e150, "f4"), (1e150, "f8")]
)
def test_a_delta_beyond_the_type_is_a_limit(delta, dtype):
    errors, nothing = np.array([[3.0], [-4.0]], dtype), np.zeros((2, 1), dtype)
    expected = Squared().rows(errors, nothing) if delta > 1 else delta * np.abs(errors[:, 0].astype(float))
    np.testing.assert_allclose(Huber(delta).rows(errors, nothing), expected, rtol=1e-6)


def test_refuses_a_delta_that_float32_cannot_hold():
    scores = np.ones((1, 1), np.float32)
    for method in (Huber(1e-50).rows, Huber(1e-50).value, Huber(1e-50).gradient, Huber(1e-50).curvature):
        with pytest.raises(
            InvalidParameterError, match=r"^delta=1e-50 is too small for float32, .* as float64$"
        ):
            method(scores, 0 * scores)
    assert Huber(1e-50).value([[1.0]], [[0.0]]) == pytest.approx(1e-50, rel=1e-15)


@pytest.mark.parametrize(
    ("loss", "peer"),
    [
        (Squared(), lambda s, y: 0.5 * functional.mse_loss(s, y, reduction="none")),
        (Absolute(), lambda s, y: functional.l1_loss(s, y, reduction="none")),
        (Huber(0.7), lambda s, y: functional.huber_loss(s, y, reduction="none", delta=0.7)),
        (Huber(5), lambda s, y: functional.huber_loss(s, y, reduction="none", delta=5.0)),
    ],
    ids=["squared", "absolute", "huber-0.7", "huber-5"],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_same_as_torch(loss, peer, dtype):
    random = np.random.RandomState(0)
    scores, targets = 3 * random.randn(200, 3).astype(dtype), random.randn(200, 3).astype(dtype)
    targets[0] = scores[0]
    s = torch.tensor(scores, requires_grad=True)
    rows = peer(s, torch.tensor(targets)).sum(dim=1)
    rows.sum().backward()
    rtol = 10 * np.finfo(dtype).eps
    np.testing.assert_allclose(loss.rows(scores, targets), rows.detach().numpy(), rtol=rtol)
    np.testing.assert_allclose(loss.gradient(scores, targets), s.grad.numpy(), rtol=rtol)


@given(some_targets, st.floats(0.01, 0.99), st.floats(-1e3, 1e3))
def test_quantile_loss_is_that_of_scikit_learn(y, q, score):
    expected = mean_pinball_loss(y, np.full(len(y), score), alpha=q)
    assert Quantile(q).constant_value(np.array([score]), np.array(y)[:, None], None) == pytest.approx(
        expected, rel=1e-12, abs=1e-300
    )


@given(some_targets)
def test_the_constants_of_squared_and_absolute_are_mean_and_median(y):
    y = np.array(y)[:, None]
    assert Squared().constant(y, None, 1)[0] == pytest.approx(np.mean(y), rel=1e-12, abs=1e-12)
    assert Absolute().constant(y, None, 1)[0] == pytest.approx(np.median(y), rel=1e-15)


@given(some_targets, st.sampled_from([0.125, 0.25, 0.5, 0.75, 0.875]), st.data())
def test_the_constant_of_quantile_is_that_of_numpy(y, q, data):
    repeats = data.draw(st.lists(st.integers(0, 3), min_size=len(y), max_size=len(y)).filter(any))
    expected = np.quantile(np.repeat(y, repeats), q, method="averaged_inverted_cdf")
    for unit in (1.0, 0.1, 1e-3):  # sums of weights such as 0.1 are not exact
        found = Quantile(q).constant(np.array(y)[:, None], unit * np.array(repeats), 1)[0]
        assert found == pytest.approx(expected, rel=1e-15)


@given(some_targets, st.floats(1e-3, 1e3), st.data())
def test_the_constant_of_huber_is_the_minimum(y, delta, data):
    weights = data.draw(arrays(np.float64, len(y), elements=st.floats(0.1, 2)))
    y, loss = np.array(y)[:, None], Huber(delta)
    best = loss.constant(y, weights, 1)
    pull = weights @ loss.gradient(np.broadcast_to(best, y.shape), y)[:, 0]
    assert abs(pull) <= 1e-12 * weights.sum() * (delta + np.abs(y).max())
    other = minimize_scalar(lambda b: loss.constant_value(np.array([b]), y, weights), bounds=(-1e3, 1e3))
    assert loss.constant_value(best, y, weights) <= other.fun * (1 + 1e-14)


@given(arrays(np.float64, 9, elements=st.floats(-10, 10)))
def test_the_constant_of_huber_lies_between_median_and_mean_in_its_limits(y):
    y = y[:, None]
    assert Huber(1e9).constant(y, None, 1)[0] == pytest.approx(y.mean(), rel=1e-12, abs=1e-12)
    assert Huber(1e-9).constant(y, None, 1)[0] == pytest.approx(np.median(y), abs=1e-8)


@given(arrays(np.float64, 7, elements=st.floats(-10, 10)), st.integers(-60, 60), st.integers(-100, 100))
def test_the_constant_of_huber_moves_and_stretches_with_the_targets(y, power, shift):
    best = Huber(0.5).constant(y[:, None], None, 1)[0]
    moved = Huber(0.5).constant(y[:, None] + shift, None, 1)[0]
    loss = Huber(0.5)
    assert loss.constant_value(np.array([moved - shift]), y[:, None], None) == pytest.approx(
        loss.constant_value(np.array([best]), y[:, None], None), rel=1e-9, abs=1e-12
    )
    scale = 2.0**power
    assert Huber(0.5 * scale).constant(scale * y[:, None], None, 1)[0] == pytest.approx(
        scale * best, rel=1e-9, abs=1e-12 * scale
    )


def test_a_far_row_moves_the_mean_and_not_the_others():
    y = np.array([[1.0], [2.0], [3.0], [4.0], [1e6]])
    assert Squared().constant(y, None, 1)[0] == pytest.approx(200002)
    assert Absolute().constant(y, None, 1)[0] == 3.0
    # The root of (t − 1) ∧ 1 + (t − 2) ∧ 1 + (t − 3) + (t − 4) − 1 with t in [3, 4]: 2t = 6.
    assert Huber(1).constant(y, None, 1)[0] == pytest.approx(3.0, rel=1e-15)


def test_each_output_has_its_own_constant():
    y = np.array([[1.0, 10.0], [2.0, 30.0], [9.0, 20.0]], np.float32)
    for loss in (Squared(), Absolute(), Huber(), Quantile(0.3)):
        both = loss.constant(y, None, 2)
        assert both.tolist() == [loss.constant(y[:, [k]], None, 1)[0] for k in range(2)]
        assert both.dtype == np.float64


@pytest.mark.parametrize("weights", [None, [1.0, 2.0, 1.0], [1e-300, 2e-300, 1e-300], [1e307, 2e307, 1e307]])
def test_constants_of_the_largest_numbers(weights):
    """Far rows on either side of 3 balance each other, and the mean of 1e308 and itself is itself."""
    y = np.array([[-1e308], [3.0], [1e308]])
    for loss in (Absolute(), Huber(), Huber(1e150), Huber(1e-150), Quantile()):
        assert loss.constant(y, weights, 1).tolist() == [3.0]
    assert Squared().constant(np.full((3, 1), 1e308), weights, 1) == pytest.approx(1e308, rel=1e-15)
    # ⅓ or ¼ of the weight on 9e307, the rest on −3e307: Σ wy = 1.5e307 or 0.
    expected = -3e307 + 12e307 / (3 if weights is None else 4)
    assert Squared().constant([[9e307], [-3e307], [-3e307]], weights, 1)[0] == pytest.approx(
        expected, abs=1e293
    )


def test_the_constant_of_huber_between_two_far_groups_is_any_point_between():
    assert Huber().constant([[0.0], [10.0]], None, 1).tolist() == [5.0]
    assert Huber().constant([0.0, 0.0, 10.0], None, 1)[0] == pytest.approx(0.5, rel=1e-14)
    assert Huber().constant([10.0, 10.0, 0.0], None, 1)[0] == pytest.approx(9.5, rel=1e-14)
    assert abs(Huber().constant([-9.0, 9.0, 5e-324], None, 1)[0]) < 1e-300


@pytest.mark.parametrize("loss", [Squared(), Absolute(), Huber(), Quantile(0.3)], ids=repr)
@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ([np.nan, 1.0, 2.0], "^targets contains NaN in row 0"),
        ([[1.0], [-np.inf]], "^targets contains -inf in row 1"),
        ([[1.0], [2.0, 3.0]], "^targets must be an array of real numbers, with rows of the same length$"),
        (3.0, r"^targets have shape \(\); expected \(n_rows, n_outputs\)$"),
        ([], "^there are no rows"),
    ],
)
def test_refuses_targets_without_a_constant(loss, targets, message):
    with pytest.raises(InvalidDataError, match=message):
        loss.constant(targets, None, 1)

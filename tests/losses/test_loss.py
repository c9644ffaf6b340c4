"""What holds for every loss: slopes against finite differences, means, the best constant, types, refusals."""

from __future__ import annotations

import dataclasses
import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.losses import LOSSES, Absolute, CrossEntropy, Huber, Quantile, Squared

REGRESSION = [Squared(), Absolute(), Huber(), Huber(0.3), Quantile(), Quantile(0.9)]
ALL = [*REGRESSION, CrossEntropy()]
KINKS = {
    Absolute(): [0.0],
    Quantile(): [0.0],
    Quantile(0.9): [0.0],
    Huber(): [-1.0, 1.0],
    Huber(0.3): [-0.3, 0.3],
}
every_loss = pytest.mark.parametrize("loss", ALL, ids=repr)
every_regression = pytest.mark.parametrize("loss", REGRESSION, ids=repr)
few_scores = st.tuples(st.integers(1, 4), st.integers(1, 5)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.floats(-5, 5))
)


def targets_for(loss, scores, seed):
    random = np.random.RandomState(seed)
    if loss != CrossEntropy():
        return random.uniform(-5, 5, scores.shape)
    if seed % 2 or scores.shape[1] == 1:
        return random.randint(0, scores.shape[1], len(scores))
    return random.dirichlet(np.ones(scores.shape[1]), len(scores))


def differences(function, scores, h=1e-5):
    """Return the central differences of a function of the scores in each score, stacked along the last axis."""
    steps = np.eye(scores.shape[1]) * h
    return np.stack(
        [(function(scores + step) - function(scores - step)) / (2 * h) for step in steps], axis=-1
    )


@every_loss
@given(scores=few_scores, seed=st.integers(0, 99))
def test_gradient_and_curvature_are_the_slopes(loss, scores, seed):
    targets = targets_for(loss, scores, seed)
    for kink in KINKS.get(loss, []):
        assume((np.abs(np.abs(scores - targets) - abs(kink)) > 1e-4).all())
    gradient, curvature = loss.gradient(scores, targets), loss.curvature(scores, targets)
    assert curvature.shape == (*scores.shape, scores.shape[1])
    np.testing.assert_allclose(gradient, differences(lambda s: loss.rows(s, targets), scores), atol=1e-8)
    np.testing.assert_allclose(curvature, differences(lambda s: loss.gradient(s, targets), scores), atol=1e-8)


@every_loss
@given(scores=few_scores, seed=st.integers(0, 99))
def test_curvature_is_symmetric_and_never_negative(loss, scores, seed):
    curvature = loss.curvature(scores, targets_for(loss, scores, seed))
    np.testing.assert_array_equal(curvature, curvature.transpose(0, 2, 1))
    assert (np.linalg.eigvalsh(curvature) >= -1e-15).all()


@every_loss
def test_the_step_curvature_bounds_the_hessian_at_the_start(loss):
    at_zero = loss.curvature(np.zeros((1, 4)), np.zeros((1, 4)) if loss in REGRESSION else [2])
    assert np.linalg.eigvalsh(at_zero)[0, -1] <= loss.step_curvature(4) + 1e-15


@every_regression
@given(start=st.floats(-50, 50), step=st.floats(-100, 100))
def test_a_parabola_of_the_step_curvature_lies_above(loss, start, step):
    """From errors of at least one, which the losses without curvature ask for."""
    assume(abs(start) >= 1)
    value, slope = loss.rows([[start]], [[0.0]])[0], loss.gradient([[start]], [[0.0]])[0, 0]
    parabola = value + slope * step + 0.5 * loss.step_curvature(1) * step**2
    assert loss.rows([[start + step]], [[0.0]])[0] <= parabola + 1e-9


@every_regression
@given(start=st.floats(-50, 50), step=st.floats(-100, 100), size=st.floats(0.01, 40))
def test_a_parabola_that_suits_errors_of_a_size_lies_above_from_there_on(loss, start, step, size):
    assume(abs(start) >= size)
    value, slope = loss.rows([[start]], [[0.0]])[0], loss.gradient([[start]], [[0.0]])[0, 0]
    curvature = loss.step_curvature(1) * loss.relative_curvature(size)
    parabola = value + slope * step + 0.5 * curvature * step**2
    assert loss.rows([[start + step]], [[0.0]])[0] <= parabola + 1e-9


@every_loss
def test_the_curvature_depends_on_the_size_of_errors_where_the_slope_is_bounded(loss):
    far = loss.gradient([[1e9, 0.0]], [0] if loss == CrossEntropy() else [[0.0, 0.0]])[0, 0]
    assert loss.bounded == (loss in REGRESSION and abs(far) < 10)
    assert (loss.relative_curvature(1e9) < 1e-8) == loss.bounded


@every_loss
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_parameter_is_that_of_the_loss_in_the_type(loss, dtype):
    parameter = loss.parameter(np.dtype(dtype))
    assert parameter.dtype == dtype
    assert parameter == dtype(next(iter(vars(loss).values()), 0))


def test_a_delta_beyond_the_type_is_its_largest_number():
    assert Huber(1e150).parameter(np.dtype(np.float32)) == np.finfo(np.float32).max
    with pytest.raises(InvalidParameterError, match="delta=1e-50 is too small for float32"):
        Huber(1e-50).parameter(np.dtype(np.float32))


@every_loss
@pytest.mark.parametrize("weights", [None, np.arange(20_000) % 3])
def test_the_value_is_the_weighted_mean_of_the_rows(loss, weights):
    scores = np.random.RandomState(0).randn(20_000, 3)
    targets = targets_for(loss, scores, 1)
    expected = np.average(loss.rows(scores, targets), weights=weights)
    assert loss.value(scores, targets, weights) == pytest.approx(expected, rel=1e-13)


@every_loss
@pytest.mark.parametrize("weights", [None, np.arange(6.0)])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_value_of_equal_scores_is_the_value(loss, weights, seed):
    scores = np.array([0.5, -2.0, 1.0])
    everywhere = np.tile(scores, (6, 1))
    targets = targets_for(loss, everywhere, seed)
    expected = loss.value(everywhere, targets, weights)
    assert loss.constant_value(scores, targets, weights) == pytest.approx(expected, rel=1e-14)


@every_regression
@given(
    y=arrays(np.float64, st.tuples(st.integers(1, 12), st.integers(1, 2)), elements=st.integers(-20, 20)),
    data=st.data(),
)
def test_no_constant_is_better_than_the_constant(loss, y, data):
    weights = data.draw(arrays(np.float64, len(y), elements=st.integers(0, 3)).filter(np.any))
    best = loss.constant(y, weights, y.shape[1])
    assert best.shape == (y.shape[1],)
    at = loss.constant_value(best, y, weights)
    for other in [*y, *(best + shift for shift in (-1, -1e-3, 1e-3, 1))]:
        assert at <= loss.constant_value(other, y, weights) * (1 + 1e-14)


@every_regression
@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=9), st.data())
def test_a_row_of_weight_two_counts_as_two_rows(loss, y, data):
    repeats = data.draw(st.lists(st.integers(0, 3), min_size=len(y), max_size=len(y)).filter(any))
    y = np.array(y)[:, None]
    once = loss.constant_value(loss.constant(y, np.array(repeats), 1), y, np.array(repeats))
    repeated = np.repeat(y, repeats, axis=0)
    again = loss.constant_value(loss.constant(repeated, None, 1), repeated, None)
    assert once == pytest.approx(again, rel=1e-12, abs=1e-12)


def test_the_constant_of_cross_entropy_is_no_opinion():
    assert CrossEntropy().constant(np.array([[0], [2]]), None, 3).tolist() == [0, 0, 0]


@every_loss
@pytest.mark.parametrize(("dtype", "expected"), [("f2", "f4"), ("f4", "f4"), ("f8", "f8"), ("i8", "f8")])
def test_results_have_the_type_of_the_scores_but_never_float16(loss, dtype, expected):
    scores = np.array([[3, 1], [0, 2]], dtype)
    targets = np.array([0, 1]) if loss == CrossEntropy() else np.array([[1, 1], [1, 0]], dtype)
    for result in (loss.rows, loss.gradient, loss.curvature):
        assert result(scores, targets).dtype == np.dtype(expected)


@every_loss
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_numbers_of_any_size_give_finite_results(loss, dtype):
    scores = np.array([[6e4, -6e4], [-6e4, 6e4], [1e-7, 0]], dtype)
    targets = np.array([1, 1, 0]) if loss == CrossEntropy() else -scores
    with np.errstate(all="raise", under="ignore"):
        for result in (loss.rows, loss.gradient, loss.curvature):
            assert np.isfinite(result(scores, targets)).all()


@pytest.mark.parametrize(("a", "b"), [(loss, dataclasses.replace(loss)) for loss in ALL], ids=repr)
def test_a_loss_is_a_value(a, b):
    assert a == b
    assert hash(a) == hash(b)
    assert eval(repr(a)) == a
    assert pickle.loads(pickle.dumps(a)) == a
    with pytest.raises(dataclasses.FrozenInstanceError):
        a.name = "other"


def test_losses_of_other_parameters_are_others():
    assert Huber(0.5) != Huber()
    assert Quantile(0.1) != Quantile(0.9)
    assert Squared() != Absolute()
    assert Huber(2) == Huber(2.0) == Huber(np.float32(2))
    assert repr(Huber(2)) == "Huber(delta=2.0)"
    assert repr(Quantile(0.25)) == "Quantile(q=0.25)"


def test_the_names_of_the_losses():
    assert list(LOSSES.values()) == [Squared(), Absolute(), Huber(), Quantile(), CrossEntropy()]
    assert all(loss.name == name for name, loss in LOSSES.items())


@pytest.mark.parametrize("delta", [0, -1.0, np.inf, np.nan, "1", None, True])
def test_refuses_a_delta_that_is_no_positive_number(delta):
    with pytest.raises(InvalidParameterError, match=r"^delta=.*: expected a finite number above 0$"):
        Huber(delta)


@pytest.mark.parametrize("delta", [1e-310, 9e-151, 1.1e150, 1e155])
def test_refuses_a_delta_whose_square_is_no_float64(delta):
    with pytest.raises(
        InvalidParameterError, match=r"^delta=.*: expected a number from 1e-150 to 1e\+150, in units"
    ):
        Huber(delta)


@pytest.mark.parametrize("q", [0, 1, 1.5, -0.5, np.nan, "0.5", None])
def test_refuses_a_q_that_is_no_share(q):
    with pytest.raises(InvalidParameterError, match=r"^q=.*: expected a number above 0 and below 1$"):
        Quantile(q)


@every_regression
@pytest.mark.parametrize(
    ("scores", "targets", "message"),
    [
        ([[1.0], [2.0]], [[1.0, 2.0]], r"scores have shape \(2, 1\) and targets \(1, 2\)"),
        ([[1.0, 2.0]], [1.0, 2.0], r"scores have shape \(1, 2\) and targets \(2, 1\)"),
        ([1.0, 2.0], [1.0, 2.0], r"scores have shape \(2,\); expected \(n_rows, n_outputs\)"),
        ([["a"]], [[1.0]], "scores must be an array of real numbers, not of <U1"),
        ([[1.0]], [[1j]], "targets must be an array of real numbers, not of complex128"),
        (
            [[1.0], [1.0, 2.0]],
            [[1.0]],
            "scores must be an array of real numbers, with rows of the same length",
        ),
        (
            [[1.0]],
            [[1.0], [1.0, 2.0]],
            "targets must be an array of real numbers, with rows of the same length",
        ),
        (np.zeros((2, 0)), np.zeros((2, 0)), r"scores have shape \(2, 0\); expected at least one output"),
    ],
)
def test_refuses_targets_that_do_not_fit(loss, scores, targets, message):
    for method in (loss.rows, loss.value, loss.gradient, loss.curvature):
        with pytest.raises(InvalidDataError, match=message):
            method(scores, targets)


@every_loss
@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0], r"weights has shape \(1,\); expected \(2,\)"),
        ([1.0, -1.0], r"weights is negative in row 1 \(-1\)"),
        ([np.nan, 1.0], "weights contains NaN in row 0"),
        ([0.0, 0.0], "weights is zero in every row"),
        (["a", "b"], "weights must be an array of real numbers, one weight for each row"),
        ([[1.0], [1.0, 2.0]], "weights must be an array of real numbers, one weight for each row"),
    ],
)
def test_refuses_weights_that_make_no_mean(loss, weights, message):
    with pytest.raises(InvalidDataError, match=message):
        loss.value([[1.0], [2.0]], [0, 0], weights)


@every_loss
def test_nan_and_infinity_go_through_quietly(loss):
    """A warning would be an error here."""
    scores = np.array([[np.nan, 0.0], [np.inf, 0.0], [1e308, -1e308], [0.0, 1.0]])
    targets = np.array([0, 0, 1, 1]) if loss == CrossEntropy() else -scores
    assert np.isnan(loss.rows(scores, targets)[0])
    assert np.isfinite(loss.rows(scores, targets)[3])
    assert np.isfinite(loss.gradient(scores, targets)[3]).all()
    assert np.isfinite(loss.curvature(scores, targets)[3]).all()
    assert np.isnan(loss.value(scores, targets))
    assert loss.value(scores, targets, [0, 0, 0, 2]) == loss.rows(scores, targets)[3]


@every_loss
def test_refuses_the_mean_of_no_rows(loss):
    with pytest.raises(InvalidDataError, match="there are no rows"):
        loss.value(np.zeros((0, 1)), np.zeros((0, 1)))


def test_importing_the_losses_brings_numpy_only():
    heavy = ["scipy", "sklearn", "numba", "torch"]
    code = f"import sys, onelayer.losses; sys.exit(','.join(m for m in {heavy} if m in sys.modules) or None)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (0, "")

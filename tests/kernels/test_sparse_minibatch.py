"""The loop over sparse rows against the dense one over the same rows with their zeros, for any number of threads."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from onelayer.kernels import barrier, lines, sparse_minibatch, threads
from onelayer.losses import LOSSES, CrossEntropy, Squared
from onelayer.matrices import matrix_of
from onelayer.objective import Objective
from onelayer.solvers.fused import FusedLoop
from onelayer.solvers.loop import Setting


def problem(n_rows, n_features, n_outputs, dtype, loss, seed=0):
    """Return filled rows, of which few columns have most values, targets and weights."""
    random = np.random.RandomState(seed)
    often = 1 / (1 + np.arange(n_features))
    filled = random.randint(1, 9, (n_rows, n_features)) * (random.rand(n_rows, n_features) < often)
    targets = random.randn(n_rows, n_outputs)
    if loss.name == "cross-entropy":
        targets = random.randint(0, n_outputs, (n_rows, 1)).astype(float)
    return filled.astype(dtype), targets, random.randint(0, 3, n_rows).astype(float)


def trained(X, targets, loss, n_outputs, *, alpha=0.0, momentum=0.0, scales=None, output_scale=None, weights=None,
            batch_size=16, rate=0.01, intercept=True, n_threads=1, epochs=3):  # fmt: skip
    """Return W, b and the mean losses of a few epochs from a random start."""
    random, (n_rows, n_features) = np.random.RandomState(1), X.shape
    setting = Setting(
        Objective(X, targets, loss, n_outputs, alpha, weights, intercept),
        np.zeros(n_features),
        np.full(n_features, X.unit) if scales is None else scales,
        scales is not None,
        random.randn(n_outputs, n_features),
        random.randn(n_outputs),
        min(batch_size, n_rows),
        momentum,
        n_threads,
        np.inf,
        output_scale,
    )
    loop = FusedLoop(setting)
    loop.n_threads = n_threads
    losses = [loop.run(random.permutation(n_rows), rate * (1 + epoch)) for epoch in range(epochs)]
    return [array.copy() for array in loop.parameters()] + [np.array(losses)]


CASES = {
    "plain": {},
    "penalty": {"alpha": 0.7},
    "penalty that leaves nothing": {"alpha": 100.0, "epochs": 1},
    "momentum": {"momentum": 0.9},
    "momentum and penalty": {"momentum": 0.5, "alpha": 0.7},
    "scaled": {"scales": "scales", "alpha": 0.7},
    "scaled with momentum": {"scales": "scales", "alpha": 0.7, "momentum": 0.9},
    "outputs scaled": {"scales": "scales", "alpha": 0.7, "output_scale": "outputs"},
    "outputs scaled, momentum": {
        "scales": "scales",
        "alpha": 0.7,
        "output_scale": "outputs",
        "momentum": 0.9,
    },
    "weights, no intercept": {"weights": "weights", "alpha": 0.1, "intercept": False},
    "one row at a time": {"batch_size": 1, "alpha": 0.7},
    "one batch": {"batch_size": 10_000, "alpha": 0.7},
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("n_outputs", [1, 3, 20])
def test_the_steps_are_those_over_filled_rows(n_outputs, dtype, case):
    loss = Squared() if n_outputs == 1 else CrossEntropy()
    filled, targets, weights = problem(101, 57, n_outputs, dtype, loss)
    known = {
        "scales": 1 / (1 + np.arange(57.0) % 5),
        "outputs": 0.5 + np.arange(n_outputs) % 3,
        "weights": weights,
    }
    names = [name for name, value in CASES[case].items() if isinstance(value, str)]
    parameters = {**CASES[case], **{name: known[CASES[case][name]] for name in names}}
    sparse = trained(matrix_of(csr_array(filled)), targets, loss, n_outputs, n_threads=2, **parameters)
    dense = trained(matrix_of(filled), targets, loss, n_outputs, **parameters)
    rtol = 1e-11 if dtype == np.float64 else 1e-4
    for one, other in zip(sparse, dense, strict=True):
        np.testing.assert_allclose(one, other, rtol=rtol, atol=rtol * np.abs(other).max())


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_every_loss(loss):
    filled, targets, _ = problem(90, 30, 4, np.float64, loss)
    sparse = trained(matrix_of(csr_array(filled)), targets, loss, 4, alpha=0.2)
    dense = trained(matrix_of(filled), targets, loss, 4, alpha=0.2)
    for one, other in zip(sparse, dense, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-11)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 70),
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(0, 2**31),
    st.sampled_from([0.0, 0.9]),
)
def test_any_shape_is_the_same_over_filled_rows(n_rows, n_features, batch_size, seed, momentum):
    filled, targets, weights = problem(n_rows, n_features, 3, np.float64, CrossEntropy(), seed)
    weights[0] = 1.0
    extra = {"alpha": 0.3, "momentum": momentum, "batch_size": batch_size, "weights": weights}
    sparse = trained(matrix_of(csr_array(filled)), targets, CrossEntropy(), 3, n_threads=3, **extra)
    dense = trained(matrix_of(filled), targets, CrossEntropy(), 3, **extra)
    for one, other in zip(sparse, dense, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("extra", [{}, {"alpha": 0.1}, {"alpha": 0.1, "momentum": 0.9}], ids=str)
@pytest.mark.parametrize(
    "shape", [(300, 1000, 10, 64), (50, 1, 2, 7), (200, 3, 3, 200), (5, 400, 20, 2)], ids=str
)
def test_same_bits_for_any_number_of_threads(shape, extra):
    *size, batch_size = shape
    filled, targets, _ = problem(*size, np.float32, CrossEntropy())
    X = matrix_of(csr_array(filled))
    one = trained(X, targets, CrossEntropy(), size[2], batch_size=batch_size, **extra)
    for n_threads in (2, 3, 7):
        several = trained(
            X, targets, CrossEntropy(), size[2], batch_size=batch_size, n_threads=n_threads, **extra
        )
        for a, b in zip(one, several, strict=True):
            assert a.tobytes() == b.tobytes()


def test_columns_without_values_only_shrink():
    """n steps of W ← (1 − ηα)·W, exactly as many as there are minibatches, on a column that no row has."""
    filled, targets, _ = problem(64, 6, 2, np.float64, CrossEntropy())
    filled[:, 4] = 0
    start = np.random.RandomState(1).randn(2, 6)
    W, _, _ = trained(matrix_of(csr_array(filled)), targets, CrossEntropy(), 2, alpha=0.5, rate=0.1, epochs=1)
    np.testing.assert_allclose(W[:, 4], start[:, 4] * (1 - 0.1 * 0.5) ** 4, rtol=1e-14)


def test_a_minibatch_that_is_not_finite_or_beyond_the_limit_ends_the_pass():
    filled, targets, _ = problem(64, 6, 2, np.float64, Squared())
    assert trained(matrix_of(csr_array(filled)), targets, Squared(), 2, rate=1e200)[2][-1] == np.inf


def test_a_request_to_stop_ends_the_pass_in_every_thread():
    filled, targets, _ = problem(64, 6, 2, np.float64, Squared())
    X = matrix_of(csr_array(filled))
    setting = Setting(
        Objective(X, targets, Squared(), 2, 0.1, None, True), np.zeros(6), np.ones(6), False, np.zeros((2, 6)),
        np.zeros(2), 8, 0.0, 3, np.inf,
    )  # fmt: skip
    loop, state = FusedLoop(setting), barrier.new()
    state[barrier.STOP] = 1
    work = loop.passing.work(np.arange(64), loop.loss, 0.1, 3, state)
    assert {status for status, _ in threads.run(3, work)} == {sparse_minibatch.STOPPED}
    assert not loop.passing.layer.taken.any()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 19), max_size=60), st.integers(1, 70))
def test_pieces_cover_every_column_once(columns, pieces):
    cuts = sparse_minibatch.balanced(np.array(columns, np.int32), 20, pieces)
    assert (cuts[0], cuts[-1], len(cuts)) == (0, 20, pieces + 1)
    assert (np.diff(cuts) >= 0).all()


@pytest.mark.parametrize("n_outputs", [1, 3, 4, 17, 200])
def test_lines_hold_the_outputs_of_a_column_side_by_side(n_outputs):
    coef = np.random.RandomState(0).randn(n_outputs, 5).astype(np.float32)
    W = lines.of(coef)
    assert W.ctypes.data % 64 == 0
    assert np.array_equal(W[:, :n_outputs], coef.T)
    assert not W[:, n_outputs:].any()

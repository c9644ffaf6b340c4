"""The fused loop against the same steps written with NumPy in float64, over shapes, types, losses and threads."""

from __future__ import annotations

import numpy as np
import pytest

from onelayer.kernels import barrier, minibatch, row_losses, scoring, threads
from onelayer.losses import LOSSES, Huber, Quantile

COMPILED = {repr(loss): loss for loss in (*LOSSES.values(), Huber(0.3), Quantile(0.9))}
SHAPES = [  # rows, features, outputs, batch size
    (40, 1, 1, 7),
    (33, 2, 2, 33),
    (50, 3, 3, 1),
    (64, 16, 5, 16),
    (70, 17, 10, 32),
    (45, 33, 11, 20),
    (37, 64, 23, 37),
    (30, 100, 101, 13),
    (300, 20, 4, 256),
    (5000, 2, 3, 5000),  # several chunks of rows
    (9, 20000, 3, 4),  # several chunks of columns
    (60, 1024, 2, 60),  # rows a multiple of 4096 bytes apart, gathered
    (700, 4096, 1, 650),  # several panels
]


def problem(n_rows, n_features, n_outputs, dtype, loss, seed=0):
    """Return random X, targets and weights."""
    random = np.random.RandomState(seed)
    X = (
        random.randint(0, 256, (n_rows, n_features))
        if dtype == np.uint8
        else random.randn(n_rows, n_features)
    )
    if loss.name == "cross-entropy":
        targets = random.randint(0, n_outputs, (n_rows, 1)).astype(float)
    else:
        targets = random.randn(n_rows, n_outputs)
    return X.astype(dtype), targets, random.randint(0, 3, n_rows).astype(float)


def fused(X, targets, loss, batch_size, n_threads, *, rate, weights=None, epochs=2, momentum=0.0, penalty=0.0,
          shrink=1.0, center=None, inverse_scale=None, intercept=True, scale=None):  # fmt: skip
    """Run the compiled loop and return W, b and the mean loss of the last epoch."""
    number = np.dtype(np.float64 if X.dtype == np.float64 else np.float32)
    standardised = center is not None
    unit = 1.0 if standardised or X.dtype != np.uint8 else 1 / 255
    n_outputs = int(targets.max()) + 1 if loss.name == "cross-entropy" else targets.shape[1]
    columns = scoring.padded(X.shape[1], number)
    layer = minibatch.Layer(*(np.zeros(shape, number) for shape in [(n_outputs, columns), n_outputs] * 2))
    cuts, work = minibatch.cut(X, n_outputs, min(batch_size, len(X)), standardised, number)
    full = [np.zeros(columns, number), np.ones((len(np.atleast_2d(shrink)), columns), number)]
    full[0][: X.shape[1]], full[1][:, : X.shape[1]] = penalty, shrink
    told = row_losses.RowLoss(
        loss.code, loss.parameter(number), np.array([] if scale is None else scale, number)
    )
    step = minibatch.Step(number.type(rate), number.type(momentum), *full, intercept, np.inf)
    random = np.random.RandomState(1)
    for _ in range(epochs):
        rows = scoring.Rows(
            X,
            np.zeros(0, number) if center is None else center.astype(number),
            np.zeros(0, number) if center is None else inverse_scale.astype(number),
            number.type(unit),
            targets.astype(number),
            np.zeros(0, number) if weights is None else weights.astype(number),
            random.permutation(len(X)),
        )
        state = barrier.new()
        status, total = threads.run(
            n_threads,
            lambda thread, rows=rows, state=state: minibatch.run(
                thread, n_threads, state, rows, told, layer, step, cuts, work
            ),
        )[0]
        assert status == minibatch.FINISHED
    assert not layer.W[:, X.shape[1] :].any()
    return layer.W[:, : X.shape[1]].copy(), layer.b.copy(), total / len(X)


def reference(X, targets, loss, batch_size, *, rate, weights=None, epochs=2, momentum=0.0, penalty=0.0, shrink=1.0,
              center=None, inverse_scale=None, intercept=True, scale=None):  # fmt: skip
    """The same steps, written with NumPy in float64."""
    Z = X.astype(np.float64)
    Z = (Z - center) * inverse_scale if center is not None else Z * (1 / 255 if X.dtype == np.uint8 else 1)
    n_outputs = int(targets.max()) + 1 if loss.name == "cross-entropy" else targets.shape[1]
    W, b = np.zeros((n_outputs, X.shape[1])), np.zeros(n_outputs)
    V, v = np.zeros_like(W), np.zeros_like(b)
    weights = np.ones(len(X)) if weights is None else weights
    scale = np.ones(n_outputs) if scale is None else scale
    random = np.random.RandomState(1)
    for _ in range(epochs):
        total, order = 0.0, random.permutation(len(X))
        for start in range(0, len(X), batch_size):
            rows = order[start : start + batch_size]
            scores = (Z[rows] @ W.T + b) * scale
            D = loss.gradient(scores, targets[rows]) * scale * weights[rows][:, None] / len(rows)
            total += (loss.rows(scores, targets[rows]) * weights[rows]).sum()
            V = momentum * V + D.T @ Z[rows] + penalty * W
            v = momentum * v + D.sum(axis=0)
            W = (W - rate * V) * shrink
            b = b - rate * v if intercept else b
    return W, b, total / len(X)


@pytest.mark.parametrize("loss", COMPILED.values(), ids=COMPILED)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_same_steps_as_numpy(shape, dtype, loss):
    *size, batch_size = shape
    X, targets, _ = problem(*size, dtype, loss)
    rate = 0.5 / max(1, size[1])
    W, b, mean = fused(X, targets, loss, batch_size, 2, rate=rate)
    expected_W, expected_b, expected_mean = reference(X, targets, loss, batch_size, rate=rate)
    rtol = 1e-10 if dtype == np.float64 else 2e-4
    scale = np.abs(expected_W).max()
    np.testing.assert_allclose(W, expected_W, rtol=rtol, atol=rtol * scale)
    np.testing.assert_allclose(b, expected_b, rtol=rtol, atol=rtol * np.abs(expected_b).max())
    np.testing.assert_allclose(mean, expected_mean, rtol=rtol)


@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
@pytest.mark.parametrize("loss", COMPILED.values(), ids=COMPILED)
@pytest.mark.parametrize("n_features", [21, 64])
def test_weights_momentum_penalty_and_standardisation(loss, dtype, n_features):
    X, targets, weights = problem(90, n_features, 4, dtype, loss)
    center, inverse_scale = X.astype(float).mean(axis=0), 1 / X.astype(float).std(axis=0)
    for extra in (
        {"weights": weights},
        {"momentum": 0.9},
        {"penalty": 0.3},
        {"shrink": 0.9},
        {"shrink": np.array([[0.9], [0.8], [0.7], [1.0]]), "scale": np.array([0.5, 2.0, 1.0, 3.0])},
        {"intercept": False},
        {"center": center, "inverse_scale": inverse_scale},
        {
            "weights": weights,
            "momentum": 0.5,
            "penalty": 0.1,
            "center": center,
            "inverse_scale": inverse_scale,
        },
    ):
        W, b, mean = fused(X, targets, loss, 32, 2, rate=0.02, **extra)
        expected_W, expected_b, expected_mean = reference(X, targets, loss, 32, rate=0.02, **extra)
        rtol = 1e-10 if dtype == np.float64 else 2e-4
        np.testing.assert_allclose(W, expected_W, rtol=rtol, atol=rtol * np.abs(expected_W).max())
        np.testing.assert_allclose(b, expected_b, rtol=rtol, atol=rtol)
        np.testing.assert_allclose(mean, expected_mean, rtol=rtol)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_same_bits_for_any_number_of_threads(shape, dtype):
    *size, batch_size = shape
    loss = LOSSES["cross-entropy"]
    X, targets, _ = problem(*size, dtype, loss)
    rate = 0.5 / max(1, size[1])
    one = fused(X, targets, loss, batch_size, 1, rate=rate)
    for n_threads in (2, 3, 5, 16):
        several = fused(X, targets, loss, batch_size, n_threads, rate=rate)
        for a, b in zip(one, several, strict=True):
            assert np.asarray(a).tobytes() == np.asarray(b).tobytes()


def passes(rate, limit=np.inf):
    """Return a function that runs one thread of a pass of three, and the state that they share."""
    loss, number = LOSSES["squared"], np.dtype(np.float64)
    X, targets, _ = problem(200, 20, 3, np.float64, loss)
    layer = minibatch.Layer(*(np.zeros(shape) for shape in [(3, scoring.padded(20, number)), 3] * 2))
    cuts, work = minibatch.cut(X, 3, 10, False, number)
    columns = layer.W.shape[1]
    step = minibatch.Step(rate, 0.0, np.zeros(columns), np.ones((1, columns)), True, limit)
    rows = scoring.Rows(X, np.zeros(0), np.zeros(0), 1.0, targets, np.zeros(0), np.arange(200))
    state = barrier.new()
    told = row_losses.RowLoss(loss.code, 0.0, np.zeros(0))
    return lambda thread: minibatch.run(thread, 3, state, rows, told, layer, step, cuts, work), state


def test_a_minibatch_beyond_the_limit_ends_the_pass_in_every_thread():
    run, _ = passes(1e3, limit=1e6)
    assert {status for status, _ in threads.run(3, run)} == {minibatch.DIVERGED}


def test_a_request_to_stop_ends_the_pass_in_every_thread():
    run, state = passes(1e-3)
    state[barrier.STOP] = 1
    assert {status for status, _ in threads.run(3, run)} == {minibatch.STOPPED}


def test_a_thread_that_fails_does_not_keep_the_others_waiting():
    run, state = passes(1e-3)

    def fail_in_one(thread):
        if thread == 1:
            raise MemoryError("no room for this thread's buffers")
        return run(thread)

    with pytest.raises(MemoryError):
        threads.run(3, fail_in_one, state)

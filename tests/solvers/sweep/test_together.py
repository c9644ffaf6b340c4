"""Candidates side by side against each trained by itself, over losses, types, shapes and what they may differ in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from onelayer.errors import DivergenceError
from onelayer.losses import CrossEntropy, Huber, Quantile, Squared
from onelayer.matrices import Dense, Sparse
from onelayer.objective import Objective
from onelayer.solvers.sgd import SGD
from onelayer.solvers.solution import Stopped
from onelayer.solvers.sweep.order import AlikeRows
from onelayer.solvers.sweep.together import Together
from onelayer.solvers.sweep.wide_loop import Lane

LOSSES = [CrossEntropy(), Squared(), Huber(1.0), Quantile(0.3)]


def objective(
    loss,
    dtype,
    n_rows=230,
    n_features=37,
    n_outputs=3,
    weighted=False,
    intercept=True,
    n_threads=1,
    soft=False,
    matrix=Dense,
):
    random = np.random.RandomState(n_features)
    X = random.randint(0, 256, (n_rows, n_features)) * (random.rand(n_rows, n_features) < 0.4)
    X = X.astype(np.uint8) if dtype == np.uint8 else (X / 255).astype(dtype)
    W = random.randn(n_features, n_outputs)
    scores = (X / 255 if dtype == np.uint8 else X) @ W
    if loss.name == "cross-entropy":
        targets = scores.argmax(axis=1).astype(float)[:, None]
        if soft:
            shares = random.rand(n_rows, n_outputs) * (random.rand(n_rows, n_outputs) < 0.7) + 1e-3
            targets = shares / shares.sum(axis=1, keepdims=True)
    else:
        targets = scores + 0.1 * random.randn(*scores.shape)
    weights = random.rand(n_rows) * (random.rand(n_rows) < 0.9) if weighted else None
    return Objective(matrix(X), targets, loss, n_outputs, 0.0, weights, intercept, n_threads)


def problems(F, rate, **shared):
    """Four candidates that differ in all that they may."""
    rates = [rate] * 4 if rate == "auto" else [rate, rate / 2, rate / 4, rate]
    kinds = [{}, {"momentum": 0.5}, {"schedule": "cosine"}, {"schedule": "1/t", "momentum": 0.9}]
    alphas = [0.0, 1e-3, 0.1, 1e-2]
    return [
        (
            SGD(epochs=3, batch_size=50, learning_rate=r, n_threads=F.n_threads, **kind, **shared),
            replace(F, alpha=a),
        )
        for r, a, kind in zip(rates, alphas, kinds, strict=True)
    ]


def trained(candidates, seed=0, **keywords):
    together = Together(candidates, np.random.RandomState(seed), **keywords)
    while together.running:
        together.epoch()
    return together


def assert_same(solution, own, tolerance):
    largest = max(np.abs(own.coef).max(), 1e-12)
    np.testing.assert_allclose(solution.coef, own.coef, rtol=0, atol=tolerance * largest)
    np.testing.assert_allclose(solution.intercept, own.intercept, rtol=0, atol=tolerance * max(1, largest))
    for name in ("train_loss", "learning_rate"):
        found, expected = ([getattr(epoch, name) for epoch in each.epochs] for each in (solution, own))
        np.testing.assert_allclose(found, expected, rtol=tolerance)


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("rate", ["auto", 0.05])
def test_each_is_its_own_fit(loss, dtype, rate):
    F = objective(loss, dtype, weighted=True)
    together = trained(problems(F, rate))
    tolerance = 1e-10 if dtype == np.float64 else 1e-5
    for (sgd, own), candidate in zip(problems(F, rate), together.candidates, strict=True):
        assert_same(candidate.solution(), sgd.solve(own, np.random.RandomState(0)), tolerance)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("rate", ["auto", 0.05])
@pytest.mark.parametrize("n_outputs", [2, 5])
def test_soft_labels_are_side_by_side_too(dtype, rate, n_outputs):
    F = objective(CrossEntropy(), dtype, weighted=True, soft=True, n_outputs=n_outputs)
    together = trained(problems(F, rate))
    assert {type(candidate.run.loop) for candidate in together.candidates} == {Lane}
    tolerance = 1e-10 if dtype == np.float64 else 1e-5
    for (sgd, own), candidate in zip(problems(F, rate), together.candidates, strict=True):
        assert_same(candidate.solution(), sgd.solve(own, np.random.RandomState(0)), tolerance)


@pytest.mark.parametrize("loss", [CrossEntropy(), Quantile(0.3)], ids=lambda loss: loss.name)
@pytest.mark.parametrize("rate", ["auto", 0.05])
def test_sparse_rows_are_trained_in_step_by_loops_of_their_own(loss, rate):
    F = objective(loss, np.float32, weighted=True, matrix=lambda X: Sparse(csr_array(X)))
    together = trained(problems(F, rate))
    for (sgd, own), candidate in zip(problems(F, rate), together.candidates, strict=True):
        assert_same(candidate.solution(), sgd.solve(own, np.random.RandomState(0)), 0)


def test_one_of_sparse_rows_that_runs_away_spoils_no_other():
    F = objective(CrossEntropy(), np.float32, matrix=lambda X: Sparse(csr_array(X)))
    alone = trained(problems(F, 0.1))
    mixed = trained([(SGD(epochs=3, batch_size=50, learning_rate=1e30), F), *problems(F, 0.1)])
    assert isinstance(mixed.candidates[0].failure, DivergenceError)
    for one, other in zip(alone.candidates, mixed.candidates[1:], strict=True):
        np.testing.assert_array_equal(one.solution().coef, other.solution().coef)


@pytest.mark.parametrize(
    "shape",
    [
        {"n_features": 1},
        {"n_features": 16, "n_outputs": 2},
        {"n_outputs": 40},
        {"n_rows": 3},
        {"intercept": False},
        {"n_features": 1100, "n_rows": 60},
    ],
    ids=str,
)
def test_shapes(shape):
    F = objective(CrossEntropy(), np.float64, **shape)
    together = trained(problems(F, 0.1))
    for (sgd, own), candidate in zip(problems(F, 0.1), together.candidates, strict=True):
        assert_same(candidate.solution(), sgd.solve(own, np.random.RandomState(0)), 1e-10)


def test_minibatches_of_several_panels(monkeypatch):
    from onelayer.kernels import wide_minibatch

    F = objective(CrossEntropy(), np.float64)
    whole = trained(problems(F, 0.1))
    monkeypatch.setattr(wide_minibatch, "_PANEL_BYTES", 1)
    panels = trained(problems(F, 0.1))
    assert panels.candidates[0].run.loop.home.work.Z.shape[0] == 16
    for one, other in zip(whole.candidates, panels.candidates, strict=True):
        assert_same(one.solution(), other.solution(), 1e-12)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_the_same_bits_for_any_number_of_threads(dtype):
    solutions = []
    for n_threads in (1, 2, 3, 7):
        F = objective(CrossEntropy(), dtype, n_rows=400, n_features=700, n_threads=n_threads)
        together = trained(problems(F, 0.1))
        solutions.append([candidate.solution() for candidate in together.candidates])
    for others in solutions[1:]:
        for one, other in zip(solutions[0], others, strict=True):
            np.testing.assert_array_equal(one.coef, other.coef)
            np.testing.assert_array_equal(one.intercept, other.intercept)
            assert one.epochs[-1].train_loss == other.epochs[-1].train_loss


def test_one_that_runs_away_spoils_no_other():
    F = objective(CrossEntropy(), np.float32)
    alone = trained(problems(F, 0.1))
    wild = [(SGD(epochs=3, batch_size=50, learning_rate=rate), F) for rate in (1e30, 1e4)]
    mixed = trained([wild[0], *problems(F, 0.1), wild[1]])
    assert isinstance(mixed.candidates[0].failure, DivergenceError)
    assert mixed.candidates[0].failure.epoch == 1
    for one, other in zip(alone.candidates, mixed.candidates[1:-1], strict=True):
        np.testing.assert_array_equal(one.solution().coef, other.solution().coef)


def test_stopped_candidates_leave_the_others_as_they_are():
    F = objective(CrossEntropy(), np.float32)
    alone = trained(problems(F, 0.1))
    some = Together(problems(F, 0.1), np.random.RandomState(0))
    some.epoch()
    after_one = some.candidates[2].run.solution()
    some.stop([2, 0], Stopped.CALLBACK)
    while some.running:
        some.epoch()
    for number in (1, 3):
        np.testing.assert_array_equal(
            some.candidates[number].solution().coef, alone.candidates[number].solution().coef
        )
    np.testing.assert_array_equal(some.candidates[2].solution().coef, after_one[0])
    assert len(some.candidates[2].solution().epochs) == 1


def test_patience_keeps_the_best_epoch():
    F = objective(CrossEntropy(), np.float64)
    losses = iter([3.0, 1.0, 2.0, 2.0, 2.0])
    kept = []

    def judge(parameters):
        kept.append(parameters[0][0].copy())
        return [(next(losses), 0.5)]

    sgd = SGD(epochs=9, batch_size=50, learning_rate=0.1, patience=2)
    together = trained([(sgd, F)], judge=judge)
    solution = together.candidates[0].solution()
    assert solution.stopped is Stopped.EARLY
    assert len(solution.epochs) == 4
    np.testing.assert_array_equal(solution.coef, kept[1])
    assert together.candidates[0].progress.kept.val_loss == 1.0


def test_alike_rows_keep_their_minibatch():
    F = objective(CrossEntropy(), np.uint8)
    order = np.random.RandomState(1).permutation(230)
    arranged = AlikeRows(F, standardised=False).arranged(order, 50)
    assert (arranged != order).any()
    for start in range(0, 230, 50):
        batch = arranged[start : start + 50]
        assert set(batch) == set(order[start : start + 50])
        assert (np.diff(F.targets[batch, 0]) >= 0).all()
    np.testing.assert_array_equal(AlikeRows(F, standardised=True).arranged(order, 50), order)

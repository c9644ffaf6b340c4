"""Softmax regression at its optimum: against Newton's method with the whole Hessian, and scikit-learn."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from onelayer.errors import InvalidParameterError
from onelayer.solvers.events import Callback
from onelayer.solvers.lbfgs import LBFGS
from onelayer.solvers.lbfgs.dense_design import DenseDesign
from onelayer.solvers.lbfgs.ladder import Ladder
from onelayer.solvers.solution import Stopped

from .problems import objective, optimum, rows, value


def parameters(F, solution):
    """Return (W, b) of the objective, free of what softmax does not see."""
    W, b = solution.coef / F.X.unit, solution.intercept
    return W - W.mean(axis=0), b - b.mean()


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("kind", ["labels", "soft"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("alpha", [1e-3, 0.1])
@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("n_outputs", [2, 4])
@pytest.mark.parametrize("sparse", [False, True])
def test_optimum(dtype, kind, weighted, alpha, fit_intercept, n_outputs, sparse):
    X, targets = rows(dtype=dtype, n_outputs=n_outputs, kind=kind)
    weights = np.random.RandomState(1).randint(1, 4, len(X)).astype(float) if weighted else None
    given = csr_array(X) if sparse else X
    F = objective(given, targets, alpha, n_outputs, weights, fit_intercept=fit_intercept)
    solution = LBFGS().solve(F)
    W, b, least = optimum(F)
    assert solution.converged
    assert value(F, solution.coef / F.X.unit, solution.intercept) <= least * (1 + 1e-10)
    assert solution.objective == pytest.approx(least, rel=1e-10)
    assert solution.objective - least <= solution.gap * solution.objective + 1e-15
    found = parameters(F, solution)
    size = 1 + np.abs(W).max()
    np.testing.assert_allclose(found[0], W, atol=1e-4 * size)
    np.testing.assert_allclose(found[1], b, atol=1e-4 * size)


@pytest.mark.parametrize("alpha", [1e-6, 1e-2])
@pytest.mark.parametrize("spread", [1.0, 1e4, 1e-4])
def test_scikit_learn(alpha, spread):
    X, targets = rows(300, 8, 3, spread=spread, seed=3)
    F = objective(X, targets, alpha)
    solution = LBFGS(tol=1e-13).solve(F)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        peer = LogisticRegression(C=1 / (alpha * len(X)), solver="newton-cholesky", tol=1e-10, max_iter=1000)
        peer.fit(X, targets[:, 0])
    assert solution.objective <= value(F, peer.coef_, peer.intercept_) * (1 + 1e-13)
    np.testing.assert_allclose(solution.coef * X.std(axis=0), peer.coef_ * X.std(axis=0), atol=2e-4)


@pytest.mark.parametrize(
    "shape", [(40, 200, 3), (60, 3, 20), (500, 60, 10), (2000, 2, 2), (12, 2500, 2)], ids=str
)
@pytest.mark.parametrize("sparse", [False, True])
def test_shapes(shape, sparse):
    """More features than rows, more classes than features: the gradient vanishes, and the bound says so."""
    n_rows, n_features, n_outputs = shape
    X, targets = rows(n_rows, n_features, n_outputs, seed=5)
    F = objective(csr_array(X) if sparse else X, targets, 1 / n_rows)
    solution = LBFGS().solve(F)
    assert solution.converged
    gradient = F.gradient(solution.coef, solution.intercept)
    assert 0 <= solution.gap < 1e-6
    assert np.abs(gradient[0]).max() < 1e-5
    assert np.abs(gradient[1]).max() < 1e-9


@settings(max_examples=40, deadline=None)
@given(
    st.integers(4, 60),
    st.integers(0, 6),
    st.integers(2, 5),
    st.floats(-5, 1),
    st.booleans(),
    st.integers(0, 2**31 - 1),
)
def test_any_problem(n_rows, n_features, n_outputs, exponent, fit_intercept, seed):
    n_rows = max(n_rows, n_outputs)
    X, targets = rows(n_rows, n_features, n_outputs, seed=seed)
    F = objective(X, targets, 10.0**exponent, n_outputs, fit_intercept=fit_intercept)
    solution = LBFGS().solve(F)
    least = optimum(F)[2]
    assert solution.converged
    assert solution.objective == pytest.approx(least, rel=1e-9)
    assert solution.objective <= least + solution.gap * solution.objective + 1e-14


def test_repeated_rows_are_weights():
    X, targets = rows(80, 4, 3)
    weights = np.random.RandomState(0).randint(0, 4, len(X))
    weights[:3] = 1
    repeated = np.repeat(np.arange(len(X)), weights)
    one = LBFGS().solve(objective(X, targets, 0.01, weights=weights.astype(float)))
    other = LBFGS().solve(objective(X[repeated], targets[repeated], 0.01))
    np.testing.assert_allclose(one.coef, other.coef, atol=1e-5)
    np.testing.assert_allclose(one.intercept, other.intercept, atol=1e-5)
    assert one.objective == pytest.approx(other.objective, rel=1e-12)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(4000, 12, 3), (700, 40, 30), (1200, 300, 9)], ids=str)
def test_same_bits_for_any_number_of_threads(dtype, shape):
    X, targets = rows(*shape, dtype=dtype)
    F = objective(X, targets, 1e-3)
    fits = [LBFGS(tol=1e-8).solve(F.__class__(**{**vars(F), "n_threads": n})) for n in (1, 2, 5)]
    for other in fits[1:]:
        assert (other.coef == fits[0].coef).all()
        assert (other.intercept == fits[0].intercept).all()


def test_start_near_the_optimum():
    X, targets = rows(300, 6, 3)
    F = objective(X, targets, 1e-3)
    cold = LBFGS().solve(F)
    warm = LBFGS().solve(
        F, (cold.coef + 1.0, cold.intercept - 2.0)
    )  # shifted in a way that softmax does not see
    assert len(warm.epochs) <= 2 < len(cold.epochs)
    assert warm.objective == pytest.approx(cold.objective, rel=1e-9)


def test_separable_classes_without_a_penalty():
    X = np.array([[0.0], [1.0], [2.0], [3.0]])
    F = objective(X, np.array([[0.0], [0.0], [1.0], [1.0]]), 0.0)
    with pytest.warns(ConvergenceWarning, match="can be separated.*alpha above 0"):
        solution = LBFGS().solve(F)
    assert not solution.converged
    assert np.isfinite(solution.coef).all()
    assert (F.scores(solution.coef, solution.intercept).argmax(axis=1) == [0, 0, 1, 1]).all()
    assert solution.gap == np.inf


def test_no_penalty_and_classes_that_overlap():
    X, targets = rows(300, 3, 3, seed=2)
    F = objective(X, targets, 0.0)
    solution = LBFGS().solve(F)
    assert solution.converged
    assert solution.objective == pytest.approx(optimum(F)[2], rel=1e-10)


def test_constant_and_equal_columns():
    X, targets = rows(120, 4, 3)
    X = np.hstack([X, np.full((len(X), 1), 7.0), np.zeros((len(X), 1)), X[:, :1]])
    F = objective(X, targets, 0.01)
    solution = LBFGS().solve(F)
    assert solution.objective == pytest.approx(optimum(F)[2], rel=1e-10)
    np.testing.assert_allclose(solution.coef[:, 0], solution.coef[:, -1], atol=1e-6)
    np.testing.assert_allclose(solution.coef[:, 4:6], 0, atol=1e-6)


@pytest.mark.parametrize("offset", [1e3, 1e6])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_columns_far_from_zero(offset, dtype):
    X, targets = rows(200, 3, 3, dtype=dtype)
    X = np.round(X * 64) / 64  # so that nothing is rounded by the offset
    near, far = (LBFGS().solve(objective((X + shift).astype(dtype), targets, 1e-3)) for shift in (0, offset))
    if dtype == np.float64 or offset < 1e6:
        np.testing.assert_allclose(far.coef, near.coef, atol=1e-3)
    assert far.objective == pytest.approx(near.objective, rel=1e-5 if dtype == np.float64 else 1e-2)


class Recorder(Callback):
    def __init__(self, stop=None):
        self.stop, self.heard = stop, []

    def on_start(self, epochs, rows):
        self.heard.append(("start", epochs, rows))

    def on_epoch(self, epoch):
        self.heard.append(epoch)
        return epoch.epoch == self.stop

    def on_end(self):
        self.heard.append("end")


def test_callbacks_and_monitor():
    X, targets = rows()
    recorder = Recorder(stop=3)
    solution = LBFGS().solve(
        objective(X, targets, 1e-3), monitor=lambda coef, b: (1.5, 0.5), callbacks=[recorder]
    )
    assert recorder.heard[0] == ("start", 1000, len(X))
    assert recorder.heard[-1] == "end"
    assert [epoch.epoch for epoch in solution.epochs] == [1, 2, 3]
    assert solution.stopped is Stopped.CALLBACK
    assert not solution.converged
    assert solution.epochs[-1].val_loss == 1.5
    losses = [epoch.train_loss for epoch in solution.epochs]
    assert losses == sorted(losses, reverse=True)


def test_too_few_iterations():
    X, targets = rows()
    with pytest.warns(ConvergenceWarning, match="after max_iter=2 iterations"):
        solution = LBFGS(max_iter=2).solve(objective(X, targets, 1e-3))
    assert not solution.converged
    assert len(solution.epochs) == 2
    W, b = parameters(objective(X, targets, 1e-3), solution)
    F = objective(X, targets, 1e-3)
    assert value(F, W, b) - optimum(F)[2] <= solution.gap * solution.objective


@pytest.mark.parametrize(
    "wrong", [{"max_iter": 0}, {"max_iter": 1.5}, {"tol": 0.0}, {"tol": -1.0}, {"tol": np.nan}]
)
def test_wrong_parameters(wrong):
    with pytest.raises(InvalidParameterError):
        LBFGS(**wrong)


def test_every_rung_reaches_the_optimum(monkeypatch):
    """Whatever stands for the Hessian, the answer is the same."""
    from onelayer.solvers.lbfgs import ladder, leading_hessian

    monkeypatch.setattr(leading_hessian, "_FEWEST", 1)
    monkeypatch.setattr(leading_hessian, "_n_leading", lambda design: 3)
    X, targets = rows(400, 6, 4, spread=30.0)
    F = objective(X, targets, 1e-4)
    least = optimum(F)[2]
    for rung in ladder._OF_COLUMNS:
        monkeypatch.setattr(ladder, "_RUNGS", dict.fromkeys(ladder._RUNGS, (rung,)))
        monkeypatch.setattr(DenseDesign, "uncorrelated", False)
        solution = LBFGS().solve(F)
        assert solution.converged, rung.name
        assert solution.objective == pytest.approx(least, rel=1e-9), rung.name


def test_interrupt_returns_what_there_is():
    X, targets = rows()

    def interrupt(epoch):
        if epoch.epoch == 2:
            raise KeyboardInterrupt

    class Interrupting(Callback):
        def on_epoch(self, epoch):
            interrupt(epoch)

    solution = LBFGS().solve(objective(X, targets, 1e-3), callbacks=[Interrupting()])
    assert solution.stopped is Stopped.INTERRUPTED
    assert len(solution.epochs) == 2


def test_the_ladder_is_climbed_where_that_pays():
    X, targets = rows(3000, 4, 2)
    F = objective(X, targets, 1e-3)
    from onelayer.solvers.lbfgs.designs import kind_of

    design = kind_of(F, True)(F, np.dtype(float))
    ladder = Ladder(design, design.start(None))
    assert ladder.name == "hessian"  # eleven unknowns: it costs less than a pass


@pytest.mark.parametrize("offset", [0.0, 1e6])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("principal", [False, True])
def test_float64_rows_are_gone_over_in_float32_as_long_as_that_is_enough(
    monkeypatch, offset, weighted, principal
):
    passes = spied_passes(monkeypatch)
    monkeypatch.setattr("onelayer.solvers.lbfgs.dense_design._BRIEF", 1)
    X, targets = rows(400, 6, 4)
    weights = np.random.RandomState(1).randint(0, 4, len(X)).astype(float) if weighted else None
    least, coordinates = optimum(objective(X, targets, 1e-3, 4, weights))[2], set()
    F = objective(X + offset, targets, 1e-3, 4, weights)
    F.X.principal = principal
    for tol in (1e-3, 1e-5, 1e-8):
        passes.clear()
        solution = LBFGS(tol=tol).solve(F)
        found = value(F, solution.coef / F.X.unit, solution.intercept)
        assert solution.converged
        assert solution.objective == pytest.approx(found, rel=1e-13 if offset == 0 else 1e-9)
        assert least * (1 - 1e-9) <= found <= least * (1 + 2 * tol)
        assert found - least <= solution.gap * found
        kinds = [number for number, _ in passes]
        single = kinds.count(np.dtype(np.float32))
        assert kinds == [np.dtype(np.float32)] * single + [np.dtype(np.float64)] * (len(kinds) - single)
        assert (single > 1) == (tol >= 1e-5)
        coordinates |= {design.center.tobytes() for _, design in passes}
    assert len(coordinates) == 1


@pytest.mark.parametrize("tol", [1e-3, 1e-5, 1e-8])
def test_without_the_value_no_pass_is_made_for_it(monkeypatch, tol):
    passes = spied_passes(monkeypatch)
    monkeypatch.setattr("onelayer.solvers.lbfgs.dense_design._BRIEF", 1)
    X, targets = rows(400, 6, 4)
    F, before, known, numbers = objective(X, targets, 1e-2, 4), None, None, {True: [], False: []}
    for alpha in (1e-2, 1e-3):
        F = replace(F, alpha=alpha)
        least = optimum(F)[2]
        passes.clear()
        before = LBFGS(tol=tol).solve(F, before=before, valued=False)
        numbers[False] += [number for number, _ in passes]
        passes.clear()
        known = LBFGS(tol=tol).solve(F, before=known)
        numbers[True] += [number for number, _ in passes]
        assert before.converged
        assert (before.objective, before.gap) == (None, None)
        assert least * (1 - 1e-9) <= value(F, before.coef, before.intercept) <= least * (1 + 2 * tol)
    assert (np.dtype(np.float64) in numbers[False]) == (tol < 1e-5)
    assert np.dtype(np.float64) in numbers[True]
    assert len(numbers[False]) <= len(numbers[True])


def spied_passes(monkeypatch):
    """Return a list that takes in the type and the design of every pass over dense rows."""
    seen, once = [], DenseDesign._pass

    def noting(design, theta):
        seen.append((design.number, design))
        return once(design, theta)

    monkeypatch.setattr(DenseDesign, "_pass", noting)
    return seen


@pytest.mark.parametrize(
    ("shape", "dtype", "tol", "single"),
    [
        ((4000, 784), np.float64, 1e-4, True),
        ((4000, 784), np.float64, 1e-6, False),
        ((1000, 100), np.float64, 1e-4, False),
        ((9000, 784), np.float64, 1e-4, False),
        ((4000, 784), np.float32, 1e-8, True),
        ((4000, 784), np.uint8, 1e-8, True),
    ],
    ids=["float64", "near", "brief", "too many to keep", "float32", "uint8"],
)
def test_the_type_of_the_first_passes(shape, dtype, tol, single):
    F = objective(np.zeros(shape, dtype), np.arange(shape[0])[:, None] % 10.0, 1e-3, 10)
    assert DenseDesign.first_type(F, tol) == (np.float32 if single else np.float64)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("sparse", [False, True])
def test_a_fit_that_is_stopped_is_judged_in_double(dtype, sparse):
    X, targets = rows(dtype=dtype)
    F = objective(csr_array(X) if sparse else X, targets, 1e-3)
    solution = LBFGS().solve(F, callbacks=[Recorder(stop=2)])
    found = value(F, solution.coef / F.X.unit, solution.intercept)
    assert solution.objective == pytest.approx(found, rel=1e-13)
    assert found - optimum(F)[2] <= solution.gap * found

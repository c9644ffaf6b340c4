"""The solver: types, blocks, callbacks, many penalties, more columns than rows, what it refuses."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.losses import LOSSES
from onelayer.matrices import Dense
from onelayer.objective import Objective
from onelayer.solvers.closed_form import ClosedForm, Statistics
from onelayer.solvers.closed_form.wide import is_wide
from onelayer.solvers.events import Callback
from onelayer.solvers.solution import Stopped

RANDOM = np.random.RandomState(0)
ALPHAS = (1e-6, 0.01, 1.0, 50.0)


def problem(
    shape=(90, 4),
    dtype=np.float64,
    alpha=0.0,
    weighted=False,
    fit_intercept=True,
    loss="squared",
    n_outputs=2,
):
    random = np.random.RandomState(1)
    X = (random.rand(*shape) * 200 + 20).astype(dtype)
    y = X[:, :3].astype(np.float64) @ random.randn(3, n_outputs) / 50 + random.randn(shape[0], n_outputs)
    weights = np.where(random.rand(shape[0]) < 0.2, 0, random.rand(shape[0])) if weighted else None
    return Objective(Dense(X), y, LOSSES[loss], n_outputs, alpha, weights, fit_intercept)


SHAPES = [(90, 4), (30, 45), (40, 600)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("alpha", [0.0, 0.5])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_the_gradient_is_zero(shape, dtype, alpha, weighted, fit_intercept):
    F = problem(shape, dtype, alpha, weighted, fit_intercept)
    solution = ClosedForm().solve(F)
    W, values = solution.coef / F.X.unit, F.X.array.astype(np.float64) * F.X.unit
    weights = np.ones(shape[0]) if F.sample_weight is None else F.sample_weight
    share = (weights / weights.sum())[:, None]
    errors = share * (values @ W.T + solution.intercept - F.targets)
    size = np.abs(values).max() * (np.abs(values @ W.T) + np.abs(F.targets)).max()
    assert np.abs(errors.T @ values + alpha * W).max() <= 1e-12 * size
    assert not fit_intercept or np.abs(errors.sum(axis=0)).max() <= 1e-12 * size
    assert fit_intercept or not solution.intercept.any()
    assert solution.epochs[0].train_loss == pytest.approx(
        0.5 * float((share * np.square(values @ W.T + solution.intercept - F.targets)).sum()),
        abs=1e-12 * size,
    )
    assert (solution.statistics is None) == is_wide(int(np.count_nonzero(weights)), shape[1], fit_intercept)


@pytest.mark.parametrize("fit_intercept", [False, True])
def test_more_columns_than_rows_gives_the_least_norm(fit_intercept):
    F = problem((40, 600), fit_intercept=fit_intercept)
    solution = ClosedForm().solve(F)
    X, y = F.X.array, F.targets
    mean, mean_y = (X.mean(axis=0), y.mean(axis=0)) if fit_intercept else (np.zeros(600), np.zeros(2))
    expected = np.linalg.pinv(X - mean, rcond=1e-10) @ (y - mean_y)
    np.testing.assert_allclose(solution.coef, expected.T, rtol=1e-9, atol=1e-12)
    fit = solution.least_squares
    assert fit.rank == 40 - fit_intercept
    np.testing.assert_allclose(fit.mean, X.mean(axis=0))
    if not fit_intercept:
        np.testing.assert_allclose(fit.inverse[1:, 1:], np.linalg.pinv(X.T @ X), rtol=1e-6, atol=1e-12)


def test_very_many_columns_take_little_memory():
    random = np.random.RandomState(2)
    X, y = random.randn(20, 20_000), random.randn(20, 1)
    F = Objective(Dense(X), y, LOSSES["squared"], 1, 0.0, None, True)
    ClosedForm().solve(F)
    tracemalloc.start()
    solution = ClosedForm().solve(F)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * X.nbytes
    np.testing.assert_allclose(X @ solution.coef.T + solution.intercept, y, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_leaving_one_out_is_what_it_says(shape, weighted, fit_intercept):
    """Each row left out and all others fitted anew by scikit-learn, with the penalty of all rows."""
    F = problem(shape, weighted=weighted, fit_intercept=fit_intercept)
    solution = ClosedForm(ALPHAS).solve(F)
    weights = np.ones(shape[0]) if F.sample_weight is None else F.sample_weight
    expected = []
    for alpha in ALPHAS:
        total = 0.0
        for i in np.flatnonzero(weights):
            rest = np.arange(shape[0]) != i
            peer = Ridge(alpha=alpha * weights.sum(), fit_intercept=fit_intercept, solver="svd")
            peer.fit(F.X.array[rest], F.targets[rest], weights[rest])
            total += weights[i] * 0.5 * np.square(F.targets[i] - peer.predict(F.X.array[i : i + 1])).sum()
        expected.append(total / weights.sum())
    np.testing.assert_allclose(solution.losses, expected, rtol=1e-6)
    assert solution.alpha == ALPHAS[int(np.argmin(expected))]
    chosen = ClosedForm().solve(
        problem(shape, alpha=solution.alpha, weighted=weighted, fit_intercept=fit_intercept)
    )
    assert np.array_equal(chosen.coef, solution.coef)


def test_leaving_one_out_in_blocks_is_that_of_all_rows():
    F = problem((90, 4), np.uint8, weighted=True)
    blocks = [
        (F.X.array[rows], F.targets[rows], F.sample_weight[rows])
        for rows in np.split(np.arange(90), [10, 60])
    ]
    whole, parts = ClosedForm(ALPHAS).solve(F), ClosedForm(ALPHAS).solve_blocks(blocks)
    np.testing.assert_allclose(parts.losses, whole.losses, rtol=1e-12)
    np.testing.assert_allclose(parts.coef, whole.coef, rtol=1e-12)
    assert parts.alpha == whole.alpha


@pytest.mark.parametrize("shape", SHAPES)
def test_validation_data_choose(shape):
    F = problem(shape)

    def monitor(coef, intercept):
        return float(np.linalg.norm(coef) > limit), float(coef[0, 0])

    norms = [np.linalg.norm(ClosedForm().solve(problem(shape, alpha=alpha)).coef) for alpha in ALPHAS]
    limit = (norms[1] + norms[2]) / 2
    solution = ClosedForm(ALPHAS).solve(F, monitor)
    assert solution.losses.tolist() == [1, 1, 0, 0]
    assert solution.alpha == 50.0
    record = solution.epochs[0]
    assert (record.val_loss, record.val_score) == (0.0, solution.coef[0, 0])


def test_of_alphas_that_are_alike_the_largest_is_chosen():
    X, y = RANDOM.randn(20, 2), np.zeros((20, 1))
    F = Objective(Dense(X), y, LOSSES["squared"], 1, 0.0, None, True)
    assert ClosedForm((0.1, 3.0, 1.0)).solve(F).alpha == 3.0


def test_a_row_that_determines_its_fit_rules_an_alpha_out():
    X = np.c_[np.eye(10)[:, 0], np.arange(10.0)]  # leaving row 0 out leaves nothing of the first column
    F = Objective(Dense(X), RANDOM.randn(10, 1), LOSSES["squared"], 1, 0.0, None, True)
    losses = ClosedForm((0.0, 0.1)).solve(F).losses
    assert losses[0] == np.inf
    assert np.isfinite(losses[1])
    with pytest.raises(InvalidParameterError, match="some row determines its own fit"):
        ClosedForm((0.0,)).solve(F)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_blocks_are_one_table(dtype):
    F = problem((90, 4), dtype, weighted=True)
    whole = ClosedForm().solve(F)

    def blocks():
        for rows in np.split(np.arange(90), [1, 2, 50, 50]):
            yield F.X.array[rows], F.targets[rows], F.sample_weight[rows]

    parts = ClosedForm().solve_blocks(blocks())
    np.testing.assert_allclose(parts.coef, whole.coef, rtol=1e-12)
    np.testing.assert_allclose(parts.intercept, whole.intercept, rtol=1e-12)
    assert parts.least_squares.n_rows == whole.least_squares.n_rows
    later = ClosedForm().solve_statistics(
        parts.statistics.merge(Statistics.of(F.X.array, F.targets, None)), 0.1
    )
    assert later.least_squares.n_rows == parts.least_squares.n_rows + 90
    assert later.alpha == 0.1


def test_blocks_of_any_length_take_the_memory_of_two():
    def blocks(n):
        for k in range(n):
            random = np.random.RandomState(k)
            yield random.randn(20_000, 8), random.randn(20_000, 1), None

    def peak(n):
        tracemalloc.start()
        ClosedForm().solve_blocks(blocks(n))
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    ClosedForm().solve_blocks(blocks(1))
    assert peak(12) < peak(4) + 200_000


def test_an_error_while_reading_blocks_is_passed_on():
    def blocks():
        yield RANDOM.randn(5, 2), RANDOM.randn(5, 1), None
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        ClosedForm().solve_blocks(blocks())


class Recorder(Callback):
    def __init__(self, wish=None):
        self.heard, self.wish = [], wish

    def on_start(self, epochs, rows):
        self.heard.append(("start", epochs, rows))

    def on_epoch(self, epoch):
        self.heard.append(("epoch", epoch.epoch, epoch.epochs))
        return self.wish

    def on_end(self):
        self.heard.append("end")


@pytest.mark.parametrize("wish", [None, True])
def test_callbacks_hear_of_one_epoch(wish):
    recorder = Recorder(wish)
    solution = ClosedForm().solve(problem(), callbacks=[recorder])
    assert recorder.heard == [("start", 1, 90), ("epoch", 1, 1), "end"]
    (record,) = solution.epochs
    assert record.learning_rate is None
    assert record.seconds > 0
    assert record.rows_per_second > 0
    assert solution.converged
    assert solution.gap == 0
    assert solution.stopped is (Stopped.CALLBACK if wish else Stopped.FINISHED)


def test_the_end_is_heard_when_the_fit_fails():
    recorder, F = Recorder(), problem()
    F.X.array[3, 1] = np.nan
    with pytest.raises(InvalidDataError, match="NaN in row 3, column 1"):
        ClosedForm().solve(F, callbacks=[recorder])
    assert recorder.heard == [("start", 1, 90), "end"]


def test_what_is_refused():
    with pytest.raises(InvalidParameterError, match="the closed form is that of the squared loss"):
        ClosedForm().solve(problem(loss="absolute"))
    wide = problem((40, 600))
    wide.X.array[3, 500] = np.inf
    with pytest.raises(InvalidDataError, match="X contains inf in row 3, column 500"):
        ClosedForm().solve(wide)
    with pytest.raises(InvalidDataError, match="there are no rows"):
        ClosedForm().solve_blocks([])
    nothing = (RANDOM.randn(3, 2), RANDOM.randn(3, 1), np.zeros(3))
    with pytest.raises(InvalidDataError, match="no rows that count"):
        ClosedForm().solve_blocks([nothing, nothing])
    statistics = Statistics.of(RANDOM.randn(9, 2), RANDOM.randn(9, 1), None)
    with pytest.raises(InvalidParameterError, match="give one value, or validation data"):
        ClosedForm(ALPHAS).solve_statistics(statistics)

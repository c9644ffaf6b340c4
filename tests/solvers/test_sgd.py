"""Minibatch SGD against PyTorch's own, and its behaviour: rates, schedules, divergence, callbacks, interrupts."""

from __future__ import annotations

import signal

import numpy as np
import pytest
import torch

from onelayer.errors import DivergenceError
from onelayer.losses import LOSSES
from onelayer.matrices import Dense
from onelayer.objective import Objective
from onelayer.solvers.events import Callback
from onelayer.solvers.schedules import SCHEDULES, learning_rate
from onelayer.solvers.sgd import SGD
from onelayer.solvers.solution import Stopped

COMPILED = [name for name, loss in LOSSES.items() if loss.code is not None]


def problem(
    loss_name="cross-entropy", dtype=np.float64, n_rows=230, n_features=13, n_outputs=4, alpha=0.0, scale=1.0
):
    random = np.random.RandomState(0)
    X = random.rand(n_rows, n_features) * (255 if dtype == np.uint8 else 1) * scale
    true = random.randn(n_features, n_outputs) / np.asarray(scale).reshape(-1, 1)
    scores = X @ true + random.randn(n_rows, n_outputs) * 0.1
    targets = scores if loss_name == "squared" else scores.argmax(axis=1)[:, None].astype(float)
    return Objective(Dense(X.astype(dtype)), targets, LOSSES[loss_name], n_outputs, alpha, None, True)


@pytest.mark.parametrize("loss", COMPILED)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize(("momentum", "alpha"), [(0.0, 0.0), (0.9, 0.0), (0.0, 0.05), (0.7, 0.01)])
def test_same_parameters_as_torch(loss, dtype, momentum, alpha):
    F = problem(loss, dtype, alpha=alpha)
    epochs, batch_size, rate = 3, 32, 0.05
    solution = SGD(epochs, batch_size, rate, momentum=momentum).solve(F, np.random.RandomState(5))

    number = torch.float64 if dtype == np.float64 else torch.float32
    X = torch.tensor(F.X.array).to(number) * F.X.unit
    W = torch.zeros(4, 13, dtype=number, requires_grad=True)
    b = torch.zeros(4, dtype=number, requires_grad=True)
    groups = [{"params": [W], "weight_decay": alpha}, {"params": [b], "weight_decay": 0.0}]
    optimizer = torch.optim.SGD(groups, lr=rate, momentum=momentum)
    y = torch.tensor(F.targets).to(number) if loss == "squared" else torch.tensor(F.targets[:, 0]).long()
    order = np.random.RandomState(5)
    for _ in range(epochs):
        for rows in torch.split(torch.tensor(order.permutation(len(X))), batch_size):
            scores = X[rows] @ W.T + b
            if loss == "squared":
                value = 0.5 * ((scores - y[rows]) ** 2).sum(dim=1).mean()
            else:
                value = torch.nn.functional.cross_entropy(scores, y[rows])
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
    rtol = 1e-10 if dtype == np.float64 else 1e-4
    expected = W.detach().numpy() * F.X.unit
    np.testing.assert_allclose(solution.coef, expected, rtol=rtol, atol=rtol * np.abs(expected).max())
    np.testing.assert_allclose(solution.intercept, b.detach().numpy(), rtol=rtol, atol=rtol)


@pytest.mark.parametrize("loss", COMPILED)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("batch_size", [1, 32, 230])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize(
    "scale", [1.0, 255.0, np.array([1e-3, 1e6] + [1.0] * 11), 1e-6], ids=["1", "255", "mixed", "tiny"]
)
def test_auto_needs_no_tuning_at_any_scale(loss, dtype, batch_size, momentum, scale):
    F = problem(loss, dtype, scale=scale)
    solver = SGD(epochs=30, batch_size=batch_size, momentum=momentum)
    solution = solver.solve(F, np.random.RandomState(0))
    at_start = F.constant_loss(np.zeros(4))
    assert F.mean_loss(solution.coef, solution.intercept) < 0.5 * at_start
    assert all(np.isfinite(epoch.train_loss) for epoch in solution.epochs)


def test_auto_recovers_when_the_first_rate_is_too_high():
    """One row in 5,000 is a thousand times longer than those that the rate was set from."""
    random = np.random.RandomState(0)
    X = np.full((5000, 3), 1.0) + 1e-3 * random.randn(5000, 3)
    X[:, 0] = random.randn(5000)
    y = X[:, :1] * 3 + 1
    F = Objective(Dense(X), y, LOSSES["squared"], 1, 0.0, None, True)
    curvatures = iter([1e-9])
    object.__setattr__(F, "minibatch_curvature", lambda *_: next(curvatures))
    solution = SGD(epochs=20, batch_size=64).solve(F, np.random.RandomState(0))
    assert F.mean_loss(solution.coef, solution.intercept) < 1e-3


@pytest.mark.parametrize("loss", COMPILED)
@pytest.mark.parametrize("rate", [1e3, 1e30])
def test_divergence_is_found_at_once_and_names_a_rate_that_works(loss, rate):
    F = problem(loss, scale=255.0)
    with pytest.raises(DivergenceError, match="try learning_rate=") as caught:
        SGD(learning_rate=rate).solve(F, np.random.RandomState(0))
    assert caught.value.epoch == 1
    solution = SGD(learning_rate=caught.value.suggestion).solve(F, np.random.RandomState(0))
    assert F.mean_loss(solution.coef, solution.intercept) < F.constant_loss(np.zeros(4))


@pytest.mark.parametrize("schedule", [name for name in SCHEDULES if name != "auto"])
def test_the_rate_of_each_epoch_is_the_schedule(schedule):
    F = problem()
    solution = SGD(6, learning_rate=0.1, schedule=schedule).solve(F, np.random.RandomState(0))
    found = [epoch.learning_rate for epoch in solution.epochs]
    assert found == [learning_rate(schedule, 0.1, epoch, 6) for epoch in range(6)]


def test_schedules_by_hand():
    assert [learning_rate("constant", 0.3, e, 4) for e in range(4)] == [0.3] * 4
    assert learning_rate("cosine", 1.0, 2, 4) == pytest.approx(0.5)
    assert learning_rate("1/t", 1.0, 9, 10) == 0.1
    assert learning_rate("step", 1.0, 9, 10) == pytest.approx(0.01)


class Recorder(Callback):
    def __init__(self, stop_at: int | None = None) -> None:
        self.calls: list = []
        self.stop_at = stop_at

    def on_start(self, epochs, rows):
        self.calls.append(("start", epochs, rows))

    def on_epoch(self, epoch):
        self.calls.append(epoch.epoch)
        return epoch.epoch == self.stop_at

    def on_end(self):
        self.calls.append("end")


def test_callbacks_hear_of_everything_and_can_stop_the_run():
    F, recorder, other = problem(), Recorder(stop_at=2), Recorder()
    solution = SGD(5).solve(F, np.random.RandomState(0), callbacks=[recorder, other])
    assert recorder.calls == other.calls == [("start", 5, 230), 1, 2, "end"]
    assert solution.stopped is Stopped.CALLBACK
    assert len(solution.epochs) == 2


def test_callbacks_hear_the_end_of_a_failed_run():
    recorder = Recorder()
    with pytest.raises(DivergenceError):
        SGD(learning_rate=1e9).solve(problem(scale=255.0), np.random.RandomState(0), callbacks=[recorder])
    assert recorder.calls[-1] == "end"


class InterruptingRandomState(np.random.RandomState):
    def __init__(self, at: int) -> None:
        super().__init__(0)
        self.left = at

    def permutation(self, x):
        self.left -= 1
        if self.left == 0:
            signal.raise_signal(signal.SIGINT)
        return super().permutation(x)


def test_an_interrupt_keeps_the_last_finished_epoch():
    F = problem()
    two = SGD(2, learning_rate=0.1).solve(F, np.random.RandomState(0))
    recorder = Recorder()
    found = SGD(5, learning_rate=0.1).solve(F, InterruptingRandomState(3), callbacks=[recorder])
    assert found.stopped is Stopped.INTERRUPTED
    assert len(found.epochs) == 2
    np.testing.assert_array_equal(found.coef, two.coef)
    assert recorder.calls[-1] == "end"


def test_an_interrupt_in_the_first_epoch_is_passed_on():
    with pytest.raises(KeyboardInterrupt):
        SGD(5, learning_rate=0.1).solve(problem(), InterruptingRandomState(1))


def test_an_interrupt_inside_the_compiled_loop_ends_it():
    """The signal comes from a thread while the loop runs over far more rows than it could finish at once."""
    import threading

    random = np.random.RandomState(0)
    X = random.rand(20_000, 50).astype(np.float32)
    F = Objective(Dense(X), X[:, :1].astype(float), LOSSES["squared"], 1, 0.0, None, True)
    begun = threading.Event()

    class Begin(Recorder):
        def on_epoch(self, epoch):
            begun.set()

    def press() -> None:
        begun.wait()
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    presser = threading.Thread(target=press)
    presser.start()
    solution = SGD(100_000, batch_size=1, learning_rate=1e-4).solve(
        F, np.random.RandomState(0), callbacks=[Begin()]
    )
    presser.join()
    assert solution.stopped is Stopped.INTERRUPTED
    assert 1 <= len(solution.epochs) < 100_000


def test_early_stopping_returns_the_best_epoch():
    losses = iter([5.0, 3.0, 4.0, 3.5, 3.0, 9.0])
    F, seen = problem(), []

    def monitor(coef, intercept):
        seen.append(coef.copy())
        return next(losses), 0.0

    solution = SGD(20, patience=3).solve(F, np.random.RandomState(0), monitor=monitor)
    assert solution.stopped is Stopped.EARLY
    assert len(solution.epochs) == 5
    np.testing.assert_array_equal(solution.coef, seen[1])


def test_the_penalty_of_auto_is_that_of_the_objective():
    """With a penalty the automatic run, standardised inside, ends near the optimum of F in units of X as given."""
    F = problem("squared", alpha=0.1, scale=np.array([1e-2, 1e2] + [1.0] * 11))
    X, y = F.X.array, F.targets
    Z = X - X.mean(axis=0)
    exact = np.linalg.solve(Z.T @ Z / len(X) + 0.1 * np.eye(13), Z.T @ (y - y.mean(axis=0)) / len(X)).T
    best = F.value(exact, y.mean(axis=0) - exact @ X.mean(axis=0))
    solution = SGD(3000, batch_size=230, schedule="constant").solve(F, np.random.RandomState(0))
    assert F.value(solution.coef, solution.intercept) == pytest.approx(best, rel=1e-5)

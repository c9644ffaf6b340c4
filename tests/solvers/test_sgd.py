"""Minibatch SGD against PyTorch's own, and its behaviour: rates, schedules, divergence, callbacks, interrupts."""

from __future__ import annotations

import math
import signal

import numpy as np
import pytest
import torch
from scipy.optimize import linprog, minimize
from torch.nn import functional

from onelayer.errors import DivergenceError, InvalidParameterError
from onelayer.losses import LOSSES, Absolute, Huber, Quantile
from onelayer.matrices import Dense
from onelayer.objective import Objective
from onelayer.solvers.events import Callback
from onelayer.solvers.fused import FusedLoop
from onelayer.solvers.schedules import SCHEDULES, learning_rate
from onelayer.solvers.sgd import SGD
from onelayer.solvers.solution import Stopped, Stream

PEERS = {  # values of rows, or of each output
    "squared": lambda s, y: 0.5 * functional.mse_loss(s, y, reduction="none"),
    "absolute": lambda s, y: functional.l1_loss(s, y, reduction="none"),
    "huber": lambda s, y: functional.huber_loss(s, y, reduction="none"),
    "quantile": lambda s, y: 0.5 * functional.l1_loss(s, y, reduction="none"),
    "cross-entropy": lambda s, y: functional.cross_entropy(s, y, reduction="none")[:, None],
}


def problem(
    loss_name="cross-entropy", dtype=np.float64, n_rows=230, n_features=13, n_outputs=4, alpha=0.0, scale=1.0
):
    random = np.random.RandomState(0)
    X = random.rand(n_rows, n_features) * (255 if dtype == np.uint8 else 1) * scale
    true = random.randn(n_features, n_outputs) / np.asarray(scale).reshape(-1, 1)
    scores = X @ true + random.randn(n_rows, n_outputs) * 0.1
    targets = scores.argmax(axis=1)[:, None].astype(float) if loss_name == "cross-entropy" else scores
    return Objective(Dense(X.astype(dtype)), targets, LOSSES[loss_name], n_outputs, alpha, None, True)


@pytest.mark.parametrize("loss", LOSSES)
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
    y = (
        torch.tensor(F.targets[:, 0]).long()
        if loss == "cross-entropy"
        else torch.tensor(F.targets).to(number)
    )
    order = np.random.RandomState(5)
    for _ in range(epochs):
        for rows in torch.split(torch.tensor(order.permutation(len(X))), batch_size):
            value = PEERS[loss](X[rows] @ W.T + b, y[rows])
            optimizer.zero_grad()
            value.sum(dim=-1).mean().backward()
            optimizer.step()
    rtol = 1e-10 if dtype == np.float64 else 1e-4
    expected = W.detach().numpy() * F.X.unit
    np.testing.assert_allclose(solution.coef, expected, rtol=rtol, atol=rtol * np.abs(expected).max())
    np.testing.assert_allclose(solution.intercept, b.detach().numpy(), rtol=rtol, atol=rtol)


@pytest.mark.parametrize("loss", LOSSES)
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


@pytest.mark.parametrize("loss", LOSSES)
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


BOUNDED = [Absolute(), Huber(0.5), Huber(1e-3), Quantile(0.9), Quantile(0.2)]
NOISES = {
    "gaussian": lambda random, n: random.standard_normal(n),
    "laplace": lambda random, n: random.laplace(size=n),
    "cauchy": lambda random, n: random.standard_cauchy(n),
    "none to speak of": lambda random, n: 1e-3 * random.standard_normal(n),
    "outliers": lambda random, n: random.standard_normal(n) + 1e4 * (random.rand(n) < 0.04),
}


def table(noise, n_rows=4000, seed=0):
    """Return columns of very different scale and offset, and targets of order one."""
    random = np.random.RandomState(seed)
    Z = random.standard_normal((n_rows, 6))
    y = Z @ random.standard_normal(6) + 3 + NOISES[noise](random, n_rows)
    return Z * np.logspace(-3, 6, 6) + np.logspace(6, -3, 6), y[:, None]


def least(loss, X, y):
    """Return the least mean loss by another method: linear programming, or for Huber's loss BFGS."""
    Z = np.hstack([(X - X.mean(axis=0)) / X.std(axis=0), np.ones((len(X), 1))])
    if loss.name == "huber":
        objective = lambda w: loss.value((Z @ w)[:, None], y)  # noqa: E731
        slope = lambda w: Z.T @ loss.gradient((Z @ w)[:, None], y)[:, 0] / len(y)  # noqa: E731
        w = np.linalg.lstsq(Z, y[:, 0], rcond=None)[0]
        return minimize(objective, w, jac=slope, options={"gtol": 1e-9 * loss.delta}).fun
    q, factor = (loss.q, 1) if loss.name == "quantile" else (0.5, 2)
    dual = linprog(-y[:, 0], A_eq=Z.T, b_eq=np.zeros(Z.shape[1]), bounds=(q - 1, q), method="highs")
    return -dual.fun * factor / len(y)


@pytest.mark.parametrize("loss", [Absolute(), Huber(0.5), Quantile(0.9)], ids=repr)
@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_auto_comes_within_a_fifth_of_a_per_cent_of_the_optimum_on_unscaled_tables(loss, noise, unit):
    X, y = table(noise)
    in_units = Huber(loss.delta * unit) if loss.name == "huber" else loss
    F = Objective(Dense(X), y * unit, in_units, 1, 0.0, None, True)
    solution = SGD().solve(F, np.random.RandomState(0))
    best = least(loss, X, y)
    assert F.mean_loss(solution.coef, solution.intercept) / unit ** (
        1 + (loss.name == "huber")
    ) == pytest.approx(best, rel=2e-3)


@pytest.mark.parametrize("loss", BOUNDED, ids=repr)
@pytest.mark.parametrize("power", [-40, -10, 10, 40])
def test_auto_takes_the_same_steps_in_other_units_of_the_targets(loss, power):
    """Powers of two, so that nothing is rounded otherwise."""
    X, y = table("laplace", 500)
    unit = 2.0**power
    other = Huber(loss.delta * unit) if loss.name == "huber" else loss
    one = SGD(3).solve(Objective(Dense(X), y, loss, 1, 0.0, None, True), np.random.RandomState(0))
    two = SGD(3).solve(Objective(Dense(X), y * unit, other, 1, 0.0, None, True), np.random.RandomState(0))
    np.testing.assert_allclose(two.coef, one.coef * unit, rtol=1e-9)
    np.testing.assert_allclose(two.intercept, one.intercept * unit, rtol=1e-9)


@pytest.mark.parametrize("loss", BOUNDED, ids=repr)
@pytest.mark.parametrize("alpha", [0.0, 1e-3])
def test_outputs_of_very_different_size_come_as_near_as_each_alone(loss, alpha):
    X, y = table("laplace", 2000)
    Y = np.hstack([y, 1e5 * y[::-1], 1e-3 * table("laplace", 2000, seed=1)[1]])
    together = SGD().solve(Objective(Dense(X), Y, loss, 3, alpha, None, True), np.random.RandomState(0))
    for k in range(3):
        F = Objective(Dense(X), Y[:, [k]], loss, 1, alpha, None, True)
        alone = SGD().solve(F, np.random.RandomState(0))
        reached = F.value(together.coef[[k]], together.intercept[[k]])
        assert reached == pytest.approx(F.value(alone.coef, alone.intercept), rel=0.01)


@pytest.mark.parametrize("loss", [Absolute(), Quantile(0.9), Quantile(0.2)], ids=repr)
def test_the_rate_falls_with_the_errors(loss):
    X, y = table("none to speak of")
    F = Objective(Dense(X), y, loss, 1, 0.0, None, True)
    epochs = SGD(schedule="constant").solve(F, np.random.RandomState(0)).epochs
    at_start = F.constant_loss(loss.constant(y, None, 1))
    left = np.minimum.accumulate([epoch.train_loss / at_start for epoch in epochs])
    rates = [epoch.learning_rate / epochs[0].learning_rate for epoch in epochs]
    assert rates == pytest.approx([1.0, *left[:-1]])
    assert rates[-1] < 0.01


def test_the_rate_of_huber_falls_while_the_errors_are_larger_than_delta():
    X, y = table("none to speak of")
    rates = {}
    for delta in (1e-2, 1.0, 100.0):
        F = Objective(Dense(X), y, Huber(delta), 1, 0.0, None, True)
        epochs = SGD(schedule="constant").solve(F, np.random.RandomState(0)).epochs
        rates[delta] = [epoch.learning_rate for epoch in epochs]
    assert len(set(rates[100.0])) == 1
    assert rates[1.0][-1] == rates[1.0][-2] == pytest.approx(rates[100.0][0])
    assert rates[1e-2][0] > 10 * rates[1.0][0] > rates[1.0][-1]


@pytest.mark.parametrize("loss", [Absolute(), Quantile(0.2), Huber(1e-9)], ids=repr)
def test_the_rate_that_is_named_suits_errors_of_any_size(loss):
    X, y = table("laplace", 1000)
    Z = X / X.max(axis=0)
    F = Objective(Dense(Z), 1e-6 * y, loss, 1, 0.0, None, True)
    with pytest.raises(DivergenceError) as caught:
        SGD(learning_rate=1e6).solve(F, np.random.RandomState(0))
    solution = SGD(learning_rate=caught.value.suggestion).solve(F, np.random.RandomState(0))
    assert F.mean_loss(solution.coef, solution.intercept) < F.constant_loss(np.zeros(1))


@pytest.mark.parametrize("loss", BOUNDED, ids=repr)
def test_a_given_rate_is_used_as_it_is(loss):
    X, y = table("laplace", 300)
    F = Objective(Dense(X), y, loss, 1, 0.0, None, True)
    epochs = SGD(3, learning_rate=1e-15).solve(F, np.random.RandomState(0)).epochs
    assert {epoch.learning_rate for epoch in epochs} == {1e-15}


@pytest.mark.parametrize("loss", BOUNDED, ids=repr)
@pytest.mark.parametrize("target", [0.0, 5.0, 1e-6, 1e6])
def test_constant_targets_are_met_at_once(loss, target):
    X, _ = table("laplace", 60)
    F = Objective(Dense(X), np.full((60, 1), target), loss, 1, 0.0, None, True)
    solution = SGD().solve(F, np.random.RandomState(0))
    assert solution.intercept.tolist() == [target]
    assert not solution.coef.any()


@pytest.mark.parametrize("loss", BOUNDED, ids=repr)
def test_a_constant_output_does_not_disturb_the_others(loss):
    X, y = table("laplace", 300)
    Y = np.hstack([y, np.full_like(y, 1e-6)])
    both = SGD().solve(Objective(Dense(X), Y, loss, 2, 0.0, None, True), np.random.RandomState(0))
    alone = SGD().solve(Objective(Dense(X), y, loss, 1, 0.0, None, True), np.random.RandomState(0))
    np.testing.assert_allclose(both.coef[0], alone.coef[0], rtol=1e-6)
    assert both.intercept[1] == pytest.approx(1e-6, rel=1e-12)


def test_refuses_a_delta_that_float32_cannot_hold():
    F = Objective(
        Dense(np.ones((4, 1), np.float32)), np.arange(4.0)[:, None], Huber(1e-60), 1, 0.0, None, True
    )
    with pytest.raises(InvalidParameterError, match="delta=1e-60 is too small for float32"):
        SGD().solve(F, np.random.RandomState(0))


def stream_of(F, size, epochs=1, seed=0):
    """Go over the rows in parts of this size, as ``partial_fit`` does, and return the last solution."""
    solution, random = None, np.random.RandomState(seed)
    for done in range(epochs * (len(F.targets) // size)):
        rows = np.arange(size) + done * size % len(F.targets)
        part = Objective(Dense(F.X.array[rows]), F.targets[rows], F.loss, F.n_outputs, 0.0, None, True)
        start = None if solution is None else (solution.coef, solution.intercept)
        stream = None if solution is None else solution.stream
        solution = SGD().one_epoch(done).solve(part, random, start, stream=stream)
    return solution


@pytest.mark.parametrize("loss", [Absolute(), Huber(0.5), Quantile(0.9)], ids=repr)
@pytest.mark.parametrize("noise", ["laplace", "outliers"])
@pytest.mark.parametrize(("size", "share"), [(1, 0.5), (20, 0.1), (400, 0.03)])
def test_a_stream_comes_near_the_optimum(loss, noise, size, share):
    """With a constant rate a share of the way is left, the less the larger the parts; outliers do not set the rate."""
    X, y = table(noise, 100 * size if size < 50 else 4000)
    X -= np.logspace(6, -3, 6)  # the mean of a column that lies far from zero is not known at the start
    F = Objective(Dense(X), y, loss, 1, 0.0, None, True)
    solution, best = stream_of(F, size, epochs=4), least(loss, X, y)
    start = F.constant_loss(loss.constant(y, None, 1))
    assert F.mean_loss(solution.coef, solution.intercept) - best < share * (start - best)


def test_a_stream_remembers_the_typical_size_of_the_errors_it_met():
    """Of the first part about its median 2 it is 2/3, of the second about the model; the mean is geometric."""
    X = np.zeros((3, 1))
    first = Objective(Dense(X), np.array([[1.0], [2.0], [3.0]]), Absolute(), 1, 0.0, None, True)
    one = SGD().one_epoch(0).solve(first, np.random.RandomState(0))
    assert one.stream.scale.tolist() == pytest.approx([2 / 3])
    second = Objective(Dense(X[:1]), np.array([[10.0]]), Absolute(), 1, 0.0, None, True)
    two = (
        SGD()
        .one_epoch(1)
        .solve(second, np.random.RandomState(0), (one.coef, one.intercept), stream=one.stream)
    )
    assert two.stream.scale.tolist() == pytest.approx([(2 / 3) ** 0.75 * (10 - one.intercept[0]) ** 0.25])
    kept = Stream.of(two.stream.columns(), two.stream.numbers())
    assert kept.scale.tolist() == two.stream.scale.tolist()
    assert kept.curvature == two.stream.curvature


def test_a_stream_of_the_squared_loss_has_no_scale():
    stream = SGD(1).solve(problem("squared"), np.random.RandomState(0)).stream
    assert stream.scale is None
    assert len(stream.numbers()) == 3
    assert Stream.of(stream.columns(), stream.numbers()).scale is None


def test_an_epoch_that_is_taken_back_is_repeated_in_the_same_order():
    orders, rates = [], []

    class Stumbling(FusedLoop):
        def run(self, order, rate):
            loss = super().run(order, rate)
            if not len(order):  # which compiles
                return loss
            orders.append(order.copy())
            rates.append(rate)
            return math.inf if len(orders) == 1 else loss

    SGD(epochs=2, loop=Stumbling).solve(problem(), np.random.RandomState(0))
    first, again, second = orders
    np.testing.assert_array_equal(again, first)
    assert rates[1] == rates[0] / 2
    assert (second != first).any()

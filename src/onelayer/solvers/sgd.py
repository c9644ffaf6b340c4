"""Minibatch stochastic gradient descent over the fused loop of ``onelayer.kernels.minibatch``.

One epoch takes the rows in a random order, in minibatches, and for each steps V ← μV + g, W ← W − ηV with the
gradient g of the minibatch's mean loss and the penalty αW: PyTorch's ``SGD``, *Dive into Deep Learning* 3.2 and 12.5.

``learning_rate="auto"`` needs no tuning. Inputs are standardised as they are gathered (the result is folded back, so
the model is still one of X as given), the penalty is applied by its proximal step, W/(1 + ηα/(1 − μ)), which is stable
for any η, and the rate is η = 1/L with L the largest curvature seen in minibatches of this size
(``Objective.minibatch_curvature``), decayed by the schedule. Should an epoch still run away, it is taken back and the
rate halved.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from onelayer.errors import DivergenceError
from onelayer.objective import Objective
from onelayer.solvers.events import Callback, Epoch
from onelayer.solvers.schedules import learning_rate as scheduled
from onelayer.solvers.solution import Solution, Stopped, Stream

_RUNAWAY = 2.0  # an epoch whose mean loss is this many times the loss at the start has diverged
_HOPELESS = 1e6  # and so has a minibatch with this many times that loss
_HALVINGS = 60
_FEW_BATCHES = 4
_PRIOR = 2.0  # imagined rows of zeros at the start of a stream
_SMALL = 1 << 18  # multiplications of a minibatch below which a second thread costs more than it brings

Monitor = Callable[[NDArray, NDArray], tuple[float, float | None]]


@dataclass(frozen=True)
class SGD:
    """The parameters of a run; see the module for their meaning.

    Attributes
    ----------
    epochs, batch_size : int
    learning_rate : float or "auto"
    schedule : str
        One of ``solvers.schedules.SCHEDULES``; "auto" is "cosine" for learning_rate="auto", else "constant".
    momentum : float
        μ in [0, 1).
    patience : int or None
        Stop after this many epochs without a lower validation loss and return the best epoch's parameters.
    n_threads : int or None
        None for as many as there are cores; the result is the same.
    done : int
        Epochs done in earlier runs, which the schedule counts.
    streaming : bool
        Whether the rows are a part of a stream, so that statistics of earlier parts count.
    """

    epochs: int = 10
    batch_size: int = 256
    learning_rate: float | Literal["auto"] = "auto"
    schedule: str = "auto"
    momentum: float = 0.0
    patience: int | None = None
    n_threads: int | None = None
    done: int = 0
    streaming: bool = False

    @property
    def threads(self) -> int:
        """The number of threads used at most."""
        from onelayer.kernels import threads

        return self.n_threads or threads.available()

    def one_epoch(self, done: int) -> SGD:
        """Return the solver of one more epoch after ``done`` of them: a constant rate, or its part of "1/t"."""
        schedule = "1/t" if self.schedule == "1/t" else "constant"
        return replace(self, epochs=1, done=done, schedule=schedule, patience=None, streaming=True)

    def solve(
        self,
        objective: Objective,
        random_state: np.random.RandomState,
        start: tuple[NDArray, NDArray] | None = None,
        monitor: Monitor | None = None,
        callbacks: Sequence[Callback] = (),
        stream: Stream | None = None,
    ) -> Solution:
        """Minimise the objective.

        Parameters
        ----------
        objective : Objective
        random_state : RandomState
            Order of the rows.
        start : (coef, intercept), optional
            Where to start, in units of X as stored; zeros by default.
        monitor : callable, optional
            Returns (loss, score) of (coef, intercept) on validation data.
        callbacks : sequence of Callback
        stream : Stream, optional
            What the run over the rows before these has returned.

        Raises
        ------
        DivergenceError
            When the loss runs away with a given learning rate, or whatever the rate.
        """
        epochs: list[Epoch] = []
        best: tuple[float, int, tuple[NDArray, NDArray]] | None = None
        stopped = Stopped.FINISHED
        with ExitStack() as endings:
            for callback in callbacks:
                endings.callback(callback.on_end)
                callback.on_start(self.epochs, objective.X.shape[0])
            run = _Run(self, objective, random_state, start, stream)
            try:
                for number in range(1, self.epochs + 1):
                    record = run.epoch(number, monitor)
                    epochs.append(record)
                    if record.val_loss is not None and (best is None or record.val_loss < best[0]):
                        best = record.val_loss, number, run.solution()
                    wishes = [callback.on_epoch(record) for callback in callbacks]
                    if any(wish is True for wish in wishes):
                        stopped = Stopped.CALLBACK
                        break
                    if self.patience is not None and best is not None and number - best[1] >= self.patience:
                        stopped = Stopped.EARLY
                        break
            except KeyboardInterrupt:
                if not epochs:
                    raise
                stopped = Stopped.INTERRUPTED
        coef, intercept = best[2] if self.patience is not None and best is not None else run.solution()
        return Solution(coef, intercept, stopped is Stopped.EARLY, stopped, epochs, run.stream)


class _Run:
    """One run: the arrays of the compiled loop and the way into and out of their coordinates."""

    def __init__(
        self,
        sgd: SGD,
        objective: Objective,
        random_state: np.random.RandomState,
        start: tuple[NDArray, NDArray] | None,
        stream: Stream | None,
    ) -> None:
        from onelayer.kernels import minibatch, scoring

        self.sgd, self.objective, self.random_state, self.minibatch = sgd, objective, random_state, minibatch
        X = objective.X
        number, (n_rows, n_features) = X.number, X.shape
        self.batch_size = min(sgd.batch_size, n_rows)
        self.automatic = sgd.learning_rate == "auto"
        self.center, self.inverse_scale = np.zeros(n_features), np.full(n_features, X.unit)
        self.stream = self._look_at_rows(stream) if self.automatic else None
        self.rate = self._stable_rate(self.stream.curvature) if self.stream else float(sgd.learning_rate)
        self.schedule = sgd.schedule
        if sgd.schedule == "auto":
            self.schedule = "cosine" if self.automatic else "constant"

        columns = scoring.padded(n_features, number)
        self.layer = minibatch.Layer(
            np.zeros((objective.n_outputs, columns), number),
            np.zeros(objective.n_outputs, number),
            np.zeros((objective.n_outputs, columns), number),
            np.zeros(objective.n_outputs, number),
        )
        W, b = self._start() if start is None else start
        self.layer.W[:, :n_features] = W / self.inverse_scale
        self.layer.b[:] = b + W @ self.center
        nothing = objective.constant_loss(np.zeros_like(b))
        begin = (
            objective.constant_loss(b) if start is None else max(nothing, objective.mean_loss(W / X.unit, b))
        )
        self.reference = max(begin, nothing * float(np.finfo(number).eps), np.finfo(np.float64).tiny)

        source = scoring.writeable(X.array)
        self.cuts, self.work = minibatch.cut(
            source, objective.n_outputs, self.batch_size, self.automatic, number
        )
        weights = np.zeros(0) if objective.sample_weight is None else objective.sample_weight
        self.rows = scoring.Rows(
            source,
            (self.center if self.automatic else np.zeros(0)).astype(number),
            (self.inverse_scale if self.automatic else np.zeros(0)).astype(number),
            number.type(1 if self.automatic else X.unit),
            np.ascontiguousarray(objective.targets, dtype=number),
            (weights * (n_rows / weights.sum()) if weights.size else weights).astype(number),
            np.zeros(0, np.int64),
        )
        work = self.batch_size * n_features * objective.n_outputs
        self.n_threads = sgd.threads if work >= _SMALL else 1
        self._pass(np.zeros(0, np.int64), 0.0)  # compiles the loop if need be, so that no epoch waits for it

    def _start(self) -> tuple[NDArray, NDArray]:
        """Return zeros, with automatic rate and the intercept at the best constant."""
        objective = self.objective
        W, b = np.zeros((objective.n_outputs, objective.X.shape[1])), np.zeros(objective.n_outputs)
        if self.automatic and objective.fit_intercept:
            b += objective.loss.constant(objective.targets, objective.sample_weight, objective.n_outputs)
        return W, b

    def _look_at_rows(self, stream: Stream | None) -> Stream:
        """Set the standardisation and return what is known of the rows, those before these included."""
        objective, X = self.objective, self.objective.X
        moments = X.moments(objective.sample_weight)
        moments = moments if stream is None else stream.moments.merge(moments)
        prior = _PRIOR if self.sgd.streaming else 0.0
        self.center, self.inverse_scale = moments.standardisation(X.number, objective.fit_intercept, prior)
        curvature = objective.minibatch_curvature(
            self.batch_size, self.center, self.inverse_scale, self.random_state
        )
        return Stream(moments, curvature if stream is None else max(stream.curvature, curvature))

    def _stable_rate(self, curvature: float) -> float:
        """Return 1/L, or less with momentum: (1 − μ)/L keeps the length of the steps."""
        return (1 - self.sgd.momentum) / curvature if curvature > 0 else 1.0

    def solution(self) -> tuple[NDArray, NDArray]:
        """Return (coef, intercept) in units of X as stored, in the type of computation."""
        number = self.layer.W.dtype
        coef = self.layer.W[:, : len(self.center)] * self.inverse_scale
        intercept = self.layer.b - coef @ self.center
        return coef.astype(number), intercept.astype(number)

    def epoch(self, number: int, monitor: Monitor | None) -> Epoch:
        """Train for one epoch, with automatic rate as often as it takes, and look at the validation data."""
        before = [array.copy() for array in self.layer]
        try:
            return self._epoch(number, monitor, before)
        except KeyboardInterrupt:
            self._restore(before)
            raise

    def _epoch(self, number: int, monitor: Monitor | None, before: list[NDArray]) -> Epoch:
        n_rows = self.objective.X.shape[0]
        began = time.perf_counter()
        order = self.random_state.permutation(n_rows)
        for _ in range(_HALVINGS):
            rate = scheduled(self.schedule, self.rate, self.sgd.done + number - 1, self.sgd.epochs)
            train_loss = self._pass(order, rate)
            if train_loss <= _RUNAWAY * self.reference and self._loss_now() <= _RUNAWAY * self.reference:
                break
            self._restore(before)
            if not self.automatic:
                raise DivergenceError(number, rate, self._suggestion())
            self.rate /= 2
        else:
            raise DivergenceError(number, rate, math.nan)
        seconds = time.perf_counter() - began
        loss, score = (None, None) if monitor is None else monitor(*self.solution())
        return Epoch(number, self.sgd.epochs, seconds, train_loss, loss, score, rate, n_rows / seconds)

    def _restore(self, parameters: list[NDArray]) -> None:
        for array, saved in zip(self.layer, parameters, strict=True):
            array[...] = saved

    def _pass(self, order: NDArray[np.int64], rate: float) -> float:
        """Go through the rows once and return the mean loss, infinite if the pass ran away."""
        from onelayer.kernels import barrier, threads

        minibatch, kind = self.minibatch, self.layer.W.dtype.type
        n_columns = self.layer.W.shape[1]
        penalty, shrink = np.zeros(n_columns), np.ones(n_columns)
        if self.automatic:
            pull = self.objective.alpha * (self.inverse_scale / self.objective.X.unit) ** 2
            shrink[: len(pull)] = 1 / (1 + rate / (1 - self.sgd.momentum) * pull)
        else:
            penalty[:] = self.objective.alpha
        with np.errstate(over="ignore"):
            step = minibatch.Step(
                kind(rate),
                kind(self.sgd.momentum),
                penalty.astype(kind),
                shrink.astype(kind),
                self.objective.fit_intercept,
                _HOPELESS * self.reference,
            )
        rows, state = self.rows._replace(order=order), barrier.new()

        def work(thread: int) -> tuple[int, float]:
            return minibatch.run(
                thread,
                self.n_threads,
                state,
                rows,
                self.objective.loss.code,
                self.layer,
                step,
                self.cuts,
                self.work,
            )

        status, total = threads.run(self.n_threads, work, state)[0]
        finite = np.isfinite(self.layer.W).all() and np.isfinite(self.layer.b).all()
        return total / max(1, len(order)) if status == minibatch.FINISHED and finite else math.inf

    def _loss_now(self) -> float:
        """Return the loss after an epoch of so few minibatches that its mean loss tells little of the last step."""
        if self.objective.X.shape[0] > _FEW_BATCHES * self.batch_size:
            return 0.0
        coef, intercept = self.solution()
        with np.errstate(over="ignore", invalid="ignore"):
            loss = self.objective.mean_loss(coef / self.objective.X.unit, intercept)
        return loss if math.isfinite(loss) else math.inf

    def _suggestion(self) -> float:
        """Return a learning rate that is stable at the start: 1/L in the given coordinates, to two digits."""
        X = self.objective.X
        curvature = self.objective.minibatch_curvature(
            self.batch_size, np.zeros(X.shape[1]), np.full(X.shape[1], X.unit), self.random_state
        )
        rate = self._stable_rate(curvature + self.objective.alpha)
        if not 1e-300 < rate < 1e300:
            return math.nan
        digits = 10.0 ** (math.floor(math.log10(rate)) - 1)
        return math.floor(rate / digits) * digits

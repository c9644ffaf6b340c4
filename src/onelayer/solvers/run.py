"""One run of minibatch SGD, epoch by epoch, whichever loop takes the steps."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from onelayer.errors import DivergenceError
from onelayer.objective import Objective
from onelayer.solvers.error_scale import error_scale, merged
from onelayer.solvers.events import Epoch
from onelayer.solvers.loop import Setting
from onelayer.solvers.schedules import learning_rate as scheduled
from onelayer.solvers.solution import Stream
from onelayer.solvers.source import Block, InMemory, Source

if TYPE_CHECKING:
    from onelayer.solvers.sgd import SGD

_RUNAWAY = 2.0  # an epoch whose mean loss is this many times the loss at the start has diverged
_HOPELESS = 1e6  # and so has a minibatch with this many times that loss
_HALVINGS = 60
_FEW_BATCHES = 4
_LEAST_ERROR = 1e-280  # smaller errors are none
_PRIOR = 2.0  # imagined rows of zeros at the start of a stream

Monitor = Callable[[NDArray, NDArray], tuple[float, float | None]]


class Run:
    """The way into and out of a loop's coordinates, the learning rate, and the verdict on every pass.

    Parameters
    ----------
    sgd : SGD
    objective : Objective
        Of all rows, or of some from which coordinates and rate are found.
    random_state : RandomState
        Order of the rows.
    start : (coef, intercept) or None
        In units of X as stored; None for zeros.
    stream : Stream or None
        What the run over the rows before these has returned.
    source : Source or None
        Where the rows of an epoch come from; None for those of the objective.
    """

    def __init__(
        self,
        sgd: SGD,
        objective: Objective,
        random_state: np.random.RandomState,
        start: tuple[NDArray, NDArray] | None,
        stream: Stream | None,
        source: Source | None = None,
    ) -> None:
        self.sgd, self.objective, self.random_state = sgd, objective, random_state
        X = objective.X
        n_rows, n_features = X.shape
        self.source = InMemory(n_rows) if source is None else source
        self.batch_size = min(sgd.batch_size, self.source.n_rows)
        self.automatic = sgd.learning_rate == "auto"
        W, b = self._start() if start is None else start
        self.center, self.inverse_scale = np.zeros(n_features), np.full(n_features, X.unit)
        self.output_scale, self.error, self.left = np.ones(objective.n_outputs), 1.0, 1.0
        self.stream = self._look_at_rows(stream, W, b) if self.automatic else None
        self.curvature = math.nan
        if self.stream is not None:
            relative = self._suit_errors(self.stream.scale)
            self.output_scale = np.sqrt(relative.max() / relative)
            self.curvature = self.stream.curvature * float(relative.max())

        nothing = objective.constant_loss(np.zeros_like(b))
        begin = objective.constant_loss(b) if start is None else objective.mean_loss(W / X.unit, b)
        self.begin = max(begin, nothing * float(np.finfo(X.number).eps), np.finfo(np.float64).tiny)
        self.reference = self.begin if start is None else max(nothing, self.begin)
        self.setting = Setting(
            objective,
            self.center,
            self.inverse_scale,
            self.automatic,
            W / self.inverse_scale / self.output_scale[:, None],
            (b + W @ self.center) / self.output_scale,
            self.batch_size,
            sgd.momentum,
            sgd.threads,
            _HOPELESS * self.reference,
            self.output_scale if (self.output_scale != 1).any() else None,
            self.source.weight_scale,
        )
        self._begin()
        self._loss_now()  # compiles what it takes, if it is going to be asked

    def sibling(self, sgd: SGD, objective: Objective) -> Run:
        """Return a run over the same rows from the same start, which differs in rate, schedule, momentum or penalty."""
        run = copy.copy(self)
        run.sgd, run.objective = sgd, objective
        run.setting = replace(self.setting, objective=objective, momentum=sgd.momentum)
        run._begin()
        return run

    def _begin(self) -> None:
        """Set the rate, its schedule, and the loop."""
        sgd = self.sgd
        self.rate = self._stable_rate(self.curvature) if self.automatic else float(sgd.learning_rate)
        self.schedule = sgd.schedule
        if sgd.schedule == "auto":
            self.schedule = "cosine" if self.automatic else "constant"
        self.loop = sgd.loop(self.setting)

    def _start(self) -> tuple[NDArray, NDArray]:
        """Return zeros, with automatic rate and the intercept at the best constant."""
        objective = self.objective
        W, b = np.zeros((objective.n_outputs, objective.X.shape[1])), np.zeros(objective.n_outputs)
        if self.automatic and objective.fit_intercept:
            b += objective.loss.constant(objective.targets, objective.sample_weight, objective.n_outputs)
        return W, b

    def _look_at_rows(self, stream: Stream | None, W: NDArray, b: NDArray) -> Stream:
        """Set the standardisation and return what is known of the rows, those before these included."""
        objective, X = self.objective, self.objective.X
        moments = self.source.moments or X.moments(objective.sample_weight)
        share, moments = moments.total, moments if stream is None else stream.moments.merge(moments)
        prior = _PRIOR if self.sgd.streaming else 0.0
        centred = objective.fit_intercept and X.centring
        self.center, self.inverse_scale = moments.standardisation(X.number, centred, prior)
        curvature = objective.minibatch_curvature(
            self.batch_size, self.center, self.inverse_scale, self.random_state
        )
        scale = error_scale(objective, W, b) if objective.loss.bounded else None
        if stream is not None:
            curvature = max(stream.curvature, curvature)
            if scale is not None and stream.scale is not None:
                scale = merged(stream.scale, scale, share / moments.total)
        return Stream(moments, curvature, scale)

    def _suit_errors(self, scale: NDArray | None) -> NDArray:
        """Note the least of the errors, and return the curvature of each output that suits its own."""
        sizes = [1.0] * self.objective.n_outputs if scale is None else scale.tolist()
        self.error = min((size for size in sizes if size > _LEAST_ERROR), default=1.0)
        relative = self.objective.loss.relative_curvature
        return np.array([relative(size if size > _LEAST_ERROR else self.error) for size in sizes])

    def _follow(self, train_loss: float) -> None:
        """Note which share of the errors is left: the rate of a bounded loss falls with them."""
        eps = float(np.finfo(self.objective.X.number).eps)
        self.left = min(self.left, max(train_loss / self.begin, eps))

    def _rate_of(self, epoch: int) -> float:
        """Return the rate of an epoch: a given one by the schedule, an automatic one also by the errors left."""
        relative = self.objective.loss.relative_curvature
        slower = relative(self.error) / relative(self.error * self.left)
        return scheduled(self.schedule, self.rate * slower, self.sgd.done + epoch - 1, self.sgd.epochs)

    def _stable_rate(self, curvature: float) -> float:
        """Return 1/L, or less with momentum: (1 − μ)/L keeps the length of the steps."""
        return (1 - self.sgd.momentum) / curvature if curvature > 0 else 1.0

    def solution(self) -> tuple[NDArray, NDArray]:
        """Return (coef, intercept) in units of X as stored, in the type of computation."""
        W, b = self.loop.parameters()
        coef = W * self.inverse_scale * self.output_scale[:, None]
        intercept = b * self.output_scale - coef @ self.center
        return coef.astype(W.dtype), intercept.astype(W.dtype)

    def epoch(self, number: int, monitor: Monitor | None) -> Epoch:
        """Train for one epoch, with automatic rate as often as it takes, and look at the validation data."""
        before = self.loop.state()
        try:
            return self._epoch(number, monitor, before)
        except KeyboardInterrupt:
            self.loop.restore(before)
            raise

    def _epoch(self, number: int, monitor: Monitor | None, before: Any) -> Epoch:
        began, drawn = time.perf_counter(), self.random_state.get_state()
        attempts = self.attempts(number, before)
        next(attempts)
        while True:
            self.random_state.set_state(drawn)  # every attempt takes the rows in the same order
            train_loss, n_rows = self._pass(number)
            try:
                attempts.send(train_loss)
            except StopIteration as end:
                train_loss, rate = end.value
                break
        seconds = time.perf_counter() - began
        loss, score = (None, None) if monitor is None else monitor(*self.solution())
        return Epoch(number, self.sgd.epochs, seconds, train_loss, loss, score, rate, n_rows / seconds)

    def attempts(self, number: int, before: Any) -> Generator[float, float, tuple[float, float]]:
        """Yield the rate of each attempt at an epoch and take its mean loss; return the loss and rate of the one kept.

        One that has run away is taken back to the state ``before``.

        Raises
        ------
        DivergenceError
        """
        for _ in range(_HALVINGS):
            train_loss = yield self._rate_of(number)
            rate = self._rate_of(number)  # of rows that come only once, that of the last block
            if self._is_sound(train_loss):
                break
            self.loop.restore(before)
            if not self.automatic or not self.source.repeatable:
                raise DivergenceError(number, rate, self._suggestion())
            self.rate /= 2
        else:
            raise DivergenceError(number, rate, math.nan)
        if self.automatic:
            self._follow(train_loss)
        return train_loss, rate

    def _is_sound(self, train_loss: float) -> bool:
        """Tell whether an epoch has not run away; of rows that come only once, each block has been judged."""
        if self.automatic and not self.source.repeatable:
            return math.isfinite(train_loss)
        limit = _RUNAWAY * self.reference
        return train_loss <= limit and self._loss_now() <= limit

    def _pass(self, number: int) -> tuple[float, int]:
        """Take the steps of one epoch; return the mean loss, infinite if it ran away, and the number of rows."""
        mean, n_rows = 0.0, 0
        tries = _HALVINGS if self.automatic and not self.source.repeatable else 1
        with closing(self.source.epoch(self.objective, self.random_state)) as blocks:
            for block in blocks:
                self._go_over(block)
                loss = self._steps(block, number, tries)
                n_rows += len(block.order)
                mean += (loss - mean) * (len(block.order) / n_rows)
                if not math.isfinite(mean):
                    return math.inf, n_rows
        return mean, n_rows

    def _steps(self, block: Block, number: int, tries: int) -> float:
        """Take the steps of a block; of several tries each begins at the same place, with half the rate."""
        before = self.loop.state() if tries > 1 else None
        for _ in range(tries - 1):
            loss = self.loop.run(block.order, self._rate_of(number))
            if math.isfinite(loss):
                return loss
            self.loop.restore(before)
            self.rate /= 2
        return self.loop.run(block.order, self._rate_of(number))

    def _go_over(self, block: Block) -> None:
        """Have the loop go on over other rows, if they are others."""
        if block.objective is not self.setting.objective:
            self.setting = replace(self.setting, objective=block.objective)
            state = self.loop.state()
            self.loop = self.sgd.loop(self.setting)
            self.loop.restore(state)

    def _loss_now(self) -> float:
        """Return the loss after an epoch of so few minibatches that its mean loss tells little of the last step."""
        if self.source.n_rows > _FEW_BATCHES * self.batch_size:
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
        bounded = self.objective.loss.bounded
        relative = self._suit_errors(error_scale(self.objective, *self.solution()) if bounded else None)
        rate = self._stable_rate(curvature * float(relative.max()) + self.objective.alpha)
        if not 1e-300 < rate < 1e300:
            return math.nan
        digits = 10.0 ** (math.floor(math.log10(rate)) - 1)
        return math.floor(rate / digits) * digits

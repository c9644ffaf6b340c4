"""Candidates that are trained together: the same minibatches for all, one epoch after the other."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onelayer.errors import DivergenceError
from onelayer.objective import Objective
from onelayer.solvers.events import Epoch
from onelayer.solvers.fused import FusedLoop
from onelayer.solvers.progress import Progress
from onelayer.solvers.run import Run
from onelayer.solvers.sgd import SGD
from onelayer.solvers.solution import Solution, Stopped
from onelayer.solvers.sweep.order import AlikeRows
from onelayer.solvers.sweep.wide_loop import Lane, WideLoop

Judge = Callable[[Sequence[tuple[NDArray, NDArray]]], list[tuple[float, float | None]]]


@dataclass
class Candidate:
    """One of the candidates, as it stands.

    Attributes
    ----------
    run : Run
    progress : Progress
    failure : DivergenceError or None
    stopped : Stopped or None
        None while it is trained.
    """

    run: Run
    progress: Progress
    failure: DivergenceError | None = None
    stopped: Stopped | None = None

    @property
    def running(self) -> bool:
        """Whether it is trained further."""
        return self.stopped is None and self.failure is None

    def solution(self) -> Solution:
        """Return the parameters that it has come to."""
        return self.progress.solution(self.stopped or Stopped.FINISHED)


class Together:
    """The candidates of one group.

    Each is trained as ``SGD.solve`` would with the same ``random_state``, but for the order in which sums are taken:
    side by side in one loop where every value of the rows is stored, else each by a loop of its own.

    Parameters
    ----------
    problems : sequence of (SGD, Objective)
        Which differ in learning rate (a number for all, or automatic for all), schedule, momentum, epochs, patience and
        the weight of the penalty, and in nothing else.
    random_state : RandomState
        Order of the rows.
    judge : callable or None
        Returns (loss, score) on validation data for each of several (coef, intercept).
    """

    def __init__(
        self,
        problems: Sequence[tuple[SGD, Objective]],
        random_state: np.random.RandomState,
        judge: Judge | None = None,
    ) -> None:
        self.random_state, self.judge = random_state, judge
        wide = len(problems) > 1 and Lane.takes(problems[0][1])
        looped = [(replace(sgd, loop=Lane if wide else FusedLoop), objective) for sgd, objective in problems]
        first = Run(*looped[0], random_state, None, None)
        runs = [first, *(first.sibling(sgd, objective) for sgd, objective in looped[1:])]
        for run in runs:  # what one draws that has run away changes the order of rows for no other
            run.random_state = copy.deepcopy(random_state)
        self.candidates = [Candidate(run, Progress(run, run.sgd.patience)) for run in runs]
        lanes: Any = [run.loop for run in runs]
        self.pass_over: Callable[..., list[float]] = WideLoop(lanes).run if wide else _in_turn
        self.arranged = AlikeRows(first.objective, first.automatic).arranged if wide else _as_drawn
        self.number = 0

    @property
    def running(self) -> list[int]:
        """Which candidates are trained further."""
        return [i for i, candidate in enumerate(self.candidates) if candidate.running]

    def epoch(self) -> dict[int, Epoch]:
        """Train the candidates that are running for one epoch, and return its record for each that came through."""
        running = [self.candidates[i] for i in self.running]
        before = [candidate.run.loop.state() for candidate in running]
        try:
            return self._epoch(running, before)
        except KeyboardInterrupt:
            for candidate, state in zip(running, before, strict=True):
                candidate.run.loop.restore(state)
            raise

    def _epoch(self, running: list[Candidate], before: list) -> dict[int, Epoch]:
        self.number += 1
        first = self.candidates[0].run
        n_rows, began = first.objective.X.shape[0], time.perf_counter()
        order = self.arranged(self.random_state.permutation(n_rows), first.batch_size)
        attempts = {
            id(candidate): candidate.run.attempts(self.number, state)
            for candidate, state in zip(running, before, strict=True)
        }
        rates = {key: next(attempt) for key, attempt in attempts.items()}
        kept: dict[int, tuple[float, float]] = {}
        pending = running
        while pending:
            lanes = [candidate.run.loop for candidate in pending]
            losses = self.pass_over(lanes, order, [rates[id(candidate)] for candidate in pending])
            again = []
            for candidate, loss in zip(pending, losses, strict=True):
                try:
                    rates[id(candidate)] = attempts[id(candidate)].send(loss)
                    again.append(candidate)
                except StopIteration as end:
                    kept[id(candidate)] = end.value
                except DivergenceError as failure:
                    candidate.failure = failure
            pending = again
        seconds = (time.perf_counter() - began) / max(1, len(running))
        came_through = [i for i, candidate in enumerate(self.candidates) if id(candidate) in kept]
        records = self._records(came_through, kept, seconds, n_rows)
        for i, record in records.items():
            self._take(self.candidates[i], record)
        return records

    def _records(
        self, numbers: list[int], kept: dict[int, tuple[float, float]], seconds: float, n_rows: int
    ) -> dict[int, Epoch]:
        """Return the record of each of these candidates, judged on the validation data."""
        chosen = [self.candidates[i] for i in numbers]
        judged: list[tuple[float | None, float | None]] = [(None, None)] * len(chosen)
        if self.judge is not None and chosen:
            judged = list(self.judge([candidate.run.solution() for candidate in chosen]))
        records = {}
        for i, candidate, (loss, score) in zip(numbers, chosen, judged, strict=True):
            train_loss, rate = kept[id(candidate)]
            epochs = candidate.run.sgd.epochs
            records[i] = Epoch(
                self.number, epochs, seconds, train_loss, loss, score, rate, n_rows / max(seconds, 1e-12)
            )
        return records

    def _take(self, candidate: Candidate, record: Epoch) -> None:
        """Note an epoch, and whether it was the last."""
        candidate.progress.take(record)
        if candidate.progress.exhausted:
            candidate.stopped = Stopped.EARLY
        elif self.number >= candidate.run.sgd.epochs:
            candidate.stopped = Stopped.FINISHED

    def stop(self, numbers: Sequence[int], reason: Stopped) -> None:
        """Train these candidates no further."""
        for i in numbers:
            self.candidates[i].stopped = reason


def _in_turn(loops: Sequence[Any], order: NDArray[np.int64], rates: Sequence[float]) -> list[float]:
    """Do what ``WideLoop.run`` does, for loops that do not lie side by side."""
    return [loop.run(order, rate) for loop, rate in zip(loops, rates, strict=True)]


def _as_drawn(order: NDArray[np.int64], batch_size: int) -> NDArray[np.int64]:
    """Return the order as it is: a loop by itself skips no zeros."""
    return order

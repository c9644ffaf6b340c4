"""The loop of the exact solvers: step by step, telling callbacks of each, until there is no step to go."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Protocol, TypeVar

from numpy.typing import NDArray

from onelayer.solvers.events import Callback, Epoch
from onelayer.solvers.solution import Stopped

Monitor = Callable[[NDArray, NDArray], tuple[float, float | None]]


class Stepwise(Protocol):
    """What goes to an optimum step by step."""

    @property
    def done(self) -> bool:
        """Whether there is no step to go."""

    def step(self) -> None:
        """Go one step."""

    def mean_loss(self) -> float:
        """Return the mean loss of the parameters."""

    def parameters(self) -> tuple[NDArray, NDArray]:
        """Return (coef, intercept) in units of X as stored."""


Problem = TypeVar("Problem", bound=Stepwise)


def iterate(
    begin: Callable[[], Problem],
    max_iter: int,
    n_rows: int,
    monitor: Monitor | None,
    callbacks: Sequence[Callback],
) -> tuple[Problem, list[Epoch], Stopped]:
    """Return a problem at the end of its steps, the record of each, and why they ended.

    Parameters
    ----------
    begin : callable
        Makes the problem, after callbacks have heard of the start.
    max_iter, n_rows : int
    monitor : callable or None
        Returns (loss, score) of (coef, intercept) on validation data.
    callbacks : sequence of Callback
    """
    epochs: list[Epoch] = []
    with ExitStack() as endings:
        for callback in callbacks:
            endings.callback(callback.on_end)
            callback.on_start(max_iter, n_rows)
        problem = begin()
        try:
            for number in range(1, max_iter + 1):
                began = time.perf_counter()
                problem.step()
                seconds = time.perf_counter() - began
                loss, score = (None, None) if monitor is None else monitor(*problem.parameters())
                rate = n_rows / max(seconds, 1e-9)
                epochs.append(Epoch(number, max_iter, seconds, problem.mean_loss(), loss, score, None, rate))
                wishes = [callback.on_epoch(epochs[-1]) for callback in callbacks]
                if problem.done:
                    break
                if any(wish is True for wish in wishes):
                    return problem, epochs, Stopped.CALLBACK
        except KeyboardInterrupt:
            if not epochs:
                raise
            return problem, epochs, Stopped.INTERRUPTED
    return problem, epochs, Stopped.FINISHED

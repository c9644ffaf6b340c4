"""Minibatch stochastic gradient descent.

One epoch takes the rows in a random order, in minibatches, and for each steps V ← μV + g, W ← W − ηV with the
gradient g of the minibatch's mean loss and the penalty αW: PyTorch's ``SGD``, *Dive into Deep Learning* 3.2 and 12.5.

``learning_rate="auto"`` needs no tuning. Inputs are standardised as they are gathered (the result is folded back, so
the model is still one of X as given), the penalty is applied by its proximal step, W/(1 + ηα/(1 − μ)), which is stable
for any η, and the rate is η = 1/L with L the largest curvature seen in minibatches of this size
(``Objective.minibatch_curvature``), decayed by the schedule. For losses with a bounded slope (absolute, Huber's,
quantile) L is that of errors as large as those at the start, and the rate falls with the errors as well. Should an
epoch still run away, it is taken back and the rate halved.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from onelayer.objective import Objective
from onelayer.solvers.events import Callback
from onelayer.solvers.fused import FusedLoop
from onelayer.solvers.loop import Loop
from onelayer.solvers.progress import Progress
from onelayer.solvers.run import Monitor, Run
from onelayer.solvers.solution import Solution, Stopped, Stream
from onelayer.solvers.source import Source


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
        None for as many as there are cores; the result of the compiled loop is the same.
    done : int
        Epochs done in earlier runs, which the schedule counts.
    streaming : bool
        Whether the rows are a part of a stream, so that statistics of earlier parts count.
    loop : type of Loop
        What goes over the rows: the compiled loop, unless another is asked for.
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
    loop: type[Loop] = FusedLoop

    @property
    def threads(self) -> int:
        """The number of threads used at most."""
        return self.loop.threads(self.n_threads)

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
        source: Source | None = None,
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
        source : Source, optional
            Where the rows of an epoch come from. Then the objective is one of some of them, with the penalty of all,
            from which coordinates and rate are found. By default they are those of the objective.

        Raises
        ------
        DivergenceError
            When the loss runs away with a given learning rate, or whatever the rate.
        InvalidParameterError
            When the loop does not have what is asked of it.
        """
        self.loop.check(objective, self.momentum)
        stopped = Stopped.FINISHED
        with ExitStack() as endings:
            for callback in callbacks:
                endings.callback(callback.on_end)
                callback.on_start(self.epochs, objective.X.shape[0] if source is None else source.n_rows)
            run = Run(self, objective, random_state, start, stream, source)
            progress = Progress(run, self.patience)
            try:
                for number in range(1, self.epochs + 1):
                    epoch = run.epoch(number, monitor)
                    progress.take(epoch)
                    wishes = [callback.on_epoch(epoch) for callback in callbacks]
                    if any(wish is True for wish in wishes):
                        stopped = Stopped.CALLBACK
                        break
                    if progress.exhausted:
                        stopped = Stopped.EARLY
                        break
            except KeyboardInterrupt:
                if not progress.epochs:
                    raise
                stopped = Stopped.INTERRUPTED
        return progress.solution(stopped)

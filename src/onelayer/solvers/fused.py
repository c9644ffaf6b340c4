"""The fast implementation of a pass: the compiled, multi-threaded loop of ``onelayer.kernels.minibatch``."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from onelayer.solvers.loop import Loop, Setting

_SMALL = 1 << 18  # multiplications of a minibatch below which a second thread costs more than it brings
_BRIEF = 1 << 18  # multiplications of an epoch that takes about the time that it takes to start a thread,
_ROW_COST = 256  # and what a row costs beside them


class FusedLoop(Loop):
    """The arrays of the compiled loop; the result is the same to the bit for any number of threads."""

    name = "fast"

    def __init__(self, setting: Setting) -> None:
        from onelayer.kernels import minibatch, row_losses, scoring

        self.setting, self.minibatch = setting, minibatch
        objective, standardised = setting.objective, setting.standardised
        X = objective.X
        number, (n_rows, n_features) = X.number, X.shape
        columns = scoring.padded(n_features, number)
        self.layer = minibatch.Layer(
            np.zeros((objective.n_outputs, columns), number),
            np.zeros(objective.n_outputs, number),
            np.zeros((objective.n_outputs, columns), number),
            np.zeros(objective.n_outputs, number),
        )
        self.layer.W[:, :n_features] = setting.W
        self.layer.b[:] = setting.b

        source = scoring.writeable(X.array)
        self.cuts, self.work = minibatch.cut(
            source, objective.n_outputs, setting.batch_size, standardised, number
        )
        weights = np.zeros(0) if objective.sample_weight is None else objective.sample_weight
        self.rows = scoring.Rows(
            source,
            (setting.center if standardised else np.zeros(0)).astype(number),
            (setting.inverse_scale if standardised else np.zeros(0)).astype(number),
            number.type(1 if standardised else X.unit),
            np.ascontiguousarray(objective.targets, dtype=number),
            (weights * (n_rows / weights.sum()) if weights.size else weights).astype(number),
            np.zeros(0, np.int64),
        )
        self.loss = row_losses.RowLoss(
            objective.loss.code,
            objective.loss.parameter(number),
            (np.zeros(0) if setting.output_scale is None else setting.output_scale).astype(number),
        )
        self.row_work = n_features * objective.n_outputs
        self.n_threads = setting.n_threads if setting.batch_size * self.row_work >= _SMALL else 1
        self.run(np.zeros(0, np.int64), 0.0)  # compiles the loop if need be, so that no epoch waits for it

    def run(self, order: NDArray[np.int64], rate: float) -> float:
        """Take a step for each minibatch."""
        from onelayer.kernels import barrier, threads

        setting, minibatch, kind = self.setting, self.minibatch, self.layer.W.dtype.type
        n_features, columns, factors = len(setting.center), self.layer.W.shape[1], setting.shrink(rate)
        penalty, shrink = np.zeros(columns), np.ones((len(factors), columns))
        penalty[:n_features] = setting.penalty
        shrink[:, :n_features] = factors
        with np.errstate(over="ignore"):
            step = minibatch.Step(
                kind(rate),
                kind(setting.momentum),
                penalty.astype(kind),
                shrink.astype(kind),
                setting.objective.fit_intercept,
                setting.limit,
            )
        rows, state = self.rows._replace(order=order), barrier.new()

        def work(thread: int) -> tuple[int, float]:
            return minibatch.run(
                thread,
                self.n_threads,
                state,
                rows,
                self.loss,
                self.layer,
                step,
                self.cuts,
                self.work,
            )

        brief = len(order) * (self.row_work + _ROW_COST) < _BRIEF
        status, total = threads.run(self.n_threads, work, state, brief=brief)[0]
        finite = np.isfinite(self.layer.W).all() and np.isfinite(self.layer.b).all()
        return total / max(1, len(order)) if status == minibatch.FINISHED and finite else math.inf

    def parameters(self) -> tuple[NDArray, NDArray]:
        """Return W without its padding, and b."""
        return self.layer.W[:, : len(self.setting.center)], self.layer.b

    def state(self) -> list[NDArray]:
        """Return copies of the parameters and their velocities."""
        return [array.copy() for array in self.layer]

    def restore(self, state: list[NDArray]) -> None:
        """Write the copies back."""
        for array, saved in zip(self.layer, state, strict=True):
            array[...] = saved

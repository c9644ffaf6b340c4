"""The loop that goes over rows however they are stored."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from onelayer.matrices import Dense, Matrix, Sparse
from onelayer.solvers.fused.passes import Pass
from onelayer.solvers.loop import Loop, Setting

_SMALL = 1 << 18  # multiplications of a minibatch below which a second thread costs more than it brings
_BRIEF = 1 << 18  # multiplications of an epoch that takes about the time that it takes to start a thread,
_ROW_COST = 256  # and what a row costs beside them


def _pass_over(X: Matrix) -> type[Pass]:
    """Return the pass for the way in which X is stored; the compiled code is loaded with it."""
    from onelayer.solvers.fused.dense import DensePass
    from onelayer.solvers.fused.sparse import SparsePass

    return {Dense: DensePass, Sparse: SparsePass}[type(X)]


class FusedLoop(Loop):
    """A compiled pass with its threads; the result is the same to the bit for any number of these."""

    name = "fast"

    def __init__(self, setting: Setting) -> None:
        from onelayer.kernels import row_losses

        objective = setting.objective
        X, weights = objective.X, objective.sample_weight
        number = X.number
        if weights is None:
            weights = np.zeros(0)
        else:
            scale = setting.weight_scale
            weights = weights * (X.shape[0] / weights.sum() if scale is None else scale)
        self.passing = _pass_over(X)(
            setting, np.ascontiguousarray(objective.targets, dtype=number), weights.astype(number)
        )
        self.loss = row_losses.RowLoss(
            objective.loss.code,
            objective.loss.parameter(number),
            (np.zeros(0) if setting.output_scale is None else setting.output_scale).astype(number),
        )
        self.row_work = X.row_size * objective.n_outputs
        self.n_threads = setting.n_threads if setting.batch_size * self.row_work >= _SMALL else 1
        self.run(np.zeros(0, np.int64), 0.0)  # compiles the loop if need be, so that no epoch waits for it

    def run(self, order: NDArray[np.int64], rate: float) -> float:
        """Take a step for each minibatch."""
        from onelayer.kernels import barrier, minibatch, threads

        state = barrier.new()
        work = self.passing.work(order, self.loss, rate, self.n_threads, state)
        brief = len(order) * (self.row_work + _ROW_COST) < _BRIEF
        status, total = threads.run(self.n_threads, work, state, brief=brief)[0]
        layer = self.passing.layer
        finite = np.isfinite(layer.W).all() and np.isfinite(layer.b).all()
        return total / max(1, len(order)) if status == minibatch.FINISHED and finite else math.inf

    def parameters(self) -> tuple[NDArray, NDArray]:
        """Return W and b."""
        return self.passing.parameters()

    def state(self) -> list[NDArray]:
        """Return copies of the parameters and their velocities."""
        return [array.copy() for array in self.passing.layer]

    def restore(self, state: list[NDArray]) -> None:
        """Write the copies back."""
        for array, saved in zip(self.passing.layer, state, strict=True):
            array[...] = saved

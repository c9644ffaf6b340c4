"""The pass over rows of which the zeros are not stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onelayer.kernels import lines, sparse_minibatch
from onelayer.kernels.scoring import writeable
from onelayer.matrices import Sparse
from onelayer.solvers.fused.passes import Pass
from onelayer.solvers.loop import Setting

_PIECES = 64


class SparsePass(Pass):
    """The arrays of ``kernels.sparse_minibatch``."""

    def __init__(self, setting: Setting, targets: NDArray, weights: NDArray) -> None:
        self.setting = setting
        objective = setting.objective
        X, n_outputs = objective.X, objective.n_outputs
        assert isinstance(X, Sparse)
        number, n_features = X.number, X.shape[1]
        self.layer = sparse_minibatch.Layer(
            lines.of(setting.W.astype(number)),
            lines.empty(n_features if setting.momentum else 0, n_outputs, number),
            setting.b.astype(number),
            np.zeros(n_outputs, number),
            np.zeros(n_features, np.int64),
        )
        scale = setting.inverse_scale if setting.standardised else np.full(1, X.unit)
        self.rows = sparse_minibatch.Rows(
            lines.Entries(writeable(X.values), writeable(X.columns), X.starts, scale.astype(number)),
            targets,
            weights,
            np.zeros(0, np.int64),
            sparse_minibatch.balanced(X.columns, n_features, _PIECES),
        )
        self.buffers = sparse_minibatch.Work(
            lines.empty(setting.batch_size, n_outputs, number), np.zeros(setting.batch_size)
        )

    def work(
        self, order: NDArray[np.int64], loss: Any, rate: float, n_threads: int, state: NDArray[np.int64]
    ) -> Callable[[int], tuple[int, float]]:
        """Return what each thread is to call."""
        setting, layer, buffers = self.setting, self.layer, self.buffers
        shrink, kept = setting.shrink(rate), 1 - rate * setting.penalty
        if (shrink == shrink[0, 0]).all():
            shrink = shrink[:1, :1]
        step = sparse_minibatch.Step(
            rate,
            setting.momentum,
            setting.penalty,
            kept or float(np.finfo(layer.W.dtype).eps),
            np.ascontiguousarray(shrink.T),
            setting.objective.fit_intercept,
            setting.limit,
        )
        rows = self.rows._replace(order=order)
        return lambda thread: sparse_minibatch.run(
            thread, n_threads, state, rows, loss, layer, step, setting.batch_size, buffers
        )

    def parameters(self) -> tuple[NDArray, NDArray]:
        """Return W without its padding, and b."""
        return self.layer.W[:, : self.layer.b.size].T, self.layer.b

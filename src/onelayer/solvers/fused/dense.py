"""The pass over rows of which every value is stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onelayer.kernels import minibatch, scoring
from onelayer.solvers.fused.passes import Pass
from onelayer.solvers.loop import Setting


class DensePass(Pass):
    """The arrays of ``kernels.minibatch``."""

    def __init__(self, setting: Setting, targets: NDArray, weights: NDArray) -> None:
        self.setting = setting
        objective, standardised = setting.objective, setting.standardised
        X = objective.X
        number, n_features = X.number, X.shape[1]
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
        self.cuts, self.buffers = minibatch.cut(
            source, objective.n_outputs, setting.batch_size, standardised, number
        )
        self.rows = scoring.Rows(
            source,
            (setting.center if standardised else np.zeros(0)).astype(number),
            (setting.inverse_scale if standardised else np.zeros(0)).astype(number),
            number.type(1 if standardised else X.unit),
            targets,
            weights,
            np.zeros(0, np.int64),
        )

    def work(
        self, order: NDArray[np.int64], loss: Any, rate: float, n_threads: int, state: NDArray[np.int64]
    ) -> Callable[[int], tuple[int, float]]:
        """Return what each thread is to call."""
        setting, kind = self.setting, self.layer.W.dtype.type
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
        rows, layer, cuts, buffers = self.rows._replace(order=order), self.layer, self.cuts, self.buffers
        return lambda thread: minibatch.run(thread, n_threads, state, rows, loss, layer, step, cuts, buffers)

    def parameters(self) -> tuple[NDArray, NDArray]:
        """Return W without its padding, and b."""
        return self.layer.W[:, : len(self.setting.center)], self.layer.b

"""Many loops in one: the layers of candidates lie side by side in the compiled loop of ``kernels.wide_minibatch``."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from onelayer.matrices import Dense
from onelayer.objective import Objective
from onelayer.solvers.fused import FusedLoop
from onelayer.solvers.loop import Loop, Setting

_SMALL = 1 << 18  # multiplications of a minibatch below which a second thread costs more than it brings

State = tuple[NDArray, ...]


class Lane(Loop):
    """The loop of one candidate: its layer, which lies in a :class:`WideLoop` while it is trained.

    Softmax is trained with an output less, as ``kernels.wide_minibatch`` says.
    """

    name = "fast"

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.reduced = setting.objective.loss.name == "cross-entropy"
        number = setting.objective.X.number
        self._level = setting.W.mean(axis=0).astype(number), number.type(setting.b.mean())
        W, b = (array - array[-1:] if self.reduced else array for array in (setting.W, setting.b))
        kept = slice(None, -1) if self.reduced else slice(None)
        self.arrays: State = tuple(
            array.astype(number)
            for array in (W[kept], b[kept], np.zeros_like(W[kept]), np.zeros_like(b[kept]))
        )
        self.home: WideLoop | None = None

    @staticmethod
    def takes(objective: Objective) -> bool:
        """Return whether there is a lane for these rows: every value of them is to be stored."""
        return isinstance(objective.X, Dense)

    def run(self, order: NDArray[np.int64], rate: float) -> float:
        """Take a step for each minibatch, with no others beside it."""
        return (self.home or WideLoop([self])).run([self], order, [rate])[0]

    def parameters(self) -> tuple[NDArray, NDArray]:
        """Return W and b, of softmax with their mean over the outputs, which training does not change."""
        W, b = self.state()[:2]
        if not self.reduced:
            return W, b
        W, b = np.vstack([W, np.zeros_like(W[:1])]), np.append(b, b.dtype.type(0))
        return W - W.mean(axis=0) + self._level[0], b - b.mean() + self._level[1]

    def state(self) -> State:
        """Return copies of W, b and their velocities, as they are trained."""
        if self.home is not None:
            self.arrays = self.home.arrays_of(self)
        return tuple(array.copy() for array in self.arrays)

    def restore(self, state: State) -> None:
        """Write the copies back."""
        if self.home is not None:
            self.home.write(self, state)
        self.arrays = state


class WideLoop:
    """The layers of some lanes side by side.

    Parameters
    ----------
    lanes : sequence of Lane
        Of settings that differ in penalty and momentum alone.
    """

    def __init__(self, lanes: Sequence[Lane]) -> None:
        from onelayer.kernels import wide_minibatch

        self.kernel = wide_minibatch
        setting = lanes[0].setting
        self.setting, self.alone = setting, FusedLoop(setting)
        self.n_outputs = setting.objective.n_outputs
        self.present: list[Lane] = []
        self._arrange(lanes)
        self.run(lanes, np.zeros(0, np.int64), [0.0] * len(lanes))  # compiles the loop if need be

    def _arrange(self, lanes: Sequence[Lane]) -> None:
        """Lay the layers of these lanes side by side, and no others."""
        for lane in self.present:
            lane.arrays, lane.home = self.arrays_of(lane), None
        self.present, setting = list(lanes), self.setting
        n_features, number = len(setting.center), setting.objective.X.number
        self.per_lane = len(lanes[0].arrays[0])
        self.layer = self.kernel.new_layer(n_features, self.per_lane * len(lanes), number)
        self.work = self.kernel.new_work(self.layer, len(lanes), setting.batch_size)
        for lane in lanes:
            lane.home = self
            self.write(lane, lane.arrays)

    def _places(self, lane: Lane) -> tuple[NDArray, NDArray]:
        """Return strip and place in it of each output of a lane."""
        flat = np.arange(self.per_lane) * len(self.present) + self.present.index(lane)
        return np.divmod(flat, self.layer.b.shape[1])

    def arrays_of(self, lane: Lane) -> State:
        """Return W (outputs, n_features), b and their velocities of one lane."""
        strips, places = self._places(lane)
        n_features = len(self.setting.center)
        W, b, V, v = self.layer
        return (
            W[strips, :n_features, places],
            b[strips, places],
            V[strips, :n_features, places],
            v[strips, places],
        )

    def write(self, lane: Lane, arrays: State) -> None:
        """Set what ``arrays_of`` returns."""
        strips, places = self._places(lane)
        n_features = len(self.setting.center)
        for target, array in zip(self.layer, arrays, strict=True):
            if array.ndim == 2:
                target[strips, :n_features, places] = array
            else:
                target[strips, places] = array

    def _across(self, values: Sequence[float]) -> NDArray:
        """Return a number of each lane for all of its outputs, as the compiled loop takes them."""
        out = np.zeros(self.layer.b.shape, self.layer.b.dtype)
        out.reshape(-1)[: self.per_lane * len(values)] = np.tile(values, self.per_lane)
        return out

    def _shrink(self, rates: Sequence[float]) -> NDArray:
        """Return the factors of the proximal step."""
        strips, columns, width = self.layer.W.shape
        if not self.setting.standardised:
            return np.ones((strips, 1, width), self.layer.W.dtype)
        flat = np.ones((columns, strips * width), self.layer.W.dtype)
        n_lanes, n_features = len(self.present), len(self.setting.center)
        for c, (lane, rate) in enumerate(zip(self.present, rates, strict=True)):
            factors = np.broadcast_to(lane.setting.shrink(rate), (self.n_outputs, n_features))
            flat[:n_features, c : self.per_lane * n_lanes : n_lanes] = factors[: self.per_lane].T
        return np.ascontiguousarray(flat.reshape(columns, strips, width).transpose(1, 0, 2))

    def run(self, lanes: Sequence[Lane], order: NDArray[np.int64], rates: Sequence[float]) -> list[float]:
        """Take a step for each minibatch with each of these lanes, and leave any others as they are.

        Returns
        -------
        list of float
            The mean loss of each lane, as ``Loop.run`` returns it.
        """
        from onelayer.kernels import barrier, threads

        if list(lanes) != self.present:
            self._arrange(lanes)
        setting, layer = self.setting, self.layer
        with np.errstate(over="ignore"):
            step = self.kernel.WideStep(
                self._across(rates),
                self._across([lane.setting.momentum for lane in lanes]),
                self._across([lane.setting.penalty for lane in lanes]),
                self._shrink(rates),
                setting.objective.fit_intercept,
                setting.limit,
            )
        rows, state = self.alone.passing.rows._replace(order=order), barrier.new()
        work = setting.batch_size * len(setting.center) * self.per_lane * len(lanes)
        n_threads = setting.n_threads if work >= _SMALL else 1
        totals = np.zeros(len(lanes))
        self.work.lost[:] = False

        def part(thread: int) -> int:
            return self.kernel.run(
                thread,
                n_threads,
                state,
                rows,
                self.alone.loss,
                self.n_outputs,
                layer,
                step,
                setting.batch_size,
                self.work,
                totals,
            )

        threads.run(n_threads, part, state)
        finite = np.isfinite(layer.W).all(axis=1) & np.isfinite(layer.b)
        finite = finite.reshape(-1)[: self.per_lane * len(lanes)].reshape(self.per_lane, -1).all(axis=0)
        losses = np.where(finite & ~self.work.lost, totals / max(1, len(order)), math.inf)
        return losses.tolist()

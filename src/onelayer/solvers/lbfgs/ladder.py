"""Which approximation of the Hessian is worth its cost: from cheap to dear, as progress asks for it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onelayer.solvers.lbfgs.dense_design import DenseDesign
from onelayer.solvers.lbfgs.design import Design
from onelayer.solvers.lbfgs.diagonal import Diagonal
from onelayer.solvers.lbfgs.kronecker import Kronecker
from onelayer.solvers.lbfgs.preconditioner import Preconditioner
from onelayer.solvers.lbfgs.row_space import RowSpaceDesign
from onelayer.solvers.lbfgs.sparse_design import SparseDesign
from onelayer.solvers.lbfgs.uniform import Uniform
from onelayer.solvers.lbfgs.whole_hessian import WholeHessian

_OF_COLUMNS: tuple[type[Preconditioner[Any]], ...] = (Diagonal, Kronecker, WholeHessian)
_RUNGS: dict[type[Design], tuple[type[Preconditioner[Any]], ...]] = {
    DenseDesign: _OF_COLUMNS,
    SparseDesign: _OF_COLUMNS,
    RowSpaceDesign: (Uniform,),
}
_AT_ONCE = 6.0  # passes that a better one may cost before any progress has been seen
_OVERHEAD = 1e7  # multiplications in the time that a pass takes beside its own
_WINDOW = 4  # iterations whose mean is taken, and held against that of as many before
_AFTERWARDS = 4.0  # iterations that remain after a change


class Ladder:
    """The preconditioner in use, ``fresh`` if it was made at θ from nothing, and when it is to be replaced.

    Costs are counted, not measured, so that the same problem always takes the same steps. A better one (or a fresh one,
    if it is the Hessian itself) is built where the passes that the present rate of progress asks for cost more.

    Parameters
    ----------
    design : Design
    theta : array
        The parameters at the start.
    known : Preconditioner, optional
        One for the same rows and another penalty.
    """

    def __init__(self, design: Design, theta: NDArray, known: Preconditioner[Any] | None = None) -> None:
        self._design, self._pass = design, design.work + _OVERHEAD
        self._rungs = [kind for kind in _RUNGS[type(design)] if math.isfinite(kind.cost(design))]
        cheap = [k for k, kind in enumerate(self._rungs) if kind.cost(design) <= _AT_ONCE * self._pass]
        self._rung = max(cheap, default=0)
        self.fresh = known is None or self._rungs.index(type(known)) <= self._rung
        if known is None or self.fresh:
            self._build(theta)
            return
        self.preconditioner, self._rung = known.repenalised(design, theta), self._rungs.index(type(known))
        self._seen: list[float] = []

    def _build(self, theta: NDArray) -> None:
        while True:
            try:
                self.preconditioner = self._rungs[self._rung].build(self._design, theta)
                break
            except np.linalg.LinAlgError:  # rounding leaves nothing positive: the rung below must do
                del self._rungs[self._rung]
                self._rung -= 1
        self._seen = []

    @property
    def name(self) -> str:
        """What is in use."""
        return self.preconditioner.name

    def replaced(self, theta: NDArray, distance: float, wanted: float) -> bool:
        """Build another preconditioner at θ if that saves more than it costs, and return whether it was.

        Parameters
        ----------
        theta : array
        distance, wanted : float
            How far F is estimated to be above its least value here, and what that is to be.
        """
        if self._next == self._rung and self.preconditioner.rough:
            return False
        self._seen.append(math.log(distance))
        half = min(_WINDOW, len(self._seen) // 2)
        now_each, then_each = (self._pass + kind.solve_cost(self._design) for kind in self._here_and_next)
        if half < (1 if self._cost(self._next) <= now_each else 2):
            return False
        before, now = self._seen[-2 * half : -half], self._seen[-half:]
        fallen = (sum(before) - sum(now)) / half**2
        remaining = (now[-1] - math.log(wanted)) / fallen if fallen > 0 else math.inf
        if remaining * now_each <= self._cost(self._next) + _AFTERWARDS * then_each:
            return False
        self._rung = self._next
        self._build(theta)
        return True

    @property
    def _next(self) -> int:
        return min(self._rung + 1, len(self._rungs) - 1)

    @property
    def _here_and_next(self) -> tuple[type[Preconditioner[Any]], type[Preconditioner[Any]]]:
        return self._rungs[self._rung], self._rungs[self._next]

    def _cost(self, rung: int) -> float:
        return self._rungs[rung].cost(self._design)

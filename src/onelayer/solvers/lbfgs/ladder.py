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
from onelayer.solvers.lbfgs.leading_hessian import LeadingHessian
from onelayer.solvers.lbfgs.pace import Pace
from onelayer.solvers.lbfgs.preconditioner import Preconditioner
from onelayer.solvers.lbfgs.row_space import RowSpaceDesign
from onelayer.solvers.lbfgs.sparse_design import SparseDesign
from onelayer.solvers.lbfgs.uniform import Uniform
from onelayer.solvers.lbfgs.whole_hessian import WholeHessian

_OF_COLUMNS: tuple[type[Preconditioner[Any]], ...] = (Diagonal, Kronecker, LeadingHessian, WholeHessian)
_RUNGS: dict[type[Design], tuple[type[Preconditioner[Any]], ...]] = {
    DenseDesign: _OF_COLUMNS,
    SparseDesign: _OF_COLUMNS,
    RowSpaceDesign: (Uniform,),
}
_AT_ONCE = 6.0  # passes that a better one may cost before any progress has been seen
_OVERHEAD = 1e7  # multiplications in the time that a pass takes beside its own
_LOOKED_AT, _MOST_LOOKED_AT = 10.0, 4  # passes that a change may cost for each step of the window of the pace
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
        costs = {kind: kind.cost(design) for kind in _RUNGS[type(design)]}
        self._costs = {kind: cost for kind, cost in costs.items() if math.isfinite(cost)}
        self._rungs = list(self._costs)
        self._each = {kind: self._pass + kind.solve_cost(design) for kind in self._rungs}
        cheap = [k for k, kind in enumerate(self._rungs) if self._costs[kind] <= _AT_ONCE * self._pass]
        self._rung = max(cheap, default=0)
        self.fresh = known is None or self._rungs.index(type(known)) <= self._rung
        if known is None or self.fresh:
            self._build(theta)
            return
        self.preconditioner, self._rung = known.repenalised(design, theta), self._rungs.index(type(known))

    def _build(self, theta: NDArray, before: Preconditioner[Any] | None = None) -> None:
        while True:
            try:
                self.preconditioner = self._rungs[self._rung].build(self._design, theta, before)
                break
            except np.linalg.LinAlgError:  # rounding leaves nothing positive: the rung below must do
                del self._rungs[self._rung]
                self._rung -= 1

    @property
    def name(self) -> str:
        """What is in use."""
        return self.preconditioner.name

    def replaced(self, theta: NDArray, ahead: float, pace: Pace) -> bool:
        """Build another preconditioner at θ if that saves more than it costs, and return whether it was.

        Parameters
        ----------
        theta : array
        ahead : float
            The logarithm of how many times farther F is above its least value than is wanted.
        pace : Pace
        """
        if not pace.window:
            return False
        rung = self._rung + 1 if self.preconditioner.rough else self._rung
        if rung == len(self._rungs):
            return False
        fallen = pace.fallen()
        here, there = self._rungs[self._rung], self._rungs[rung]
        now_each, then_each, cost = self._each[here], self._each[there], self._costs[there]
        if pace.window < min(_MOST_LOOKED_AT, math.ceil(cost / (now_each * _LOOKED_AT))):
            return False
        remaining = ahead / fallen if fallen > 0 else math.inf
        if remaining * now_each <= cost + _AFTERWARDS * then_each:
            return False
        self._rung = rung
        self._build(theta, self.preconditioner)
        return True

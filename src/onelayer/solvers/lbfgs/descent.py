"""The descent to the optimum, step by step."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from onelayer.objective import Objective
from onelayer.solvers.lbfgs.design import Design, design_of
from onelayer.solvers.lbfgs.ladder import Ladder
from onelayer.solvers.lbfgs.line_search import Point, search
from onelayer.solvers.lbfgs.memory import Memory

_DOUBLE = np.dtype(np.float64)


class Descent:
    """L-BFGS steps, first in the type of X, at last in float64.

    Attributes
    ----------
    point : Point
    done, converged : bool
    """

    def __init__(self, objective: Objective, start: tuple[NDArray, NDArray] | None, tol: float) -> None:
        self._tol, self._objective = tol, objective
        self._design = design_of(objective, objective.X.number)
        self.point = self._evaluate(self._design.start(start))
        self._ladder = Ladder(self._design, self.point.theta)
        self._memory = Memory(self.point.theta.size)
        self.done = self.converged = False

    def _evaluate(self, theta: NDArray) -> Point:
        value, loss, gradient = self._design.value_and_gradient(theta)
        return Point(theta, value, loss, gradient)

    def parameters(self) -> tuple[NDArray, NDArray]:
        return self._design.parameters(self.point.theta)

    def step(self) -> None:
        """Go one step, or find that there is none to go."""
        point = self.point
        direction = self._memory.direction(point.gradient, self._ladder.preconditioner)
        decrement = -0.5 * float(np.vdot(direction, point.gradient))
        wanted = self._tol * point.value
        if not decrement > wanted:
            self._settle(True)
            return
        if self._ladder.replaced(point.theta, decrement, wanted):
            self._memory.clear()
            direction = self._memory.direction(point.gradient, self._ladder.preconditioner)
        noise = 4 * float(np.finfo(self._design.number).eps) * abs(point.value)
        found = search(self._evaluate, point, direction, noise)
        if found is None:
            self._settle(False)
            return
        step, change = found.theta - point.theta, found.gradient - point.gradient
        self._memory.add(step, change, self._ladder.preconditioner)
        self.point = found

    def _settle(self, converged: bool) -> None:
        """Go on in float64, or end there."""
        if self._design.number == _DOUBLE:
            self.done, self.converged = True, converged
            return
        self._design = design_of(self._objective, _DOUBLE)
        self.point = self._evaluate(self.point.theta)

    def gap(self) -> float:
        """Return an upper bound of how far F is above its least value, relative to F."""
        design, point = self._design, self.point
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = np.square(point.gradient[:-1]) / (2 * design.penalty[:-1])
        return float(np.nansum(parts)) / point.value if point.value > 0 else math.inf

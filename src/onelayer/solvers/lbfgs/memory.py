"""What a quasi-Newton method remembers of its steps, and the direction that follows from it."""

from __future__ import annotations

import math
from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onelayer.kernels import two_loop
from onelayer.solvers.lbfgs.design import Design
from onelayer.solvers.lbfgs.line_search import Point
from onelayer.solvers.lbfgs.preconditioner import Preconditioner

_BYTES = 1 << 28
_MOST, _FEWEST = 15, 4


class Memory:
    """The last steps s and changes of the gradient y.

    They correct a preconditioner to an approximation of the Hessian with B·s = y: the two-loop recursion (Nocedal,
    "Updating quasi-Newton matrices with limited storage", *Mathematics of Computation* 35, 1980; Nocedal and Wright,
    *Numerical Optimization*, algorithm 7.4).

    Parameters
    ----------
    size : int
        Numbers in a step; of steps with many fewer are kept, so that they take 256 MB at most.
    parts : (n_parts, 3) int array
        The inner product, as ``two_loop`` describes it.
    """

    def __init__(self, size: int, parts: NDArray) -> None:
        self._parts = parts
        pairs = int(np.clip(_BYTES // (16 * max(1, size)), _FEWEST, _MOST))
        self._order: deque[int] = deque(maxlen=pairs)  # the places of the pairs, the newest last
        self._steps, self._changes = np.empty((2, pairs + 1, size))
        self._curvatures = np.empty(pairs + 1)
        self._free, self._scale = 0, 1.0

    def _inner(self, u: NDArray, v: NDArray) -> float:
        return two_loop.inner(u.ravel(), v.ravel(), self._parts)

    def _room(self, like: NDArray) -> tuple[NDArray, NDArray]:
        """Return the room for another step and its change of the gradient."""
        place = self._free
        return self._steps[place].reshape(like.shape), self._changes[place].reshape(like.shape)

    def _keep(self) -> float | None:
        """Remember what is in the room, and return its curvature; None where rounding leaves nothing of that."""
        place = self._free
        step, change = self._steps[place], self._changes[place]
        curvature = self._inner(step, change)
        square = self._inner(change, change) * self._inner(step, step)
        if not (0 <= square < math.inf and curvature > np.finfo(np.float64).eps * math.sqrt(square)):
            return None
        full = len(self._order) == self._order.maxlen
        self._free = self._order[0] if full else len(self._order) + 1
        self._curvatures[place] = curvature
        self._order.append(place)
        return curvature

    def add(self, before: Point, now: Point, preconditioner: Preconditioner[Any]) -> None:
        """Remember the step from one point to another, unless rounding leaves nothing of its curvature."""
        step, change = self._room(now.theta)
        np.subtract(now.theta, before.theta, out=step)
        np.subtract(now.gradient, before.gradient, out=change)
        curvature = self._keep()
        if curvature is not None and preconditioner.rough:
            self._scale = curvature / self._inner(change, preconditioner.solve(change))

    def take_size(self, curvature: float, decrease: float) -> None:
        """Make the next direction as long as it is best, by its curvature and how steeply F falls along it."""
        if 0 < curvature < math.inf:
            self._scale *= decrease / curvature

    def repenalised(self, before: Design, now: Design, preconditioner: Preconditioner[Any]) -> Memory:
        """Return what the same steps would be remembered by with the penalty of another design of the same rows."""
        other, last = Memory(self._steps.shape[1], self._parts), None
        for place in self._order:
            known, was = (pairs[place].reshape(-1, now.n_outputs) for pairs in (self._steps, self._changes))
            step, change = other._room(known)
            step[:] = known
            np.add(was, now.penalty_gradient(step) - before.penalty_gradient(step), out=change)
            curvature = other._keep()
            last = last if curvature is None else (change, curvature)
        if last is not None and preconditioner.rough:
            change, curvature = last
            other._scale = curvature / other._inner(change, preconditioner.solve(change))
        return other

    def direction(self, gradient: NDArray, preconditioner: Preconditioner[Any]) -> NDArray:
        """Return −B⁻¹·gradient."""
        order, q = np.array(self._order, np.int64), gradient.copy()
        pairs = self._steps, self._changes, self._curvatures, order, self._parts, np.empty(len(order))
        two_loop.backwards(q.ravel(), *pairs)
        d = np.ascontiguousarray(preconditioner.solve(q))
        d *= -self._scale
        two_loop.forwards(d.ravel(), *pairs)
        return d

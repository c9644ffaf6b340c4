"""What a quasi-Newton method remembers of its steps, and the direction that follows from it."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import daxpy

from onelayer.solvers.lbfgs.design import Design
from onelayer.solvers.lbfgs.preconditioner import Preconditioner

_BYTES = 1 << 28
_MOST, _FEWEST = 30, 4


class Memory:
    """The last steps s and changes of the gradient y.

    They correct a preconditioner to an approximation of the Hessian with B·s = y: the two-loop recursion (Nocedal,
    "Updating quasi-Newton matrices with limited storage", *Mathematics of Computation* 35, 1980; Nocedal and Wright,
    *Numerical Optimization*, algorithm 7.4).

    Parameters
    ----------
    size : int
        Numbers in a step; of steps with many fewer are kept, so that they take 256 MB at most.
    inner : callable
        The inner product.
    """

    def __init__(self, size: int, inner: Callable[[NDArray, NDArray], float]) -> None:
        self._inner, self._size = inner, size
        pairs = int(np.clip(_BYTES // (16 * max(1, size)), _FEWEST, _MOST))
        self._pairs: deque[tuple[NDArray, NDArray, float]] = deque(maxlen=pairs)
        self._scale = 1.0

    def add(self, step: NDArray, change: NDArray, preconditioner: Preconditioner[Any]) -> None:
        """Remember a step, unless rounding leaves nothing of its curvature."""
        curvature = self._inner(step, change)
        square = self._inner(change, change) * self._inner(step, step)
        if 0 <= square < math.inf and curvature > np.finfo(np.float64).eps * math.sqrt(square):
            self._pairs.append((step, change, curvature))
            if preconditioner.rough:
                self._scale = curvature / self._inner(change, preconditioner.solve(change))

    def take_size(self, curvature: float, decrease: float) -> None:
        """Make the next direction as long as it is best, by its curvature and how steeply F falls along it."""
        if 0 < curvature < math.inf:
            self._scale *= decrease / curvature

    def repenalised(self, before: Design, now: Design, preconditioner: Preconditioner[Any]) -> Memory:
        """Return what the same steps would be remembered by with the penalty of another design of the same rows."""
        other = Memory(self._size, now.inner)
        for step, change, _ in self._pairs:
            more = now.penalty_gradient(step) - before.penalty_gradient(step)
            other.add(step, change + more, preconditioner)
        return other

    def direction(self, gradient: NDArray, preconditioner: Preconditioner[Any]) -> NDArray:
        """Return −B⁻¹·gradient."""
        q, amounts = gradient.copy(), []
        for step, change, curvature in reversed(self._pairs):
            amounts.append(self._inner(step, q) / curvature)
            q = _plus(q, -amounts[-1], change)
        d = preconditioner.solve(q)
        d *= -self._scale
        for (step, change, curvature), amount in zip(self._pairs, reversed(amounts), strict=True):
            d = _plus(d, -amount - self._inner(change, d) / curvature, step)
        return d


def _plus(total: NDArray, amount: float, other: NDArray) -> NDArray:
    """Return total + amount·other, in the place of the total."""
    return daxpy(other.ravel(), total.ravel(), a=amount).reshape(total.shape)

"""The cheapest curvature: each column by itself, the classes together."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from onelayer.solvers.lbfgs.by_columns import ByColumns
from onelayer.solvers.lbfgs.coupling import Coupling
from onelayer.solvers.lbfgs.preconditioner import Preconditioner


class Diagonal(Preconditioner[ByColumns]):
    """M = C ⊗ diag(g) + penalty, g the variances of the columns: of z less its mean, the intercept by itself."""

    name = "diagonal"

    def __init__(self, design: ByColumns, coupling: Coupling, mean: NDArray, variance: NDArray) -> None:
        self._intercept, self._mean, self._coupling = design.intercept, mean, coupling
        self._variance = variance
        scale = coupling.c * variance[:, None] + design.penalty[:-1]
        least = np.finfo(np.float64).eps * float(scale.max(initial=0.0)) or 1.0
        self._scale = np.maximum(scale, least)

    @classmethod
    def cost(cls, design: ByColumns) -> float:
        """Return the cost: that of a fraction of a pass."""
        return 0.25 * design.work + 10.0 * design.n_outputs**3

    @classmethod
    def build(cls, design: ByColumns, theta: NDArray, before: Preconditioner[Any] | None = None) -> Self:
        """Return that at θ."""
        coupling = Coupling.at(design, theta)
        mean, square = design.column_moments()
        if not design.intercept:
            return cls(design, coupling, np.zeros_like(mean), square)
        return cls(design, coupling, mean, np.maximum(square - mean * mean, 0))

    def repenalised(self, design: ByColumns, theta: NDArray) -> Self:
        """Return that of another penalty and of C at θ."""
        return type(self)(design, Coupling.at(design, theta), self._mean, self._variance)

    def solve(self, gradient: NDArray) -> NDArray:
        """Return M⁻¹·gradient."""
        scale = self._scale
        return self._coupling.solve_beside(gradient, self._mean, self._intercept, lambda W, _: W / scale)

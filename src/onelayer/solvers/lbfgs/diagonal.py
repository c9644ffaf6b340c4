"""The cheapest curvature: each column by itself, the classes together."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from onelayer.solvers.lbfgs.coupling import Coupling
from onelayer.solvers.lbfgs.design import Design
from onelayer.solvers.lbfgs.preconditioner import Preconditioner


class Diagonal(Preconditioner):
    """M = C ⊗ diag(g) + penalty, g the variances of the columns: of z less its mean, the intercept by itself.

    Means are subtracted in the algebra, not in the data: a step Δ in W moves the intercept by −μ·Δ as well.
    """

    name = "diagonal"

    def __init__(self, design: Design, coupling: Coupling, mean: NDArray, variance: NDArray) -> None:
        self._intercept, self._mean, self._coupling = design.intercept, mean[:, None], coupling
        scale = coupling.c * variance[:, None] + design.penalty[:-1]
        least = np.finfo(np.float64).eps * float(scale.max(initial=0.0)) or 1.0
        self._scale = np.maximum(scale, least)

    @classmethod
    def cost(cls, design: Design) -> float:
        """Return the cost: that of a fraction of a pass."""
        return 0.25 * design.work + 10.0 * design.n_outputs**3

    @classmethod
    def build(cls, design: Design, theta: NDArray) -> Self:
        """Return that at θ."""
        which = design.some()
        coupling = Coupling.of(design.probabilities(theta, which), design.weights_of(which))
        mean, square = design.column_moments()
        if not design.intercept:
            return cls(design, coupling, np.zeros_like(mean), square)
        return cls(design, coupling, mean, np.maximum(square - mean * mean, 0))

    def solve(self, gradient: NDArray) -> NDArray:
        """Return M⁻¹·gradient."""
        c, U = self._coupling.c, self._coupling.U
        turned = gradient @ U
        last = turned[-1] if self._intercept else 0 * turned[-1]
        W = (turned[:-1] - self._mean * last) / self._scale
        b = last / c - self._mean[:, 0] @ W if self._intercept else last
        return np.vstack([W, b]) @ U.T

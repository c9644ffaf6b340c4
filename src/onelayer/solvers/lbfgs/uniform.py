"""The cheapest curvature in the space of the rows: all directions alike, the classes together."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from onelayer.solvers.lbfgs.coupling import Coupling
from onelayer.solvers.lbfgs.preconditioner import Preconditioner
from onelayer.solvers.lbfgs.row_space import RowSpaceDesign


class Uniform(Preconditioner[RowSpaceDesign]):
    """M = C ⊗ ρ + penalty: all directions of W alike, with the mean variance of the rows in one, less their mean."""

    name = "uniform"

    def __init__(self, design: RowSpaceDesign, coupling: Coupling, mean: NDArray, rho: float) -> None:
        self._coupling, self._mean, self._intercept = coupling, mean, design.intercept
        self._scale, self._n = coupling.c * rho + design.penalty[0, 0], design.n_rows

    @classmethod
    def cost(cls, design: RowSpaceDesign) -> float:
        """Return the cost: that of a fraction of a pass."""
        return 0.25 * design.work + 10.0 * design.n_outputs**3

    @classmethod
    def build(cls, design: RowSpaceDesign, theta: NDArray) -> Self:
        """Return that at θ."""
        coupling = Coupling.at(design, theta, design.n_rows)
        mean, square = design.column_moments()
        variance = square - mean * mean * design.intercept
        rho = float(np.maximum(variance, 0).sum()) / design.n_rows
        return cls(design, coupling, design.mean_row() * design.intercept, rho)

    def solve(self, gradient: NDArray) -> NDArray:
        """Return M⁻¹·gradient."""
        c, U, n = self._coupling.c, self._coupling.U, self._n
        turned = gradient @ U
        last = turned[-1].copy()
        turned -= self._mean * last
        turned /= self._scale
        along = self._mean[n : 2 * n, 0] @ turned[:n]
        turned[-1] = last / c - along if self._intercept else 0
        return turned @ U.T

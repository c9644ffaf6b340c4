"""The cheapest curvature in the space of the rows: all directions alike, the classes together."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import dger

from onelayer.solvers.lbfgs.coupling import Coupling
from onelayer.solvers.lbfgs.preconditioner import Preconditioner
from onelayer.solvers.lbfgs.row_space import RowSpaceDesign


class Uniform(Preconditioner[RowSpaceDesign]):
    """M = C ⊗ ρ + penalty: all directions of W alike, with the mean variance of the rows in one, less their mean."""

    name = "uniform"

    def __init__(self, design: RowSpaceDesign, coupling: Coupling, mean: NDArray, rho: float) -> None:
        c, U = coupling.c, coupling.U
        self._mean, self._intercept, self._n = mean, design.intercept, design.n_rows
        self._of_weights = (U / (c * rho + design.penalty[0, 0])) @ U.T
        self._of_intercepts = (U / c) @ U.T

    @classmethod
    def cost(cls, design: RowSpaceDesign) -> float:
        """Return the cost: that of a fraction of a pass."""
        return 0.25 * design.work + 10.0 * design.n_outputs**3

    @classmethod
    def build(cls, design: RowSpaceDesign, theta: NDArray, before: Preconditioner[Any] | None = None) -> Self:
        """Return that at θ."""
        coupling = Coupling.at(design, theta)
        mean = design.mean_row() * design.intercept
        n = design.n_rows
        variance = design.mean_square_length() - float(np.vdot(mean[:n], mean[n : 2 * n]))
        return cls(design, coupling, mean, max(variance, 0.0) / n)

    def solve(self, gradient: NDArray) -> NDArray:
        """Return M⁻¹·gradient: means are subtracted as in ``Coupling.solve_beside``."""
        last, n = gradient[-1], self._n
        step = gradient @ self._of_weights
        step = dger(-1.0, step[-1], self._mean[:, 0], a=step.T, overwrite_a=True).T
        along = self._mean[n : 2 * n, 0] @ step[:n]
        step[-1] = self._of_intercepts @ last - along if self._intercept else 0
        return step

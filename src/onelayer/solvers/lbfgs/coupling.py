"""How the classes hang together in the curvature of a softmax: the mean of diag(p) − ppᵀ over the rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from onelayer.solvers.lbfgs.design import Design

_FEWEST_ROWS, _ROWS_PER_CLASS = 512, 32  # that stand for all
_LEAST = 1e-3  # share of the mean curvature below which a direction between classes is not taken for flat


def mean_curvature(P: NDArray, weights: NDArray) -> NDArray:
    """Return Σ w·(diag(p) − ppᵀ), (n_outputs, n_outputs), of probabilities P, (n_rows, n_outputs)."""
    return np.diag(weights @ P) - (P * weights[:, None]).T @ P


@dataclass(frozen=True)
class Coupling:
    """C = Σᵢ wᵢ·(diag(pᵢ) − pᵢpᵢᵀ) = U·diag(c)·Uᵀ on the directions that sum to zero.

    Attributes
    ----------
    c : (n_outputs − 1,) float64
    U : (n_outputs, n_outputs − 1) float64
    """

    c: NDArray
    U: NDArray

    @classmethod
    def of(cls, P: NDArray, weights: NDArray) -> Self:
        """Return that of probabilities P, (n_rows, n_outputs), of rows with weights that sum to one."""
        c, U = np.linalg.eigh(mean_curvature(P.astype(np.float64), weights))
        c, U = c[1:], U[:, 1:]
        U -= U.mean(axis=0)
        return cls(np.maximum(c, _LEAST * max(float(c.mean()), np.finfo(np.float64).tiny)), U)

    @classmethod
    def at(cls, design: Design, theta: NDArray, most: int | None = None) -> Self:
        """Return that of some rows of a design at θ, at most so many."""
        which = design.some(most or max(_FEWEST_ROWS, _ROWS_PER_CLASS * design.n_outputs))
        return cls.of(design.probabilities(theta, which), design.weights_of(which))

    def solve(self, of_classes: NDArray) -> NDArray:
        """Return the vector that sums to zero and whose product with C is this one, which sums to zero."""
        return self.U @ (self.U.T @ of_classes / self.c)

    def solve_beside(
        self,
        gradient: NDArray,
        mean: NDArray,
        intercept: bool,
        solve_columns: Callable[[NDArray, NDArray], NDArray],
    ) -> NDArray:
        """Return M⁻¹·gradient for M that couples the classes by C, the columns less their means, and b by itself.

        Means are subtracted in the algebra, not in the data: a step Δ in W moves the intercept by −μ·Δ as well.

        Parameters
        ----------
        gradient : (n_features + 1, n_outputs) array
            Of W, and of b in the last line; lines sum to zero.
        mean : (n_features,) array
            μ; zeros without an intercept.
        intercept : bool
        solve_columns : callable
            What M does to W in the directions U: (W, c) ↦ a W of the same shape.
        """
        turned = gradient @ self.U
        last = turned[-1] if intercept else np.zeros_like(turned[-1])
        W = solve_columns(turned[:-1] - mean[:, None] * last, self.c)
        turned[:-1], turned[-1] = W, last / self.c - mean @ W
        return turned @ self.U.T

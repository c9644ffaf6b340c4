"""The curvature as a product: that between the classes times that between the columns."""

from __future__ import annotations

import copy
import math
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from onelayer.solvers.lbfgs.by_columns import ByColumns
from onelayer.solvers.lbfgs.coupling import Coupling
from onelayer.solvers.lbfgs.preconditioner import Preconditioner

_MOST = 1024  # columns, or rows where these are fewer
_ROWS_PER_COLUMN = 8
_EIGEN = 12.0  # multiplications of an eigendecomposition, in n³
_FLOOR = 1e-12
_SPREAD = 1e-3


class Kronecker(Preconditioner[ByColumns]):
    """M = C ⊗ G + penalty, exact at W = 0, and for all rows alike uncertain.

    G is the Gram matrix of the columns, less their means, of rows weighted by how uncertain they are, 1 − Σ p². With N
    a diagonal that stands for the penalty, the eigenvectors of N^(−½)·G·N^(−½) and of C bring M to a diagonal.

    Attributes
    ----------
    coupling : Coupling
        C.
    mean : (n_features,) float64
        Of the columns; zeros without an intercept.
    root : (n_features,) float64
        The diagonal of N^½.
    rising : (size,) int64
        The places of the eigenvalues, from the smallest to the largest.
    """

    name = "kronecker"

    def __init__(self, design: ByColumns, coupling: Coupling, weights: NDArray, rows: NDArray) -> None:
        self._intercept, self.coupling, self._alpha = design.intercept, coupling, design.objective.alpha
        principal = design.objective.X.principal
        Z = rows[:, :-1] if principal else rows[:, :-1].astype(np.float64)
        weights = weights.astype(Z.dtype)
        self.mean = (weights @ Z).astype(np.float64) if design.intercept else np.zeros(Z.shape[1])
        if principal:
            variance = np.maximum(weights @ np.square(Z) - np.square(self.mean), 0)
        else:
            Z -= self.mean
            Z *= np.sqrt(weights)[:, None]
            variance = np.einsum("ij,ij->j", Z, Z)
        penalty, usual = design.penalty[:-1, 0], float(coupling.c.mean()) * np.maximum(variance, _FLOOR)
        self._floored = bool((penalty < _FLOOR * usual).any())
        self.root = np.sqrt(np.maximum(penalty, _FLOOR * usual))
        self._V: NDArray | None = None
        if principal:
            self._g = variance / np.square(self.root)
        else:
            Z /= self.root
            self._g, self._V = _spectrum(Z)
        self.rising = np.argsort(self._g)
        self._shrink()

    def directions(self, n: int) -> NDArray:
        """Return the eigenvectors of so many of the largest eigenvalues, (n_features, n), in the metric of N."""
        last = self.rising[len(self.rising) - n :]
        if self._V is not None:
            return self._V[:, last] / self.root[:, None]
        units = np.zeros((len(self.root), n))
        units[last, np.arange(n)] = 1 / self.root[last]
        return units

    def _shrink(self) -> None:
        """Note what M⁻¹·N^½ adds to the part of W in each direction of the columns and classes, as shares."""
        self._shares = 1 / (1 + np.outer(self.coupling.c, self._g)) - 1

    @staticmethod
    def possible(design: ByColumns) -> bool:
        """Tell whether there are few enough columns, or rows, for eigenvectors."""
        return _size(design) <= _MOST

    @classmethod
    def cost(cls, design: ByColumns) -> float:
        """Return the cost of Gram matrix and eigenvectors; where columns hardly correlate, a diagonal is as near."""
        if not cls.possible(design) or design.uncorrelated:
            return np.inf
        size = _size(design)
        n = min(len(design.counted), _ROWS_PER_COLUMN * design.n_features + 256)
        return 0.5 * n * design.n_features * size + _EIGEN * size**3 + 10.0 * design.n_outputs**3

    @classmethod
    def build(cls, design: ByColumns, theta: NDArray, before: Preconditioner[Any] | None = None) -> Self:
        """Return that at θ."""
        which = design.some(_ROWS_PER_COLUMN * design.n_features + 256)
        rows, weights = design.rows(which), design.weights_of(which)
        P = design.probabilities(theta, which)
        uncertain = np.maximum(1 - np.square(P).sum(axis=1), 0)
        uncertain += _SPREAD * max(float(uncertain.mean()), _FLOOR)
        of_rows = weights * uncertain
        return cls(design, Coupling.of(P, weights), of_rows / of_rows.sum(), rows)

    def repenalised(self, design: ByColumns, theta: NDArray) -> Self:
        """Return that of another penalty and of C at θ; eigenvectors stay where all penalties grow alike."""
        alpha = design.objective.alpha
        if self._floored or not alpha > 0:
            return super().repenalised(design, theta)
        other, times = copy.copy(self), alpha / self._alpha
        other.coupling = Coupling.at(design, theta)
        other._alpha, other.root = alpha, self.root * math.sqrt(times)
        other._g = self._g / times
        other._shrink()
        return other

    @classmethod
    def solve_cost(cls, design: ByColumns) -> float:
        """Return the cost of two products with the eigenvectors."""
        return 2.0 * design.n_features * _size(design) * design.n_outputs

    def solve(self, gradient: NDArray) -> NDArray:
        """Return M⁻¹·gradient."""
        return self.coupling.solve_beside(
            gradient, self.mean, self._intercept, lambda W, _: self.solve_columns(W)
        )

    def solve_columns(self, W: NDArray, left_out: int = 0) -> NDArray:
        """Return what M⁻¹ makes of W, whose classes are turned to those of C, in all but so many leading directions."""
        W, shares = W / self.root[:, None], self._shares
        if left_out:
            shares = shares.copy()
            shares[:, self.rising[len(self.rising) - left_out :]] = -1
        if self._V is None:
            W += W * shares.T
        else:
            W += self._V @ ((W.T @ self._V) * shares).T
        return W / self.root[:, None]


def _size(design: ByColumns) -> int:
    return min(design.n_features, len(design.counted))


def _spectrum(Z: NDArray) -> tuple[NDArray, NDArray]:
    """Return the eigenvalues of ZᵀZ that are not zero, and their eigenvectors."""
    n_rows, n_features = Z.shape
    if n_features <= n_rows:
        g, V = np.linalg.eigh(Z.T @ Z)
        return np.maximum(g, 0), V
    g, U = np.linalg.eigh(Z @ Z.T)
    kept = g > _FLOOR * g[-1]
    return g[kept], Z.T @ U[:, kept] / np.sqrt(g[kept])

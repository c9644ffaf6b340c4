"""The curvature as a product: that between the classes times that between the columns."""

from __future__ import annotations

import copy
import math
from typing import Self

import numpy as np
from numpy.typing import NDArray

from onelayer.solvers.lbfgs.by_columns import ByColumns
from onelayer.solvers.lbfgs.coupling import Coupling
from onelayer.solvers.lbfgs.preconditioner import Preconditioner

_WHOLE = 1024  # columns up to which all of their Gram matrix is used
_MOST = 1 << 14
_ROWS = 1024  # rows whose span is used where there are more columns than that
_RANK = 256
_ROWS_PER_COLUMN = 8
_EIGEN = 12.0  # multiplications of an eigendecomposition, in n³
_FLOOR = 1e-12
_SPREAD = 1e-3


class Kronecker(Preconditioner[ByColumns]):
    """M = C ⊗ G + penalty, exact at W = 0, and for all rows alike uncertain.

    G is the Gram matrix of the columns, less their means, of rows weighted by how uncertain they are, 1 − Σ p². With N
    a diagonal that stands for the penalty, the eigenvectors of N^(−½)·G·N^(−½) and of C bring M to a diagonal. With
    many columns only the leading eigenvectors are used, from the span of some rows, and the others are taken to be
    alike.
    """

    name = "kronecker"

    def __init__(self, design: ByColumns, coupling: Coupling, weights: NDArray, rows: NDArray) -> None:
        self._intercept, self._coupling, self._alpha = design.intercept, coupling, design.objective.alpha
        Z = rows[:, :-1].astype(np.float64)
        self._mean = weights @ Z if design.intercept else np.zeros(Z.shape[1])
        Z -= self._mean
        Z *= np.sqrt(weights)[:, None]
        variance = np.einsum("ij,ij->j", Z, Z)
        penalty, usual = design.penalty[:-1, 0], float(coupling.c.mean()) * np.maximum(variance, _FLOOR)
        self._floored = bool((penalty < _FLOOR * usual).any())
        self._root = np.sqrt(np.maximum(penalty, _FLOOR * usual))
        Z /= self._root
        self._g, self._V, self._rest = _leading(Z)

    @classmethod
    def cost(cls, design: ByColumns) -> float:
        """Return the cost of Gram matrix and eigenvectors."""
        p = design.n_features
        if p > _MOST:
            return np.inf
        size = p if p <= _WHOLE else min(_ROWS, len(design.counted))
        n = min(len(design.counted), _ROWS_PER_COLUMN * p + 256) if p <= _WHOLE else size
        return 0.5 * n * p * min(n, p) + _EIGEN * size**3 + 10.0 * design.n_outputs**3

    @classmethod
    def build(cls, design: ByColumns, theta: NDArray) -> Self:
        """Return that at θ."""
        p = design.n_features
        which = design.some(_ROWS_PER_COLUMN * p + 256 if p <= _WHOLE else _ROWS)
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
        other._coupling = Coupling.at(design, theta)
        other._alpha, other._root = alpha, self._root * math.sqrt(times)
        other._g, other._rest = self._g / times, self._rest / times
        return other

    @classmethod
    def solve_cost(cls, design: ByColumns) -> float:
        """Return the cost of two products with the eigenvectors."""
        p = design.n_features
        return 2.0 * p * (p if p <= _WHOLE else min(_RANK, p)) * design.n_outputs

    def solve(self, gradient: NDArray) -> NDArray:
        """Return M⁻¹·gradient."""
        return self._coupling.solve_beside(gradient, self._mean, self._intercept, self._solve_columns)

    def _solve_columns(self, W: NDArray, c: NDArray) -> NDArray:
        root, base = self._root[:, None], 1 / (1 + c * self._rest)
        W = W / root
        among = W.T @ self._V
        among *= 1 / (1 + np.outer(c, self._g)) - base[:, None]
        return (W * base + self._V @ among.T) / root


def _leading(Z: NDArray) -> tuple[NDArray, NDArray, float]:
    """Return leading eigenvalues and eigenvectors of ZᵀZ, and the mean of the other eigenvalues."""
    p = Z.shape[1]
    if p <= _WHOLE:
        g, V = np.linalg.eigh(Z.T @ Z)
        return np.maximum(g, 0), V, 0.0
    g, U = np.linalg.eigh(Z @ Z.T)
    kept = np.flatnonzero(g > _FLOOR * g[-1])[-_RANK:]
    V = (Z.T @ U[:, kept]) / np.sqrt(g[kept])
    return g[kept], V, max(0.0, float(g.sum() - g[kept].sum())) / max(1, p - len(kept))

"""The Hessian itself, of all classes and columns together, and its Cholesky factor."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from onelayer.solvers.lbfgs import class_hessian
from onelayer.solvers.lbfgs.by_columns import ByColumns
from onelayer.solvers.lbfgs.class_hessian import ClassHessian
from onelayer.solvers.lbfgs.factor import Factor
from onelayer.solvers.lbfgs.preconditioner import Preconditioner

_MOST = 8192  # parameters
_DOUBLE = 2048  # parameters up to which it is computed in float64, with no probability left out
_SMALL = 4.0  # how much slower one of a factor's is where the factor is small
_BRIEF = 1 << 18
_KEPT = 1 << 24  # numbers of rows that are made once for all pairs of classes


class WholeHessian(Preconditioner[ByColumns]):
    """M = Σᵢ wᵢ·(diag(pᵢ) − pᵢpᵢᵀ) ⊗ zᵢzᵢᵀ + penalty.

    A system of (n_outputs − 1)·(n_features + 1) unknowns (see ``class_hessian``). In large ones negligible
    probabilities are left out but for a part of their mean.

    Cost: a Gram matrix of the rows with both classes, for each pair, and a sixth of the cube of the unknowns. Memory:
    the square of the unknowns.
    """

    name = "hessian"
    rough = False

    def __init__(self, hessian: ClassHessian, lines: int) -> None:
        self._hessian, self._lines = hessian, lines

    @classmethod
    def cost(cls, design: ByColumns) -> float:
        """Return the cost, from how many classes a row of ten has."""
        lines, K = design.n_features + design.intercept, design.n_outputs
        unknowns = lines * (K - 1)
        if unknowns > _MOST:
            return np.inf
        rows, few = int(class_hessian.count_rows(design, unknowns)), unknowns <= _DOUBLE
        each = class_hessian.pair_count(K) if few else class_hessian.active_products(K)
        products, factor = 0.5 * rows * each * lines**2, unknowns**3 / 6
        if few:
            return products + _SMALL * factor + class_hessian.overhead(K)
        return (products + factor) / class_hessian.SPEED + class_hessian.overhead(K)

    @classmethod
    def build(cls, design: ByColumns, theta: NDArray, before: Preconditioner[Any] | None = None) -> Self:
        """Return that at θ, of all rows where they are few for each unknown."""
        lines, K = design.n_features + design.intercept, design.n_outputs
        unknowns = lines * (K - 1)
        few = unknowns <= _DOUBLE
        number = np.dtype(np.float64 if few else np.float32)
        which = design.some(int(class_hessian.count_rows(design, unknowns)))
        n_threads = design.n_threads if unknowns * len(which) > _BRIEF else 1
        P = class_hessian.probabilities(design, theta, which, n_threads)
        some = P if few else class_hessian.without_negligible(P)
        weights, others = design.weights_of(which), class_hessian.other_classes(some)
        kept = design.rows(which) if len(which) * lines <= _KEPT else None

        def rows_of(places: NDArray) -> NDArray:
            Z = design.rows(which[places]) if kept is None else kept[places]
            return Z[:, :lines].astype(number, copy=False)

        def hessian() -> NDArray:
            H = np.zeros((unknowns, unknowns), number)
            add = class_hessian.add_columns if few else class_hessian.add_pairs
            add(H, some[:, others], weights, rows_of, n_threads)
            if not few:
                class_hessian.add_left_out(H, P, some, others, weights, rows_of, n_threads)
            class_hessian.add_penalty(H, design.penalty[:lines, 0].astype(number), K)
            return H

        return cls(ClassHessian(Factor.of(hessian, n_threads), others), lines)

    def repenalised(self, design: ByColumns, theta: NDArray) -> Self:
        """Return this one: with a penalty that is not much smaller it does for some steps, and a new one is dear."""
        return self

    @classmethod
    def solve_cost(cls, design: ByColumns) -> float:
        """Return the cost of reading the factor twice."""
        return class_hessian.reading((design.n_features + design.intercept) * (design.n_outputs - 1))

    def solve(self, gradient: NDArray) -> NDArray:
        """Return M⁻¹·gradient."""
        step = np.zeros_like(gradient)
        step[: self._lines] = self._hessian.solve(gradient[: self._lines])
        return step

"""The Hessian in the leading directions of the rows, and in the others a product of classes and columns."""

from __future__ import annotations

import copy
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from onelayer.kernels import threads
from onelayer.solvers.lbfgs import class_hessian
from onelayer.solvers.lbfgs.by_columns import ByColumns
from onelayer.solvers.lbfgs.class_hessian import ClassHessian
from onelayer.solvers.lbfgs.factor import Factor
from onelayer.solvers.lbfgs.kronecker import Kronecker
from onelayer.solvers.lbfgs.preconditioner import Preconditioner

_PASSES = 12.0  # that it may cost
_FEWEST = 16  # directions that are worth while
_AT_A_TIME = 1 << 25  # numbers of rows in the leading directions
_TYPE = np.dtype(np.float32)


class LeadingHessian(Preconditioner[ByColumns]):
    """M is the Hessian in the leading directions, and C ⊗ G + penalty in those that are left.

    The directions are eigenvectors of G in the metric of the penalty: where rows vary most, a product stands for the
    curvature least, and where they hardly vary the penalty counts for most. As many are taken as a dozen passes pay
    for. Negligible probabilities are left out but for a part of their mean.

    Cost: n_rows·n_features·k multiplications for k directions, a Gram matrix of k columns for each pair of classes, and
    a sixth of the cube of (n_outputs − 1)·k. Memory: the square of the latter, twice.
    """

    name = "leading"

    def __init__(
        self, design: ByColumns, kronecker: Kronecker, directions: NDArray, H: NDArray, others: NDArray
    ) -> None:
        self._kronecker, self._directions, self._H, self._others = kronecker, directions, H, others
        self._intercept, self._alpha = design.intercept, design.objective.alpha
        self._take_penalty(design, 1.0)

    def _take_penalty(self, design: ByColumns, times: float) -> None:
        """Factorise for so many times the penalty in whose metric the directions are of unit length."""
        penalty = np.full(self._directions.shape[1] + self._intercept, times, _TYPE)
        penalty[self._directions.shape[1] :] = 0

        def hessian() -> NDArray:
            H = self._H.copy()
            class_hessian.add_penalty(H, penalty, design.n_outputs)
            return H

        self._hessian = ClassHessian(Factor.of(hessian, design.n_threads), self._others)

    @classmethod
    def cost(cls, design: ByColumns) -> float:
        """Return the cost, without that of the eigenvectors."""
        k = _n_leading(design)
        return float(_costs(design, np.array([k]))[0]) if k >= _FEWEST else np.inf

    @classmethod
    def build(cls, design: ByColumns, theta: NDArray, before: Preconditioner[Any] | None = None) -> Self:
        """Return that at θ, with the directions of the one before."""
        kronecker = before if isinstance(before, Kronecker) else Kronecker.build(design, theta)
        directions = kronecker.directions(_n_leading(design))
        lines, n_threads = directions.shape[1] + design.intercept, design.n_threads
        unknowns = lines * (design.n_outputs - 1)
        which = design.some(int(class_hessian.count_rows(design, unknowns)))
        P = class_hessian.probabilities(design, theta, which, n_threads)
        kept = class_hessian.without_negligible(P)
        weights, others = design.weights_of(which), class_hessian.other_classes(kept)
        H, at_a_time = np.zeros((unknowns, unknowns), _TYPE), max(1, _AT_A_TIME // lines)
        for first in range(0, len(which), at_a_time):
            part = slice(first, first + at_a_time)
            A = _in_directions(design, which[part], directions, kronecker.mean, n_threads)
            class_hessian.add_pairs(H, kept[part][:, others], weights[part], A.__getitem__, n_threads)
            class_hessian.add_left_out(
                H, P[part], kept[part], others, weights[part], A.__getitem__, n_threads
            )
        return cls(design, kronecker, directions, H, others)

    def repenalised(self, design: ByColumns, theta: NDArray) -> Self:
        """Return that of another penalty, with what the rows have told."""
        kronecker = self._kronecker.repenalised(design, theta)
        if kronecker.rising is not self._kronecker.rising:
            return type(self).build(design, theta, kronecker)
        other = copy.copy(self)
        other._kronecker = kronecker
        other._take_penalty(design, design.objective.alpha / self._alpha)
        return other

    @classmethod
    def solve_cost(cls, design: ByColumns) -> float:
        """Return the cost of reading the factor twice, and of the directions."""
        unknowns = (_n_leading(design) + design.intercept) * (design.n_outputs - 1)
        return class_hessian.reading(unknowns) + Kronecker.solve_cost(design)

    def solve(self, gradient: NDArray) -> NDArray:
        """Return M⁻¹·gradient."""
        kronecker, directions = self._kronecker, self._directions
        U, n_leading = kronecker.coupling.U, directions.shape[1]
        W = gradient[:-1] - kronecker.mean[:, None] * gradient[-1]
        lines = np.vstack([directions.T @ W, gradient[-1]])
        found = self._hessian.solve(lines[: n_leading + self._intercept])
        W = kronecker.solve_columns(W @ U, n_leading) @ U.T
        W += directions @ found[:n_leading]
        b = found[n_leading] - kronecker.mean @ W if self._intercept else np.zeros_like(gradient[-1])
        return np.vstack([W, b])


def _n_leading(design: ByColumns) -> int:
    """Return how many directions a dozen passes pay for; none where there is nothing to choose them by."""
    most = min(design.n_features, len(design.counted))
    if most < _FEWEST or not Kronecker.possible(design):
        return 0
    return int(np.searchsorted(_costs(design, np.arange(1, most + 1)), _PASSES * design.work, "right"))


def _costs(design: ByColumns, n_leading: NDArray) -> NDArray:
    K, k = design.n_outputs, n_leading.astype(np.float64)
    unknowns = (k + design.intercept) * (K - 1)
    rows = class_hessian.count_rows(design, unknowns)
    products = rows * k * (design.n_features + 0.5 * class_hessian.active_products(K) * k)
    return (products + unknowns**3 / 6) / class_hessian.SPEED + class_hessian.overhead(K)


def _in_directions(
    design: ByColumns, which: NDArray, directions: NDArray, mean: NDArray, n_threads: int
) -> NDArray:
    """Return some rows, less their mean, in the directions; and a one where there is an intercept."""
    n_leading = directions.shape[1]
    A = np.ones((len(which), n_leading + design.intercept), _TYPE)
    narrow, shift = directions.astype(_TYPE), (mean @ directions).astype(_TYPE)

    def fill(some: slice) -> None:
        Z = design.rows(which[some])[:, :-1].astype(_TYPE, copy=False)
        A[some, :n_leading] = Z @ narrow - shift

    threads.share_out(n_threads, [partial(fill, some) for some in class_hessian.chunks(len(which))])
    return A

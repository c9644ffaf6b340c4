"""The Hessian itself, of all classes and columns together, and its Cholesky factor."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Self

import numpy as np
from numpy.typing import NDArray

from onelayer.kernels import threads
from onelayer.solvers.lbfgs.by_columns import ByColumns
from onelayer.solvers.lbfgs.factor import Factor, share_out
from onelayer.solvers.lbfgs.preconditioner import Preconditioner

_MOST = 8192  # parameters
_DOUBLE = 2048  # parameters up to which it is computed in float64, with no probability left out
_ROWS_PER_PARAMETER = 64
_FEWEST_ROWS = 1 << 12
_NEGLIGIBLE = 0.01  # a probability that is left out of a large one
_ACTIVE = 2.6  # classes with a larger one, in a row of ten
_CHUNK = 4096
_SPEED = 2.0  # how much faster a multiplication of matrices is here than in a pass
_SMALL = 4.0  # how much slower one of a factor's is where the factor is small
_PAIR_COST = 3e6
_READING = 8.0  # multiplications in the time that it takes to read a number of the factor twice
_BRIEF = 1 << 18
_BLOCK, _SHORT_CHUNK = 512, 1024

Rows = Callable[[NDArray], NDArray]
_KEPT = 1 << 24  # numbers of rows that are made once for all pairs of classes


class WholeHessian(Preconditioner[ByColumns]):
    """M = Σᵢ wᵢ·(diag(pᵢ) − pᵢpᵢᵀ) ⊗ zᵢzᵢᵀ + penalty.

    Softmax does not see what is added to all classes alike, so one class stands for reference and the others' weights
    are taken relative to it: n_outputs·(n_outputs − 1)/2 Gram matrices, and a system of
    (n_outputs − 1)·(n_features + 1) unknowns. In large ones probabilities below 0.01 are left out of a row, whose
    others then sum to one: M stays positive definite, and most rows have but two or three classes left.

    Cost: a Gram matrix of the rows with both classes, for each pair, and a third of the cube of the unknowns. Memory:
    the square of the unknowns.
    """

    name = "hessian"
    rough = False

    def __init__(self, factor: Factor, others: NDArray, design: ByColumns) -> None:
        self._factor, self._others = factor, others
        self._lines = design.n_features + design.intercept

    @classmethod
    def cost(cls, design: ByColumns) -> float:
        """Return the cost, from how many classes a row of ten has."""
        lines, K = design.n_features + design.intercept, design.n_outputs
        unknowns = lines * (K - 1)
        if unknowns > _MOST:
            return np.inf
        rows, pairs = _n_rows(design, unknowns), K * (K - 1) / 2
        active = pairs if unknowns <= _DOUBLE else min(pairs, _ACTIVE * (_ACTIVE + 1) / 2)
        products, factor = 0.5 * rows * active * lines**2, unknowns**3 / 6
        if unknowns <= _DOUBLE:
            return products + _SMALL * factor + pairs * _PAIR_COST
        return (products + factor) / _SPEED + pairs * _PAIR_COST

    @classmethod
    def build(cls, design: ByColumns, theta: NDArray) -> Self:
        """Return that at θ, of all rows where they are few for each unknown."""
        lines, K = design.n_features + design.intercept, design.n_outputs
        unknowns = lines * (K - 1)
        number = np.dtype(np.float64 if unknowns <= _DOUBLE else np.float32)
        which = design.some(_n_rows(design, unknowns))
        weights = design.weights_of(which)
        chunks = (which[first : first + _CHUNK] for first in range(0, len(which), _CHUNK))
        P = np.vstack([design.probabilities(theta, chunk) for chunk in chunks])
        if unknowns > _DOUBLE:
            P[P < _NEGLIGIBLE] = 0
            P /= P.sum(axis=1, keepdims=True)
        reference = int(np.argmax(np.count_nonzero(P, axis=0)))
        others = np.delete(np.arange(K), reference)
        kept = design.rows(which) if len(which) * lines <= _KEPT else None

        def rows_of(some: NDArray) -> NDArray:
            Z = design.rows(which[some]) if kept is None else kept[some]
            return Z[:, :lines].astype(number, copy=False)

        n_threads = design.objective.n_threads or threads.available()
        n_threads = n_threads if unknowns * len(which) > _BRIEF else 1

        def hessian() -> NDArray:
            H = np.zeros((unknowns, unknowns), number)
            add = _add_columns if unknowns <= _DOUBLE else _add_pairs
            add(H, P[:, others], weights, rows_of, n_threads)
            _add_penalty(H, design.penalty[:lines, 0].astype(number), K)
            return H

        return cls(Factor.of(hessian, n_threads), others, design)

    def repenalised(self, design: ByColumns, theta: NDArray) -> Self:
        """Return this one: with a penalty that is not much smaller it does for some steps, and a new one is dear."""
        return self

    @classmethod
    def solve_cost(cls, design: ByColumns) -> float:
        """Return the cost of reading the factor twice."""
        return _READING * float((design.n_features + design.intercept) * (design.n_outputs - 1)) ** 2

    def solve(self, gradient: NDArray) -> NDArray:
        """Return M⁻¹·gradient."""
        unknowns = self._factor.solve(gradient[: self._lines, self._others].T.ravel())
        step = np.zeros_like(gradient)
        step[: self._lines, self._others] = unknowns.reshape(len(self._others), self._lines).T
        return step - step.mean(axis=1, keepdims=True)


def _n_rows(design: ByColumns, unknowns: int) -> int:
    return min(len(design.counted), max(_FEWEST_ROWS, _ROWS_PER_PARAMETER * unknowns))


def _add_pairs(H: NDArray, P: NDArray, weights: NDArray, rows_of: Rows, n_threads: int) -> None:
    """Add a Gram matrix for each pair of classes, of the rows that may belong to either, to a lower triangle."""
    n_classes = P.shape[1]
    lines = len(H) // n_classes

    def add(i: int, j: int) -> None:
        amount = weights * (P[:, i] * (1 - P[:, i]) if i == j else P[:, i] * P[:, j])
        rows = np.flatnonzero(amount > 0)
        G = np.zeros((lines, lines), H.dtype)
        for first in range(0, len(rows), _CHUNK):
            some = rows[first : first + _CHUNK]
            Z = rows_of(some) * np.sqrt(amount[some])[:, None].astype(H.dtype)
            G += Z.T @ Z
        H[i * lines : (i + 1) * lines, j * lines : (j + 1) * lines] += G if i == j else -G

    share_out(n_threads, [partial(add, i, j) for i in range(n_classes) for j in range(i + 1)])


def _add_columns(H: NDArray, P: NDArray, weights: NDArray, rows_of: Rows, n_threads: int) -> None:
    """Add the same as ``_add_pairs``, by products of rows with a column for each unknown: for few unknowns.

    The blocks on the diagonal are made from p·(1 − p) as there; from the others' products they would be differences.
    """
    n_rows, n_classes = P.shape
    lines = len(H) // n_classes
    own = [slice(i * lines, (i + 1) * lines) for i in range(n_classes)]
    blocks = [slice(first, min(first + _BLOCK, len(H))) for first in range(0, len(H), _BLOCK)]
    diagonal = np.zeros((n_classes, lines, lines))
    for first in range(0, n_rows, _SHORT_CHUNK):
        some = np.arange(first, min(first + _SHORT_CHUNK, n_rows))
        Z, p, w = rows_of(some), P[some], weights[some, None]
        Y = (np.sqrt(w) * p)[:, :, None] * Z[:, None, :]
        Y = Y.reshape(len(some), len(H))
        roots = np.sqrt(w * p * (1 - p))

        def subtract(rows: slice, columns: slice, Y: NDArray = Y) -> None:
            H[rows, columns] -= Y[:, rows].T @ Y[:, columns]

        def add(i: int, Z: NDArray = Z, roots: NDArray = roots) -> None:
            weighted = Z * roots[:, i, None]
            diagonal[i] += weighted.T @ weighted

        share_out(
            n_threads,
            [partial(subtract, rows, columns) for k, rows in enumerate(blocks) for columns in blocks[: k + 1]]
            + [partial(add, i) for i in range(n_classes)],
        )
    for i, place in enumerate(own):
        H[place, place] = diagonal[i]


def _add_penalty(H: NDArray, penalty: NDArray, n_outputs: int) -> None:
    """Add that of weights which sum to zero over the classes, given relative to one of them; H is a lower triangle."""
    lines, place = len(penalty), np.arange(len(penalty))
    for i in range(n_outputs - 1):
        for j in range(i + 1):
            H[i * lines + place, j * lines + place] += penalty * (float(i == j) - 1 / n_outputs)

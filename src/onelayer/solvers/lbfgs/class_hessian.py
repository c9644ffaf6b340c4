"""The Hessian of some columns, all classes together: products of rows, and its Cholesky factor.

Softmax does not see what is added to all classes alike, so one class stands for reference and the others' weights are
taken relative to it: n_outputs·(n_outputs − 1)/2 Gram matrices, and (n_outputs − 1) unknowns for each column. Where
probabilities below 0.01 are left out of a row, its others then sum to one: the Hessian stays positive definite, and
most rows have but two or three classes left. A part of what is left out comes back as a mean.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from onelayer.kernels import threads
from onelayer.solvers.lbfgs.by_columns import ByColumns
from onelayer.solvers.lbfgs.coupling import mean_curvature
from onelayer.solvers.lbfgs.factor import Factor

SPEED = 2.0  # how much faster a multiplication of matrices is here than in a pass
_NEGLIGIBLE = 0.01  # a probability that is left out of a large one
_UNSURE = 0.1  # probability of another class than the likeliest, on average, below which that is less
_BROUGHT_BACK = 0.1  # share of what is left out that comes back
_ACTIVE = 2.6  # classes with a larger one, in a row of ten
_ROWS_PER_PARAMETER = 64
_FEWEST_ROWS = 1 << 12
_PAIR_COST = 3e6
_READING = 8.0  # multiplications in the time that it takes to read a number of the factor twice
_CHUNK = 4096
_PARTS = 8  # of a sum over all rows, whatever the number of threads
_BLOCK, _SHORT_CHUNK = 512, 1024

Rows = Callable[[NDArray], NDArray]


class ClassHessian:
    """A factor of the Hessian of some columns, with one class for reference.

    Parameters
    ----------
    factor : Factor
    others : (n_outputs − 1,) array
        The classes that are not the reference.
    """

    def __init__(self, factor: Factor, others: NDArray) -> None:
        self._factor, self._others = factor, others

    def solve(self, gradient: NDArray) -> NDArray:
        """Return what the inverse makes of a gradient, (n_columns, n_outputs), whose lines sum to zero."""
        lines = len(gradient)
        unknowns = self._factor.solve(gradient[:, self._others].T.ravel())
        step = np.zeros_like(gradient)
        step[:, self._others] = unknowns.reshape(len(self._others), lines).T
        return step - step.mean(axis=1, keepdims=True)


def count_rows(design: ByColumns, unknowns: NDArray | int) -> NDArray:
    """Return how many rows make the Hessian: all where they are few for each unknown."""
    return np.minimum(len(design.counted), np.maximum(_FEWEST_ROWS, _ROWS_PER_PARAMETER * unknowns))


def active_products(n_outputs: int) -> float:
    """Return how many products of each row with itself are needed where the negligible ones are left out.

    One for each pair of classes that it is likely to have, and one for what it is left without.
    """
    return min(pair_count(n_outputs), _ACTIVE * (_ACTIVE + 1) / 2) + 1


def pair_count(n_outputs: int) -> float:
    """Return how many pairs of the classes other than the reference there are, each with itself as well."""
    return n_outputs * (n_outputs - 1) / 2


def overhead(n_outputs: int) -> float:
    """Return what the pairs cost beside their products, in multiplications of a pass."""
    return pair_count(n_outputs) * _PAIR_COST


def reading(unknowns: float) -> float:
    """Return what it costs to use the factor."""
    return _READING * unknowns**2


def probabilities(design: ByColumns, theta: NDArray, which: NDArray, n_threads: int) -> NDArray:
    """Return softmax of the scores of some rows, (n, n_outputs), a chunk at a time."""
    P = np.empty((len(which), design.n_outputs))

    def fill(some: slice) -> None:
        P[some] = design.probabilities(theta, which[some])

    threads.share_out(n_threads, [partial(fill, some) for some in chunks(len(which))])
    return P


def chunks(n: int) -> list[slice]:
    """Return slices of so many rows as are best made at a time."""
    return [slice(first, min(first + _CHUNK, n)) for first in range(0, n, _CHUNK)]


def without_negligible(P: NDArray) -> NDArray:
    """Return probabilities of rows with the small ones left out: small beside what rows are unsure of on average."""
    unsure = float((1 - P.max(axis=1)).mean())
    least = _NEGLIGIBLE * min(1.0, unsure / _UNSURE)
    P = np.where(least <= P, P, 0)
    return P / P.sum(axis=1, keepdims=True)


def add_left_out(
    H: NDArray, P: NDArray, kept: NDArray, others: NDArray, weights: NDArray, rows_of: Rows, n_threads: int
) -> None:
    """Add a part of what is left out: its mean between the classes, times the Gram matrix of the rows that had it.

    Without it, directions in which all rows are sure of their class would have no curvature but the penalty. All of it
    would be too much in directions in which hardly any row has a value.
    """
    left_out = weights * np.where(kept > 0, 0, P).sum(axis=1)
    total = float(left_out.sum())
    if total == 0:
        return
    c, U = np.linalg.eigh(mean_curvature(P, weights) - mean_curvature(kept, weights))
    C = ((U * (_BROUGHT_BACK * np.maximum(c, 0))) @ U.T)[np.ix_(others, others)].astype(H.dtype)
    roots, lines = np.sqrt(left_out / total).astype(H.dtype), len(H) // len(C)
    parts = np.array_split(np.arange(len(P)), _PARTS)
    grams = np.empty((_PARTS, lines, lines), H.dtype)

    def product(k: int) -> None:
        grams[k] = _gram(rows_of, parts[k], roots[parts[k]], lines)

    threads.share_out(n_threads, [partial(product, k) for k in range(_PARTS)])
    G = grams.sum(axis=0)

    def add(i: int, j: int) -> None:
        H[i * lines : (i + 1) * lines, j * lines : (j + 1) * lines] += C[i, j] * G

    threads.share_out(n_threads, [partial(add, i, j) for i in range(len(C)) for j in range(i + 1)])


def _gram(rows_of: Rows, rows: NDArray, roots: NDArray, n_columns: int) -> NDArray:
    """Return the Gram matrix of some rows, each times its root."""
    G = np.zeros((n_columns, n_columns), roots.dtype)
    for chunk in chunks(len(rows)):
        Z = rows_of(rows[chunk]) * roots[chunk, None]
        G += Z.T @ Z
    return G


def other_classes(P: NDArray) -> NDArray:
    """Return all classes but the one that most rows have."""
    return np.delete(np.arange(P.shape[1]), int(np.argmax(np.count_nonzero(P, axis=0))))


def add_pairs(H: NDArray, P: NDArray, weights: NDArray, rows_of: Rows, n_threads: int) -> None:
    """Add a Gram matrix for each pair of classes, of the rows that may belong to either, to a lower triangle."""
    n_classes = P.shape[1]
    lines = len(H) // n_classes

    def add(i: int, j: int) -> None:
        amount = weights * (P[:, i] * (1 - P[:, i]) if i == j else P[:, i] * P[:, j])
        rows = np.flatnonzero(amount > 0)
        G = _gram(rows_of, rows, np.sqrt(amount[rows]).astype(H.dtype), lines)
        H[i * lines : (i + 1) * lines, j * lines : (j + 1) * lines] += G if i == j else -G

    threads.share_out(n_threads, [partial(add, i, j) for i in range(n_classes) for j in range(i + 1)])


def add_columns(H: NDArray, P: NDArray, weights: NDArray, rows_of: Rows, n_threads: int) -> None:
    """Add the same as ``add_pairs``, by products of rows with a column for each unknown: for few unknowns.

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

        threads.share_out(
            n_threads,
            [partial(subtract, rows, columns) for k, rows in enumerate(blocks) for columns in blocks[: k + 1]]
            + [partial(add, i) for i in range(n_classes)],
        )
    for i, place in enumerate(own):
        H[place, place] = diagonal[i]


def add_penalty(H: NDArray, penalty: NDArray, n_outputs: int) -> None:
    """Add that of weights which sum to zero over the classes, given relative to one of them; H is a lower triangle."""
    lines, place = len(penalty), np.arange(len(penalty))
    for i in range(n_outputs - 1):
        for j in range(i + 1):
            H[i * lines + place, j * lines + place] += penalty * (float(i == j) - 1 / n_outputs)

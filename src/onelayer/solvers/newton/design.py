"""The rows as the solver sees them: a basis in which their Gram matrix can be trusted, and passes over them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from onelayer.kernels.residual_pass import Slopes, Source, Sums, load_rows, residual_pass
from onelayer.kernels.weighted_gram import weighted_gram
from onelayer.matrices import spread

_TRUSTED = (
    1e-8  # least eigenvalue of a scaled Gram matrix, relative to the largest, above which no basis is needed
)
_RANK = 1e-13  # least singular value, relative to the largest, of a direction that counts
_BLOCK = 1 << 19  # numbers of one block of rows
_SAMPLE = 1 << 12  # rows that tell how far out others lie


@dataclass(frozen=True)
class Point:
    """Parameters and what a pass over the rows found there.

    Attributes
    ----------
    gamma : (rank,) float64
        Parameters in the basis.
    kappa : float
        The smoothing.
    residuals : (n_rows,) float64
    sides : (n_rows,) int8
        1 for the rows inside.
    sums : Sums
    """

    gamma: NDArray
    kappa: float
    residuals: NDArray
    sides: NDArray
    sums: Sums


class Design:
    """Rows u = [z, 1]·T and the penalty ½γᵀAγ.

    The basis T is the identity unless columns are nearly dependent. Then it comes from a QR decomposition of the rows,
    block by block, and the singular values of its triangle: columns of T are of unit length on the rows, and directions
    in which the rows do not extend are left out.

    Parameters
    ----------
    source : Source
    penalty : (n_features + intercept,) float64
        Diagonal of the penalty for [z, 1].
    n_threads : int or None

    Attributes
    ----------
    length : (n_features + intercept,) float64
        √Σ w·z² of each column.
    null : (n_features + intercept, nullity) float64
        A basis of the θ that change no score.
    """

    def __init__(self, source: Source, penalty: NDArray, n_threads: int | None) -> None:
        self.source, self.n_threads = source, n_threads
        self.n_rows = source.X.shape[0]
        everyone = np.ones(self.n_rows, np.int8) if source.weights.size == 0 else source.weights > 0
        self.everyone = everyone.astype(np.int8, copy=False)
        self.basis: NDArray | None = None
        self.null = np.zeros((len(penalty), 0))
        self.gram = weighted_gram(source, self.everyone, None, n_threads)
        self.length = np.sqrt(np.diag(self.gram))
        self.diagonal, self.penalty = penalty, np.diag(penalty)
        scale = np.sqrt(np.diag(self.gram) + penalty)
        if len(penalty) and not _trusted((self.gram + self.penalty) / _outer(scale), scale):
            self._find_basis(penalty)
        self.size = np.sqrt(np.diag(self.gram))

    def _find_basis(self, penalty: NDArray) -> None:
        triangle = np.diag(np.sqrt(penalty))
        for rows in load_rows(self.source, max(len(penalty), _BLOCK // max(1, len(penalty)))):
            triangle = np.asarray(np.linalg.qr(np.vstack([triangle, rows]), mode="r"))
        length = np.sqrt(np.square(triangle).sum(axis=0))
        length[length == 0] = 1
        _, values, directions = np.linalg.svd(triangle / length)
        values = np.append(values, np.zeros(len(penalty) - len(values)))
        kept = values > _RANK * max(values[0], np.finfo(float).tiny)
        self.basis = directions[kept].T / values[kept] / length[:, None]
        self.null = directions[~kept].T / length[:, None]
        self.gram = weighted_gram(self.source, self.everyone, self.basis, self.n_threads)
        self.penalty = self.basis.T @ (penalty[:, None] * self.basis)

    @cached_property
    def rank(self) -> int:
        """The number of parameters in the basis."""
        return len(self.gram)

    def theta(self, gamma: NDArray) -> NDArray:
        """Return the parameters of [z, 1]."""
        return gamma if self.basis is None else self.basis @ gamma

    def gamma(self, theta: NDArray) -> NDArray:
        """Return the parameters in the basis that come nearest to θ on the rows."""
        if self.basis is None:
            return theta
        return np.linalg.lstsq(self.basis, theta, rcond=None)[0]

    def in_basis(self, gradient: NDArray) -> NDArray:
        """Return a gradient in θ as one in γ."""
        return gradient if self.basis is None else self.basis.T @ gradient

    def visit(self, y: NDArray, gamma: NDArray, slopes: Slopes) -> Point:
        """Go over the rows with these parameters; sums come in the basis."""
        residuals, sides = np.empty(self.n_rows), np.empty(self.n_rows, np.int8)
        sums = residual_pass(self.source, y, self.theta(gamma), slopes, self.n_threads, residuals, sides)
        sums = sums._replace(inside=self.in_basis(sums.inside), outside=self.in_basis(sums.outside))
        return Point(gamma, slopes.kappa, residuals, sides, sums)

    def evaluate(self, y: NDArray, theta: NDArray, slopes: Slopes) -> tuple[Sums, NDArray]:
        """Return the sums over the rows with parameters of [z, 1], and residuals; gradients are not in the basis."""
        residuals, sides = np.empty(self.n_rows), np.empty(self.n_rows, np.int8)
        return residual_pass(self.source, y, theta, slopes, self.n_threads, residuals, sides), residuals

    def products(self, gamma: NDArray) -> NDArray:
        """Return u·γ for every row."""
        residuals, sides = np.empty(self.n_rows), np.empty(self.n_rows, np.int8)
        nothing, slopes = np.zeros(0), Slopes(-1, 1, 1, 1)
        residual_pass(self.source, nothing, -self.theta(gamma), slopes, self.n_threads, residuals, sides)
        return residuals

    def sizes(self, theta: NDArray, rows: NDArray | slice = slice(None)) -> NDArray:
        """Return Σ |zⱼ·θⱼ| of some rows, with the intercept: of what size the terms of a score are."""
        source, X = self.source, self.source.X[rows]
        whole = np.zeros(len(X))
        for start in range(0, len(X), _BLOCK):
            for j, x in enumerate(X[start : start + _BLOCK].T):
                whole[start : start + _BLOCK] += np.abs((x - source.center[j]) * (source.scale[j] * theta[j]))
        return whole + abs(theta[-1]) if source.intercept else whole

    def combination(self, rows: NDArray, amounts: NDArray) -> NDArray:
        """Return Σ aᵢ·uᵢ of some rows."""
        total = np.zeros(len(self.length))
        for some, Z in self._centred(rows):
            total[: Z.shape[1]] += amounts[some] @ Z
        if self.source.intercept:
            total[-1] = amounts.sum()
        return self.in_basis(total)

    def distances(self, rows: NDArray) -> NDArray:
        """Return how far out some rows lie: the largest |zⱼ|, each beside its median over some rows; at least 1."""
        counted = np.flatnonzero(self.everyone)
        counted = counted[spread(len(counted), _SAMPLE)]
        columns = np.abs(np.vstack([Z for _, Z in self._centred(counted)])).T
        usual = np.array([np.median(z[z > 0]) if z.any() else np.inf for z in columns])
        farthest = np.ones(len(rows))
        for some, Z in self._centred(rows):
            farthest[some] = (np.abs(Z) / usual).max(axis=1, initial=1.0)
        return farthest

    def _centred(self, rows: NDArray) -> Iterator[tuple[slice, NDArray]]:
        """Yield z of some rows in parts, each with its place."""
        source = self.source
        step = max(1, _BLOCK // max(1, source.X.shape[1]))
        for start in range(0, len(rows), step):
            some = slice(start, start + step)
            yield some, (source.X[rows[some]] - source.center) * source.scale

    def gram_of(self, choice: NDArray) -> NDArray:
        """Return Σ cᵢwᵢ·uᵢuᵢᵀ."""
        return weighted_gram(self.source, choice, self.basis, self.n_threads)

    def weighted(self, weights: NDArray) -> NDArray:
        """Return Σ wᵢ·uᵢuᵢᵀ with other weights, of the rows that have one."""
        source = self.source._replace(weights=weights)
        return weighted_gram(source, self.everyone, self.basis, self.n_threads)

    def shortest(self, theta: NDArray, units: NDArray) -> NDArray:
        """Return, of all θ with the same scores on the rows, that with the least length of units·θ."""
        if self.null.shape[1] == 0:
            return theta
        free = units[:, None] * self.null
        return theta - self.null @ np.linalg.lstsq(free, units * theta, rcond=None)[0]


def _outer(scale: NDArray) -> NDArray:
    scale = np.where(scale > 0, scale, 1.0)
    return scale[:, None] * scale


def _trusted(scaled: NDArray, scale: NDArray) -> bool:
    """Return whether Newton's systems can be built from a Gram matrix with this one's condition."""
    if not np.isfinite(scaled).all() or not (scale > 0).all():
        return False
    values = np.linalg.eigvalsh(scaled)
    return bool(values[0] > _TRUSTED * values[-1])

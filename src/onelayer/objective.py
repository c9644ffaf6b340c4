"""The objective F(W, b) = Σᵢ wᵢ·ℓ(Sᵢ, yᵢ) / Σᵢ wᵢ + α/2·‖W‖² over a matrix: what every solver minimises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onelayer.losses import Loss
from onelayer.matrices import Matrix

_CURVATURE_ELEMENTS = 1 << 20
_CURVATURE_BATCHES = 8
_CURVATURE_ROWS = 512
_POWER_STEPS = 20


@dataclass(frozen=True)
class Objective:
    """F(W, b) with W in units of the objective's inputs, ``unit`` times those stored; the intercept is not penalised.

    Attributes
    ----------
    X : Matrix
    targets : (n_rows, n_outputs) float, or (n_rows, 1) class indices
    loss : Loss
    n_outputs : int
    alpha : float
        Weight of the L2 penalty.
    sample_weight : (n_rows,) float64, or None for equal weights
    fit_intercept : bool
    n_threads : int or None
        For scores; None for as many as there are cores.

    Examples
    --------
    >>> from onelayer.losses import Squared
    >>> from onelayer.matrices import Dense
    >>> F = Objective(Dense(np.array([[1.0], [2.0]])), np.array([[1.0], [2.0]]), Squared(), 1, 0.5, None, True)
    >>> F.value(np.array([[1.0]]), np.array([0.0]))
    0.25
    >>> F.gradient(np.array([[1.0]]), np.array([0.0]))
    (array([[0.5]]), array([0.]))
    """

    X: Matrix
    targets: NDArray
    loss: Loss
    n_outputs: int
    alpha: float
    sample_weight: NDArray | None
    fit_intercept: bool
    n_threads: int | None = None

    def scores(self, W: NDArray, b: NDArray) -> NDArray:
        """Return S = XWᵀ + b; W has shape (n_outputs, n_features)."""
        return self.X.scores(W * self.X.unit, b, self.n_threads)

    def mean_loss(self, W: NDArray, b: NDArray) -> float:
        """Return Σᵢ wᵢ·ℓ(Sᵢ, yᵢ) / Σᵢ wᵢ."""
        return self.loss.value(self.scores(W, b), self.targets, self.sample_weight)

    def constant_loss(self, b: NDArray) -> float:
        """Return the mean loss of a model without weights."""
        return self.loss.constant_value(b, self.targets, self.sample_weight)

    def value(self, W: NDArray, b: NDArray) -> float:
        """Return F(W, b)."""
        return self.mean_loss(W, b) + 0.5 * self.alpha * float(np.vdot(W, W))

    def gradient(self, W: NDArray, b: NDArray) -> tuple[NDArray, NDArray]:
        """Return the gradients of F in W and b; that in b is 0 without an intercept."""
        D = self.loss.gradient(self.scores(W, b), self.targets)
        weights = np.ones(len(D)) if self.sample_weight is None else self.sample_weight
        D = D * (weights / weights.sum())[:, None]
        in_W = self.X.transposed_product(D) * self.X.unit + self.alpha * W
        return in_W, D.sum(axis=0) if self.fit_intercept else np.zeros_like(b)

    def minibatch_curvature(
        self, batch_size: int, center: NDArray, inverse_scale: NDArray, random_state: np.random.RandomState
    ) -> float:
        """Return the largest curvature of the loss over minibatches of this size.

        Coordinates are (X − center)·inverse_scale. For a minibatch B it is c·λmax(ZᵀZ/|B|), Z the rows with a column of
        ones for the intercept and c the loss's curvature in the scores; λmax by the power method. Gradient descent on
        that minibatch alone is stable for learning rates below two over it. The largest over some random minibatches
        is returned; for small ones many are looked at, so that single long rows count. Cost: at most about 4·10⁷
        multiplications.
        """
        n_rows, row_size = self.X.shape[0], self.X.row_size
        size = min(batch_size, n_rows, max(1, _CURVATURE_ELEMENTS // row_size))
        n_batches = min(max(_CURVATURE_BATCHES, _CURVATURE_ROWS // size), n_rows // size)
        n_batches = max(1, min(n_batches, _CURVATURE_ELEMENTS // (size * row_size)))
        rows = np.arange(n_rows) if size == n_rows else random_state.permutation(n_rows)[: n_batches * size]
        weights = np.ones(n_rows) if self.sample_weight is None else self.sample_weight
        share = weights[rows] * (n_rows / weights.sum())
        Z = self.X.design(rows, center, inverse_scale, self.fit_intercept)
        size_of_z = float(abs(Z).max()) or 1.0
        Z = Z / size_of_z
        root = np.sqrt(share).astype(self.X.number)
        batches = [slice(k * size, (k + 1) * size) for k in range(n_batches)]
        largest = max(_largest_eigenvalue(Z[batch], root[batch]) for batch in batches)
        return self.loss.step_curvature(self.n_outputs) * largest * size_of_z * size_of_z


def _largest_eigenvalue(Z: Any, root: NDArray) -> float:
    """Return λmax(ZᵀRRZ)/n, R the diagonal of ``root``, by the power method, to about one per cent, from below."""
    v = np.sqrt(np.square(root) @ (Z * Z)) * np.random.RandomState(0).standard_normal(Z.shape[1])
    value = 0.0
    for _ in range(_POWER_STEPS):
        norm = float(np.linalg.norm(v))
        if norm == 0:
            break
        u = root * (Z @ (v / norm).astype(Z.dtype))
        previous, value = value, float(np.vdot(u, u)) / len(u)
        if value - previous <= 1e-3 * value:
            break
        v = ((root * u) @ Z).astype(np.float64)
    return value

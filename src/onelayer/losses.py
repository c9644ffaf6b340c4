"""The losses of a single layer: value, gradient and curvature in the scores. The specification of the mathematics.

A loss compares scores S = XW + b, shape (n_rows, n_outputs), with targets. This is the one place where its formula
stands; the compiled loops of ``onelayer.kernels.row_losses`` are tested against it, and it against finite differences
in float64 and values worked by hand.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.floating]
_CHUNK = 8192


class Loss(ABC):
    """A loss ℓ(s, y) of the scores of one row.

    Attributes
    ----------
    name : str
        The name that the ``loss`` parameter takes.
    code : int
        The number by which the compiled loop knows it.
    """

    name: str
    code: int

    @abstractmethod
    def rows(self, scores: ArrayLike, targets: ArrayLike) -> Array:
        """Return the loss of each row, shape (n_rows,)."""

    @abstractmethod
    def gradient(self, scores: ArrayLike, targets: ArrayLike) -> Array:
        """Return the gradient of each row's loss in its scores, shape (n_rows, n_outputs)."""

    @abstractmethod
    def curvature(self, n_outputs: int) -> float:
        """Return the curvature in the scores from which a learning rate is set: the largest one at the start."""

    @abstractmethod
    def constant(self, targets: NDArray, weights: NDArray | None, n_outputs: int) -> Array:
        """Return the scores of a model without inputs from which training starts, shape (n_outputs,)."""

    def constant_value(self, scores: NDArray, targets: NDArray, weights: NDArray | None) -> float:
        """Return the mean loss when every row has the same scores, shape (n_outputs,)."""
        return self.value(np.broadcast_to(scores, (len(targets), len(scores))), targets, weights)

    def value(self, scores: ArrayLike, targets: ArrayLike, weights: NDArray | None = None) -> float:
        """Return the mean loss, Σᵢ wᵢ·ℓᵢ / Σᵢ wᵢ."""
        scores, targets = np.asarray(scores), np.asarray(targets)
        each = np.empty(len(scores))
        for start in range(0, len(scores), _CHUNK):
            rows = slice(start, start + _CHUNK)
            each[rows] = self.rows(scores[rows], targets[rows])
        return float(np.average(each, weights=weights))


class Squared(Loss):
    """Half squared error, summed over the outputs.

    Formula: ½(s − y)². Gradient in s: s − y. Curvature: 1. Negative log-likelihood of Gaussian noise, up to a constant
    (Bishop, *Pattern Recognition and Machine Learning*, 3.1.1). Cost: O(n_rows · n_outputs).

    Examples
    --------
    >>> Squared().value([[1.0]], [[3.0]])
    2.0
    >>> float(Squared().gradient([[1.0]], [[3.0]])[0, 0])
    -2.0
    """

    name, code = "squared", 0

    def rows(self, scores: ArrayLike, targets: ArrayLike) -> Array:
        """Return ½(s − y)² of each row, summed over the outputs."""
        residual = self.gradient(scores, targets)
        return 0.5 * np.einsum("ik,ik->i", residual, residual)

    def gradient(self, scores: ArrayLike, targets: ArrayLike) -> Array:
        """Return s − y."""
        return np.asarray(scores) - np.asarray(targets)

    def curvature(self, n_outputs: int) -> float:
        """Return 1: the Hessian in the scores is the identity."""
        return 1.0

    def constant(self, targets: NDArray, weights: NDArray | None, n_outputs: int) -> Array:
        """Return the mean of the targets, the constant with the least squared error."""
        return np.average(targets, axis=0, weights=weights)


class CrossEntropy(Loss):
    """Cross-entropy of a softmax, from scores.

    Formula: log Σₖ exp sₖ − s_y, in nats; divide by log 2 for bits. Gradient in s: p − onehot(y), with the
    probabilities p = softmax(s). Hessian: diag(p) − ppᵀ. Negative log-likelihood of a categorical distribution
    (*Dive into Deep Learning*, 4.1). Cost: O(n_rows · n_outputs).

    The largest score m is taken out of the sum, log Σₖ exp sₖ = m + log1p(Σ_{k ≠ argmax} exp(sₖ − m)), so that no
    finite score overflows and the small loss of a certain and right prediction keeps all its digits.

    Examples
    --------
    >>> f"{CrossEntropy().value([[40.0, 0.0]], [0]):.3g}"
    '4.25e-18'
    >>> float(CrossEntropy().value([[1e4, -1e4]], [1]))
    20000.0
    >>> bool(np.isclose(CrossEntropy().value(np.zeros((1, 8)), [3]) / np.log(2), 3.0))  # bits
    True
    """

    name, code = "cross-entropy", 1

    def rows(self, scores: ArrayLike, targets: ArrayLike) -> Array:
        """Return log Σₖ exp sₖ − s_y of each row; targets are class indices."""
        scores, labels = np.asarray(scores), np.asarray(targets).reshape(-1).astype(np.int64)
        largest, others = self._exponentials(scores)
        own = np.take_along_axis(scores, labels[:, None], axis=1)[:, 0]
        return (largest - own) + np.log1p(others.sum(axis=1))

    def log_probabilities(self, scores: ArrayLike) -> Array:
        """Return log softmax, s − log Σₖ exp sₖ, shape (n_rows, n_outputs).

        Examples
        --------
        >>> CrossEntropy().log_probabilities([[0.0, 0.0]]).round(4).tolist()
        [[-0.6931, -0.6931]]
        """
        scores = np.asarray(scores)
        largest, others = self._exponentials(scores)
        return (scores - largest[:, None]) - np.log1p(others.sum(axis=1))[:, None]

    def gradient(self, scores: ArrayLike, targets: ArrayLike) -> Array:
        """Return p − onehot(y); where the label wins, p − 1 is computed as −(sum of the others)."""
        scores, labels = np.asarray(scores), np.asarray(targets).reshape(-1).astype(np.int64)
        others = self._exponentials(scores)[1]
        winner, row = scores.argmax(axis=1), np.arange(len(scores))
        rest = others.sum(axis=1)
        others[row, winner] = 1
        probabilities = others / (1 + rest)[:, None]
        own = probabilities[row, labels] - 1
        probabilities[row, labels] = np.where(winner == labels, -rest / (1 + rest), own)
        return probabilities

    def curvature(self, n_outputs: int) -> float:
        """Return the largest eigenvalue of diag(p) − ppᵀ at equal probabilities, 1/n_outputs, but at least 1/10.

        It is at most ½ anywhere (Böhning 1992), and falls as predictions become certain.
        """
        return max(1 / n_outputs, 0.1)

    def constant(self, targets: NDArray, weights: NDArray | None, n_outputs: int) -> Array:
        """Return zeros: all classes equally probable."""
        return np.zeros(n_outputs)

    def constant_value(self, scores: NDArray, targets: NDArray, weights: NDArray | None) -> float:
        """Return the mean over the rows of the loss of their class."""
        rows_of_class = np.bincount(targets.reshape(-1).astype(np.int64), weights, len(scores))
        return float(np.average(-self.log_probabilities(scores[None])[0], weights=rows_of_class))

    @staticmethod
    def _exponentials(scores: Array) -> tuple[Array, Array]:
        """Return the largest score m of each row and exp(s − m) with a 0 in the place of the largest."""
        winner = scores.argmax(axis=1)[:, None]
        largest = np.take_along_axis(scores, winner, axis=1)
        others = np.exp(scores - largest)
        np.put_along_axis(others, winner, 0, axis=1)
        return largest[:, 0], others


LOSSES: dict[str, Loss] = {loss.name: loss for loss in (Squared(), CrossEntropy())}

"""The loss of a classification: cross-entropy of a softmax, from scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onelayer.errors import InvalidDataError
from onelayer.losses.loss import Array, Loss, as_scores, row_weights
from onelayer.validation import as_numbers

if TYPE_CHECKING:
    from onelayer.losses.categorical import Categorical

_TOLERANCE = 1e-5


@dataclass(frozen=True)
class CrossEntropy(Loss):
    """Cross-entropy of a softmax, from scores.

    Targets are told apart by their shape:

    * labels, (n_rows,) or (n_rows, 1): the index of each row's class, 0 to n_outputs − 1;
    * soft labels, (n_rows, n_outputs) with n_outputs >= 2: a probability yₖ for each class, which sum to 1 in each row,
      to within 10⁻⁵ (float16: 10⁻³). One-hot rows are soft labels too.

    Formula: log Σₖ exp sₖ − s_y for labels, Σⱼ yⱼ·(log Σₖ exp sₖ − sⱼ) for soft labels, in nats; divide by log 2 for
    bits. Gradient in s: p − y, with the probabilities p = softmax(s) and y one-hot for a label. Hessian: diag(p) − ppᵀ.
    Negative log-likelihood of a categorical distribution (*Dive into Deep Learning*, 4.1). Cost: O(n_rows · n_outputs),
    of ``curvature`` n_outputs times that.

    No small number is made by subtracting two large ones. The largest score m is taken out of the sum, log Σₖ exp sₖ =
    m + log1p(Σ_{k ≠ argmax} exp(sₖ − m)), so that no exponential overflows and the small loss of a certain and right
    prediction keeps all its digits; and 1 − p is the sum of the other probabilities.

    A score of −inf is that of an impossible class: its probability is 0 and its loss inf, but 0·inf = 0 where a soft
    label gives it no share. A row with a score of +inf or NaN, or with no possible class, has no softmax: all that is
    computed of it is NaN.

    Raises
    ------
    InvalidDataError
        From every method: targets of another shape, a label that is no class, soft labels that are no distribution.

    Examples
    --------
    >>> f"{CrossEntropy().value([[40.0, 0.0]], [0]):.3g}"
    '4.25e-18'
    >>> float(CrossEntropy().value([[1e4, -1e4]], [1]))
    20000.0
    >>> bool(np.isclose(CrossEntropy().value(np.zeros((1, 8)), [3]) / np.log(2), 3.0))  # bits
    True
    >>> CrossEntropy().gradient([[0.0, 0.0]], [[0.75, 0.25]]).tolist()
    [[-0.25, 0.25]]
    """

    name: ClassVar[str] = "cross-entropy"
    code: ClassVar[int] = 1

    @property
    def noise(self) -> Categorical:
        """A categorical distribution with probabilities softmax(s)."""
        from onelayer.losses.categorical import Categorical

        return Categorical(self)

    def probabilities(self, scores: ArrayLike) -> Array:
        """Return softmax, exp sₖ / Σⱼ exp sⱼ, shape (n_rows, n_outputs).

        Examples
        --------
        >>> CrossEntropy().probabilities([[1000.0, 1000.0]]).tolist()
        [[0.5, 0.5]]
        """
        return self._softmax(_floating(as_scores(scores)))[0]

    def log_probabilities(self, scores: ArrayLike) -> Array:
        """Return log softmax, s − log Σₖ exp sₖ, shape (n_rows, n_outputs).

        Examples
        --------
        >>> CrossEntropy().log_probabilities([[0.0, 0.0]]).round(4).tolist()
        [[-0.6931, -0.6931]]
        """
        scores = _floating(as_scores(scores))
        return 0 - self._surprisals(scores, scores)

    def step_curvature(self, n_outputs: int) -> float:
        """Return the largest eigenvalue of diag(p) − ppᵀ at equal probabilities, 1/n_outputs, but at least 1/10.

        It is at most ½ anywhere (Böhning 1992), and falls as predictions become certain.
        """
        return max(1 / n_outputs, 0.1)

    def constant(self, targets: NDArray, weights: NDArray | None, n_outputs: int) -> Array:
        """Return zeros: all classes equally probable."""
        return np.zeros(n_outputs)

    def constant_value(self, scores: NDArray, targets: NDArray, weights: NDArray | None) -> float:
        """Return the mean over the rows of the loss of their class. Cost: O(n_rows + n_outputs) for labels."""
        every_row, targets = self._checked(np.broadcast_to(scores, (len(targets), len(scores))), targets)
        weights = row_weights(weights, len(targets))
        weight_of_class = weight_of_classes(targets, weights, len(scores))
        seen = weight_of_class > 0  # 0·inf = 0
        surprisals = self._surprisals(every_row[:1], every_row[:1])[0]
        return float(weight_of_class[seen] @ surprisals[seen] / weights.sum())

    def _checked(self, scores: ArrayLike, targets: ArrayLike) -> tuple[Array, NDArray]:
        scores, targets = _floating(as_scores(scores)), as_numbers("targets", targets)
        n_rows, n_outputs = scores.shape
        if targets.shape in ((n_rows,), (n_rows, 1)):
            return scores, _labels(targets.reshape(-1), n_outputs)
        if targets.shape != scores.shape:
            raise InvalidDataError(
                f"scores have shape {scores.shape} and targets {targets.shape}; expected ({n_rows},) labels, "
                f"or soft labels of the scores' shape"
            )
        check_distributions(targets)
        return scores, targets.astype(scores.dtype, copy=False)

    def _rows(self, scores: Array, targets: NDArray) -> Array:
        if targets.ndim == 2:
            surprisals = np.where(targets > 0, self._surprisals(scores, scores), 0)  # 0·inf = 0
            return np.einsum("ik,ik->i", targets, surprisals)
        return self._surprisals(scores, np.take_along_axis(scores, targets[:, None], axis=1))[:, 0]

    def _gradient(self, scores: Array, targets: NDArray) -> Array:
        """Return p − y, as p·(sum of the other y) − y·(1 − p), which keeps its digits where p and y are near one."""
        probabilities, complements = self._softmax(scores)
        if targets.ndim == 2:
            return probabilities * _sum_of_others(targets) - targets * complements
        labels = targets[:, None]
        np.put_along_axis(probabilities, labels, -np.take_along_axis(complements, labels, axis=1), axis=1)
        return probabilities

    def _curvature(self, scores: Array, targets: NDArray) -> Array:
        probabilities, complements = self._softmax(scores)
        hessian = -probabilities[:, :, None] * probabilities[:, None, :]
        every = np.arange(scores.shape[1])
        hessian[:, every, every] = probabilities * complements
        return hessian if targets.ndim == 1 else hessian * targets.sum(axis=1)[:, None, None]

    @staticmethod
    def _surprisals(scores: Array, of: Array) -> Array:
        """Return log Σⱼ exp sⱼ − sₖ = −log pₖ, the surprise at seeing class k, for the classes with these scores."""
        winner = scores.argmax(axis=1)[:, None]
        largest = _finite_or_nan(np.take_along_axis(scores, winner, axis=1))
        with np.errstate(over="ignore"):
            others = np.exp(scores - largest)
            np.put_along_axis(others, winner, 0, axis=1)
            return (largest - of) + np.log1p(others.sum(axis=1, keepdims=True))

    @staticmethod
    def _softmax(scores: Array) -> tuple[Array, Array]:
        """Return the probabilities p and 1 − p, both to full relative precision."""
        with np.errstate(over="ignore"):
            exponentials = np.exp(scores - _finite_or_nan(scores.max(axis=1, keepdims=True)))
        others = _sum_of_others(exponentials)
        total = exponentials + others
        return exponentials / total, others / total


def weight_of_classes(targets: NDArray, weights: NDArray | None, n_classes: int) -> NDArray:
    """Return the sum of the weights of each class's rows.

    Parameters
    ----------
    targets : (n_rows,) or (n_rows, 1) class indices, or (n_rows, n_classes) soft labels
    weights : (n_rows,) array, or None for ones
    n_classes : int

    Examples
    --------
    >>> weight_of_classes(np.array([[0.0], [2.0], [2.0]]), None, 3).tolist()
    [1.0, 0.0, 2.0]
    """
    given = np.ones(len(targets)) if weights is None else weights
    if targets.ndim == 2 and targets.shape[1] > 1:
        return given @ targets
    return np.bincount(targets.reshape(-1).astype(np.intp), given, n_classes)


def _floating(scores: NDArray) -> Array:
    """Return scores in floating point: float32 for float16, whose range ends at 65504, float64 for integers."""
    return scores.astype(np.result_type(scores, np.float32), copy=False)


def _finite_or_nan(largest: Array) -> Array:
    """Return the largest score of each row, NaN for an infinite one, from which no difference can be taken."""
    return np.where(np.isinf(largest), np.array(np.nan, largest.dtype), largest)


def _sum_of_others(values: Array) -> Array:
    """Return for each entry the sum of the others in its row, none negative; the largest is never subtracted."""
    winner = values.argmax(axis=1)[:, None]
    others = values.copy()
    np.put_along_axis(others, winner, 0, axis=1)
    rest = others.sum(axis=1, keepdims=True)
    np.subtract(rest + np.take_along_axis(values, winner, axis=1), values, out=others)
    np.put_along_axis(others, winner, rest, axis=1)
    return others


def _labels(targets: NDArray, n_outputs: int) -> NDArray[np.intp]:
    """Return class indices, refusing the first that is none."""
    within = (targets >= 0) & (targets < n_outputs)
    labels = np.where(within, targets, 0).astype(np.intp)
    within &= labels == targets
    if not within.all():
        row = int(within.argmin())
        raise InvalidDataError(
            f"the label of row {row} is {targets[row]}; expected a class index, 0 to {n_outputs - 1}"
        )
    return labels


def check_distributions(soft: NDArray, name: str = "") -> None:
    """Refuse soft labels that are no probabilities, naming the first row, and its sum if it is not one.

    Raises
    ------
    InvalidDataError

    Examples
    --------
    >>> check_distributions(np.array([[0.5, 0.5], [0.5, 0.6]]), "y")
    Traceback (most recent call last):
    ...
    onelayer.errors.InvalidDataError: the soft labels of row 1 of y sum to 1.1; the probabilities of a row must sum to 1
    """
    where, least = f" of {name}" if name else "", soft.min(axis=1, initial=0)
    if not (least >= 0).all():
        row = int((~(least >= 0)).argmax())
        k = int((~(soft[row] >= 0)).argmax())
        raise InvalidDataError(
            f"the soft label of class {k} in row {row}{where} is {soft[row, k]}; it must be a probability"
        )
    sums = soft.sum(axis=1, dtype=np.float64)
    eps = np.finfo(soft.dtype).eps if soft.dtype.kind == "f" else 0
    wrong = ~(np.abs(sums - 1) <= max(_TOLERANCE, float(eps)))
    if wrong.any():
        row = int(wrong.argmax())
        raise InvalidDataError(
            f"the soft labels of row {row}{where} sum to {sums[row]:.6g}; the probabilities of a row must sum to 1"
        )

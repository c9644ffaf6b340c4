"""The noise that cross-entropy stands for: labels drawn with the probabilities of a softmax at some temperature."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onelayer.errors import InvalidDataError
from onelayer.losses.cross_entropy import CrossEntropy
from onelayer.losses.loss import Array, as_scores, row_weights
from onelayer.losses.noise import RandomState, check_loss
from onelayer.losses.root import root
from onelayer.validation import check_finite, check_random_state, check_real

_COLD = 1e300  # an inverse temperature at which only the highest scores of a row have any probability


@dataclass(frozen=True)
class Categorical:
    """Labels with probabilities softmax(s/T), of the cross-entropy: its scale is the temperature T.

    At T = 1 it is the model as trained; a greater T brings the probabilities nearer to one another, a smaller one
    further apart, and their order stays. Arguments are those of the loss, scores before labels, since here the noise
    depends on the scores and not on a residual only.

    Examples
    --------
    >>> confident = [[2.0, 0.0]] * 4
    >>> T = Categorical().fit_scale(confident, [0, 0, 0, 1])  # right in three rows of four
    >>> np.exp(Categorical().log_density(confident[:1], [0], scale=T)).round(9).tolist()
    [0.75]
    """

    loss: CrossEntropy = field(default_factory=CrossEntropy)

    def __post_init__(self) -> None:
        check_loss(self, CrossEntropy)

    @property
    def normaliser(self) -> float:
        """1: exp(−ℓ) sums to one over the labels, since the softmax has its sum in it."""
        return 1.0

    def log_density(self, scores: ArrayLike, labels: ArrayLike, scale: float = 1.0) -> Array:
        """Return log p(label | s/T) of each row; for soft labels y the mean Σₖ yₖ·log pₖ. Shape (n_rows,).

        Raises
        ------
        InvalidDataError, InvalidParameterError
        """
        return 0 - self.loss.rows(self._below(scores, scale), labels)

    def sample(
        self, scores: ArrayLike, scale: float = 1.0, random_state: RandomState = None
    ) -> NDArray[np.intp]:
        """Return a random label for each row of scores, shape (n_rows,).

        It is the class with the largest sum of sₖ/T and standard Gumbel noise, which needs no probabilities (Gumbel,
        *Statistical Theory of Extreme Values*, 1954).

        Raises
        ------
        InvalidDataError, InvalidParameterError
        """
        below = self._below(scores, scale)
        return (below + check_random_state(random_state).gumbel(size=below.shape)).argmax(axis=1)

    def fit_scale(self, scores: ArrayLike, labels: ArrayLike, weights: ArrayLike | None = None) -> float:
        """Return the temperature with the greatest likelihood: temperature scaling.

        The mean loss of β·s is convex in β = 1/T; the root of its slope Σₖ sₖ·(pₖ − yₖ) is found by Brent's method
        (Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks", ICML 2017). Cost: O(n_rows ·
        n_outputs) for each of some 20 steps.

        Parameters
        ----------
        scores : (n_rows, n_outputs)
        labels : (n_rows,) class indices, or (n_rows, n_outputs) soft labels
        weights : (n_rows,), optional

        Raises
        ------
        InvalidDataError
            Where no temperature is the likeliest: equal scores, every label at a highest score (T → 0), or labels
            that are no likelier where scores are higher (T → ∞); or scores that are not finite, or so large or small
            that their temperature is no float64.
        """

        below = self._below(scores)
        weights = row_weights(weights, len(below))
        spread = -float(below.min(initial=0))
        if spread == 0:
            raise InvalidDataError(
                "the scores of every row are all equal, so every temperature is equally likely"
            )
        if spread == math.inf:
            raise InvalidDataError("the scores of a row are too far apart; divide all scores by their scale")
        below /= spread

        def slope(inverse: float) -> float:
            gradient = self.loss.gradient(inverse * below, labels)
            return float(np.average(np.einsum("ik,ik->i", gradient, below), weights=weights))

        if slope(0) >= 0:
            raise InvalidDataError(
                "the labels are no likelier where their scores are higher, so the likelihood grows as the temperature "
                "goes to infinity; are scores and labels of the same rows, and the classes in the same order?"
            )
        if slope(_COLD) <= 0:
            raise InvalidDataError(
                "every label has the highest score of its row, so the likelihood grows as the temperature goes to 0; "
                "give rows on which the model was not trained, or more of them"
            )
        high = 1.0
        while slope(high) < 0:
            high *= 2
        low = 0.5 * high
        while slope(low) > 0:
            low, high = 0.5 * low, low
        temperature = spread / root(slope, low, high)
        if not 0 < temperature < math.inf:
            raise InvalidDataError(
                "the likeliest temperature is no float64; divide all scores by their scale"
            )
        return temperature

    @staticmethod
    def _below(scores: ArrayLike, scale: float = 1.0) -> NDArray[np.float64]:
        """Return s/T less the largest of its row, which leaves the probabilities as they are."""
        scores, scale = as_scores(scores).astype(np.float64), check_real("scale", scale, 0)
        check_finite(scores, "scores")
        with np.errstate(over="ignore"):
            return (scores - scores.max(axis=1, keepdims=True)) / scale

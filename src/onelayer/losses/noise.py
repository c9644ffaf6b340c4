"""The noise that each loss stands for: the distribution of which the loss is the negative log-likelihood.

To choose a loss is to choose a noise. If a target is its score plus noise with the density p(r) = exp(−ℓ(r)) / Z, then
the log-likelihood of the data is −Σᵢ ℓ(rᵢ) − n·log Z, so the scores of the least total loss are the scores of the
greatest likelihood. What the loss leaves open is the size of the noise: a regression loss belongs to the family

    p(r | σ) = exp(−ℓ(r/σ)) / (σ·Z),   r = y − s,   Z = ∫ exp(−ℓ(r)) dr,

and cross-entropy to softmax(s/T), in which the temperature T plays the part of the scale σ. The formula of a density is
always that of the loss; only what a loss does not have stands here: Z, sampling, and the estimate of the scale.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onelayer.errors import InvalidDataError
from onelayer.losses.cross_entropy import CrossEntropy
from onelayer.losses.loss import Array, Loss, as_scores, row_weights
from onelayer.losses.regression import Absolute, Huber, Quantile, Squared
from onelayer.validation import as_numbers, check_finite, check_real

RandomState: TypeAlias = int | np.random.RandomState | None

_TINY, _EPS = float(np.finfo(np.float64).tiny), float(np.finfo(np.float64).eps)
_STEPS = 5000  # of Brent's method at most; halving alone goes through all of float64 in 2100
_COLD = 1e300  # an inverse temperature at which only the highest scores of a row have any probability


class ScaleFamily(ABC):
    """Noise p(r | σ) = exp(−ℓ(r/σ)) / (σ·Z) around a score: the residual r = y − s of one output.

    Attributes
    ----------
    loss : Loss
        ℓ.
    """

    loss: Loss

    @property
    @abstractmethod
    def normaliser(self) -> float:
        """Z = ∫ exp(−ℓ(r)) dr, over all real r."""

    def log_density(self, residuals: ArrayLike, scale: float = 1.0) -> Array:
        """Return log p(r | σ) = −ℓ(r/σ) − log σ − log Z of each residual, in the shape of the residuals.

        The mean of −log p over rows that a model has not seen is what losses can be compared by: unlike the losses
        themselves, it is in the same unit for all of them, nats.

        Parameters
        ----------
        residuals : array of any shape
            y − s.
        scale : float
            σ, above 0, in units of the targets.

        Raises
        ------
        InvalidDataError, InvalidParameterError
        """
        scale = check_real("scale", scale, 0)
        residuals = as_numbers("residuals", residuals).astype(np.float64, copy=False)
        with np.errstate(over="ignore"):
            column = residuals.reshape(-1, 1) / scale
            losses = self.loss.rows(np.zeros_like(column), column)
        return -losses.reshape(residuals.shape) - (math.log(scale) + math.log(self.normaliser))

    def sample(
        self, size: int | tuple[int, ...], scale: float = 1.0, random_state: RandomState = None
    ) -> NDArray[np.float64]:
        """Return independent residuals of this noise.

        Parameters
        ----------
        size : int or tuple of int
            Shape of the result.
        scale : float
            σ, above 0.
        random_state : int, RandomState or None
            As everywhere in scikit-learn: a seed, a generator, or None for other numbers at each call.

        Raises
        ------
        InvalidParameterError
        """
        from sklearn.utils import check_random_state

        scale = check_real("scale", scale, 0)
        return scale * self._standard_sample(size, check_random_state(random_state))

    def fit_scale(self, residuals: ArrayLike, weights: ArrayLike | None = None) -> float:
        """Return the scale σ with the greatest likelihood, where Σ wᵢ·ψ(rᵢ/σ)·(rᵢ/σ) = Σ wᵢ with ψ = ℓ′.

        Parameters
        ----------
        residuals : (n_rows,) or (n_rows, n_outputs)
            Of several outputs, all together: they share one scale.
        weights : (n_rows,), optional

        Raises
        ------
        InvalidDataError
            No residuals, one that is not finite, or only zeros, for which the likelihood grows without bound as σ → 0.
        """
        residuals = np.atleast_1d(as_numbers("residuals", residuals)).astype(np.float64, copy=False)
        check_finite(residuals, "residuals")
        weights = row_weights(weights, len(residuals))
        counted = weights > 0
        column = residuals[counted].reshape(-1, 1)
        weights = np.repeat(weights[counted], residuals[0].size)
        largest = float(np.abs(column).max(initial=0))
        if largest == 0:
            raise InvalidDataError(
                "all residuals are 0, so no scale is the likeliest: the likelihood grows without bound as it "
                "goes to 0; is the model fitted to as many parameters as there are rows?"
            )
        return largest * self._standard_scale(column / largest, weights)

    @abstractmethod
    def _standard_sample(self, size: int | tuple[int, ...], random: np.random.RandomState) -> NDArray:
        """Return residuals of scale 1."""

    @abstractmethod
    def _standard_scale(self, residuals: NDArray, weights: NDArray) -> float:
        """Return the likeliest scale of (n, 1) residuals in [−1, 1], at least one of which is −1 or 1."""

    def _mean_loss(self, residuals: NDArray, weights: NDArray) -> float:
        """Return Σ wᵢ·ℓ(rᵢ) / Σ wᵢ."""
        return self.loss.value(np.zeros_like(residuals), residuals, weights)


@dataclass(frozen=True)
class Gaussian(ScaleFamily):
    """Gaussian noise, of the squared loss: Z = √(2π), and σ is the standard deviation.

    The likeliest scale is √(Σ wᵢrᵢ² / Σ wᵢ) (Bishop, *Pattern Recognition and Machine Learning*, 1.2.4 and 3.1.1).

    Examples
    --------
    >>> Gaussian().fit_scale([3.0, -3.0, 3.0])
    3.0
    >>> float(np.exp(Gaussian().log_density(0.0)).round(4))
    0.3989
    """

    loss: Squared = field(default_factory=Squared)

    @property
    def normaliser(self) -> float:
        """√(2π)."""
        return math.sqrt(2 * math.pi)

    def _standard_sample(self, size: int | tuple[int, ...], random: np.random.RandomState) -> NDArray:
        return random.standard_normal(size)

    def _standard_scale(self, residuals: NDArray, weights: NDArray) -> float:
        return math.sqrt(2 * self._mean_loss(residuals, weights))


@dataclass(frozen=True)
class Laplace(ScaleFamily):
    """Laplace noise, of the absolute loss: Z = 2, and σ is the mean distance from 0.

    The likeliest scale is Σ wᵢ|rᵢ| / Σ wᵢ (Kotz, Kozubowski and Podgórski, *The Laplace Distribution and
    Generalizations*, 2001, 2.6).

    Examples
    --------
    >>> Laplace().fit_scale([1.0, -5.0])
    3.0
    >>> float(np.exp(Laplace().log_density(0.0)).round(12))
    0.5
    """

    loss: Absolute = field(default_factory=Absolute)

    @property
    def normaliser(self) -> float:
        """2."""
        return 2.0

    def _standard_sample(self, size: int | tuple[int, ...], random: np.random.RandomState) -> NDArray:
        return random.laplace(size=size)

    def _standard_scale(self, residuals: NDArray, weights: NDArray) -> float:
        return self._mean_loss(residuals, weights)


@dataclass(frozen=True)
class HuberNoise(ScaleFamily):
    """Gaussian in the middle with the tails of a Laplace distribution, of Huber's loss.

    Z = √(2π)·erf(δ/√2) + (2/δ)·exp(−½δ²), a part for the middle and one for the tails. Of all distributions of which a
    part is Gaussian and the rest may be anything symmetric, this one tells least about its centre (Huber, "Robust
    estimation of a location parameter", *Annals of Mathematical Statistics* 35, 1964).

    Examples
    --------
    >>> round(HuberNoise(Huber(5.0)).normaliser, 4), round(Gaussian().normaliser, 4)
    (2.5066, 2.5066)
    >>> round(HuberNoise().fit_scale([3.0, -3.0, 3.0]), 9)
    3.0
    """

    loss: Huber = field(default_factory=Huber)

    @property
    def normaliser(self) -> float:
        """√(2π)·erf(δ/√2) + (2/δ)·exp(−½δ²)."""
        return self._middle + self._tails

    @property
    def _middle(self) -> float:
        return math.sqrt(2 * math.pi) * math.erf(self.loss.delta / math.sqrt(2))

    @property
    def _tails(self) -> float:
        delta = self.loss.delta
        return 2 / delta * math.exp(-0.5 * delta * delta)

    def _standard_sample(self, size: int | tuple[int, ...], random: np.random.RandomState) -> NDArray:
        """Return a mixture: a Gaussian cut off at ±δ, by its inverse distribution function, and exponential tails."""
        from scipy.special import erfinv

        delta = self.loss.delta
        in_tails = random.random_sample(size) * self.normaliser < self._tails
        signed = random.uniform(-1, 1, size)
        middle = math.sqrt(2) * erfinv(signed * math.erf(delta / math.sqrt(2)))
        tails = np.copysign(delta + random.standard_exponential(size) / delta, signed)
        return np.where(in_tails, tails, middle)

    def _standard_scale(self, residuals: NDArray, weights: NDArray) -> float:
        """Return the root of mean ψ(r/σ)·(r/σ) = 1 in σ, of which the mean falls from ∞ to 0, by Brent's method.

        As δ|u| − ¼δ² <= ψ(u)·u <= min(u², δ|u|), the root lies between δA/(1 + ¼δ²) and the lesser of δA and R,
        with A the mean of |r| and R the root mean square.
        """
        from scipy.optimize import brentq

        def excess(scale: float) -> float:
            u = residuals / scale
            slopes = self.loss.gradient(u, np.zeros_like(u))
            return float(np.average((slopes * u)[:, 0], weights=weights)) - 1

        delta = self.loss.delta
        by_size = delta * Laplace()._standard_scale(residuals, weights)
        by_square = Gaussian()._standard_scale(residuals, weights)
        low, high = by_size / (1 + 0.25 * delta * delta), min(by_size, by_square)
        return float(brentq(excess, 0.5 * low, 2 * high, xtol=_TINY, rtol=4 * _EPS, maxiter=_STEPS))


@dataclass(frozen=True)
class AsymmetricLaplace(ScaleFamily):
    """Asymmetric Laplace noise, of the quantile loss: Z = 1/(q(1 − q)), and a share q of the residuals is negative.

    The likeliest scale is the mean loss of the residuals. A residual is the difference E/q − E′/(1 − q) of two
    independent standard exponentials (Kotz, Kozubowski and Podgórski, *The Laplace Distribution and
    Generalizations*, 2001, 3.1).

    Examples
    --------
    >>> AsymmetricLaplace(Quantile(0.25)).fit_scale([8.0, -4.0])
    2.5
    >>> float(np.mean(AsymmetricLaplace(Quantile(0.9)).sample(10_000, random_state=0) < 0).round(2))
    0.9
    """

    loss: Quantile = field(default_factory=Quantile)

    @property
    def normaliser(self) -> float:
        """1/(q(1 − q))."""
        return 1 / (self.loss.q * (1 - self.loss.q))

    def _standard_sample(self, size: int | tuple[int, ...], random: np.random.RandomState) -> NDArray:
        above, below = random.standard_exponential(size), random.standard_exponential(size)
        return above / self.loss.q - below / (1 - self.loss.q)

    def _standard_scale(self, residuals: NDArray, weights: NDArray) -> float:
        return self._mean_loss(residuals, weights)


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
        from sklearn.utils import check_random_state

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
            that are no likelier where scores are higher (T → ∞); or scores that are not finite.
        """
        from scipy.optimize import brentq

        below = self._below(scores)
        weights = row_weights(weights, len(below))
        spread = -float(below.min(initial=0))
        if spread == 0:
            raise InvalidDataError(
                "the scores of every row are all equal, so every temperature is equally likely"
            )
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
        return spread / float(brentq(slope, low, high, xtol=_TINY, rtol=4 * _EPS, maxiter=_STEPS))

    @staticmethod
    def _below(scores: ArrayLike, scale: float = 1.0) -> NDArray[np.float64]:
        """Return s/T less the largest of its row, which leaves the probabilities as they are."""
        scores, scale = as_scores(scores).astype(np.float64), check_real("scale", scale, 0)
        check_finite(scores, "scores")
        with np.errstate(over="ignore"):
            return (scores - scores.max(axis=1, keepdims=True)) / scale

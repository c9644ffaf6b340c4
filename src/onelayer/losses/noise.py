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
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.losses.loss import Array, Loss, row_weights
from onelayer.losses.regression import Absolute, Huber, Quantile, Squared
from onelayer.losses.root import root
from onelayer.validation import as_numbers, check_finite, check_random_state, check_real, check_size

RandomState: TypeAlias = int | np.random.RandomState | None


def check_loss(noise: Any, expected: type[Loss]) -> None:
    """Refuse a noise of another loss than its own, whose normaliser would not be right."""
    if not isinstance(noise.loss, expected):
        raise InvalidParameterError(
            f"loss={noise.loss!r}: {type(noise).__name__} is the noise of {expected.__name__}, and takes no other loss"
        )


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
        shape, scale = check_size("size", size), check_real("scale", scale, 0)
        return scale * self._standard_sample(shape, check_random_state(random_state))

    def quantiles(self, p: ArrayLike, scale: float = 1.0) -> NDArray[np.float64]:
        """Return the residuals below which shares p of this noise lie: the inverse of its distribution function.

        Parameters
        ----------
        p : array of any shape
            From 0 to 1, both included; their quantiles are −∞ and ∞.
        scale : float
            σ, above 0.

        Raises
        ------
        InvalidDataError, InvalidParameterError
        """
        scale = check_real("scale", scale, 0)
        p = as_numbers("p", p).astype(np.float64, copy=False)
        if not ((p >= 0) & (p <= 1)).all():
            raise InvalidDataError("p holds numbers outside of 0 to 1; expected shares")
        with np.errstate(divide="ignore", over="ignore"):
            return scale * self._standard_quantiles(p)

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
    def _standard_sample(self, shape: tuple[int, ...], random: np.random.RandomState) -> NDArray:
        """Return residuals of scale 1."""

    @abstractmethod
    def _standard_quantiles(self, p: NDArray) -> NDArray:
        """Return the quantiles of scale 1."""

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

    def __post_init__(self) -> None:
        check_loss(self, Squared)

    @property
    def normaliser(self) -> float:
        """√(2π)."""
        return math.sqrt(2 * math.pi)

    def _standard_sample(self, shape: tuple[int, ...], random: np.random.RandomState) -> NDArray:
        return random.standard_normal(shape)

    def _standard_quantiles(self, p: NDArray) -> NDArray:
        from scipy.special import ndtri

        return ndtri(p)

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

    def __post_init__(self) -> None:
        check_loss(self, Absolute)

    @property
    def normaliser(self) -> float:
        """2."""
        return 2.0

    def _standard_sample(self, shape: tuple[int, ...], random: np.random.RandomState) -> NDArray:
        return random.laplace(size=shape)

    def _standard_quantiles(self, p: NDArray) -> NDArray:
        return np.where(p < 0.5, np.log(2 * p), -np.log(2 * (1 - p)))

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

    def __post_init__(self) -> None:
        check_loss(self, Huber)

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

    def _standard_sample(self, shape: tuple[int, ...], random: np.random.RandomState) -> NDArray:
        """Return a mixture: a Gaussian cut off at ±δ, by its inverse distribution function, and exponential tails."""
        from scipy.special import erfinv

        delta = self.loss.delta
        in_tails = random.random_sample(shape) * self.normaliser < self._tails
        signed = random.uniform(-1, 1, shape)
        middle = math.sqrt(2) * erfinv(signed * math.erf(delta / math.sqrt(2)))
        tails = np.copysign(delta + random.standard_exponential(shape) / delta, signed)
        return np.where(in_tails, tails, middle)

    def _standard_quantiles(self, p: NDArray) -> NDArray:
        """Invert the exponential tails, of which each holds a share t, and the Gaussian between them."""
        from scipy.special import ndtri

        delta, t = self.loss.delta, 0.5 * self._tails / self.normaliser
        nearer = np.minimum(p, 1 - p)
        tails = delta - np.log(nearer / t) / delta if t > 0 else np.full_like(p, np.inf)
        share = np.maximum(0.5 + (nearer - 0.5) * (self.normaliser / math.sqrt(2 * math.pi)), 0.0)
        return np.copysign(np.where(nearer < t, tails, -ndtri(share)), p - 0.5)

    def _standard_scale(self, residuals: NDArray, weights: NDArray) -> float:
        """Return the root of mean ψ(r/σ)·(r/σ) = 1 in σ, of which the mean falls from ∞ to 0, by Brent's method.

        As δ|u| − ¼δ² <= ψ(u)·u <= min(u², δ|u|), the root lies between δA/(1 + ¼δ²) and the lesser of δA and R,
        with A the mean of |r| and R the root mean square.
        """

        def excess(scale: float) -> float:
            u = residuals / scale
            slopes = self.loss.gradient(u, np.zeros_like(u))
            return float(np.average((slopes * u)[:, 0], weights=weights)) - 1

        delta = self.loss.delta
        by_size = delta * Laplace()._standard_scale(residuals, weights)
        by_square = Gaussian()._standard_scale(residuals, weights)
        low, high = by_size / (1 + 0.25 * delta * delta), min(by_size, by_square)
        return root(excess, 0.5 * low, 2 * high)


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

    def __post_init__(self) -> None:
        check_loss(self, Quantile)

    @property
    def normaliser(self) -> float:
        """1/(q(1 − q))."""
        return 1 / (self.loss.q * (1 - self.loss.q))

    def _standard_sample(self, shape: tuple[int, ...], random: np.random.RandomState) -> NDArray:
        above, below = random.standard_exponential(shape), random.standard_exponential(shape)
        return above / self.loss.q - below / (1 - self.loss.q)

    def _standard_quantiles(self, p: NDArray) -> NDArray:
        q = self.loss.q
        return np.where(p < q, np.log(p / q) / (1 - q), -np.log((1 - p) / (1 - q)) / q)

    def _standard_scale(self, residuals: NDArray, weights: NDArray) -> float:
        return self._mean_loss(residuals, weights)

"""The losses of a regression: functions of the residual r = y − s, summed over the outputs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.losses.loss import Array, Loss, as_scores, row_weights
from onelayer.losses.root import root
from onelayer.validation import as_numbers, check_finite, check_real

if TYPE_CHECKING:
    from onelayer.losses.noise import AsymmetricLaplace, Gaussian, HuberNoise, Laplace, ScaleFamily

_EPS = float(np.finfo(np.float64).eps)
_LEAST_DELTA, _LARGEST_DELTA = 1e-150, 1e150  # between which δ² and 1/δ² are far from the ends of float64


class RegressionLoss(Loss):
    """A loss Σₖ ρ(eₖ) of the errors e = s − y of one row, that is of its residuals r = y − s = −e.

    Targets have the scores' shape (n_rows, n_outputs); for one output (n_rows,) will do. Cost of all methods:
    O(n_rows · n_outputs), of ``curvature`` n_outputs times that.
    """

    @property
    @abstractmethod
    def noise(self) -> ScaleFamily:
        """The noise model of which this loss is the negative log-likelihood, up to a constant."""

    @abstractmethod
    def _rho(self, errors: Array) -> Array:
        """Return ρ(e)."""

    @abstractmethod
    def _psi(self, errors: Array) -> Array:
        """Return ψ(e) = ρ′(e), 0 at e = 0."""

    @abstractmethod
    def _psi_slope(self, errors: Array) -> Array:
        """Return ψ′(e), where ρ has a second derivative, else that of one side."""

    def _checked(self, scores: ArrayLike, targets: ArrayLike) -> tuple[Array, NDArray]:
        scores, targets = as_scores(scores), as_numbers("targets", targets)
        targets = targets[:, None] if targets.ndim == 1 else targets
        if scores.shape != targets.shape:
            raise InvalidDataError(
                f"scores have shape {scores.shape} and targets {targets.shape}; expected a target for each score"
            )
        number = np.result_type(scores, targets, np.float32)
        return scores.astype(number, copy=False), targets.astype(number, copy=False)

    def _rows(self, scores: Array, targets: NDArray) -> Array:
        with np.errstate(over="ignore", invalid="ignore"):
            return self._rho(scores - targets).sum(axis=1)

    def _gradient(self, scores: Array, targets: NDArray) -> Array:
        with np.errstate(over="ignore", invalid="ignore"):
            return self._psi(scores - targets)

    def _curvature(self, scores: Array, targets: NDArray) -> Array:
        with np.errstate(over="ignore", invalid="ignore"):
            slopes = self._psi_slope(scores - targets)
        return slopes[:, :, None] * np.eye(slopes.shape[1], dtype=slopes.dtype)


@dataclass(frozen=True)
class Squared(RegressionLoss):
    """Half squared error: the mean is the best constant, and one far row can move it anywhere.

    Formula: ½(s − y)². Gradient in s: s − y. Curvature: 1. Negative log-likelihood of Gaussian noise, up to a constant
    (Bishop, *Pattern Recognition and Machine Learning*, 3.1.1).

    Examples
    --------
    >>> Squared().value([[1.0]], [[3.0]])
    2.0
    >>> float(Squared().gradient([[1.0]], [[3.0]])[0, 0])
    -2.0
    """

    name: ClassVar[str] = "squared"
    code: ClassVar[int] = 0

    @property
    def noise(self) -> Gaussian:
        """Gaussian noise."""
        from onelayer.losses.noise import Gaussian

        return Gaussian(self)

    def _rho(self, errors: Array) -> Array:
        return 0.5 * errors * errors

    def _psi(self, errors: Array) -> Array:
        return errors

    def _psi_slope(self, errors: Array) -> Array:
        return np.ones_like(errors)

    def step_curvature(self, n_outputs: int) -> float:
        """Return 1: the Hessian in the scores is the identity."""
        return 1.0

    def constant(self, targets: NDArray, weights: NDArray | None, n_outputs: int) -> Array:
        """Return the mean of the targets, the constant with the least squared error."""
        return _each_output(_mean, targets, weights)


@dataclass(frozen=True)
class Absolute(RegressionLoss):
    """Absolute error: the median is the best constant, and no row pulls harder than another.

    Formula: |s − y|. Gradient in s: the sign of s − y; at s = y, where every slope in [−1, 1] is a subgradient, 0.
    Curvature: 0. Negative log-likelihood of Laplace noise, up to a constant (*Dive into Deep Learning*, exercises
    of 3.1).

    Examples
    --------
    >>> Absolute().value([[1.0], [1.0]], [[3.0], [0.5]])
    1.25
    >>> Absolute().gradient([[1.0], [1.0], [1.0]], [[3.0], [0.5], [1.0]]).ravel().tolist()
    [-1.0, 1.0, 0.0]
    """

    name: ClassVar[str] = "absolute"
    code: ClassVar[int] = 2
    bounded: ClassVar[bool] = True

    @property
    def noise(self) -> Laplace:
        """Laplace noise."""
        from onelayer.losses.noise import Laplace

        return Laplace(self)

    def _rho(self, errors: Array) -> Array:
        return np.abs(errors)

    def _psi(self, errors: Array) -> Array:
        return np.sign(errors)

    def _psi_slope(self, errors: Array) -> Array:
        return np.zeros_like(errors)

    def step_curvature(self, n_outputs: int) -> float:
        """Return 1: that of the parabola ½(e² + 1), which lies above |e| and touches it at errors of size one.

        The loss itself has no curvature that a rate could be set from. A step that this parabola allows lowers the
        loss while errors are of order one or more; nearer to the solution it takes a decaying rate.
        """
        return 1.0

    def relative_curvature(self, size: float) -> float:
        """Return 1/size: the parabola ½(e²/size + size) touches |e| at errors of that size."""
        return 1 / size

    def constant(self, targets: NDArray, weights: NDArray | None, n_outputs: int) -> Array:
        """Return the median of the targets: the middle of all constants with the least absolute error."""
        return _each_output(partial(_quantile, q=0.5), targets, weights)


@dataclass(frozen=True)
class Huber(RegressionLoss):
    """Huber's robust loss: squared for errors up to δ, absolute beyond.

    Formula: ½e² if |e| ≤ δ, else δ(|e| − ½δ), e = s − y. Gradient in s: e cut off at ±δ. Curvature: 1 if |e| ≤ δ, else
    0. Negative log-likelihood, up to a constant, of noise that is Gaussian in the middle with the tails of a Laplace
    distribution (Huber, "Robust estimation of a location parameter", *Annals of Mathematical Statistics* 35, 1964).

    Parameters
    ----------
    delta : float
        δ, from 10⁻¹⁵⁰ to 10¹⁵⁰, in units of the targets.

    Raises
    ------
    InvalidParameterError
        δ outside its range; or, from the methods that take scores and targets, both in float32 and a δ below
        1.2·10⁻³⁸, which float32 cannot hold.

    Examples
    --------
    >>> Huber().rows([[0.5], [-3.0]], [[0.0], [0.0]]).tolist()
    [0.125, 2.5]
    >>> Huber(0.5)
    Huber(delta=0.5)
    """

    delta: float = 1.0

    name: ClassVar[str] = "huber"
    code: ClassVar[int] = 3
    bounded: ClassVar[bool] = True

    def __post_init__(self) -> None:
        delta = check_real("delta", self.delta, 0)
        if not _LEAST_DELTA <= delta <= _LARGEST_DELTA:
            raise InvalidParameterError(
                f"delta={delta:g}: expected a number from {_LEAST_DELTA:g} to {_LARGEST_DELTA:g}, "
                f"in units of the targets"
            )
        object.__setattr__(self, "delta", delta)

    @property
    def noise(self) -> HuberNoise:
        """Gaussian noise with the tails of a Laplace distribution."""
        from onelayer.losses.noise import HuberNoise

        return HuberNoise(self)

    def _rho(self, errors: Array) -> Array:
        size = np.abs(errors)
        near = np.minimum(size, self._bound(errors.dtype))
        return near * (size - 0.5 * near)

    def _psi(self, errors: Array) -> Array:
        bound = self._bound(errors.dtype)
        return np.clip(errors, -bound, bound)

    def _psi_slope(self, errors: Array) -> Array:
        return (np.abs(errors) <= self._bound(errors.dtype)).astype(errors.dtype)

    def _bound(self, number: np.dtype) -> np.floating:
        """Return δ in the type of the errors; the type's largest number stands for a larger one."""
        numbers = np.finfo(number)
        if self.delta < float(numbers.tiny):
            raise InvalidParameterError(
                f"delta={self.delta:g} is too small for {number}, the type of scores and targets; give them as "
                f"float64"
            )
        return number.type(min(self.delta, float(numbers.max)))

    def step_curvature(self, n_outputs: int) -> float:
        """Return 1, the largest curvature, that of errors up to δ."""
        return 1.0

    def relative_curvature(self, size: float) -> float:
        """Return 1 up to δ, beyond it δ/size: a parabola of that curvature touches the loss at errors of that size."""
        return min(1.0, self.delta / size)

    def parameter(self, number: np.dtype) -> np.floating:
        """Return δ."""
        return self._bound(number)

    def constant(self, targets: NDArray, weights: NDArray | None, n_outputs: int) -> Array:
        """Return Huber's location of each output, where the errors, cut off at ±δ, have mean zero.

        The mean cut-off error grows with the constant. It is zero within δ of the median, since there at least half of
        the errors are cut off, all on one side; Brent's method finds the place. Where it is an interval, a point of it
        is returned. Cost: O(n_rows · log n_rows), and O(n_rows) for each of some 10 to 100 steps.
        """
        return _each_output(self._location, targets, weights)

    def _location(self, y: NDArray, weights: NDArray) -> float:
        weights = weights / weights.max()

        def slope(constant: float) -> float:
            with np.errstate(over="ignore"):
                return float(weights @ self._psi(constant - y))

        median = _quantile(y, weights, 0.5)
        at_median = slope(median)
        if at_median == 0:
            return median
        end = max(median - self.delta, y.min()) if at_median > 0 else min(median + self.delta, y.max())
        if np.sign(slope(end)) != -np.sign(at_median):  # zero at this end, but for rounding
            return float(end)
        finest = _EPS * abs(end - median) + np.finfo(np.float64).tiny
        return root(slope, median, end, finest)


@dataclass(frozen=True)
class Quantile(RegressionLoss):
    """Quantile (pinball) loss: the best constant is the q-quantile, with a share q of the targets below it.

    Formula: q·max(r, 0) + (1 − q)·max(−r, 0) with the residual r = y − s, so a score that is too low costs q for each
    unit, one that is too high 1 − q. Gradient in s: −q below the target, 1 − q above it; at s = y, where every slope in
    [−q, 1 − q] is a subgradient, 0. Curvature: 0. ``Quantile(0.5)`` is half the absolute error. Negative log-likelihood
    of asymmetric Laplace noise, up to a constant (Koenker and Bassett, "Regression quantiles", *Econometrica* 46,
    1978).

    Parameters
    ----------
    q : float
        Between 0 and 1, neither included.

    Raises
    ------
    InvalidParameterError

    Examples
    --------
    >>> Quantile(0.9).rows([[1.0], [1.0]], [[3.0], [0.0]]).round(12).tolist()
    [1.8, 0.1]
    >>> Quantile(0.9).constant([[float(y)] for y in range(101)], None, 1).tolist()
    [90.0]
    """

    q: float = 0.5

    name: ClassVar[str] = "quantile"
    code: ClassVar[int] = 4
    bounded: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "q", check_real("q", self.q, 0, 1))

    @property
    def noise(self) -> AsymmetricLaplace:
        """Asymmetric Laplace noise, of which a share q is negative."""
        from onelayer.losses.noise import AsymmetricLaplace

        return AsymmetricLaplace(self)

    def _rho(self, errors: Array) -> Array:
        return (1 - self.q) * np.maximum(errors, 0) - self.q * np.minimum(errors, 0)

    def _psi(self, errors: Array) -> Array:
        signs = np.sign(errors)
        return (1 - self.q) * np.maximum(signs, 0) + self.q * np.minimum(signs, 0)

    def _psi_slope(self, errors: Array) -> Array:
        return np.zeros_like(errors)

    def step_curvature(self, n_outputs: int) -> float:
        """Return ½: that of the parabola ¼(e² + (2 − 4q)·e + 1), which lies above and touches at errors of size one.

        The loss itself has no curvature that a rate could be set from; see ``Absolute.step_curvature``, of which this
        is half, as the loss is half the absolute error plus a linear term (Hunter and Lange, "Quantile regression via
        an MM algorithm", *Journal of Computational and Graphical Statistics* 9, 2000).
        """
        return 0.5

    def relative_curvature(self, size: float) -> float:
        """Return 1/size; see ``Absolute.relative_curvature``."""
        return 1 / size

    def parameter(self, number: np.dtype) -> np.floating:
        """Return q."""
        return number.type(self.q)

    def constant(self, targets: NDArray, weights: NDArray | None, n_outputs: int) -> Array:
        """Return the q-quantile of the targets: the middle of all constants with the least loss."""
        return _each_output(partial(_quantile, q=self.q), targets, weights)


def _each_output(
    constant: Callable[[NDArray, NDArray], float], targets: ArrayLike, weights: ArrayLike | None
) -> NDArray[np.float64]:
    """Return a statistic of the targets of each output, over the rows with a weight above 0."""
    columns = as_numbers("targets", targets).astype(np.float64, copy=False)
    columns = columns[:, None] if columns.ndim == 1 else columns
    if columns.ndim != 2:
        raise InvalidDataError(f"targets have shape {columns.shape}; expected (n_rows, n_outputs)")
    check_finite(columns, "targets")
    weights = row_weights(weights, len(columns))
    rows = weights > 0
    return np.array([constant(y, weights[rows]) for y in columns[rows].T])


def _mean(y: NDArray, weights: NDArray) -> float:
    """Return the weighted mean, with the numbers brought to order one by powers of two, so that no sum overflows."""
    (_, power), (_, power_of_weights) = np.frexp(np.abs(y).max()), np.frexp(weights.max())
    mean = np.average(np.ldexp(y, -power), weights=np.ldexp(weights, -power_of_weights))
    return float(np.ldexp(mean, power))


def _quantile(y: NDArray, weights: NDArray, q: float) -> float:
    """Return the weighted q-quantile: the middle of the values with a share q at or below them.

    It is Hyndman and Fan's second definition, NumPy's "averaged_inverted_cdf"; a row of weight two counts as two rows.
    Sums of weights that differ by no more than their rounding count as equal. Cost: O(n_rows · log n_rows).
    """
    order = np.argsort(y)
    y, below = y[order], np.cumsum(weights[order])
    share, rounding = q * below[-1], len(y) * _EPS * below[-1]
    first = np.searchsorted(below, share - rounding, "left")
    last = np.searchsorted(below, share + rounding, "right")
    return 0.5 * float(y[first]) + 0.5 * float(y[min(last, len(y) - 1)])

"""How well each loss finds the weights under each kind of noise: by theory, and by repeated simulation."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import quad

from onelayer.course.experiments import reweighting
from onelayer.data.synthetic import synthetic_regression
from onelayer.losses.regression import RegressionLoss

WEIGHTS, INTERCEPT = (2.0, -3.4), 4.2


@dataclass(frozen=True)
class Density:
    """A symmetric noise of scale one, as ``datasets.synthetic_regression`` draws it.

    Attributes
    ----------
    value : callable
        Its density f(ε), for ε of at least 0.
    score : callable
        −f′(ε)/f(ε), the slope of the loss −log f.
    """

    value: Callable[[float], float]
    score: Callable[[float], float]


def _normal(e: float, scale: float = 1.0) -> float:
    return math.exp(-0.5 * (e / scale) ** 2) / (scale * math.sqrt(2 * math.pi))


def _contaminated_score(e: float) -> float:
    odds = 90 * math.exp(-0.495 * e * e)  # that a row with this noise is none of the wild ones
    return e * (odds + 0.01) / (odds + 1)


DENSITIES = {
    "gaussian": Density(_normal, lambda e: e),
    "laplace": Density(lambda e: 0.5 * math.exp(-e), lambda e: 1.0),
    "student-t": Density(
        lambda e: 6 * math.sqrt(3) / (math.pi * (3 + e * e) ** 2), lambda e: 4 * e / (3 + e * e)
    ),
    "contaminated": Density(lambda e: 0.9 * _normal(e) + 0.1 * _normal(e, 10), _contaminated_score),
}


def asymptotic_variance(loss: RegressionLoss, density: Density, joint: float = 1.0) -> float:
    """Return V = E[ψ²] / E[ψ′]² with ψ = ℓ′: with n rows a weight's mean squared error is about V/n.

    For inputs of variance one (Huber, *Robust Statistics*, 1981, 7.6). E[ψ′] is computed as E[ψ·score].

    Parameters
    ----------
    loss : RegressionLoss
        One that is the same on both sides.
    density : Density
    joint : float
        Where the slope of the loss has a corner, Huber's δ.

    Examples
    --------
    >>> from onelayer.losses import Absolute
    >>> round(1 / asymptotic_variance(Absolute(), DENSITIES["gaussian"]), 6)  # 2/π
    0.63662
    """

    def psi(e: float) -> float:
        return float(loss.gradient([[e]], [[0.0]])[0, 0])

    square = _mean(lambda e: psi(e) ** 2, density, joint)
    return square / _mean(lambda e: psi(e) * density.score(e), density, joint) ** 2


def least_variance(density: Density) -> float:
    """Return 1/E[score²], below which V of no unbiased estimate lies: the Cramér–Rao bound.

    Examples
    --------
    >>> [round(least_variance(density), 4) for density in DENSITIES.values()][:3]
    [1.0, 1.0, 1.5]
    """
    return 1 / _mean(lambda e: density.score(e) ** 2, density)


def _mean(function: Callable[[float], float], density: Density, joint: float = 1.0) -> float:
    """Return the expectation of an even function of the noise, integrated in parts that meet at a corner."""
    parts = ((0.0, joint), (joint, joint + 30), (joint + 30, math.inf))
    return 2 * sum(quad(lambda e: function(e) * density.value(e), *part, epsabs=1e-12)[0] for part in parts)


def simulate(
    losses: Mapping[str, RegressionLoss], family: str, rows: int, repetitions: int, seed: int
) -> dict[str, NDArray]:
    """Return the squared errors ‖ŵ − w‖² of the weights in each repetition, for each loss on the same data."""
    data = synthetic_regression(WEIGHTS, INTERCEPT, rows * repetitions, 1.0, family, random_state=seed)
    X = np.concatenate([data.X, np.ones((len(data.X), 1))], axis=1).reshape(repetitions, rows, -1)
    y = np.asarray(data.y).reshape(repetitions, rows)
    fits = {name: reweighting.fit(X, y, loss) for name, loss in losses.items()}
    return {name: np.sum((w[:, :2] - WEIGHTS) ** 2, axis=1) for name, w in fits.items()}


def mean_with_error(values: NDArray) -> tuple[float, float]:
    """Return the mean and its standard error s/√n.

    Examples
    --------
    >>> mean_with_error(np.array([1.0, 3.0]))
    (2.0, 1.0)
    """
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))


def ratio_with_error(above: NDArray, below: NDArray) -> tuple[float, float]:
    """Return the ratio of two means over the same repetitions and its standard error, by the delta method.

    Examples
    --------
    >>> ratio_with_error(np.array([2.0, 4.0]), np.array([1.0, 2.0]))
    (2.0, 0.0)
    """
    ratio = above.mean() / below.mean()
    _, error = mean_with_error(above - ratio * below)
    return float(ratio), float(error / below.mean())

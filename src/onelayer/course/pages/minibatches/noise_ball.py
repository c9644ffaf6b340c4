"""Walks of stochastic gradient descent around the optimum of a linear regression, and how far they stay from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_WALKERS = 64


def stochastic_gradient(
    X: NDArray, y: NDArray, w: NDArray, batch_size: int, random_state: np.random.RandomState
) -> NDArray:
    """Return the gradient of the mean of ½(xᵀw − y)² over rows drawn at random, other ones for each walker's w."""
    rows = random_state.randint(len(X), size=(len(w), batch_size))
    residuals = np.einsum("kbj,kj->kb", X[rows], w) - y[rows]
    return np.einsum("kb,kbj->kj", residuals, X[rows]) / batch_size


def walk(
    slope: Callable[[NDArray], NDArray], start: NDArray, rate: Callable[[int], float], steps: int
) -> NDArray:
    """Step against a slope again and again, w ← w − ηₜ·slope(w), with the rate ηₜ of step t. Return every w."""
    path = [start]
    for step in range(steps):
        path.append(path[-1] - rate(step) * slope(path[-1]))
    return np.array(path)


@dataclass(frozen=True)
class Bowl:
    """The loss of a linear regression around its optimum.

    Attributes
    ----------
    optimum : (n_features,) array
    curvature : (n_features, n_features) array
        H = XᵀX/n.
    noise : (n_features, n_features) array
        Covariance over single rows of the gradient at the optimum, where its mean is zero.

    Examples
    --------
    >>> bowl = Bowl.of(np.array([[1.0], [1.0]]), np.array([1.0, 3.0]))
    >>> bowl.optimum.round(6), bowl.noise.round(6), bowl.excess(np.array([[4.0]])).round(6)
    (array([2.]), array([[1.]]), array([2.]))
    """

    optimum: NDArray
    curvature: NDArray
    noise: NDArray

    @classmethod
    def of(cls, X: NDArray, y: NDArray) -> Bowl:
        """Return the bowl of these data."""
        optimum = np.linalg.lstsq(X, y, rcond=None)[0]
        gradients = (X @ optimum - y)[:, None] * X
        return cls(optimum, X.T @ X / len(X), gradients.T @ gradients / len(X))

    @property
    def smallest_curvature(self) -> float:
        """λmin of H."""
        return float(np.linalg.eigvalsh(self.curvature)[0])

    def excess(self, w: NDArray) -> NDArray:
        """Return by how much the loss at w, shape (…, n_features), is above the smallest."""
        away = w - self.optimum
        return 0.5 * np.einsum("...i,ij,...j", away, self.curvature, away)

    def rest(self, rate: float, batch_size: int) -> float:
        """Return the mean excess loss at which walks with a constant rate settle: η/(4b)·trace(noise).

        Their covariance P stands still when HP + PH = (η/b)·noise, up to terms of order η², and the mean excess is
        ½·trace(HP) (Mandt, Hoffman and Blei, *Stochastic gradient descent as approximate Bayesian inference*, 2017).
        """
        return rate / (4 * batch_size) * float(np.trace(self.noise))


@dataclass(frozen=True)
class Ball:
    """Walks that have settled around the optimum: by how much their loss is above the smallest, on average."""

    batch_size: int
    rate: float
    measured: float
    predicted: float

    @classmethod
    def of(
        cls,
        X: NDArray,
        y: NDArray,
        batch_size: int,
        rate: float,
        steps: int,
        random_state: np.random.RandomState,
    ) -> Ball:
        """Start walkers at the optimum, let them spread for some steps, and look at them for as many again."""
        bowl = Bowl.of(X, y)
        start = np.tile(bowl.optimum, (_WALKERS, 1))

        def slope(w: NDArray) -> NDArray:
            return stochastic_gradient(X, y, w, batch_size, random_state)

        path = walk(slope, start, lambda step: rate, 2 * steps)
        excess = float(bowl.excess(path[steps:]).mean())
        return cls(batch_size, rate, excess, bowl.rest(rate, batch_size))

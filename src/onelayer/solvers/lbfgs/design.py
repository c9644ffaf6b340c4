"""The rows of an objective as the solver sees them, and the vectors in which it works."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from onelayer.kernels import threads, two_loop
from onelayer.losses.cross_entropy import weight_of_classes
from onelayer.matrices import spread
from onelayer.objective import Objective

_LOOKED_AT = 4096  # rows that stand for all where a mean over them will do
_TELLING = 512  # and where a number within a few per cent will do
_LEAST_MASS = 1e-8  # rows


class Design(ABC):
    """Rows z = (x − center)·scale and a one; parameters θ of some lines, the last of which is b.

    θ is kept free of what softmax does not see: each line sums to zero over the outputs. Without an intercept its last
    line stays zero.

    Attributes
    ----------
    n_rows, n_features, n_outputs : int
    number : dtype
        The type in which passes compute.
    center, scale : (n_features,) float64
    penalty : (n_features + 1, 1) float64
        Of the lines of W, and of b: F has ½·Σ penalty·W².
    intercept : bool
    share : (n_rows,) float64, or None
        Weights of the rows with mean one.
    counted : (n_counted,) int64
        The rows that have a weight.
    """

    def __init__(self, objective: Objective, center: NDArray, scale: NDArray, number: np.dtype) -> None:
        self.center, self.scale, self.number = center, scale, number
        self.n_rows, self.n_features = objective.X.shape
        self.n_outputs, self.intercept = objective.n_outputs, objective.fit_intercept
        self._take(objective)
        weights = objective.sample_weight
        self.share = None if weights is None else weights * (self.n_rows / weights.sum())
        self.counted = np.arange(self.n_rows) if weights is None else np.flatnonzero(weights)

    def _take(self, objective: Objective) -> None:
        self.objective = objective
        with np.errstate(over="ignore"):
            penalty = objective.alpha * np.square(self.scale / objective.X.unit)
        self.penalty = np.append(penalty, 0.0)[:, None]

    def repenalised(self, objective: Objective) -> Self:
        """Return the design of an objective that differs from its own in the weight of the penalty alone."""
        other = copy.copy(self)
        other._take(objective)
        return other

    @classmethod
    def first_type(cls, objective: Objective, tol: float) -> np.dtype:
        """Return the type in which passes compute until F is about ``tol``·F above its least value."""
        return objective.X.number

    @abstractmethod
    def in_type(self, number: np.dtype) -> Self:
        """Return a design of the same rows whose passes compute in another type."""

    @property
    @abstractmethod
    def work(self) -> float:
        """Multiplications of a pass."""

    @property
    def n_threads(self) -> int:
        """How many threads share the work."""
        return self.objective.n_threads or threads.available()

    @abstractmethod
    def start(self, start: tuple[NDArray, NDArray] | None) -> NDArray:
        """Return θ of (coef, intercept); by default without weights, and with the intercept that is best alone."""

    @abstractmethod
    def value_and_gradient(self, theta: NDArray) -> tuple[float, float, NDArray]:
        """Return F, the mean loss in it, and the gradient of F."""

    def length(self, theta: NDArray, direction: NDArray, slope: float) -> float:
        """Return how far to go first along a direction in which F has this slope: all of it, if that takes a pass."""
        return 1.0

    @abstractmethod
    def penalty_gradient(self, theta: NDArray) -> NDArray:
        """Return the gradient of the penalty at θ."""

    @property
    @abstractmethod
    def parts(self) -> NDArray:
        """The inner product of two vectors like θ, as ``two_loop`` describes it."""

    def inner(self, u: NDArray, v: NDArray) -> float:
        """Return the inner product of two vectors like θ."""
        return two_loop.inner(u.ravel(), v.ravel(), self.parts)

    @cached_property
    def _mean_of_outputs(self) -> NDArray:
        """What a line is multiplied with to give its mean."""
        return np.full((self.n_outputs, 1), 1 / self.n_outputs)

    @abstractmethod
    def square_over_penalty(self, gradient: NDArray) -> float:
        """Return the squared gradient in W over twice the penalty; infinite without a penalty."""

    @abstractmethod
    def renewed(self, theta: NDArray) -> NDArray:
        """Return θ as it is for this design, of one for another design of the same rows, in another type."""

    @abstractmethod
    def parameters(self, theta: NDArray) -> tuple[NDArray, NDArray]:
        """Return (coef, intercept) in units of X as stored."""

    @abstractmethod
    def scores(self, theta: NDArray, which: NDArray) -> NDArray:
        """Return the scores of some rows, (n, n_outputs) float64."""

    def probabilities(self, theta: NDArray, which: NDArray) -> NDArray:
        """Return softmax of the scores of some rows, (n, n_outputs) float64."""
        loss = self.objective.loss
        if not theta[:-1].any():  # W = 0: all rows alike
            return np.tile(loss.probabilities(theta[-1:]), (len(which), 1))  # type: ignore[attr-defined]
        return loss.probabilities(self.scores(theta, which))  # type: ignore[attr-defined]

    def curvature(self, theta: NDArray, direction: NDArray) -> float:
        """Return the second derivative of F at θ along a direction, by some rows."""
        which = self.some(_TELLING)
        P, change = self.probabilities(theta, which), self.scores(direction, which)
        change -= (P * change).sum(axis=1, keepdims=True)
        of_rows = (P * np.square(change)).sum(axis=1)
        return float(self.weights_of(which) @ of_rows) + self.inner(
            direction, self.penalty_gradient(direction)
        )

    def some(self, most: int = _LOOKED_AT) -> NDArray:
        """Return the numbers of at most so many rows that have a weight, evenly spread."""
        return self.counted[spread(len(self.counted), most)]

    def weights_of(self, which: NDArray) -> NDArray:
        """Return the weights of some rows, with sum one."""
        weights = np.ones(len(which)) if self.share is None else self.share[which]
        return weights / weights.sum()

    @property
    def least_share(self) -> float:
        """The least weight of a row that has one, of weights with sum one."""
        return 1 / self.n_rows if self.share is None else float(self.share[self.counted].min()) / self.n_rows

    def _best_constant(self) -> NDArray:
        """Return the logarithms of the shares of the classes; one without rows has a share of nearly none."""
        targets = self.objective.targets
        return np.log(np.maximum(weight_of_classes(targets, self.share, self.n_outputs), _LEAST_MASS))

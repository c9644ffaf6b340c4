"""The rows of an objective as the solver sees them: standardised where that costs nothing, with a column of ones."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from onelayer.kernels import full_pass, row_losses, scoring, sparse_pass
from onelayer.matrices import spread
from onelayer.objective import Objective
from onelayer.solvers.newton.coordinates import Coordinates

_LOOKED_AT = 4096  # rows that stand for all where a mean over them will do
_LEAST_MASS = 1e-8  # rows


class Design(ABC):
    """Rows z = (x − center)·scale and a one; parameters θ of shape (n_features + 1, n_outputs), W and then b.

    θ is kept free of what softmax does not see: each line sums to zero over the outputs. Without an intercept its last
    line stays zero.

    Attributes
    ----------
    n_rows, n_features, n_outputs : int
    number : dtype
        The type in which passes compute.
    center, scale : (n_features,) float64
    penalty : (n_features + 1, 1) float64
        Of the lines of θ: F has ½·Σ penalty·θ².
    intercept : bool
    share : (n_rows,) float64, or None
        Weights of the rows with mean one.
    counted : (n_counted,) int64
        The rows that have a weight.
    """

    def __init__(self, objective: Objective, center: NDArray, scale: NDArray, number: np.dtype) -> None:
        self.objective, self.center, self.scale, self.number = objective, center, scale, number
        self.n_rows, self.n_features = objective.X.shape
        self.n_outputs, self.intercept = objective.n_outputs, objective.fit_intercept
        with np.errstate(over="ignore"):
            penalty = objective.alpha * np.square(scale / objective.X.unit)
        self.penalty = np.append(penalty, 0.0)[:, None]
        weights = objective.sample_weight
        self.share = None if weights is None else weights * (self.n_rows / weights.sum())
        self.counted = np.arange(self.n_rows) if weights is None else np.flatnonzero(weights)

    @abstractmethod
    def _pass(self, theta: NDArray) -> tuple[float, NDArray]:
        """Return Σ w·ℓ and its gradient."""

    @abstractmethod
    def rows(self, which: NDArray) -> NDArray:
        """Return some rows [z, 1] with every value."""

    @property
    @abstractmethod
    def work(self) -> float:
        """Multiplications of a pass."""

    @abstractmethod
    def column_moments(self) -> tuple[NDArray, NDArray]:
        """Return mean and mean square of each column of z, those of some rows where they can stand for all."""

    def value_and_gradient(self, theta: NDArray) -> tuple[float, float, NDArray]:
        """Return F, the mean loss in it, and the gradient of F."""
        total, gradient = self._pass(theta)
        loss = total / self.n_rows
        gradient /= self.n_rows
        gradient += self.penalty * theta
        gradient -= gradient.mean(axis=1, keepdims=True)
        if not self.intercept:
            gradient[-1] = 0
        return loss + 0.5 * float(np.vdot(theta, self.penalty * theta)), loss, gradient

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

    def start(self, start: tuple[NDArray, NDArray] | None) -> NDArray:
        """Return θ of (coef, intercept); by default zeros, and the intercept that is best alone."""
        theta = np.zeros((self.n_features + 1, self.n_outputs))
        if start is not None:
            coef, intercept = (np.asarray(part, np.float64) for part in start)
            theta[:-1] = (coef / self.scale).T
            theta[-1] = intercept + coef @ self.center
        elif self.intercept:
            theta[-1] = self._best_constant()
        theta -= theta.mean(axis=1, keepdims=True)
        if not self.intercept:
            theta[-1] = 0
        return theta

    def _best_constant(self) -> NDArray:
        """Return the logarithms of the shares of the classes; one without rows has a share of nearly none."""
        targets = self.objective.targets
        share = np.ones(self.n_rows) if self.share is None else self.share
        if targets.shape[1] == 1:
            mass = np.bincount(targets[:, 0].astype(np.intp), share, self.n_outputs)
        else:
            mass = share @ targets
        return np.log(np.maximum(mass, _LEAST_MASS))

    def parameters(self, theta: NDArray) -> tuple[NDArray, NDArray]:
        """Return (coef, intercept) in units of X as stored."""
        coef = theta[:-1].T * self.scale
        return coef, theta[-1] - coef @ self.center

    def probabilities(self, theta: NDArray, which: NDArray) -> NDArray:
        """Return softmax of the scores of some rows, (n, n_outputs) float64."""
        Z = self.objective.X.design(which, self.center, self.scale, self.intercept)
        scores = np.asarray(Z @ theta.astype(Z.dtype), np.float64)
        return self.objective.loss.probabilities(scores)  # type: ignore[attr-defined]


class DenseDesign(Design):
    """Rows that are stored as numbers: floats centred and scaled on the way, bytes in their unit."""

    def __init__(self, objective: Objective, number: np.dtype) -> None:
        X = objective.X
        n_features = X.shape[1]
        self._bytes = X.dtype == np.uint8
        if self._bytes:
            center, scale = np.zeros(n_features), np.full(n_features, X.unit)
        else:
            seen = Coordinates.of(X, objective.sample_weight, objective.fit_intercept)
            center, scale = seen.center.astype(X.number).astype(np.float64), seen.scale
        super().__init__(objective, center, scale, number)
        source, nothing = scoring.writeable(X.array), np.zeros(0, number)
        self._rows = scoring.Rows(
            source,
            nothing if self._bytes else center.astype(number),
            nothing if self._bytes else scale.astype(number),
            number.type(X.unit),
            np.ascontiguousarray(objective.targets, number),
            nothing if self.share is None else self.share.astype(number),
            np.arange(self.n_rows),
        )
        self._cut = full_pass.plan(source, self.n_outputs, not self._bytes, number)
        loss = objective.loss
        self._loss = row_losses.RowLoss(loss.code, loss.parameter(number), nothing)

    def _pass(self, theta: NDArray) -> tuple[float, NDArray]:
        total, G, g = full_pass.full_pass(
            self._rows, self._loss, theta[:-1].T, theta[-1], self._cut, self.objective.n_threads
        )
        return total, np.vstack([G.T, g])

    def rows(self, which: NDArray) -> NDArray:
        return self.objective.X.design(which, self.center, self.scale, self.intercept)

    @property
    def work(self) -> float:
        return 2.0 * self.n_rows * self.n_features * self.n_outputs

    def column_moments(self) -> tuple[NDArray, NDArray]:
        which = self.some()
        Z, weights = self.rows(which)[:, :-1].astype(np.float64), self.weights_of(which)
        return weights @ Z, weights @ np.square(Z)


class SparseDesign(Design):
    """Rows of a sparse matrix, as they are in its unit; kept by columns too."""

    def __init__(self, objective: Objective, number: np.dtype) -> None:
        X = objective.X
        n_features = X.shape[1]
        super().__init__(objective, np.zeros(n_features), np.full(n_features, X.unit), number)
        stored = csr_array(
            (X.values.astype(number, copy=False) * number.type(X.unit), X.columns, X.starts), X.shape
        )
        self._columns = stored.tocsc()
        self._X, self._XT = (
            sparse_pass.Compressed(part.data, part.indices, part.indptr) for part in (stored, self._columns)
        )
        nothing = np.zeros(0, number)
        share = nothing if self.share is None else self.share.astype(number)
        self._labelled = sparse_pass.Labelled(np.ascontiguousarray(objective.targets, number), share)
        self._loss = row_losses.RowLoss(objective.loss.code, objective.loss.parameter(number), nothing)

    def _pass(self, theta: NDArray) -> tuple[float, NDArray]:
        theta = np.ascontiguousarray(theta, self.number)
        return sparse_pass.sparse_pass(
            self._X, self._XT, self._labelled, self._loss, theta, self.objective.n_threads
        )

    def rows(self, which: NDArray) -> NDArray:
        return self.objective.X.design(which, self.center, self.scale, self.intercept).toarray()

    @property
    def work(self) -> float:
        return 4.0 * len(self._X.data) * self.n_outputs

    def column_moments(self) -> tuple[NDArray, NDArray]:
        weights = self.weights_of(np.arange(self.n_rows))
        return weights @ self._columns, weights @ self._columns.power(2)


def design_of(objective: Objective, number: np.dtype) -> Design:
    """Return the rows of an objective."""
    return (DenseDesign if objective.X.centring else SparseDesign)(objective, number)

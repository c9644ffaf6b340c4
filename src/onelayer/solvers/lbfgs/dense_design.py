"""Rows of which every value is stored, as the solver sees them."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from onelayer.kernels import full_pass, lines, row_losses, scoring
from onelayer.objective import Objective
from onelayer.solvers.lbfgs.by_columns import ByColumns
from onelayer.solvers.newton.coordinates import Coordinates

_KEPT = 1 << 22  # numbers of Z up to which they are kept
_SAMPLE = 1 << 16  # numbers from which centres and scales are taken
_SINGLE = 1e-5  # tol from which on float32 is enough to tell when it is reached
_BRIEF = 1 << 22  # multiplications of a pass in which a second copy of the rows does not pay


class DenseDesign(ByColumns):
    """Rows that are stored as numbers: floats centred and scaled on the way, bytes in their unit."""

    def __init__(self, objective: Objective, number: np.dtype, like: DenseDesign | None = None) -> None:
        X = objective.X
        n_features = X.shape[1]
        self._bytes = X.dtype == np.uint8
        if like is not None:
            center, scale = like.center, like.scale
        elif self._bytes:
            center, scale = np.zeros(n_features), np.full(n_features, X.unit)
        else:
            seen = Coordinates.of(X, objective.sample_weight, objective.fit_intercept, _SAMPLE)
            center, scale = seen.center.astype(X.number).astype(np.float64), seen.scale
        super().__init__(objective, center, scale, number)
        self._moments: tuple[NDArray, NDArray] | None = None
        nothing = np.zeros(0, number)
        self._kept = self._standardised(number)
        source = scoring.writeable(X.array) if self._kept is None else self._kept
        on_the_way = not self._bytes and self._kept is None
        self._rows = scoring.Rows(
            source,
            center.astype(number) if on_the_way else nothing,
            scale.astype(number) if on_the_way else nothing,
            number.type(X.unit),
            np.ascontiguousarray(objective.targets, number),
            nothing if self.share is None else self.share.astype(number),
            np.arange(self.n_rows),
        )
        self._cut = full_pass.plan(source, self.n_outputs, on_the_way, number)
        loss = objective.loss
        self._loss = row_losses.RowLoss(loss.code, loss.parameter(number), nothing)

    @classmethod
    def first_type(cls, objective: Objective, tol: float) -> np.dtype:
        """Return the type in which passes compute at first: float32 where it is enough and a copy is made anyway."""
        X, single = objective.X, np.dtype(np.float32)
        brief = X.shape[0] * X.shape[1] * objective.n_outputs < _BRIEF
        if tol < _SINGLE or brief or not _few(objective, single):
            return X.number
        return single

    def in_type(self, number: np.dtype) -> Self:
        """Return a design of the same rows, in the same coordinates, whose passes compute in another type."""
        return type(self)(self.objective, number, self)

    def _standardised(self, number: np.dtype) -> NDArray | None:
        """Return Z in whole vectors, where floats are so few that a copy of them is worth its room; else None."""
        X, (n_rows, n_features) = self.objective.X, self.objective.X.shape
        if not _few(self.objective, number):
            return None
        kept = lines.empty(n_rows, scoring.padded(n_features, number), number)
        Z = kept[:, :n_features]
        np.subtract(X.array, self.center.astype(np.result_type(X.number, number)), out=Z)
        Z *= self.scale.astype(number)
        return kept

    def _pass(self, theta: NDArray) -> tuple[float, NDArray]:
        total, G, g = full_pass.full_pass(
            self._rows, self._loss, theta[:-1].T, theta[-1], self._cut, self.objective.n_threads
        )
        gradient = np.empty(theta.shape)
        gradient[:-1], gradient[-1] = G.T, g
        return total, gradient

    def rows(self, which: NDArray) -> NDArray:
        """Return some rows [z, 1] with every value."""
        if self._kept is not None:
            return np.column_stack([self._kept_rows(which), np.full(len(which), self.intercept)])
        return self.objective.X.design(which, self.center, self.scale, self.intercept)

    def scores(self, theta: NDArray, which: NDArray) -> NDArray:
        """Return the scores of some rows, (n, n_outputs) float64."""
        if self._kept is None:
            return super().scores(theta, which)
        return self._kept_rows(which) @ theta[:-1].astype(self.number) + theta[-1]

    def _kept_rows(self, which: NDArray) -> NDArray:
        """Return some rows of those that are kept, which are not copied if they are all."""
        assert self._kept is not None
        Z = self._kept[:, : self.n_features]
        return Z if len(which) == self.n_rows else Z[which]

    @property
    def work(self) -> float:
        """The multiplications of a pass."""
        return 2.0 * self.n_rows * self.n_features * self.n_outputs

    def column_moments(self) -> tuple[NDArray, NDArray]:
        """Return mean and mean square of each column, over some rows."""
        if self._moments is None:
            which = self.some()
            Z = self.rows(which)[:, :-1]
            weights = self.weights_of(which).astype(Z.dtype)
            mean, square = weights @ Z, weights @ np.square(Z)
            self._moments = mean.astype(np.float64), square.astype(np.float64)
        return self._moments


def _few(objective: Objective, number: np.dtype) -> bool:
    """Tell whether rows are floats, and so few that a copy of them in this type is worth its room."""
    n_rows, n_features = objective.X.shape
    return objective.X.dtype != np.uint8 and n_rows * scoring.padded(n_features, number) <= _KEPT

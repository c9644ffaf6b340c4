"""Designs with a line of θ for each column."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from onelayer.kernels import two_loop
from onelayer.matrices import spread
from onelayer.solvers.lbfgs.design import Design

_ROWS, _COLUMNS = 256, 128  # that tell whether columns correlate
_EVEN = 0.25  # variance of the eigenvalues up to which they do not


class ByColumns(Design):
    """θ has the shape (n_features + 1, n_outputs): W and then b."""

    @abstractmethod
    def _pass(self, theta: NDArray) -> tuple[float, NDArray]:
        """Return Σ w·ℓ and its gradient."""

    @abstractmethod
    def rows(self, which: NDArray) -> NDArray:
        """Return some rows [z, 1] with every value."""

    @abstractmethod
    def column_moments(self) -> tuple[NDArray, NDArray]:
        """Return mean and mean square of each column of z, those of some rows where they can stand for all."""

    @cached_property
    def uncorrelated(self) -> bool:
        """Whether the columns hardly correlate.

        The eigenvalues of their correlation matrix are one on average; their variance is Σ r²/n_features over the
        pairs of columns. It is estimated from some rows and columns: of m rows, columns without any correlation have
        r² = 1/m on average. Where the eigenvalues vary little, the diagonal is as good as the matrix.
        """
        if self.objective.X.principal:
            return True
        which, columns = self.some(_ROWS), spread(self.n_features, _COLUMNS)
        n_pairs = len(columns) * (len(columns) - 1)
        if n_pairs == 0 or len(which) < 2:
            return True
        Z, weights = self.rows(which)[:, columns].astype(np.float64), self.weights_of(which)
        if self.intercept:
            Z -= weights @ Z
        Z *= np.sqrt(weights)[:, None]
        lengths = np.sqrt(np.square(Z).sum(axis=0))
        Z /= np.where(lengths > 0, lengths, 1)
        squares = float(np.square(Z.T @ Z).sum()) - np.count_nonzero(lengths)
        of_all = 1.0 if self.share is None else float(np.square(self.share).mean())
        by_chance = of_all / self.n_rows - float(np.square(weights).sum())
        return bool((self.n_features - 1) * (squares / n_pairs + by_chance) <= _EVEN)

    def start(self, start: tuple[NDArray, NDArray] | None) -> NDArray:
        """Return θ of (coef, intercept); by default without weights, and with the intercept that is best alone."""
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

    def value_and_gradient(self, theta: NDArray) -> tuple[float, float, NDArray]:
        """Return F, the mean loss in it, and the gradient of F."""
        total, gradient = self._pass(theta)
        loss = total / self.n_rows
        gradient /= self.n_rows
        of_penalty = self.penalty_gradient(theta)
        gradient += of_penalty
        gradient -= gradient @ self._mean_of_outputs
        if not self.intercept:
            gradient[-1] = 0
        return loss + 0.5 * float(np.vdot(theta, of_penalty)), loss, gradient

    def penalty_gradient(self, theta: NDArray) -> NDArray:
        """Return the gradient of the penalty at θ."""
        return self.penalty * theta

    @cached_property
    def parts(self) -> NDArray:
        """All numbers of one vector times those of the other."""
        return two_loop.plain((self.n_features + 1) * self.n_outputs)

    def square_over_penalty(self, gradient: NDArray) -> float:
        """Return Σ g²/(2·penalty) of the gradient in W; infinite without a penalty."""
        square = np.square(gradient[:-1])
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(np.where(square > 0, square / (2 * self.penalty[:-1]), 0.0).sum())

    def renewed(self, theta: NDArray) -> NDArray:
        """Return θ as it is for this design, of one for another design of the same rows, in another type."""
        return theta

    def parameters(self, theta: NDArray) -> tuple[NDArray, NDArray]:
        """Return (coef, intercept) in units of X as stored."""
        coef = theta[:-1].T * self.scale
        return coef, theta[-1] - coef @ self.center

    def scores(self, theta: NDArray, which: NDArray) -> NDArray:
        """Return the scores of some rows, (n, n_outputs) float64."""
        Z = self.objective.X.design(which, self.center, self.scale, self.intercept)
        return np.asarray(Z @ theta.astype(Z.dtype), np.float64)

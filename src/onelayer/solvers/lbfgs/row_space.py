"""Sparse rows that are fewer than their columns: W as a combination of rows, which it is at the optimum.

Without a start W is zero, and every gradient in W is Xᵀ·(slopes) + α·W; so all that L-BFGS ever makes of them are
combinations W = Xᵀ·A. Kept are A and the scores X·W, two numbers for each row and output instead of one for each column
and output: what the solver does beside the passes takes a fraction of the time, and inner products need no pass,
⟨Xᵀ·A, Xᵀ·B⟩ = ⟨A, X·Xᵀ·B⟩. (The representer theorem: Kimeldorf and Wahba, "Some results on Tchebycheffian spline
functions", *Journal of Mathematical Analysis and Applications* 33, 1971.)
"""

from __future__ import annotations

import math
from functools import cached_property, partial
from typing import Self

import numpy as np
from numpy.typing import NDArray

from onelayer.kernels import threads, two_loop
from onelayer.objective import Objective
from onelayer.solvers.lbfgs.design import Design
from onelayer.solvers.lbfgs.line_search import level
from onelayer.solvers.lbfgs.sparse_rows import SparseRows

_TURNED = 2048  # lines that are turned at a time, so that they stay in the cache
_FEWER = 2  # times fewer rows than columns


class RowSpaceDesign(Design):
    """θ has the lines of A, those of the scores X·W, and b: shape (2·n_rows + 1, n_outputs)."""

    def __init__(self, objective: Objective, number: np.dtype) -> None:
        X = objective.X
        n_features = X.shape[1]
        super().__init__(objective, np.zeros(n_features), np.full(n_features, X.unit), number)
        self._rows = SparseRows(objective, self.share, number)

    def in_type(self, number: np.dtype) -> Self:
        """Return a design of the same rows whose passes compute in another type."""
        return type(self)(self.objective, number)

    @property
    def _alpha(self) -> float:
        return float(self.penalty[0, 0])

    @staticmethod
    def suits(objective: Objective) -> bool:
        """Tell whether the rows are few enough, and each sparse enough, for this to pay."""
        n_rows, n_features = objective.X.shape
        return _FEWER * n_rows <= n_features

    def penalty_gradient(self, theta: NDArray) -> NDArray:
        """Return what stands for the gradient of the penalty at θ."""
        gradient = self._alpha * theta
        gradient[-1] = 0
        return gradient

    @cached_property
    def parts(self) -> NDArray:
        """The combinations of one vector times the scores of the other, and b times b."""
        size = self.n_rows * self.n_outputs
        return np.array([[0, size, size], [2 * size, 2 * size, self.n_outputs]])

    def _inner_of_weights(self, u: NDArray, v: NDArray) -> float:
        """Return the inner product of the W of two vectors."""
        return two_loop.inner(u.ravel(), v.ravel(), self.parts[:1])

    def start(self, start: tuple[NDArray, NDArray] | None) -> NDArray:
        """Return θ without weights, with the intercept that is best alone."""
        theta = np.zeros((2 * self.n_rows + 1, self.n_outputs))
        if self.intercept:
            best = self._best_constant()
            theta[-1] = best - best.mean()
        return theta

    def renewed(self, theta: NDArray) -> NDArray:
        """Return θ with scores that are computed from A again, in the type of passes."""
        theta = theta.copy()
        n, rows = self.n_rows, self._rows
        theta[n:-1] = rows.times_transposed(rows.lines(theta[:n]))[:, : self.n_outputs]
        return theta

    def value_and_gradient(self, theta: NDArray) -> tuple[float, float, NDArray]:
        """Return F, the mean loss in it, and what stands for the gradient of F."""
        n, K = self.n_rows, self.n_outputs
        slopes = self._rows.lines(theta[n:-1])
        loss = self._rows.losses(slopes, theta[-1]) / n
        slopes /= n
        gradient = np.empty(theta.shape)
        gradient[:n] = slopes[:, :K]
        gradient[n:-1] = self._rows.times_transposed(slopes)[:, :K]
        gradient[-1] = slopes[:, :K].sum(axis=0, dtype=np.float64) if self.intercept else 0
        gradient += self.penalty_gradient(theta)
        gradient -= gradient @ self._mean_of_outputs
        return loss + 0.5 * self._alpha * self._inner_of_weights(theta, theta), loss, gradient

    def length(self, theta: NDArray, direction: NDArray, slope: float) -> float:
        """Return about where F is least along a direction: the scores there are known without a pass."""
        n = self.n_rows
        scores, change = (vector[n:-1].astype(self.number, copy=False) for vector in (theta, direction))
        of_penalty = self._alpha * self._inner_of_weights(direction, theta)
        more_of_penalty = self._alpha * self._inner_of_weights(direction, direction)

        def slope_at(length: float) -> float:
            slopes = change * self.number.type(length)
            slopes += scores
            self._rows.losses(slopes, theta[-1] + length * direction[-1])
            of_loss = np.vdot(slopes, change) + slopes.sum(axis=0) @ direction[-1]
            return float(of_loss) / n + of_penalty + length * more_of_penalty

        return level(slope_at, slope)

    def square_over_penalty(self, gradient: NDArray) -> float:
        """Return the squared length of the gradient in W, over twice the penalty."""
        square = max(0.0, self._inner_of_weights(gradient, gradient))
        if self._alpha == 0:
            return math.inf if square > 0 else 0.0
        return square / (2 * self._alpha)

    def parameters(self, theta: NDArray) -> tuple[NDArray, NDArray]:
        """Return (coef, intercept) in units of X as stored."""
        W = self._rows.transposed_times(self._rows.lines(theta[: self.n_rows]))
        coef = np.empty((self.n_outputs, self.n_features))

        def turn(first: int) -> None:
            some = slice(first, first + _TURNED)
            np.multiply(W[some, : self.n_outputs].T, self.scale[some], out=coef[:, some])

        parts = [partial(turn, first) for first in range(0, self.n_features, _TURNED)]
        threads.share_out(self.n_threads, parts)
        return coef, theta[-1].copy()

    def scores(self, theta: NDArray, which: NDArray) -> NDArray:
        """Return the scores of some rows, (n, n_outputs) float64."""
        return theta[self.n_rows + which] + theta[-1]

    def mean_row(self) -> NDArray:
        """Return the mean row μ as a vector of this kind: combination of rows, and scores, (2·n_rows + 1, 1)."""
        weights = self.weights_of(np.arange(self.n_rows))
        scores = self._rows.scores_of_mean(weights)
        return np.concatenate([weights, scores, [0.0]])[:, None]

    def mean_square_length(self) -> float:
        """Return the mean of ‖x‖² over the rows."""
        return self._rows.mean_square_length(self.weights_of(np.arange(self.n_rows)))

    @property
    def work(self) -> float:
        """The multiplications of a pass."""
        return 4.0 * self._rows.nnz * self.n_outputs

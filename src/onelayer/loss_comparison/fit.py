"""A linear fit by a loss whose errors count in units of the scale of their noise."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from numpy.typing import NDArray

from onelayer.losses import Absolute, Huber, Squared
from onelayer.losses.regression import RegressionLoss
from onelayer.matrices import Dense
from onelayer.objective import Objective
from onelayer.solvers.closed_form.closed_form import ClosedForm
from onelayer.solvers.newton import Newton
from onelayer.solvers.solution import Solution

_TOLERANCE = 1e-6  # relative gap of a fit
_SAME_SCALE = 1e-4
_MOST_SCALES = 50


@dataclass(frozen=True)
class Fitter:
    """Fits of linear models with an intercept, by any of the three losses.

    Attributes
    ----------
    alpha : float
        Weight of the L2 penalty.
    n_threads : int or None
    """

    alpha: float
    n_threads: int | None

    def scores(
        self, loss: RegressionLoss, X: NDArray, y: NDArray, weights: NDArray, X_new: NDArray
    ) -> NDArray:
        """Fit to X and y, and return the scores of X_new; Huber's δ is in units of the likeliest scale of its noise."""
        objective = Objective(Dense(X), y[:, None], loss, 1, self.alpha, weights, True, self.n_threads)
        found = _SOLVERS[loss.name](objective, loss)
        return Dense(X_new).scores(found.coef, found.intercept, self.n_threads)[:, 0]


def _least_squares(objective: Objective, loss: RegressionLoss) -> Solution:
    return ClosedForm().solve(objective)


def _absolute(objective: Objective, loss: RegressionLoss) -> Solution:
    return Newton(tol=_TOLERANCE, n_threads=objective.n_threads).solve(objective)


def _huber(objective: Objective, loss: RegressionLoss) -> Solution:
    """Return weights and scale with the greatest likelihood, each in turn, until the scale stands still.

    −log p is convex in w/σ and 1/σ together, so that there is one optimum.
    """
    start = Absolute()
    found = _absolute(replace(objective, loss=start), start)
    before = math.inf
    for _ in range(_MOST_SCALES):
        residuals = objective.targets - objective.X.scores(found.coef, found.intercept, objective.n_threads)
        scale = loss.noise.fit_scale(residuals, objective.sample_weight)
        if abs(scale - before) <= _SAME_SCALE * scale:
            break
        solver = Newton(tol=_TOLERANCE, n_threads=objective.n_threads, scale=scale)
        found, before = solver.solve(objective, (found.coef, found.intercept)), scale
    return found


_SOLVERS: dict[str, Callable[[Objective, RegressionLoss], Solution]] = {
    Squared.name: _least_squares,
    Absolute.name: _absolute,
    Huber.name: _huber,
}

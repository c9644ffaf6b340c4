"""onelayer itself, as a user calls it."""

from __future__ import annotations

from typing import Any

import numpy as np

import onelayer as ol
from benchmarks.classification import folds
from benchmarks.classification.task import Task
from benchmarks.rival import scale

_TOL = 1e-4  # of F, relative: as near as LogisticRegressionCV comes with the best, and nearer with smaller penalties
_DISTRIBUTIONS = ("onelayer", "numba", "numpy", "scikit-learn", "scipy")


class Exact(Task):
    """``SoftmaxRegression`` to the optimum, on the rows as they are."""

    label = "onelayer"
    effort = "tol"
    distributions = _DISTRIBUTIONS

    def take(self, X: Any, y: np.ndarray, alpha: float) -> None:
        self.X, self.y, self.alpha = X, y, alpha

    def run(self, effort: float) -> None:
        model = ol.SoftmaxRegression(solver="lbfgs", alpha=self.alpha, tol=effort, n_threads=self.threads)
        self.model = model.fit(self.X, self.y)

    def outcome(self) -> dict[str, Any]:
        model = self.model
        return {
            "coef": model.coef_ / scale(self.X),
            "intercept": model.intercept_,
            "iterations": model.n_iter_,
            "gap": model.optimality_gap_,
        }


class Alphas(Task):
    """Every penalty on every fold, each fit going on from the one before, and the best on all rows."""

    label = f"onelayer `GridSweep`, tol={_TOL:g}"
    distributions = _DISTRIBUTIONS

    def take(self, X: Any, y: np.ndarray, alpha: float) -> None:
        self.X, self.y = X, y

    def run(self, effort: float) -> None:
        estimator = ol.SoftmaxRegression(solver="lbfgs", tol=_TOL, n_threads=self.threads)
        self.model = ol.GridSweep(estimator, {"alpha": folds.ALPHAS}, cv=folds.N_FOLDS).fit(self.X, self.y)

    def outcome(self) -> dict[str, Any]:
        return {"scores": self.model.cv_results_["mean_test_score"]}

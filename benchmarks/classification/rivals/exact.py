"""onelayer itself, as a user calls it."""

from __future__ import annotations

from typing import Any

import numpy as np

import onelayer as ol
from benchmarks.classification import folds
from benchmarks.classification.task import Task
from benchmarks.rival import scale

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
    """Every penalty on every fold, each fit from where the one before has ended, and the best on all rows."""

    label = "onelayer, each fit started at the one before"
    distributions = _DISTRIBUTIONS

    def take(self, X: Any, y: np.ndarray, alpha: float) -> None:
        self.X, self.y = X, y

    def run(self, effort: float) -> None:
        self.scores = np.empty((len(folds.ALPHAS), folds.N_FOLDS))
        for fold, (train, test) in enumerate(folds.split(self.X, self.y)):
            model = ol.SoftmaxRegression(solver="lbfgs", warm_start=True, n_threads=self.threads)
            for place, alpha in enumerate(folds.ALPHAS):
                model.set_params(alpha=alpha).fit(self.X[train], self.y[train])
                self.scores[place, fold] = model.score(self.X[test], self.y[test])
        best = folds.ALPHAS[int(self.scores.mean(axis=1).argmax())]
        self.model = ol.SoftmaxRegression(solver="lbfgs", alpha=best, n_threads=self.threads)
        self.model.fit(self.X, self.y)

    def outcome(self) -> dict[str, Any]:
        return {"scores": self.scores.mean(axis=1)}

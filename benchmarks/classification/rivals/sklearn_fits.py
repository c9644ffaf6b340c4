"""scikit-learn's ``LogisticRegression``, solver by solver, and ``LogisticRegressionCV``."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV

from benchmarks.classification import folds
from benchmarks.classification.task import Task
from benchmarks.machine import CORES
from benchmarks.rival import scale

_NEVER = 1e-14  # a tolerance that leaves the end to max_iter


class Fit(Task):
    """One solver, stopped after so many iterations: of "sag" and "saga", passes over the rows."""

    effort = "max_iter"
    distributions = ("scikit-learn", "scipy", "numpy")
    solver: ClassVar[str]
    dtype: ClassVar[type] = np.float64

    def take(self, X: Any, y: np.ndarray, alpha: float) -> None:
        self.X = X.astype(self.dtype, copy=False)
        if scale(X) != 1:
            self.X *= self.dtype(scale(X))
        self.y, self.C = y, 1 / (alpha * X.shape[0])

    def run(self, effort: float) -> None:
        model = LogisticRegression(
            C=self.C, solver=self.solver, max_iter=int(effort), tol=_NEVER, random_state=0
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.model = model.fit(self.X, self.y)

    def outcome(self) -> dict[str, Any]:
        model = self.model
        return {
            "coef": model.coef_,
            "intercept": model.intercept_,
            "iterations": int(np.max(model.n_iter_)),
        }


class Lbfgs(Fit):
    label = 'scikit-learn `solver="lbfgs"`, float64'
    solver = "lbfgs"


class LbfgsFloat32(Lbfgs):
    label = 'scikit-learn `solver="lbfgs"`, float32'
    dtype = np.float32


class NewtonCG(Fit):
    label = 'scikit-learn `solver="newton-cg"`, float64'
    solver = "newton-cg"


class NewtonCholesky(Fit):
    label = 'scikit-learn `solver="newton-cholesky"`, float64'
    solver = "newton-cholesky"


class Sag(Fit):
    label = 'scikit-learn `solver="sag"`, float64'
    solver = "sag"


class Saga(Fit):
    label = 'scikit-learn `solver="saga"`, float64'
    solver = "saga"


class Alphas(Task):
    """``LogisticRegressionCV`` with its own stopping rule, and as many iterations as it asks for.

    One fold after the other, each product by as many threads as there are: so a user has it who asks for nothing.
    """

    label = "scikit-learn `LogisticRegressionCV`"
    n_jobs: ClassVar[int | None] = None
    distributions = ("scikit-learn", "scipy", "numpy")

    def take(self, X: Any, y: np.ndarray, alpha: float) -> None:
        self.X, self.y = X, y

    def run(self, effort: float) -> None:
        splits = list(folds.split(self.X, self.y))
        n_train = len(splits[0][0])
        self.model = LogisticRegressionCV(
            Cs=[1 / (alpha * n_train) for alpha in folds.ALPHAS],
            cv=splits,
            l1_ratios=(0.0,),
            scoring="accuracy",
            max_iter=100_000,
            use_legacy_attributes=False,
            n_jobs=self.n_jobs,
        ).fit(self.X, self.y)

    def outcome(self) -> dict[str, Any]:
        return {"scores": self.model.scores_.mean(axis=0).ravel()}


class AlphasInJobs(Alphas):
    """Folds side by side, a process for each core: thrice as quick or more, if products have one thread each."""

    label = f"scikit-learn `LogisticRegressionCV(n_jobs={CORES})`"
    n_jobs = CORES

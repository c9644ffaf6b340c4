"""onelayer itself: ``LinearRegression`` as a user calls it."""

from __future__ import annotations

from typing import Any, ClassVar

import onelayer as ol
from benchmarks.regression.task import Task, coefficients


class Fit(Task):
    """A fit with some parameters."""

    label = "onelayer"
    distributions = ("onelayer", "numba", "numpy", "scikit-learn")
    parameters: ClassVar[dict[str, Any]]

    def run(self) -> None:
        self.model = ol.LinearRegression(n_threads=self.threads, **self.parameters).fit(self.X, self.y)

    def outcome(self) -> dict[str, Any]:
        return coefficients(self.model)


class LeastSquares(Fit):
    parameters: ClassVar = {"solver": "closed_form"}


class HuberFit(Fit):
    parameters: ClassVar = {"loss": "huber", "delta": 1.35}

    def outcome(self) -> dict[str, Any]:
        return {**coefficients(self.model), "gap": self.model.gap_, "scale": self.model.scale_}


class AbsoluteFit(Fit):
    parameters: ClassVar = {"loss": "absolute", "tol": 1e-6}

    def outcome(self) -> dict[str, Any]:
        return {**coefficients(self.model), "gap": self.model.gap_}


class Summary(LeastSquares):
    label = "onelayer, `fit` and `summary()`"

    def run(self) -> None:
        super().run()
        self.text = str(self.model.summary())

"""scikit-learn's linear models, unpenalised."""

from __future__ import annotations

from typing import Any

from sklearn import linear_model

from benchmarks.regression.task import Task, coefficients


class Fit(Task):
    """A fit of one estimator."""

    distributions = ("scikit-learn", "scipy")
    model: Any

    def run(self) -> None:
        self.model.fit(self.X, self.y)

    def outcome(self) -> dict[str, Any]:
        return coefficients(self.model)


class LeastSquares(Fit):
    label = "scikit-learn `LinearRegression`"

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        self.model = linear_model.LinearRegression()


class CholeskyRidge(Fit):
    label = 'scikit-learn `Ridge(solver="cholesky")`, alpha 1e-6'

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        self.model = linear_model.Ridge(alpha=1e-6, solver="cholesky")


class HuberFit(Fit):
    label = "scikit-learn `HuberRegressor`"

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        self.model = linear_model.HuberRegressor(epsilon=1.35, alpha=0.0, max_iter=1000)

    def outcome(self) -> dict[str, Any]:
        return {**coefficients(self.model), "scale": float(self.model.scale_)}


class AbsoluteFit(Fit):
    label = "scikit-learn `QuantileRegressor`"

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        self.model = linear_model.QuantileRegressor(quantile=0.5, alpha=0.0)

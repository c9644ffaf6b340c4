"""statsmodels' OLS: the column of ones, the fit, and the summary as text."""

from __future__ import annotations

from typing import Any

import statsmodels.api as sm

from benchmarks.regression.task import Task


class Summary(Task):
    label = "statsmodels `OLS`, `fit` and `summary()`"
    distributions = ("statsmodels",)

    def run(self) -> None:
        self.results = sm.OLS(self.y, sm.add_constant(self.X)).fit()
        self.text = str(self.results.summary())

    def outcome(self) -> dict[str, Any]:
        intercept, *coef = self.results.params.tolist()
        return {"coef": coef, "intercept": intercept}

"""One file per library; each is imported only in the process that runs it."""

from __future__ import annotations

import importlib

from benchmarks.regression.task import Task

_PLACE = "benchmarks.regression.rivals"
CLASSES = {
    "gram": f"{_PLACE}.blas:Gram",
    "onelayer": f"{_PLACE}.exact:LeastSquares",
    "onelayer-huber": f"{_PLACE}.exact:HuberFit",
    "onelayer-absolute": f"{_PLACE}.exact:AbsoluteFit",
    "onelayer-summary": f"{_PLACE}.exact:Summary",
    "sklearn": f"{_PLACE}.sklearn_fits:LeastSquares",
    "sklearn-ridge": f"{_PLACE}.sklearn_fits:CholeskyRidge",
    "sklearn-huber": f"{_PLACE}.sklearn_fits:HuberFit",
    "sklearn-quantile": f"{_PLACE}.sklearn_fits:AbsoluteFit",
    "statsmodels": f"{_PLACE}.statsmodels_ols:Summary",
}


def create(name: str, threads: int) -> Task:
    """Return the task of this name, its packages imported."""
    module, _, attribute = CLASSES[name].partition(":")
    return getattr(importlib.import_module(module), attribute)(threads)

"""One file per library; each is imported only in the process that runs it."""

from __future__ import annotations

import importlib

from benchmarks.classification.task import Task

_PLACE = "benchmarks.classification.rivals"
CLASSES = {
    "products": f"{_PLACE}.products:Products",
    "onelayer": f"{_PLACE}.exact:Exact",
    "onelayer-alphas": f"{_PLACE}.exact:Alphas",
    "sklearn-lbfgs": f"{_PLACE}.sklearn_fits:Lbfgs",
    "sklearn-lbfgs-float32": f"{_PLACE}.sklearn_fits:LbfgsFloat32",
    "sklearn-newton-cg": f"{_PLACE}.sklearn_fits:NewtonCG",
    "sklearn-newton-cholesky": f"{_PLACE}.sklearn_fits:NewtonCholesky",
    "sklearn-sag": f"{_PLACE}.sklearn_fits:Sag",
    "sklearn-saga": f"{_PLACE}.sklearn_fits:Saga",
    "sklearn-alphas": f"{_PLACE}.sklearn_fits:Alphas",
    "sklearn-alphas-jobs": f"{_PLACE}.sklearn_fits:AlphasInJobs",
}


def create(name: str, threads: int) -> Task:
    """Return the task of this name, its packages imported."""
    module, _, attribute = CLASSES[name].partition(":")
    return getattr(importlib.import_module(module), attribute)(threads)

"""The floor of least squares: the matrix of normal equations XᵀX by NumPy's BLAS, and nothing else."""

from __future__ import annotations

from typing import Any

from benchmarks.regression.task import Task


class Gram(Task):
    label = "BLAS, `X.T @ X` alone"
    distributions = ("numpy",)

    def run(self) -> None:
        self.gram = self.X.T @ self.X

    def outcome(self) -> dict[str, Any]:
        return {"trace": float(self.gram.trace())}

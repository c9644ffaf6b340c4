"""Digits of coefficients that are right, against least squares in exact rational arithmetic."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

MOST = 16.0
WAYS = ("onelayer", "householder", "sklearn", "lstsq", "normal")


@dataclass(frozen=True)
class Case:
    """Columns whose least-squares coefficients are hard to get right."""

    name: str
    X: np.ndarray
    y: np.ndarray


def cases() -> list[Case]:
    """Return the cases; their numbers are those of float64, so that exact arithmetic has the same problem."""
    draw = np.random.default_rng(0)
    found = []

    def add(name: str, *columns: np.ndarray) -> None:
        X = np.column_stack(columns).astype(np.float64)
        w = draw.standard_normal(X.shape[1])
        y = X @ w + 3 + 0.1 * np.abs(X @ w).mean() * draw.standard_normal(len(X))
        found.append(Case(name, X, y))

    steps, z = np.arange(21.0), draw.standard_normal((200, 5))
    add("polynomial of degree 5, x = 0, 1, …, 20", *(steps**power for power in range(1, 6)))
    add("polynomial of degree 10, x = 0, 1, …, 20", *(steps**power for power in range(1, 11)))
    unit = np.linspace(-1, 1, 101)
    add("polynomial of degree 10, x from −1 to 1", *(unit**power for power in range(1, 11)))
    away = np.linspace(-9, -3, 82)
    add("polynomial of degree 10, x from −9 to −3", *(away**power for power in range(1, 11)))
    for apart in (1e-3, 1e-6, 1e-9):
        add(f"two columns that differ by {apart:g}", z[:, 0], z[:, 0] + apart * z[:, 1], z[:, 2])
    add("columns of scale 1e-8 to 1e8", *(z[:, k] * 10.0**power for k, power in enumerate((-8, -4, 0, 4, 8))))
    years = 1950.0 + np.arange(75)
    add("years 1950 to 2024 and their squares", years, years**2)
    seconds = 1.6e9 + 86_400.0 * np.arange(200)
    add("timestamps in seconds, a day apart", seconds, z[:, 0])
    add("timestamps in seconds, a second apart", 1.6e9 + np.arange(200.0), z[:, 0])
    add("offsets of 1e8 and deviations of 1", *(1e8 + z[:, k] for k in range(3)))
    return found


def exact(case: Case) -> list[Fraction]:
    """Return the intercept and the coefficients, by Gaussian elimination of the normal equations in fractions."""
    rows = [[Fraction(1), *map(Fraction, row.tolist())] for row in case.X]
    targets = [Fraction(float(value)) for value in case.y]
    size = len(rows[0])
    system = [
        [sum(row[i] * row[j] for row in rows) for j in range(size)]
        + [sum(row[i] * target for row, target in zip(rows, targets, strict=True))]
        for i in range(size)
    ]
    for i in range(size):  # XᵀX is positive definite, so that no pivot is 0
        for below in range(i + 1, size):
            factor = system[below][i] / system[i][i]
            system[below] = [a - factor * b for a, b in zip(system[below], system[i], strict=True)]
    solution = [Fraction(0)] * size
    for i in reversed(range(size)):
        known = sum(system[i][j] * solution[j] for j in range(i + 1, size))
        solution[i] = (system[i][size] - known) / system[i][i]
    return solution


def digits(found: list[float], truth: list[Fraction]) -> float:
    """Return −log₁₀ of the largest relative error of a coefficient, from 0 to 16."""
    if not all(map(math.isfinite, found)):
        return 0.0
    error = max(abs(Fraction(value) - right) / abs(right) for value, right in zip(found, truth, strict=True))
    return MOST if error == 0 else min(MOST, max(0.0, -math.log10(error)))


def measure() -> list[dict[str, Any]]:
    """Return for each case the digits by every way."""
    records = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of columns that are nearly collinear, which they are meant to be
        for case in cases():
            truth = exact(case)
            record = {name: digits(_SOLVERS[name](case.X, case.y), truth) for name in WAYS}
            records.append({"case": case.name, "digits": record})
    return records


def _onelayer(X: np.ndarray, y: np.ndarray) -> list[float]:
    import onelayer as ol

    model = ol.LinearRegression(solver="closed_form").fit(X, y)
    return [float(model.intercept_), *model.coef_.tolist()]


def _sklearn(X: np.ndarray, y: np.ndarray) -> list[float]:
    from sklearn.linear_model import LinearRegression

    model = LinearRegression().fit(X, y)
    return [float(model.intercept_), *model.coef_.tolist()]


def _with_ones(X: np.ndarray) -> np.ndarray:
    return np.column_stack([np.ones(len(X)), X])


def _householder(X: np.ndarray, y: np.ndarray) -> list[float]:
    from scipy.linalg import qr, solve_triangular

    Q, R, order = qr(_with_ones(X), mode="economic", pivoting=True)
    solution = np.empty(len(order))
    solution[order] = solve_triangular(R, Q.T @ y)
    return solution.tolist()


def _lstsq(X: np.ndarray, y: np.ndarray) -> list[float]:
    return np.linalg.lstsq(_with_ones(X), y, rcond=None)[0].tolist()


def _normal(X: np.ndarray, y: np.ndarray) -> list[float]:
    Z = _with_ones(X)
    return np.linalg.solve(Z.T @ Z, Z.T @ y).tolist()


_SOLVERS: dict[str, Callable[[np.ndarray, np.ndarray], list[float]]] = {
    "onelayer": _onelayer,
    "householder": _householder,
    "sklearn": _sklearn,
    "lstsq": _lstsq,
    "normal": _normal,
}

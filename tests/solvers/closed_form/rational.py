"""Least squares without rounding: fractions of whole numbers, of the floating-point numbers as given."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import scipy.linalg


def fraction(value) -> Fraction:
    return Fraction(float(value))


def cross_products(Z, V, weights=None) -> list[list[Fraction]]:
    """ZᵀWV."""
    w = [Fraction(1)] * len(Z) if weights is None else [fraction(each) for each in weights]
    Z, V = ([[fraction(value) for value in row] for row in rows] for rows in (Z, V))
    return [
        [
            sum((wi * z[i] * v[j] for wi, z, v in zip(w, Z, V, strict=True)), Fraction(0))
            for j in range(len(V[0]))
        ]
        for i in range(len(Z[0]))
    ]


def eliminate(A: list[list[Fraction]], b: list[Fraction]) -> list[Fraction]:
    """Solve Ax = b by Gauss's elimination; A is positive definite, so no pivot is 0."""
    n, rows = len(A), [[*row, value] for row, value in zip(A, b, strict=True)]
    for k in range(n):
        for i in range(k + 1, n):
            factor = rows[i][k] / rows[k][k]
            rows[i] = [a - factor * c for a, c in zip(rows[i], rows[k], strict=True)]
    x = [Fraction(0)] * n
    for k in reversed(range(n)):
        x[k] = (rows[k][n] - sum(rows[k][j] * x[j] for j in range(k + 1, n))) / rows[k][k]
    return x


def with_ones(X) -> np.ndarray:
    return np.hstack([np.ones((len(X), 1)), X.astype(np.float64)])


def least_squares(X, y, weights=None, fit_intercept=True) -> list[Fraction]:
    """The parameters, the intercept first."""
    Z = with_ones(X) if fit_intercept else X
    return eliminate(
        cross_products(Z, Z, weights), [row[0] for row in cross_products(Z, y[:, None], weights)]
    )


def householder(X, y, weights=None, fit_intercept=True) -> np.ndarray:
    """The same by pivoted Householder QR in float64."""
    Z = with_ones(X) if fit_intercept else X.astype(np.float64)
    if weights is not None:
        Z, y = Z * np.sqrt(weights)[:, None], y * np.sqrt(weights)
    Q, R, order = scipy.linalg.qr(Z, mode="economic", pivoting=True)
    found = np.empty(Z.shape[1])
    found[order] = scipy.linalg.solve_triangular(R, Q.T @ y)
    return found


def digits(found, exact: list[Fraction]) -> float:
    """How many digits of the worst parameter are right, 15 at most."""
    right = [15.0]
    for value, truth in zip(found, exact, strict=True):
        error = abs(fraction(value) - truth) / abs(truth)
        right.append(15.0 if error == 0 else -math.log10(float(error)))
    return min(right)

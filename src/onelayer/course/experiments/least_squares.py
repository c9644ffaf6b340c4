"""Four ways to the weights with the smallest squared loss, and ridge, as short as they can be written.

>>> X, y = np.array([[1.0, 0.0], [1.0, 3.0]]), np.array([1.0, 2.0])
>>> exact(X, y)
[Fraction(1, 1), Fraction(1, 3)]
>>> [solve(X, y).round(6).tolist() for solve in (normal_equations, by_qr, by_svd)]
[[1.0, 0.333333], [1.0, 0.333333], [1.0, 0.333333]]

Where many weights are equally good, the singular value decomposition gives the shortest:

>>> by_svd(np.array([[1.0, 2.0]]), np.array([5.0])).round(6).tolist()
[1.0, 2.0]

References
----------
Golub and Van Loan, *Matrix Computations*, chapter 5.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, qr, solve_triangular, svd

Solver = Callable[[NDArray, NDArray], NDArray]


def normal_equations(X: NDArray, y: NDArray) -> NDArray:
    """Solve XᵀX w = Xᵀy, by Cholesky's factors of XᵀX."""
    return cho_solve(cho_factor(X.T @ X), X.T @ y)


def by_qr(X: NDArray, y: NDArray) -> NDArray:
    """Solve R w = Qᵀy, where X = QR, the columns of Q are orthonormal and R is triangular."""
    Q, R = qr(X, mode="economic")
    return solve_triangular(R, Q.T @ y)


def by_svd(X: NDArray, y: NDArray) -> NDArray:
    """Return the shortest w with the smallest loss: V·diag(1/σ)·Uᵀy without the σ that are only rounding."""
    U, sigma, Vt = svd(X, full_matrices=False)
    kept = sigma > max(X.shape) * np.finfo(X.dtype).eps * sigma[0]
    return Vt[kept].T @ (U.T[kept] @ y / sigma[kept])


def exact(X: NDArray, y: NDArray) -> list[Fraction]:
    """Solve XᵀX w = Xᵀy for two columns by Cramer's rule in fractions: no digit is ever rounded."""
    a, b, t = ([Fraction(float(value)) for value in column] for column in (*X.T, y))
    aa, ab, bb, at, bt = (
        sum((u * v for u, v in zip(left, right, strict=True)), Fraction())
        for left, right in ((a, a), (a, b), (b, b), (a, t), (b, t))
    )
    determinant = aa * bb - ab * ab
    return [(bb * at - ab * bt) / determinant, (aa * bt - ab * at) / determinant]


def ridge(X: NDArray, y: NDArray, alpha: float) -> NDArray:
    """Solve (XᵀX/n + αI) w = Xᵀy/n: the smallest mean loss plus α/2·‖w‖²."""
    n, d = X.shape
    return cho_solve(cho_factor(X.T @ X / n + alpha * np.eye(d)), X.T @ y / n)

"""Symmetric systems that may be singular, with rows and columns of any scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

_SINGULAR = 1e-13  # least squared pivot, relative to one, for which a Cholesky factor is trusted
_FLOOR = 1e-12  # eigenvalues are raised to this share of the largest
_NOTHING = 1e-10  # a column this short, beside its length over all rows, is not stretched to length one


@dataclass(frozen=True)
class System:
    """The solution of Mx = b, and whether M has full rank.

    Where it has not, directions in which M is flat are gone along far, as the raised eigenvalue asks for, unless b
    there is nothing but rounding.
    """

    solution: NDArray
    regular: bool


def solve(matrix: NDArray, right: NDArray, size: NDArray, rounding: float) -> System:
    """Solve a positive semidefinite system.

    Parameters
    ----------
    matrix : (k, k)
    right : (k,)
    size : (k,)
        Square roots of the diagonal that the matrix would have if all rows took part.
    rounding : float
        The rounding in ``right/size``.

    Examples
    --------
    >>> system = solve(np.diag([4.0, 0.0]), np.array([2.0, 1e-17]), np.array([2.0, 1.0]), 1e-15)
    >>> system.solution.tolist(), system.regular
    ([0.5, 0.0], False)
    """
    diagonal = np.sqrt(np.maximum(np.diag(matrix), 0))
    size = np.where(size > 0, size, 1.0)
    scale = np.where(diagonal > 0, np.maximum(diagonal, _NOTHING * size), size)
    scaled = matrix / scale[:, None] / scale
    if (diagonal >= scale).all():
        try:
            factor = np.linalg.cholesky(scaled)
        except np.linalg.LinAlgError:
            pass
        else:
            if (np.square(np.diag(factor)) > _SINGULAR).all():
                x = scipy.linalg.cho_solve((factor, True), right / scale, check_finite=False)
                return System(x / scale, True)
    values, vectors = np.linalg.eigh(scaled)
    floor = _FLOOR * np.max(values, initial=0.0) or _FLOOR
    along = vectors.T @ (right / scale)
    noise = rounding * np.sqrt(np.square(vectors.T) @ np.square(size / scale))
    along[(values <= floor) & (np.abs(along) <= noise)] = 0
    return System(vectors @ (along / np.maximum(values, floor)) / scale, False)


def least_squares(matrix: NDArray, right: NDArray, size: NDArray) -> NDArray:
    """Return the x of least length in units of 1/``size`` for which Mx comes nearest to b, M positive semidefinite.

    Eigenvalues of the matrix divided by ``size`` from both sides that are no more than rounding count as 0.

    Examples
    --------
    >>> least_squares(np.ones((2, 2)), np.array([2.0, 2.0]), np.ones(2)).round(12).tolist()
    [1.0, 1.0]
    """
    size = np.where(size > 0, size, 1.0)
    values, vectors = np.linalg.eigh(matrix / size[:, None] / size)
    along = vectors.T @ (right / size)
    flat = values <= _FLOOR * np.max(values, initial=0.0)
    return vectors @ np.where(flat, 0.0, along / np.where(flat, 1.0, values)) / size

"""The Cholesky factor of a large matrix, by blocks that threads share."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import get_lapack_funcs

from onelayer.kernels import threads

_SMALLEST, _LARGEST, _BLOCKS = 256, 768, 12  # rows of a block, and how many blocks there should be
_RIDGES = (
    1e-7,
    1e-5,
    1e-3,
)  # shares of the diagonal that are added to it, so that rounding leaves it positive


class Factor:
    """The Cholesky factor L of a positive definite matrix H.

    The BLAS does the blocks, each on one thread, and threads of our own share them: the same bits for any number.
    Blocks on the diagonal are inverted, so that all else are products.

    References
    ----------
    Golub and Van Loan, *Matrix Computations*, 4th ed., 4.2.9.
    """

    def __init__(self, L: NDArray, inverses: list[NDArray]) -> None:
        self._L, self._inverses = L, inverses

    @classmethod
    def of(cls, hessian: Callable[[], NDArray], n_threads: int) -> Self:
        """Return the factor of what ``hessian`` makes, a lower triangle, with as little added to it as need be.

        Raises
        ------
        LinAlgError
            Nothing helps.
        """
        for ridge in _RIDGES:
            H = hessian()
            diagonal = np.einsum("ii->i", H)
            diagonal *= 1 + ridge
            diagonal[diagonal <= 0] = 1  # of columns without values, and no penalty
            try:
                return cls(H, _factorise(H, n_threads))
            except np.linalg.LinAlgError:
                continue
        raise np.linalg.LinAlgError("the matrix is not positive definite")

    def solve(self, b: NDArray) -> NDArray:
        """Return H⁻¹·b, in float64."""
        L, x = self._L, b.astype(self._L.dtype)
        blocks = list(zip(range(0, len(L), _block(len(L))), self._inverses, strict=True))
        for start, inverse in blocks:
            stop = start + len(inverse)
            x[start:stop] = inverse @ (x[start:stop] - L[start:stop, :start] @ x[:start])
        for start, inverse in reversed(blocks):
            stop = start + len(inverse)
            x[start:stop] = inverse.T @ x[start:stop]
            x[:start] -= x[start:stop] @ L[start:stop, :start]
        return x.astype(np.float64)


def _block(n: int) -> int:
    return min(_LARGEST, max(_SMALLEST, n // _BLOCKS))


def _factorise(H: NDArray, n_threads: int) -> list[NDArray]:
    """Overwrite H by L and return the inverses of the blocks on its diagonal. Cost: n³/6 multiplications."""
    n, size, inverses = len(H), _block(len(H)), []

    def divide(rows: slice, columns: slice, inverse: NDArray) -> None:
        H[rows, columns] = H[rows, columns] @ inverse.T

    def subtract(rows: slice, columns: slice, known: slice) -> None:
        H[rows, columns] -= H[rows, known] @ H[columns, known].T

    for start in range(0, n, size):
        here = slice(start, min(start + size, n))
        H[here, here] = np.linalg.cholesky(H[here, here])
        inverses.append(_inverse(H[here, here]))
        below = [slice(first, min(first + size, n)) for first in range(here.stop, n, size)]
        threads.share_out(n_threads, [partial(divide, rows, here, inverses[-1]) for rows in below])
        parts = [(rows, columns) for k, rows in enumerate(below) for columns in below[: k + 1]]
        threads.share_out(n_threads, [partial(subtract, *part, here) for part in parts])
    return inverses


def _inverse(L: NDArray) -> NDArray:
    """Return the inverse of a lower triangle."""
    (trtri,) = get_lapack_funcs(("trtri",), (L,))
    inverse, info = trtri(L, lower=1)
    if info:
        raise np.linalg.LinAlgError("a pivot is zero")
    return np.ascontiguousarray(inverse)

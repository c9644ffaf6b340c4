"""How the classes hang together in the curvature of a softmax: the mean of diag(p) − ppᵀ over the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

_LEAST = 1e-3  # share of the mean curvature below which a direction between classes is not taken for flat


@dataclass(frozen=True)
class Coupling:
    """C = Σᵢ wᵢ·(diag(pᵢ) − pᵢpᵢᵀ) = U·diag(c)·Uᵀ on the directions that sum to zero.

    Attributes
    ----------
    c : (n_outputs − 1,) float64
    U : (n_outputs, n_outputs − 1) float64
    """

    c: NDArray
    U: NDArray

    @classmethod
    def of(cls, P: NDArray, weights: NDArray) -> Self:
        """Return that of probabilities P, (n_rows, n_outputs), of rows with weights that sum to one."""
        P = P.astype(np.float64)
        C = np.diag(weights @ P) - (P * weights[:, None]).T @ P
        c, U = np.linalg.eigh(C)
        c, U = c[1:], U[:, 1:]
        U -= U.mean(axis=0)
        return cls(np.maximum(c, _LEAST * max(float(c.mean()), np.finfo(np.float64).tiny)), U)

    def solve(self, of_classes: NDArray) -> NDArray:
        """Return the vector that sums to zero and whose product with C is this one, which sums to zero."""
        return self.U @ (self.U.T @ of_classes / self.c)

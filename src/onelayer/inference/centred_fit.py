"""A least-squares fit seen in the design [1, x − mean], in which the intercept stands by itself."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from onelayer.errors import InvalidParameterError

if TYPE_CHECKING:
    from onelayer.solvers.closed_form import LeastSquares


class CentredFit:
    """What inference needs of a fit, in the parameters (b + Wm, W) with the columns' means m.

    In these the intercept is independent of the coefficients, and columns that lie far from zero for their spread, such
    as years, cost no digits.

    Parameters
    ----------
    least_squares : LeastSquares

    Attributes
    ----------
    has_intercept : bool
    mean : (n_features,) float64
        m; zeros without an intercept.
    parameters : (1 + n_features, n_outputs) float64
        (b + Wm, W), transposed.
    n_rows : int
        Rows of a weight above 0.
    rank : int
        Of the columns of X; with an intercept, of the centred ones.
    degrees : int
        Degrees of freedom of the residuals: rows less the rank and the intercept.
    relations_known : bool
        Whether each column that depends on others has its relation to them; not where a fit of many more columns than
        rows was solved from the rows.
    """

    def __init__(self, least_squares: LeastSquares) -> None:
        self._fit = least_squares
        self.has_intercept = least_squares.fit_intercept
        self.mean = least_squares.mean if self.has_intercept else np.zeros_like(least_squares.mean)
        self.parameters = np.vstack(
            [least_squares.intercept + least_squares.coef @ self.mean, least_squares.coef.T]
        )
        self.n_rows, self.rank = least_squares.n_rows, least_squares.rank
        self.degrees = self.n_rows - self.rank - self.has_intercept
        self.relations_known = self.rank + len(least_squares.dependencies) == len(self.mean)

    @classmethod
    def unpenalised(cls, least_squares: LeastSquares) -> CentredFit:
        """Return a fit, refusing one that was penalised: its coefficients are biased, by an unknown amount.

        Raises
        ------
        InvalidParameterError
        """
        if least_squares.alpha > 0:
            raise InvalidParameterError(
                f"alpha={least_squares.alpha:g}: standard errors, tests, intervals and influence are those of a fit "
                f"without penalty, whose coefficients are unbiased; fit with alpha=0"
            )
        return cls(least_squares)

    @cached_property
    def basis(self) -> NDArray[np.float64]:
        """B with BBᵀ = (ZᵀWZ)⁺ for the centred design Z, so that the columns of √W·Z·B are orthonormal.

        Shape (1 + n_features, 1 + rank); the first row and column are zero without an intercept.
        """
        root = self._fit.inverse_root()
        basis = np.zeros((1 + root.shape[0], 1 + root.shape[1]))
        basis[0, 0] = 1 / np.sqrt(self._fit.total_weight) if self.has_intercept else 0
        basis[1:, 1:] = root
        return basis

    def variance(self, output: int) -> float:
        """Return s² = Σ wᵢeᵢ²/d of an output; NaN where no degrees of freedom d are left."""
        return float(self._fit.residual[output, output]) / self.degrees if self.degrees > 0 else np.nan


def leverages(Q: NDArray, weights: NDArray | None, rows: slice) -> NDArray[np.float64]:
    """Return hᵢ = wᵢ·‖qᵢ‖² of rows q = zB in the coordinates of ``CentredFit.basis``."""
    squares = np.einsum("ij,ij->i", Q, Q)
    return squares if weights is None else squares * weights[rows]

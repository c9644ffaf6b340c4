"""A pivoted Cholesky factor in doubled precision that finds which columns depend on others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onelayer.solvers.closed_form.double_double import DoubleDouble

_EPS = float(np.finfo(np.float64).eps)
_VALUES = (4 * _EPS) ** 2  # relative rounding of the values of X, squared
_SUSPECT = 1e-20  # a column of which more than this remains is looked at no closer


@dataclass(frozen=True, eq=False)
class Factorization:
    """A = RᵀR for a largest set of independent columns, and the others as combinations of these.

    A column depends on others when changing every value of X by a few units in its last place can make it so: when
    what remains of it, r = x − Σ fₖxₖ, is so short that ‖r‖² <= (4ε)²·(‖x‖² + Σ fₖ²‖xₖ‖²), or is below the same sum
    of the rounding errors of the squared lengths. That is a condition number of about 10¹⁴.

    Attributes
    ----------
    independent, dependent : (r,), (p − r,) int64
        Columns of A; in the order of the pivots, the largest remaining share first.
    R : (r, r) DoubleDouble
    factors : (r, p − r) DoubleDouble
        Column k: the factors f of dependent column k.
    share : (r,) float64
        What remained of each independent column when its turn came, relative to its squared length.
    """

    independent: NDArray[np.int64]
    dependent: NDArray[np.int64]
    R: DoubleDouble
    factors: DoubleDouble
    share: NDArray

    @classmethod
    def of(cls, A: DoubleDouble, whole: NDArray, rounding: NDArray) -> Factorization:
        """Return the factor of A.

        ``whole`` and ``rounding`` are what ``NormalEquations`` says of its columns; zeros for a matrix that is
        positive definite whatever was rounded.
        """
        from onelayer.kernels import cholesky

        n, work = A.shape[0], A.copy()
        order, length = np.arange(n), np.diag(A.high).copy()
        varies = length > _VALUES * whole + rounding
        least = _SUSPECT * float(np.max(whole[varies] / length[varies], initial=1.0))
        size = np.where(length > 0, length, 1.0)
        done, forced = 0, -1
        while done < n:
            stop = n if forced < 0 else done + 1
            done = cholesky.factor(work.high, work.low, order, size, done, stop, forced, least)
            forced = -1
            if done == n:
                break
            factors = _solved(work[:done, :done], work[:done, done:].copy())
            chosen, rest = order[:done], order[done:]
            square = np.square(factors.high)
            limit = np.maximum(
                _VALUES * (whole[rest] + whole[chosen] @ square),
                rounding[rest] + rounding[chosen] @ square,
            )
            remaining = np.diag(work.high)[done:]
            best = int(np.argmax(remaining - limit))
            if not remaining[best] > limit[best]:
                break
            forced = done + best
        R = DoubleDouble(np.triu(work.high[:done, :done]), np.triu(work.low[:done, :done]))
        factors = _solved(R, work[:done, done:].copy())
        share = np.square(np.diag(R.high)) / size[order[:done]]
        return cls(order[:done].copy(), order[done:].copy(), R, factors, share)

    @property
    def rank(self) -> int:
        """How many columns are independent."""
        return len(self.independent)

    def solve(self, B: DoubleDouble) -> DoubleDouble:
        """Return A⁻¹B of the independent columns, from their rows of B."""
        return _solved(self.R, self.half(B))

    def half(self, B: DoubleDouble) -> DoubleDouble:
        """Return R⁻ᵀB."""
        return _solved(self.R, B.copy(), transposed=True)

    def condition(self, length: NDArray) -> float:
        """Return the condition number in the 2-norm of the independent columns, each divided by its length."""
        if not self.rank:
            return 1.0
        values = np.linalg.svd(self.R.high / length[self.independent], compute_uv=False)
        return float(values[0] / values[-1]) if values[-1] > 0 else np.inf


def _solved(R: DoubleDouble, B: DoubleDouble, *, transposed: bool = False) -> DoubleDouble:
    """Overwrite B with R⁻¹B, or R⁻ᵀB, and return it."""
    from onelayer.kernels import cholesky

    cholesky.solve(np.ascontiguousarray(R.high), np.ascontiguousarray(R.low), transposed, B.high, B.low)
    return B

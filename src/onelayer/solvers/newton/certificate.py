"""A lower bound of the least value of the objective, from slopes that are made exactly feasible.

For slopes dᵢ in [low, high] with Σ w·d·u = s, every γ has Σ w·h(rᵢ) + ½γᵀAγ ≥ Σ w·(d·y − κd²/2) − ½sᵀA⁻¹s, where s must
lie in the range of A (of an intercept, and of everything without a penalty, s is 0): weak duality (Boyd and
Vandenberghe, *Convex Optimization*, 5.1 and 5.7). Slopes that come from a finite number of steps are a little off.
Here a correction v = u·λ is subtracted, so that s is Aγ as it should be, and what then leaves the bounds is brought
back by dividing all slopes by one number. The bound holds for whatever slopes it started from.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onelayer.kernels.residual_pass import Slopes
from onelayer.solvers.newton.design import Design, Point
from onelayer.solvers.newton.linear_systems import least_squares

_CHUNK = 1 << 16


def lower_bound(
    design: Design,
    slopes: Slopes,
    tau: float | None,
    point: Point,
    inside: NDArray,
    gamma: NDArray,
    residuals: NDArray,
) -> float:
    """Return a lower bound of min Σ w·h(r) + ½γᵀAγ, with κ = ``slopes.target``; plus τκ over all κ ≥ 0 with a ``tau``.

    Parameters
    ----------
    design : Design
    slopes : Slopes
    tau : float or None
    point : Point
        Its slopes are where the bound starts from.
    inside : (rank, rank)
        Gram matrix of the rows inside. They have room to give way to, so the correction is theirs as far as they span.
    gamma, residuals : (rank,), (n_rows,)
        Parameters near the optimum. Σ w·d·y is taken from their residuals, which loses fewer digits than from y.
    """
    A = design.penalty
    pull = A @ point.gamma
    excess = point.sums.inside + point.sums.outside - pull
    size = np.sqrt(np.diag(design.gram) + np.diag(A))
    first = least_squares(inside, excess, size)
    rest = excess - inside @ first
    corrections = [(first, least_squares(design.gram, rest, size)), (0 * first, None)]
    best = 0.0
    for own, everyones in corrections:
        if everyones is None:
            everyones = least_squares(design.gram, excess, size)
        left = excess - inside @ own - design.gram @ everyones
        shift = design.products(everyones) + design.products(own) * point.sides
        shrink, linear, square = _feasible(design, slopes, point, shift, residuals)
        if tau is not None and square > 0:
            shrink = min(shrink, float(np.sqrt(2 * tau / square)))
        reach = pull + left  # times ``shrink``: Σ w·d·u of the feasible slopes
        value = shrink * (linear + reach @ gamma)
        value -= 0.5 * shrink**2 * (pull @ point.gamma + 2 * (left @ point.gamma))
        if left.any() and A.any():
            value -= 0.5 * shrink**2 * float(left @ least_squares(A, left, size))
        if tau is None:
            value -= 0.5 * slopes.target * shrink**2 * square
        best = max(best, value)
        if shrink == 1:
            break
    return best


def _feasible(
    design: Design, slopes: Slopes, point: Point, shift: NDArray, residuals: NDArray
) -> tuple[float, float, float]:
    """Return by what the shifted slopes d are to be multiplied to be within bounds, Σ w·d·r and Σ w·d²."""
    ratio, weights = 1.0, design.source.weights
    linear = square = 0.0
    for start in range(0, design.n_rows, _CHUNK):
        rows = slice(start, start + _CHUNK)
        weight = np.full(len(shift[rows]), 1 / design.n_rows) if weights.size == 0 else weights[rows]
        d = np.clip(point.residuals[rows] / point.kappa, slopes.low, slopes.high) - shift[rows]
        d[weight == 0] = 0
        ratio = max(ratio, d.max() / slopes.high, d.min() / slopes.low)
        linear += float(weight @ (d * residuals[rows]))
        square += float(weight @ (d * d))
    return 1 / ratio, linear, square

"""A lower bound of the least value of the objective, from slopes that are made exactly feasible.

For slopes dᵢ in [low, high] with Σ w·d·u = s, every γ has Σ w·h(rᵢ) + ½γᵀAγ ≥ Σ w·(d·y − κd²/2) − ½sᵀA⁻¹s, where s must
lie in the range of A (of an intercept, and of everything without a penalty, s is 0): weak duality (Boyd and
Vandenberghe, *Convex Optimization*, 5.1 and 5.7). Slopes that come from a finite number of steps are a little off.
Here a correction v = u·λ is subtracted, so that s is Aγ as it should be, and what then leaves the bounds is brought
back by dividing all slopes by one number. The bound holds for whatever slopes it started from.

Rows far out, whose targets were brought nearer, must keep their slopes: what these lose is lost as many times as the
true targets are farther out. So only the others take a correction, and all are brought back not towards 0 but towards
slopes that are least for the others and at the bounds for those. Between feasible slopes the bound is concave.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onelayer.kernels.residual_pass import Slopes
from onelayer.solvers.newton.design import Design, Point
from onelayer.solvers.newton.linear_systems import least_squares
from onelayer.solvers.newton.targets import NONE, Far

_CHUNK = 1 << 16
_STIFF = 1e3  # times the rows, what a penalty counts where slopes need not go along with it


@dataclass(frozen=True)
class _Center:
    """Feasible slopes d towards which others are brought back, their Σ w·d², and the bound that they give."""

    d: NDArray
    square: float
    value: float


def lower_bound(
    design: Design,
    slopes: Slopes,
    tau: float | None,
    point: Point,
    inside: NDArray,
    gamma: NDArray,
    residuals: NDArray,
    far: Far = NONE,
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
    far : Far
        Rows whose targets were brought nearer. Then the bound is one of the objective with their true targets, less
        what ``far.taken`` says.
    """
    A, kappa = design.penalty, slopes.target if tau is None else 0.0
    pull = A @ point.gamma
    excess = point.sums.inside + point.sums.outside - pull
    size = np.sqrt(np.diag(design.gram) + np.diag(A))

    def dual(share: float, linear: float, square: float, left: NDArray) -> float:
        """Return the bound by ``share`` times slopes with these Σ w·d·r and Σ w·d², and Σ w·d·u = Aγ + left."""
        value = share * (linear + (pull + left) @ gamma)
        value -= 0.5 * share**2 * (pull @ point.gamma + 2 * (left @ point.gamma) + kappa * square)
        if left.any() and A.any():
            value -= 0.5 * share**2 * float(left @ least_squares(A, left, size))
        return float(value)

    others, gram, center = design.everyone, design.gram, None
    if len(far):
        others = far.others(design.everyone)
        gram = gram - design.gram_of(design.everyone - others)
        center = _beside(far, design, slopes, tau, others, gram, pull, residuals, size, dual)

    def correction(excess: NDArray) -> tuple[NDArray, NDArray]:
        own = least_squares(inside, excess, size)
        return own, least_squares(gram, excess - inside @ own, size)

    corrections = [correction(excess), (0 * excess, least_squares(gram, excess, size))]
    if A.any():  # what A reaches need not be corrected
        corrections.append(correction(excess - A @ least_squares(A, excess, size)))
    best = 0.0
    for own, everyones in corrections:
        left = excess - inside @ own - gram @ everyones
        shift = design.products(everyones) * others
        if own.any():
            shift += design.products(own) * point.sides
        shrink, linear, square = _feasible(design, slopes, point, shift, residuals, center)
        within = shrink == 1
        d = np.clip(point.residuals[far.rows] / point.kappa, slopes.low, slopes.high) - shift[far.rows]
        if center is None:
            if tau is not None and square > 0:
                shrink = min(shrink, float(np.sqrt(2 * tau / square)))
            value = dual(shrink, linear, square, left) - far.cost(shrink * d, slopes.low, slopes.high)
        else:
            if tau is not None and square > 2 * tau:
                shrink = min(shrink, (2 * tau - center.square) / (square - center.square))
            value = shrink * (dual(1.0, linear, square, left) - far.cost(d, slopes.low, slopes.high))
            value += (1 - shrink) * center.value
        best = max(best, value)
        if within:
            break
    return best


def _beside(
    far: Far,
    design: Design,
    slopes: Slopes,
    tau: float | None,
    others: NDArray,
    gram: NDArray,
    pull: NDArray,
    residuals: NDArray,
    size: NDArray,
    dual: Callable[[float, float, float, NDArray], float],
) -> _Center | None:
    """Return slopes that are at their bounds for rows far out, and beside these the least of the others; if feasible.

    ``gram`` is the Gram matrix of the ``others``.
    """
    A, bounds = design.penalty, far.bounds(slopes.low, slopes.high)
    theirs = design.combination(far.rows, far.weights * bounds)
    stiff = _STIFF * np.max(np.square(size), initial=0.0) / (np.max(np.diag(A), initial=0.0) or 1.0)
    least = least_squares(gram + stiff * A, pull - theirs, size)  # what A reaches may be left
    d = design.products(least) * others
    d[far.rows] = bounds
    weights = design.source.weights
    share = d / len(d) if weights.size == 0 else weights * d
    linear, square = float(share @ residuals), float(share @ d)
    if d.min() < slopes.low or d.max() > slopes.high or (tau is not None and square >= 2 * tau):
        return None
    return _Center(d, square, dual(1.0, linear, square, gram @ least + theirs - pull))


def _feasible(
    design: Design,
    slopes: Slopes,
    point: Point,
    shift: NDArray,
    residuals: NDArray,
    center: _Center | None,
) -> tuple[float, float, float]:
    """Return which share of the shifted slopes d is within bounds beside one of the center, Σ w·d·r and Σ w·d²."""
    shrink, weights = 1.0, design.source.weights
    linear = square = 0.0
    for start in range(0, design.n_rows, _CHUNK):
        rows = slice(start, start + _CHUNK)
        weight = np.full(len(shift[rows]), 1 / design.n_rows) if weights.size == 0 else weights[rows]
        d = np.clip(point.residuals[rows] / point.kappa, slopes.low, slopes.high) - shift[rows]
        d[weight == 0] = 0
        beyond = (d > slopes.high) | (d < slopes.low)
        if beyond.any():
            bounds = np.where(d[beyond] > 0, slopes.high, slopes.low)
            middle = 0.0 if center is None else center.d[rows][beyond]
            shrink = min(shrink, float(((bounds - middle) / (d[beyond] - middle)).min()))
        linear += float(weight @ (d * residuals[rows]))
        square += float(weight @ (d * d))
    return shrink, linear, square

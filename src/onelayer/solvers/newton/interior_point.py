"""A primal-dual interior point method for the absolute and the quantile loss, where the smoothing path does not get on.

With residuals r = y − Uγ = a − b, a, b ≥ 0, a point γ is optimal when there are slopes d with

    UᵀWd = Aγ,    low ≤ d ≤ high,    a·(high − d) = 0,    b·(d − low) = 0.

Newton's method is applied to these equations with μ instead of the zeros, for a μ that falls to 0: of the equations for
a, b and d, which are each row's own, the solution is put into the first, so that a step costs a Gram matrix UᵀDU of all
rows. It does not matter to it how many rows are fitted exactly, nor whether the solution is unique.

Portnoy and Koenker, "The Gaussian hare and the Laplacian tortoise", *Statistical Science* 12 (1997); the predictor and
the corrector are those of Mehrotra, "On the implementation of a primal-dual interior point method", *SIAM Journal on
Optimization* 2 (1992); with a quadratic penalty, Nocedal and Wright, *Numerical Optimization*, 16.6.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onelayer.kernels.residual_pass import Slopes
from onelayer.solvers.newton.design import Design, Point
from onelayer.solvers.newton.linear_systems import solve
from onelayer.solvers.newton.targets import Far

_START = 1e-2  # μ at the start, beside the mean loss
_LARGEST_START, _LARGER = 1.0, 10.0  # where the first step is shorter than _POOR, and by what factor
_POOR = 0.2
_SHORT = 0.99995  # of the way to the nearest bound
_ROOM = 1e-3  # from a bound, as a share of their distance, at which a row counts as inside
_ROUNDING = 1e-15


class InteriorPoint:
    """The state of the method for one output, advanced by ``step``.

    Parameters
    ----------
    design : Design
    y : (n_rows,) float64
    low, high : float
        The bounds of the slopes.
    start : Point
        Where it starts, with its residuals.

    Attributes
    ----------
    gamma : (rank,) float64
    above, below : (n_rows,) float64
        a and b.
    to_high, to_low : (n_rows,) float64
        high − d and d − low, of which the smaller has digits that d has not.
    stuck : bool
        Whether the last step led nowhere.
    """

    def __init__(self, design: Design, y: NDArray, low: float, high: float, start: Point) -> None:
        self.design, self.y, self.low, self.high = design, y, low, high
        given = design.source.weights
        self.weights = given if given.size else np.full(design.n_rows, 1 / design.n_rows)
        self.counted = design.everyone > 0
        self.gamma, self.residuals, self.stuck = start.gamma, start.residuals, False
        mean_loss = start.sums.target_loss or 1.0
        self.largest_start = _LARGEST_START * mean_loss
        self.started = False
        self._begin(_START * mean_loss)

    def _begin(self, mu: float) -> None:
        """Take the slopes and multipliers of the residuals with a·p = b·q = μ, whatever UᵀWd lacks then."""
        self.mu = mu
        self.to_high, self.to_low = _room(self.residuals, self.low, self.high, mu)
        self.above, self.below = mu / self.to_high, mu / self.to_low

    def step(self) -> None:
        """Take one step: a predictor, and the corrector that it asks for."""
        A, gamma = self.design.penalty, self.gamma
        a, b, p, q = self.above, self.below, self.to_high, self.to_low
        lack = self.residuals - a + b
        excess = A @ gamma - self._gradient(self.slopes)
        ratio = 1 / (a / p + b / q)
        H = self.design.weighted(self.weights * ratio) + A
        size = np.sqrt(np.maximum(np.diag(H), 0.0))

        def direction(at_high: NDArray, at_low: NDArray) -> tuple[NDArray, NDArray, NDArray, NDArray]:
            pull = lack - at_high / p + at_low / q
            move = solve(H, self._gradient(ratio * pull) - excess, size, _ROUNDING).solution
            turn = ratio * (pull - self.design.products(move))
            return move, turn, (at_high + a * turn) / p, (at_low - b * turn) / q

        _, turn, up, down = direction(-a * p, -b * q)
        along, across = self._lengths(up, down, turn, 1.0)
        mean = self._mean(a * p + b * q) / 2
        ahead = self._mean((a + along * up) * (p - across * turn) + (b + along * down) * (q + across * turn))
        target = mean * (ahead / 2 / mean) ** 3
        move, turn, up, down = direction(target - a * p + up * turn, target - b * q - down * turn)
        along, across = self._lengths(up, down, turn, _SHORT)
        if not self.started and min(along, across) < _POOR and self.mu < self.largest_start:
            self._begin(_LARGER * self.mu)
            return
        self.started = True
        if not (np.isfinite(move).all() and max(along, across) > 1e-6):
            self.stuck = True
            return
        self.gamma = gamma + along * move
        self.above, self.below = a + along * up, b + along * down
        self.to_high, self.to_low = p - across * turn, q + across * turn
        for values in (self.above, self.below, self.to_high, self.to_low):
            values[~self.counted] = 1.0

    @property
    def slopes(self) -> NDArray:
        """The slopes d. What UᵀWd lacks to be Aγ falls with every step."""
        return np.where(self.to_high < self.to_low, self.high - self.to_high, self.low + self.to_low)

    def arrive(self, point: Point) -> None:
        """Take the residuals that a pass over the rows found at ``gamma``."""
        self.residuals = point.residuals

    def complementarity(self) -> float:
        """Return Σ w·(a·(high − d) + b·(d − low)), which is the gap between a feasible γ and feasible slopes."""
        return self._mean(self.above * self.to_high + self.below * self.to_low)

    def dual_point(self, far: Far) -> Point:
        """Return the slopes as a point with κ = 1, for ``certificate.lower_bound``; rows far out at their bound."""
        room = np.minimum(self.to_high, self.to_low) > _ROOM * (self.high - self.low)
        sides = (room & self.counted).astype(np.int8)
        slopes = np.where(self.counted, self.slopes, 0.0)
        slopes[far.rows], sides[far.rows] = far.bounds(self.low, self.high), 0
        sums = self._visit(slopes).sums
        return Point(self.gamma, 1.0, slopes, sides, sums)

    def _visit(self, values: NDArray) -> Point:
        return self.design.visit(values, np.zeros(self.design.rank), Slopes(-np.inf, np.inf, 1.0, 1.0))

    def _gradient(self, values: NDArray) -> NDArray:
        """Return UᵀWv."""
        return self._visit(values).sums.inside

    def _mean(self, values: NDArray) -> float:
        return float(np.sum(self.weights * values))

    def _lengths(self, up: NDArray, down: NDArray, turn: NDArray, share: float) -> tuple[float, float]:
        """Return how far to go with γ, a and b, and with d; with a penalty, which has γ in both equations, the less."""
        a, b, p, q = self.above, self.below, self.to_high, self.to_low
        along = min(self._longest(a, up), self._longest(b, down))
        across = min(self._longest(p, -turn), self._longest(q, turn))
        if self.design.penalty.any():
            along = across = min(along, across)
        return min(1.0, share * along), min(1.0, share * across)

    def _longest(self, values: NDArray, change: NDArray) -> float:
        """Return the a at which the first of values + a·change is 0."""
        falls = self.counted & (change < 0)
        return float(np.min(values[falls] / -change[falls], initial=np.inf))


def _room(residuals: NDArray, low: float, high: float, mu: float) -> tuple[NDArray, NDArray]:
    """Return p = high − d and q = d − low of the d with μ/p − μ/q = r, for each residual r."""
    half = 0.5 * (high - low)
    scaled = np.abs(residuals) * (half / mu)
    root = np.hypot(1.0, scaled)
    near = half * (1 + 1 / (root + scaled)) / (1 + root)  # the smaller of the two, without cancellation
    far = 2 * half - near
    above = residuals > 0
    return np.where(above, near, far), np.where(above, far, near)

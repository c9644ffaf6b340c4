"""One output's way to the optimum: Newton steps along a falling smoothing κ, with a certified gap at its end.

With κ > 0 the objective P(γ) = Σ w·h(r) + ½γᵀAγ is a piecewise quadratic with continuous slopes. A Newton step solves

    (H + κA)·Δ = Σ_inside w·r·u + κ·(Σ_bound w·d·u − Aγ),    H = Σ_inside w·u·uᵀ,

and ends at the minimum as soon as the rows inside are those of the minimum. From step to step H changes by the rows
that changed sides. A κ that is not the one sought is lowered, and the same equation with the new κ predicts where to.
Once the rows inside no longer change, the prediction for κ = 0 is the solution of the problem without smoothing.

A κ that is sought with the parameters, for the price τκ, is one more unknown of the step.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from onelayer.kernels.residual_pass import Slopes, slope_along
from onelayer.solvers.newton.bounded import BoundedLoss
from onelayer.solvers.newton.certificate import lower_bound
from onelayer.solvers.newton.design import Design, Point
from onelayer.solvers.newton.interior_point import InteriorPoint
from onelayer.solvers.newton.line_search import step_length
from onelayer.solvers.newton.linear_systems import solve

_EPS = float(np.finfo(np.float64).eps)
_LOOSE = 1e-2  # gradient, relative to its largest possible size, at which a stage on the way is left
_STRICT = 1e-3  # and, times the tolerance, at which the gap is looked at
_FINEST = 1e-17
_BEYOND = 100.0  # targets beside which a larger κ tells nothing of the size of a gradient
_FEW = 4  # as many rows inside for each parameter are so few that the way may be at its end
_LEAST_FALL, _LARGEST_FALL = 0.3, 0.03  # factors of κ from stage to stage
_PERFECT = 1e-10  # a scale that is this small beside the spread of y is 0
_VANISHING = 1e-16
_SINGULAR = 8  # systems that were, after which a loss without curvature is left to the interior point method
_STEPS = 60  # and steps
_NEAREST = (
    1e-3  # times the tolerance: the distance at which more steps of the interior point method bring no more
)
_NEAR = 0.2  # times the tolerance: the distance from the optimum at which the gap is looked at
_UPDATES = 30  # of H before it is summed anew
_PERFECT_SUM = (
    8 * _EPS
)  # a mean loss that is this small beside the terms of the residuals may be all rounding
_PERFECT_ROW = 1e4 * _EPS  # and is, if no residual is larger beside its own terms
_ROUNDING = _EPS  # what the objective and its bound may be off, beside these terms, taken as independent
_CANCELLED = 1e-4  # a diagonal that fell to this share in updates is summed anew


class Path:
    """The state of one output, advanced by ``step`` until it is ``done``.

    Parameters
    ----------
    design : Design
    y : (n_rows,) float64
        Targets of order one.
    loss : BoundedLoss
        In units of these targets.
    gamma : (rank,) float64
        Where to start.
    kappa : float
        The smoothing to start with, above 0.
    tol : float
        The relative gap sought.
    """

    def __init__(
        self, design: Design, y: NDArray, loss: BoundedLoss, gamma: NDArray, kappa: float, tol: float
    ) -> None:
        self.design, self.y, self.loss, self.tol = design, y, loss, tol
        self.joint = loss.tau is not None
        self.bound, self.strict = 0.0, max(_STRICT * tol, _FINEST)
        self.start_kappa = kappa
        self.done = self.stuck = self.settled = False
        self.interior: InteriorPoint | None = None
        self.handed_back = False
        self.steps = self.singular = 0
        weights = design.source.weights
        size = np.abs(y)
        self.size_of_y = float(weights @ size if weights.size else size.mean())
        self.length_of_y = math.sqrt(weights @ (y * y) if weights.size else np.mean(y * y))
        self.largest_weight = float(weights.max() if weights.size else 1 / len(y))
        self.gram, self.gram_sides, self.updates = design.gram, design.everyone, 0
        self.here = self.best = self._visit(gamma, kappa)

    # the objective

    def _slopes(self, kappa: float) -> Slopes:
        return Slopes(self.loss.low, self.loss.high, kappa, kappa if self.joint else self.loss.kappa)

    def _visit(self, gamma: NDArray, kappa: float) -> Point:
        return self.design.visit(self.y, gamma, self._slopes(kappa))

    def _penalty(self, point: Point) -> float:
        return 0.5 * float(point.gamma @ self.design.penalty @ point.gamma)

    def _price(self, point: Point) -> float:
        """Return τκ, of the κ that is sought with the parameters."""
        return self.loss.tau * point.kappa if self.joint and self.loss.tau is not None else 0.0

    def _smoothed(self, point: Point) -> float:
        return point.sums.loss + self._penalty(point) + self._price(point)

    def value(self, point: Point) -> float:
        """Return the objective that is sought, in units of the targets and of the loss's factor."""
        return point.sums.target_loss + self._price(point) + self._penalty(point)

    def mean_loss(self) -> float:
        """Return Σ w·h(r) of the best point, with the κ of ``kappa``."""
        return self.best.sums.target_loss

    def value_and_gap(self, theta: NDArray, constant: float) -> tuple[float, float]:
        """Return the objective of parameters of [z, 1], with the best κ, and its relative gap.

        What rounding may have taken from the value or added to the bound is in the gap, but for a perfect fit, whose
        gap is 0.

        Parameters
        ----------
        theta : (n_features + intercept,)
        constant : float
            Size of the terms that every row had before it was centred.
        """
        sums, residuals = self.design.evaluate(self.y, theta, self._slopes(self.best.kappa))
        value = (
            sums.target_loss + self._price(self.best) + 0.5 * float(self.design.diagonal @ (theta * theta))
        )
        if self._perfect(value, theta, residuals, constant):
            return value, 0.0
        return value, min(1.0, (max(0.0, value - self.bound) + self._rounding(theta, residuals)) / value)

    def _rounding(self, theta: NDArray, residuals: NDArray) -> float:
        """Return what value and bound may be off, as the residuals are rounded, each row by itself."""
        length = self.length_of_y + float(self.design.length @ np.abs(theta))
        return _ROUNDING * self._largest_slope(residuals) * math.sqrt(self.largest_weight) * length

    def _perfect(self, value: float, theta: NDArray, residuals: NDArray, constant: float) -> bool:
        """Return whether residuals are but the rounding of their terms: in the mean, and in each row with a weight.

        The mean alone would not do: one row far out may have terms so large that it hides the residuals of all others.
        """
        size = self.size_of_y + float(self.design.length @ np.abs(theta)) + constant
        if value <= 0:
            return True
        if value > _PERFECT_SUM * self._largest_slope(residuals) * size:
            return False
        length = self.design.length
        usual = np.divide(
            self.size_of_y, length, out=np.zeros_like(length), where=length > 0
        )  # for a θ near 0
        terms = np.abs(self.y) + self.design.sizes(np.abs(theta) + usual) + constant
        counted = self.design.everyone > 0
        return bool((np.abs(residuals) <= _PERFECT_ROW * terms)[counted].all())

    @property
    def _steepest(self) -> float:
        return max(-self.loss.low, self.loss.high)

    def _largest_slope(self, residuals: NDArray) -> float:
        """Return a bound of the slopes that these residuals have."""
        kappa = self._slopes(self.best.kappa).target
        if kappa == 0:
            return self._steepest
        farthest = float(np.max(np.abs(residuals), initial=0.0, where=self.design.everyone > 0))
        return min(self._steepest, farthest / kappa)

    @property
    def gap(self) -> float:
        """The relative gap of the best point, but for rounding."""
        point, value = self.best, self.value(self.best)
        if self._perfect(value, self.design.theta(point.gamma), point.residuals, 0.0):
            return 0.0
        return max(0.0, value - self.bound) / value

    @property
    def kappa(self) -> float:
        """The κ of the solution: that of the best point where it was sought, else that of the loss."""
        return self.best.kappa if self.joint else self.loss.kappa

    # its slopes

    def _gradient(self, point: Point) -> NDArray:
        return self.design.penalty @ point.gamma - point.sums.inside - point.sums.outside

    def _slope_in_kappa(self, point: Point) -> float:
        return self._excess_price(point) if self.joint else 0.0

    def _excess_price(self, point: Point) -> float:
        """Return the slope of the smoothed objective in κ; below 0, the κ sought is larger."""
        return (self.loss.tau or 0.0) - 0.5 * point.sums.slope_square

    def _reach(self, kappa: float) -> float:
        """Return κ times the largest slope; where the bounds are far beyond the targets, times what is beyond less."""
        return min(self._steepest * kappa, _BEYOND * self.length_of_y or math.inf)

    def _steepness(self, point: Point) -> float:
        """Return the largest slope, relative to the largest that the loss could have with such targets."""
        size = np.where(self.design.size > 0, self.design.size, 1.0)
        slopes = np.abs(self._gradient(point)) / size / (self._reach(point.kappa) / point.kappa)
        steepest = float(np.max(slopes, initial=0.0))
        return max(steepest, abs(self._slope_in_kappa(point)) / (self.loss.tau or 1.0))

    def _gram_at(self, point: Point) -> NDArray:
        """Return H, from the last one and the rows that changed sides where these are the fewer."""
        changes = point.sides - self.gram_sides
        fresh = bool(self.updates >= _UPDATES or np.count_nonzero(changes) > np.count_nonzero(point.sides))
        if not fresh:
            updated = self.gram + self.design.gram_of(changes)
            fresh = bool((np.diag(updated) < _CANCELLED * np.diag(self.gram)).any())
            self.updates += 1
        if fresh:
            updated, self.updates = self.design.gram_of(point.sides), 0
        self.gram, self.gram_sides = updated, point.sides
        return updated

    def _direction(self, point: Point, kappa: float) -> tuple[NDArray, float, bool]:
        """Return the Newton step (Δγ, Δκ) for a smoothing, and whether its system was regular."""
        sums, A = point.sums, self.design.penalty
        H = self._gram_at(point)
        inside = point.kappa * sums.inside
        right = inside + kappa * (sums.outside - A @ point.gamma)
        matrix, square, slope = H + kappa * A, sums.inside_square, self._slope_in_kappa(point)
        if self.joint and square > 0:
            matrix = matrix - inside[:, None] * (inside / square)
            right = right + kappa * kappa / square * slope * inside
        size = np.sqrt(np.square(self.design.size) + kappa * np.diag(A))
        system = solve(matrix, right, size, 1e-13 * self._reach(kappa))
        self.singular += not system.regular
        fall = 0.0
        if self.joint:
            fall = -0.5 * math.copysign(kappa, slope)
            if square > 0:
                fall = -kappa * (kappa * kappa * slope + inside @ system.solution) / square
        return system.solution, float(fall), system.regular

    # the way

    def step(self) -> None:
        """Take one Newton step, or leave a smoothing for the next one."""
        self.steps += 1
        if self.interior is not None or self._gets_on_badly():
            self._step_inside()
            return
        if self.joint and self.here.kappa <= _PERFECT * self.start_kappa:
            self._drop_scale()
        point = self.here
        if self.stuck or self._steepness(point) <= self._enough(point):
            self._leave()
            return
        move, fall, _ = self._direction(point, point.kappa)
        if fall < -0.9 * point.kappa:
            share = 0.9 * point.kappa / -fall
            move, fall = share * move, share * fall
        down = float(self._gradient(point) @ move) + self._slope_in_kappa(point) * fall
        if not (down < 0 and np.isfinite(move).all()):
            self.stuck = True
            return
        trial = self._visit(point.gamma + move, point.kappa + fall)
        self._consider(trial)
        slope = float(self._gradient(trial) @ move) + self._slope_in_kappa(trial) * fall
        noise = 1e-14 * self._smoothed(point)
        if -down <= noise:  # too little for the value to tell
            if self._steepness(trial) < 0.5 * self._steepness(point):
                self.here = trial
            else:
                self.stuck = True
        elif abs(slope) <= -0.5 * down and self._smoothed(trial) <= self._smoothed(point):
            self.here = trial
        else:
            self._search(point, trial, move, fall, down)

    def _gets_on_badly(self) -> bool:
        """Return whether the interior point method is likely to be the quicker way from here."""
        if self.loss.kappa > 0 or self.loss.tau is not None or self.handed_back:
            return False
        return self.singular > _SINGULAR or self.steps > _STEPS

    def _step_inside(self) -> None:
        """Take a step of the interior point method."""
        if self.interior is None:
            self.interior = InteriorPoint(self.design, self.y, self.loss.low, self.loss.high, self.best)
        self.interior.step()
        self.here = self._visit(self.interior.gamma, self.here.kappa)
        self.interior.arrive(self.here)
        self._consider(self.here)
        distance = self.interior.complementarity() / max(self.value(self.here), np.finfo(float).tiny)
        ended = self.interior.stuck or distance <= _NEAREST * self.tol
        if ended or distance <= _NEAR * self.tol:
            self.certify()
        self.done = self.gap <= self.tol
        if ended and not self.done:
            kappa = self.tol * self.value(self.best) / self._steepest**2
            self.here = self._visit(self.best.gamma, max(kappa, _VANISHING * self.start_kappa))
            self.interior, self.handed_back, self.stuck = None, True, False

    def _search(self, point: Point, trial: Point, move: NDArray, fall: float, down: float) -> None:
        """Go as far along a direction as the smoothed objective falls."""
        A, tau = self.design.penalty, self.loss.tau or 0.0
        linear, quadratic = float(point.gamma @ A @ move), float(move @ A @ move)

        def derivatives(length: float) -> tuple[float, float]:
            along, curvature, square = slope_along(
                point.residuals,
                trial.residuals,
                self.design.source.weights,
                self._slopes(point.kappa + length * fall),
                length,
                self.design.n_threads,
            )
            slope = along + linear + length * quadratic + fall * (tau - 0.5 * square)
            return slope, curvature + quadratic

        longest = 0.95 * point.kappa / -fall if fall < 0 else math.inf
        length = step_length(derivatives, down, derivatives(1.0), min(longest, 1e20))
        trial = self._visit(point.gamma + length * move, point.kappa + length * fall)
        self._consider(trial)
        if self._smoothed(trial) < self._smoothed(point):
            self.here = trial
        else:
            self.stuck = True

    def _consider(self, point: Point) -> None:
        if self.value(point) < self.value(self.best):
            self.best = point

    def _enough(self, point: Point) -> float:
        """Return the steepness at which this smoothing is done with."""
        if self.joint or point.kappa == self.loss.kappa or self._smoothing_error(point) <= 0.5 * self.tol:
            return self.strict
        if self.loss.tau is not None:
            return self.strict
        few = np.count_nonzero(point.sides) <= _FEW * self.design.rank
        return self.strict if few or self.settled else _LOOSE

    def _smoothing_error(self, point: Point) -> float:
        """Return the relative gap that would be left if the gradient were zero."""
        sums = point.sums
        error = sums.target_loss - sums.loss - 0.5 * (point.kappa - self.loss.kappa) * sums.slope_square
        return error / max(self.value(point), np.finfo(float).tiny)

    def _leave(self) -> None:
        """Look at the gap, and go on with a smaller κ if need be."""
        point, last = self.here, self.joint or self.here.kappa == self.loss.kappa
        if self.stuck or self._steepness(point) <= self.strict:
            self.certify()
            if self.gap <= self.tol:
                self.done = True
                return
        if self.loss.tau is not None and not self.joint and self._excess_price(point) < 0:
            self.joint, self.stuck = True, False  # the scale is not 0, nor below this κ
            self.here = self.best = self._visit(point.gamma, point.kappa)
            return
        hopeless = self.stuck and self._smoothing_error(point) <= 0.01 * self.tol
        if not last and not hopeless:
            self._lower_kappa(point)
        elif self.stuck or self.strict <= _FINEST:
            self.done = True
        else:
            self.strict = max(1e-3 * self.strict, _FINEST)

    def _drop_scale(self) -> None:
        """Go on with a scale of 0, that is to the optimum of the absolute loss."""
        self.joint = False
        self.here = self.best = self._visit(self.best.gamma, self.start_kappa)

    def _lower_kappa(self, point: Point) -> None:
        error = self._smoothing_error(point)
        factor = math.sqrt(0.2 * self.tol / error) if error > 0 else _LARGEST_FALL
        kappa = max(self.loss.kappa, point.kappa * min(max(factor, _LARGEST_FALL), _LEAST_FALL))
        if kappa <= _VANISHING * self.start_kappa:
            self.done = True
            return
        move, _, regular = self._direction(point, kappa)
        self.here = self._visit(point.gamma + move if regular else point.gamma, kappa)
        self.settled = np.array_equal(self.here.sides, point.sides)  # perhaps for good: then the end is near
        self._consider(self.here)
        self.stuck = False

    def certify(self) -> None:
        """Look for a better point at the end of the way, and for a higher bound."""
        if self.interior is not None:
            point, best = self.interior.dual_point(), self.best
            inside = self.design.gram_of(point.sides)
            slopes = self._slopes(point.kappa)
            bound = lower_bound(self.design, slopes, None, point, inside, best.gamma, best.residuals)
            self.bound = max(self.bound, bound)
            return
        point = self.here
        nearby = point
        if not self.joint and point.kappa != self.loss.kappa:
            move, _, _ = self._direction(point, self.loss.kappa)
            nearby = self._visit(point.gamma + move, self.loss.kappa)
            self._consider(nearby)
            nearby = min(point, nearby, key=self.value)
        slopes = self._slopes(point.kappa)
        bound = lower_bound(
            self.design,
            slopes,
            self.loss.tau,
            point,
            self._gram_at(point),
            nearby.gamma,
            nearby.residuals,
        )
        self.bound = max(self.bound, bound)

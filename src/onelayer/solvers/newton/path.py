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
from onelayer.solvers.newton.targets import Far
from onelayer.solvers.newton.yardstick import Reached, Yardstick

_LOOSE = 1e-2  # gradient, relative to its largest possible size, at which a stage on the way is left
_STRICT = 1e-3  # and, times the tolerance, at which the gap is looked at
_FINEST = 1e-17
_BEYOND = 100.0  # targets beside which a larger κ tells nothing of the size of a gradient
_FEW = 4  # as many rows inside for each parameter are so few that the way may be at its end
_LEAST_FALL, _LARGEST_FALL = 0.3, 0.03  # factors of κ from stage to stage
_PERFECT = 1e-10  # a scale that is this small beside the spread of y is 0
_HARD = 1e-6  # and one that is this small and will not be found is first looked for at 0, once
_VANISHING = 1e-16
_SINGULAR = 8  # systems that were, after which a loss without curvature is left to the interior point method
_STEPS = 60  # and steps
_NEAREST = (
    1e-3  # times the tolerance: the distance at which more steps of the interior point method bring no more
)
_NEAR = 0.2  # times the tolerance: the distance from the optimum at which the gap is looked at
_AIM = 0.2  # smoothing error, beside the tolerance, that the next κ is to have
_UPDATES = 30  # of H before it is summed anew
_CANCELLED = 1e-4  # a diagonal that fell to this share in updates is summed anew


class Path:
    """The state of one output, advanced by ``step`` until it is ``done``.

    Parameters
    ----------
    design : Design
    y : (n_rows,) float64
        Targets of order one, some of which are written to.
    far : Far
        Those that were brought nearer.
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
        self,
        design: Design,
        y: NDArray,
        far: Far,
        loss: BoundedLoss,
        gamma: NDArray,
        kappa: float,
        tol: float,
    ) -> None:
        self.design, self.y, self.far, self.loss, self.tol = design, y, far, loss, tol
        self.joint = loss.tau is not None
        self.start_kappa = kappa
        self.gram, self.gram_sides, self.updates = design.gram, design.everyone, 0
        self._begin(gamma, kappa)

    def _begin(self, gamma: NDArray, kappa: float) -> None:
        """Begin the way to the optimum, or begin it anew with other targets."""
        self.yardstick, self.counted = Yardstick(self.design, self.y), (0.0, 1.0)
        self.bound, self.strict = 0.0, max(_STRICT * self.tol, _FINEST)
        self.done = self.stuck = self.settled = self.blind = self.dropped = False
        self.interior: InteriorPoint | None = None
        self.handed_back = False
        self.steps = self.singular = 0
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
        """Return Σ w·h(r) of the best point, with the κ of ``kappa`` and the true targets."""
        return self.best.sums.target_loss + self.far.taken(self.loss.low, self.loss.high)

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
        slopes = self._slopes(self.best.kappa)
        sums, residuals = self.design.evaluate(self.y, theta, slopes)
        penalty = 0.5 * float(theta @ (self.design.diagonal * theta))
        value = sums.target_loss + self._price(self.best) + penalty
        return value, self.yardstick.gap(Reached(value, theta, residuals, slopes, constant), self.bound)

    def _reached(self, point: Point) -> Reached:
        theta, slopes = self.design.theta(point.gamma), self._slopes(point.kappa)
        return Reached(self.value(point), theta, point.residuals, slopes)

    @property
    def _steepest(self) -> float:
        return max(-self.loss.low, self.loss.high)

    @property
    def gap(self) -> float:
        """The relative gap of the best point, but for rounding; not exact where it is more than the tolerance."""
        return self.yardstick.gap(self._reached(self.best), self.bound, self.tol)

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
        return min(self._steepest * kappa, _BEYOND * self.yardstick.length_of_y or math.inf)

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
        """Take one Newton step, or leave a smoothing for the next one; then see that rows far out still are."""
        self.steps += 1
        if self.interior is not None or self._gets_on_badly():
            self._step_inside()
        else:
            self._step_along()
        if len(self.far):
            crossing = self._crossing(self.here) | self._crossing(self.best)
            if crossing.any():
                self._give_back(crossing)

    def _crossing(self, point: Point) -> NDArray:
        kappa = max(point.kappa, self.loss.kappa)
        return self.far.crossing(point.residuals, self.loss.low, self.loss.high, kappa)

    def _give_back(self, chosen: NDArray) -> None:
        """Give some rows far out their true targets, since the solution may be near them, and begin anew from here."""
        self.y[self.far.rows[chosen]] = self.far.true[chosen]
        self.far = self.far.without(chosen)
        self._begin(self.here.gamma, self.here.kappa if self.joint else self.start_kappa)

    def _step_along(self) -> None:
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
        rounding = self.yardstick.rounding(self._reached(trial))
        noise = max(1e-14 * self._smoothed(point), rounding if self.blind else 0.0)
        tells = -down > noise  # whether the value can tell
        if tells and abs(slope) <= -0.5 * down and self._smoothed(trial) <= self._smoothed(point):
            self.here = trial
        elif not (tells and self._search(point, trial, move, fall, down)):
            falls = self._steepness(trial) < 0.5 * self._steepness(point)
            self.stuck = not (falls and -down <= max(noise, rounding))
            self.here = point if self.stuck else trial
            self.blind = True  # rows far out may have so much rounding that only slopes can tell

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
        counted = max(self.yardstick.counted(self._reached(self.here)), np.finfo(float).tiny)
        distance = self.interior.complementarity() / counted
        ended = self.interior.stuck or distance <= _NEAREST * self.tol
        if ended or distance <= _NEAR * self.tol:
            self.certify()
        self.done = self.gap <= self.tol
        if ended and not self.done:
            kappa = self.tol * counted / self._steepest**2
            self.here = self._visit(self.best.gamma, max(kappa, _VANISHING * self.start_kappa))
            self.interior, self.handed_back, self.stuck = None, True, False

    def _search(self, point: Point, trial: Point, move: NDArray, fall: float, down: float) -> bool:
        """Go as far along a direction as the smoothed objective falls, and return whether it does."""
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
        falls = self._smoothed(trial) < self._smoothed(point)
        self.here = trial if falls else point
        return falls

    def _consider(self, point: Point) -> None:
        if self.value(point) < self.value(self.best):
            self.best = point

    def _enough(self, point: Point) -> float:
        """Return the steepness at which this smoothing is done with."""
        near = 0.5 * self.tol
        if self.joint or point.kappa == self.loss.kappa or self._smoothing_error(point, near) <= near:
            return self.strict
        if self.loss.tau is not None:
            return self.strict
        few = np.count_nonzero(point.sides) <= _FEW * self.design.rank
        return self.strict if few or self.settled else _LOOSE

    def _smoothing_error(self, point: Point, most: float) -> float:
        """Return the relative gap that zero gradient would leave; where it is above ``most``, perhaps too little."""
        sums = point.sums
        error = sums.target_loss - sums.loss - 0.5 * (point.kappa - self.loss.kappa) * sums.slope_square
        value = max(self.value(point), np.finfo(float).tiny)
        if not 0 < error <= most * value:
            return error / value
        if self.counted[0] != point.kappa:  # once for each smoothing will do
            self.counted = point.kappa, self.yardstick.counted(self._reached(point)) / value
        return error / (self.counted[1] * value)

    def _leave(self) -> None:
        """Look at the gap, and go on with a smaller κ if need be."""
        point, last = self.here, self.joint or self.here.kappa == self.loss.kappa
        if self.stuck or self._steepness(point) <= self.strict:
            self.certify()
            if self.gap <= self.tol:
                self.done = True
                return
        if self.joint and self.stuck and not self.dropped and point.kappa <= _HARD * self.start_kappa:
            self._drop_scale()
            return
        if self.loss.tau is not None and not self.joint and self._excess_price(point) < 0:
            self.joint, self.stuck = True, False  # the scale is not 0, nor below this κ
            self.here = self.best = self._visit(point.gamma, point.kappa)
            return
        nothing = 0.01 * self.tol
        hopeless = self.stuck and self._smoothing_error(point, nothing) <= nothing
        if not last and not hopeless:
            self._lower_kappa(point)
        elif self.stuck or self.strict <= _FINEST:
            self.done = True
        else:
            self.strict = max(1e-3 * self.strict, _FINEST)

    def _drop_scale(self) -> None:
        """Go on with a scale of 0, that is to the optimum of the absolute loss."""
        self.joint, self.stuck, self.dropped = False, False, True
        self.here = self.best = self._visit(self.best.gamma, self.start_kappa)

    def _lower_kappa(self, point: Point) -> None:
        error = self._smoothing_error(point, _AIM * self.tol / _LARGEST_FALL**2)
        factor = math.sqrt(_AIM * self.tol / error) if error > 0 else _LARGEST_FALL
        kappa = max(self.loss.kappa, point.kappa * min(max(factor, _LARGEST_FALL), _LEAST_FALL))
        if kappa <= _VANISHING * self.start_kappa:
            self.done = True
            return
        move, _, regular = self._direction(point, kappa)
        self.here = self._visit(point.gamma + move if regular else point.gamma, kappa)
        self.settled = np.array_equal(self.here.sides, point.sides)  # perhaps for good: then the end is near
        self._consider(self.here)
        self.stuck = self.blind = False

    def certify(self) -> None:
        """Look for a better point at the end of the way, and for a higher bound."""
        if self.interior is not None:
            point, best = self.interior.dual_point(self.far), self.best
            inside = self.design.gram_of(point.sides)
            slopes = self._slopes(point.kappa)
            bound = lower_bound(
                self.design, slopes, None, point, inside, best.gamma, best.residuals, self.far
            )
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
            self.far,
        )
        self.bound = max(self.bound, bound)

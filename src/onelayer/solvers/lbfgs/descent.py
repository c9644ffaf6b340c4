"""The descent to the optimum, step by step."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from onelayer.matrices import spread
from onelayer.objective import Objective
from onelayer.solvers.lbfgs.coupling import Coupling
from onelayer.solvers.lbfgs.design import Design
from onelayer.solvers.lbfgs.designs import kind_of
from onelayer.solvers.lbfgs.ladder import Ladder
from onelayer.solvers.lbfgs.line_search import Point, search
from onelayer.solvers.lbfgs.memory import Memory
from onelayer.solvers.lbfgs.pace import Pace

_DOUBLE = np.dtype(np.float64)
_WRONG = math.log(2)  # the least loss of a row that is not on the right side
_FAR = 10.0  # how far off an intercept may be, in nats
_FEWEST_ROWS, _ROWS_PER_PARAMETER = 1 << 11, 64  # of a head start
_WORTH = 8  # times as many rows as that make one worth while
_ROUGHLY, _MOST_STEPS = 1e-4, 50
_FARTHEST = 2.0  # times the way between two optima that their line is followed
_NEAR = 1e-6  # tol up to which two passes more are worth while at the end
_SHARE = 0.1  # of the bound that the intercepts may have
_LEVELLED = 4096  # rows that tell how the intercepts are levelled
_CERTAIN = 1e-4  # mean loss, in nats, that is enough where it can be made as small as one likes


class Descent:
    """L-BFGS steps, first in the type in which the design computes at first, at last in float64.

    Where F itself is not asked for (``valued``), they may end as soon as it is near enough, in whatever type.

    Attributes
    ----------
    point : Point
    done, converged : bool
    distance : float
        How far F is estimated to be above its least value, relative to itself.
    separated : bool
        Whether all rows are on the right side and there is no penalty, so that F has no least value.
    """

    def __init__(
        self,
        objective: Objective,
        start: tuple[NDArray, NDArray] | None,
        tol: float,
        known: Descent | None = None,
        *,
        valued: bool = True,
    ) -> None:
        self._tol, self._objective = tol, objective
        self._ends_in_double = valued or tol <= _NEAR
        if known is None:
            start = _head_start(objective) if start is None else start
            self._kind = kind_of(objective, start is not None)
            self._designs: dict[np.dtype, Design] = {}
            self._design = self._design_in(self._kind.first_type(objective, tol))
            self.point = self._evaluate(self._design.start(start))
            self._ladder = Ladder(self._design, self.point.theta)
            self._memory = self._new_memory()
            self._trail: list[tuple[float, NDArray]] = []
        else:
            self._go_on_from(known)
        self._left: Point | None = None  # where the first type was left
        self._all_right = 0.0 if objective.alpha > 0 else min(_CERTAIN, self._design.least_share * _WRONG)
        self.done = self.converged = self.separated = False
        self.distance, self._pace = math.inf, self._new_pace()

    def _go_on_from(self, known: Descent) -> None:
        """Begin where the optimum is likely to be, by those for one or two larger penalties."""
        objective, before = self._objective, known._design
        self._kind = known._kind
        self._designs = {number: each.repenalised(objective) for number, each in known._designs.items()}
        self._design = self._design_in(self._kind.first_type(objective, self._tol))
        self._trail = [*known._trail[-1:], (known._objective.alpha, known.point.theta)]
        points = [self._again(known)]
        points += [
            self._evaluate(self._design.renewed(theta)) for theta in _continued(self._trail, objective.alpha)
        ]
        self.point = min(points, key=lambda point: point.value)
        self._ladder = Ladder(self._design, self.point.theta, known._ladder.preconditioner)
        if self._ladder.fresh and not self._ladder.preconditioner.rough:
            self._memory = self._new_memory()
        else:
            self._memory = known._memory.repenalised(before, self._design, self._ladder.preconditioner)

    def _new_memory(self) -> Memory:
        """Return a memory of nothing but how long the first step should be."""
        design, point, preconditioner = self._design, self.point, self._ladder.preconditioner
        memory = Memory(point.theta.size, design.parts)
        if preconditioner.rough:
            direction = memory.direction(point.gradient, preconditioner)
            curvature = design.curvature(point.theta, direction)
            memory.take_size(curvature, -design.inner(direction, point.gradient))
        return memory

    def _new_pace(self) -> Pace:
        return Pace(self._ladder.preconditioner.rough, len(self._trail) > 0)

    def _again(self, known: Descent) -> Point:
        """Return where another descent has ended; in a type in which it has been there, losses and slopes are known."""
        design, theta = self._design, known.point.theta
        point = known.point if design.number == known._design.number else known._left
        if point is None or point.theta is not theta:
            return self._evaluate(design.renewed(theta))
        more = design.penalty_gradient(theta) - known._designs[design.number].penalty_gradient(theta)
        return Point(theta, point.value + 0.5 * design.inner(theta, more), point.loss, point.gradient + more)

    def _design_in(self, number: np.dtype) -> Design:
        """Return the design in which passes compute in this type."""
        if not self._designs:
            self._designs[number] = self._kind(self._objective, number)
        elif number not in self._designs:
            self._designs[number] = self._design.in_type(number)
        return self._designs[number]

    def _evaluate(self, theta: NDArray) -> Point:
        value, loss, gradient = self._design.value_and_gradient(theta)
        return Point(theta, value, loss, gradient)

    def mean_loss(self) -> float:
        """Return the mean loss of the parameters."""
        return self.point.loss

    def parameters(self) -> tuple[NDArray, NDArray]:
        """Return (coef, intercept) in units of X as stored."""
        return self._design.parameters(self.point.theta)

    def step(self) -> None:
        """Go one step, or find that there is none to go."""
        point = self.point
        direction = self._memory.direction(point.gradient, self._ladder.preconditioner)
        far = -0.5 * self._design.inner(direction, point.gradient)
        if self._ladder.preconditioner.rough:
            far = max(far, self._pace.to_come(self._noise()))
        wanted = self._tol * point.value
        self.distance = far / point.value if point.value > 0 else 0.0
        if not far > wanted:
            self._settle(True, direction)
            return
        self._pace.at(far)
        ahead = math.log(far / wanted) if wanted > 0 else math.inf
        if self._ladder.replaced(point.theta, ahead, self._pace):
            self._memory, self._pace = self._new_memory(), self._new_pace()
            direction = self._memory.direction(point.gradient, self._ladder.preconditioner)
        inner = self._design.inner
        length = self._design.length(point.theta, direction, inner(direction, point.gradient))
        found = search(self._evaluate, point, direction, self._noise(), inner, length)
        if found is None:
            self._settle(False, direction)
            return
        self._memory.add(point, found, self._ladder.preconditioner)
        self._pace.gained(point.value - found.value)
        self.point = found
        if found.loss <= self._all_right:
            self.done = self.separated = True

    def _noise(self) -> float:
        """Return what rounding may do to F."""
        return 4 * float(np.finfo(self._design.number).eps) * abs(self.point.value)

    def _settle(self, converged: bool, direction: NDArray) -> None:
        """Go on in float64, or end there; if it is to be near, with a last step and with the intercepts levelled."""
        if self._design.number == _DOUBLE or (converged and not self._ends_in_double):
            self.done, self.converged = True, converged
            if self._tol <= _NEAR:
                self._take_if_nearer(self.point.theta + direction)
                self._level()
            return
        self.in_double()

    def in_double(self) -> None:
        """Compute in float64 from now on."""
        if self._design.number != _DOUBLE:
            self._design, self._left = self._design_in(_DOUBLE), self.point
            self.point, self._pace = self._evaluate(self._design.renewed(self.point.theta)), self._new_pace()

    def _level(self) -> None:
        """Bring the gradient in b to nearly nothing, by a Newton step in b alone: then ``gap`` is a bound."""
        of_weights, of_intercepts = self._bounds()
        if not of_intercepts > _SHARE * of_weights:
            return
        theta = self.point.theta.copy()
        theta[-1] -= Coupling.at(self._design, theta, _LEVELLED).solve(self.point.gradient[-1])
        levelled = self._evaluate(theta)
        if np.abs(levelled.gradient[-1]).sum() < np.abs(self.point.gradient[-1]).sum():
            self.point = levelled

    def _take_if_nearer(self, theta: NDArray) -> None:
        """Go to θ if the gradient is shorter there, in the metric of the preconditioner."""
        there, solve, inner = self._evaluate(theta), self._ladder.preconditioner.solve, self._design.inner
        before, after = (inner(point.gradient, solve(point.gradient)) for point in (self.point, there))
        if after < before:
            self.point = there

    def gap(self) -> float:
        """Return an upper bound of how far F is above its least value, relative to F; infinite without a penalty.

        F is α-strongly convex in W: F − F* ≤ Σ g²/(2·penalty) with its gradient g in W. What is left of the gradient
        in b counts with intercepts that are off by ``_FAR`` at most.
        """
        value = self.point.value
        return sum(self._bounds()) / value if value > 0 else math.inf

    def _bounds(self) -> tuple[float, float]:
        gradient = self.point.gradient
        return self._design.square_over_penalty(gradient), _FAR * float(np.abs(gradient[-1]).sum())


def _continued(trail: list[tuple[float, NDArray]], alpha: float) -> list[NDArray]:
    """Return where the line through two optima leads, over the logarithm of alpha; nothing if there is none."""
    if len(trail) < 2 or not 0 < alpha < trail[1][0] < trail[0][0]:
        return []
    (first, one), (second, two) = trail
    times = math.log(alpha / second) / math.log(second / first)
    return [two + min(times, _FARTHEST) * (two - one)]


def _head_start(objective: Objective) -> tuple[NDArray, NDArray] | None:
    """Return the optimum of a few of the rows, where they are so many that these tell most of it; else None."""
    (n_rows, n_features), n_outputs = objective.X.shape, objective.n_outputs
    few = max(_FEWEST_ROWS, _ROWS_PER_PARAMETER * (n_outputs - 1) * (n_features + 1))
    weights = objective.sample_weight
    counted = np.arange(n_rows) if weights is None else np.flatnonzero(weights)
    if len(counted) < _WORTH * few:
        return None
    rows = counted[spread(len(counted), few)]
    part = replace(
        objective,
        X=objective.X.part(rows),
        targets=objective.targets[rows],
        sample_weight=None if weights is None else weights[rows],
    )
    descent = Descent(part, None, _ROUGHLY)
    for _ in range(_MOST_STEPS):
        if descent.done:
            break
        descent.step()
    return descent.parameters()

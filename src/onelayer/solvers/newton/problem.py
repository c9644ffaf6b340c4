"""An objective taken apart into one path for each output, and the way back to its parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onelayer.kernels.residual_pass import source
from onelayer.objective import Objective
from onelayer.solvers.newton.bounded import BoundedLoss
from onelayer.solvers.newton.coordinates import Coordinates
from onelayer.solvers.newton.design import Design
from onelayer.solvers.newton.path import Path
from onelayer.solvers.newton.targets import Targets, typical

_NORMAL = 1.4826  # standard deviation of a normal distribution, in units of its median absolute deviation
_LARGEST_PENALTY = 1e200
_UNPENALISED = (1.0, 1.0)


@dataclass(frozen=True)
class Output:
    """One output, and the units in which its path goes: F = factor · unit · the objective of the path."""

    targets: Targets
    path: Path
    factor: float
    coordinates: Coordinates
    units: NDArray

    def parameters(self) -> tuple[NDArray, float]:
        """Return (coef, intercept) of the best point, in units of X and y as stored."""
        design, seen = self.path.design, self.coordinates
        units = np.append(self.units, 0.0) if seen.intercept else self.units
        theta = design.shortest(design.theta(self.path.best.gamma), units)
        return seen.parameters(theta, self.targets.offset, self.targets.unit)

    def mean_loss(self) -> float:
        """Return Σ w·ℓ of the best point. Where a scale is sought, ℓ is Huber's loss with δ·σ, which is κ."""
        path, unit = self.path, self.targets.unit
        factor = (
            self.factor if path.loss.tau is None else path.kappa * unit or 1.0
        )  # σ = 0: the absolute loss
        return factor * unit * path.mean_loss()

    def value_and_gap(self, coef: NDArray, intercept: float) -> tuple[float, int, float]:
        """Return F of these parameters as m, e of m·2^e, since it may be no number, and its relative gap."""
        seen, targets = self.coordinates, self.targets
        theta = seen.theta(coef, intercept, targets.offset, targets.unit)
        constant = float(np.abs(coef) @ np.abs(seen.center)) + abs(intercept) + abs(targets.offset)
        value, gap = self.path.value_and_gap(theta, constant / targets.unit)
        parts = [math.frexp(part) for part in (value, self.factor, targets.unit)]
        return math.prod(part for part, _ in parts), sum(exponent for _, exponent in parts), gap


class Problem:
    """The outputs of an objective, advanced together.

    Parameters
    ----------
    objective : Objective
    form : BoundedLoss
        Of its loss, in units of the targets.
    start : (coef, intercept) or None
    tol : float
    n_threads : int or None
    """

    def __init__(
        self,
        objective: Objective,
        form: BoundedLoss,
        start: tuple[NDArray, NDArray] | None,
        tol: float,
        n_threads: int | None,
    ) -> None:
        self.objective, self.form, self.tol, self.n_threads = objective, form, tol, n_threads
        weights = objective.sample_weight
        self.coordinates = Coordinates.of(objective.X, weights, objective.fit_intercept)
        self.shares = None if weights is None else _shares(weights)
        self.designs: dict[tuple[float, float], Design] = {}
        starts = [None] * objective.n_outputs if start is None else list(zip(*start, strict=True))
        self.outputs = [self._output(k, begin) for k, begin in enumerate(starts)]

    def _output(self, number: int, start: tuple[NDArray, float] | None) -> Output:
        form, seen, weights = self.form, self.coordinates, self.shares
        share = form.high / (form.high - form.low)
        targets = Targets.of(self.objective.targets[:, number], weights, share, seen.intercept)
        loss = form.in_units(targets.unit, targets.reach)
        design = self._design(targets.unit, loss.factor)
        gamma, spread = np.zeros(design.rank), targets.spread
        if start is not None:
            gamma = design.gamma(seen.theta(*start, targets.offset, targets.unit))
            spread = typical(targets.y - design.products(gamma), weights) or spread
        spread = spread or 1.0
        kappa = max(loss.kappa, spread) if form.tau is None else form.factor * _NORMAL * spread
        y, far = targets.nearer(loss, design)
        path = Path(design, y, far, loss, gamma, kappa, self.tol)
        return Output(targets, path, loss.factor, seen, seen.scale / self.objective.X.unit)

    def _design(self, unit: float, factor: float) -> Design:
        """Return the rows with the penalty in units of factor · unit; the same for all outputs where there is none."""
        objective, seen = self.objective, self.coordinates
        key = (unit, factor) if objective.alpha > 0 else _UNPENALISED
        if key not in self.designs:
            (m, e), (n, f), (d, g) = map(math.frexp, (objective.alpha, unit, factor))
            mantissas, exponents = np.frexp(seen.scale / objective.X.unit)
            with np.errstate(over="ignore", under="ignore"):
                penalty = np.ldexp(m * n / d * np.square(mantissas), e + f - g + 2 * exponents)
            penalty = np.minimum(penalty, _LARGEST_PENALTY)
            penalty = np.append(penalty, 0.0) if seen.intercept else penalty
            rows = source(objective.X.array, seen.center, seen.scale, seen.intercept, self.shares)
            self.designs[key] = Design(rows, penalty, self.n_threads)
        return self.designs[key]

    def step(self) -> None:
        """Advance every output that is not done."""
        for output in self.outputs:
            if not output.path.done:
                output.path.step()

    @property
    def done(self) -> bool:
        """Whether every output is."""
        return all(output.path.done for output in self.outputs)

    def mean_loss(self) -> float:
        """Return the mean loss of the best parameters so far, with their own scale where one is sought."""
        return sum(output.mean_loss() for output in self.outputs)

    def parameters(self) -> tuple[NDArray, NDArray]:
        """Return the best (coef, intercept) so far, in units of X and y as stored."""
        pairs = [output.parameters() for output in self.outputs]
        return np.array([coef for coef, _ in pairs]), np.array([intercept for _, intercept in pairs])

    def gap(self, coef: NDArray, intercept: NDArray) -> float:
        """Return how far F is above its least value at most with these parameters, relative to what is counted of F."""
        for output in self.outputs:
            if not output.path.done:
                output.path.certify()
        each = zip(self.outputs, coef, intercept, strict=True)
        parts = [output.value_and_gap(*parameters) for output, *parameters in each]
        largest = max((exponent for part, exponent, _ in parts if part > 0), default=0)
        values = [math.ldexp(part, exponent - largest) if part > 0 else 0.0 for part, exponent, _ in parts]
        excess = sum(value * gap for value, (*_, gap) in zip(values, parts, strict=True))
        return 0.0 if excess <= 0 else float(excess / sum(values))

    def rank(self) -> int | None:
        """Return the rank of the columns, centred if there is an intercept; None with a penalty."""
        if self.objective.alpha > 0:
            return None
        return self.objective.X.shape[1] - self.designs[_UNPENALISED].null.shape[1]

    def scale(self) -> Any:
        """Return σ of the best parameters, of several outputs an array (n_outputs,)."""
        scales = [output.path.kappa * output.targets.unit / self.form.factor for output in self.outputs]
        return scales[0] if len(scales) == 1 else np.array(scales)


def _shares(weights: NDArray) -> NDArray:
    """Return weights with sum 1."""
    shares = weights / weights.max()
    return shares / shares.sum()

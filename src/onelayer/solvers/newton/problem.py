"""An objective taken apart into one path for each output, and the way back to its parameters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onelayer.kernels.residual_pass import source
from onelayer.objective import Objective
from onelayer.solvers.newton.bounded import BoundedLoss
from onelayer.solvers.newton.coordinates import Coordinates, inverse_power
from onelayer.solvers.newton.design import Design
from onelayer.solvers.newton.path import Path

_NORMAL = 1.4826  # standard deviation of a normal distribution, in units of its median absolute deviation
_TINY = float(np.finfo(np.float64).tiny)
_LARGEST_PENALTY = 1e200


@dataclass(frozen=True)
class Targets:
    """The targets of one output as offset + unit·y, with y of order one.

    Attributes
    ----------
    y : (n_rows,) float64
    offset, unit : float
        The unit is a power of two.
    spread : float
        Median of the |y| that are not 0; 0 where all are.
    """

    y: NDArray
    offset: float
    unit: float
    spread: float

    @classmethod
    def of(cls, column: NDArray, weights: NDArray | None, share: float, centred: bool) -> Targets:
        """Return targets with the quantile of a share of them at 0, if they are to be centred."""
        y = column.astype(np.float64)
        offset = float(np.quantile(_counted(y, weights), share)) if centred else 0.0
        y -= offset
        spread = _typical(y, weights)
        unit = 1 / float(inverse_power(np.array([spread]))[0])
        y /= unit
        return cls(y, offset, unit, spread / unit)


@dataclass(frozen=True)
class Output:
    """One output, and the units in which its path goes: F = factor · the objective of the path."""

    targets: Targets
    path: Path
    factor: float
    coordinates: Coordinates
    units: NDArray

    def parameters(self) -> tuple[NDArray, float]:
        """Return (coef, intercept) of the best point, in units of X and y as stored."""
        design, seen = self.path.design, self.coordinates
        units = np.append(self.units, 0.0) if seen.intercept else self.units
        theta = design.shortest(design.theta(self.path.best.gamma), units * self.targets.unit)
        return seen.parameters(theta, self.targets.offset, self.targets.unit)

    def value_and_excess(self, coef: NDArray, intercept: float) -> tuple[float, float]:
        """Return F of these parameters, and how far it is above its least value at most."""
        seen, targets = self.coordinates, self.targets
        theta = seen.theta(coef, intercept, targets.offset, targets.unit)
        constant = float(np.abs(coef) @ np.abs(seen.center)) + abs(intercept) + abs(targets.offset)
        value, gap = self.path.value_and_gap(theta, constant / targets.unit)
        return self.factor * value, self.factor * value * gap


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
        self.designs: dict[float, Design] = {}
        starts = [None] * objective.n_outputs if start is None else list(zip(*start, strict=True))
        self.outputs = [self._output(k, begin) for k, begin in enumerate(starts)]

    def _output(self, number: int, start: tuple[NDArray, float] | None) -> Output:
        form, seen, weights = self.form, self.coordinates, self.objective.sample_weight
        share = form.high / (form.high - form.low)
        targets = Targets.of(self.objective.targets[:, number], weights, share, seen.intercept)
        loss = replace(form, kappa=form.kappa / targets.unit)
        design = self._design(targets.unit)
        gamma, spread = np.zeros(design.rank), targets.spread
        if start is not None:
            gamma = design.gamma(seen.theta(*start, targets.offset, targets.unit))
            spread = _typical(targets.y - design.products(gamma), weights) or spread
        spread = spread or 1.0
        kappa = max(loss.kappa, spread) if form.tau is None else form.factor * _NORMAL * spread
        path = Path(design, targets.y, loss, gamma, kappa, self.tol)
        return Output(targets, path, form.factor * targets.unit, seen, seen.scale / self.objective.X.unit)

    def _design(self, unit: float) -> Design:
        """Return the rows with the penalty in units of targets with this unit; of all outputs where there is none."""
        objective, seen = self.objective, self.coordinates
        key = unit if objective.alpha > 0 else 1.0
        if key not in self.designs:
            with np.errstate(over="ignore", under="ignore"):
                pull = np.sqrt(objective.alpha / self.form.factor) * np.sqrt(unit)
                penalty = np.minimum(np.square(seen.scale / objective.X.unit * pull), _LARGEST_PENALTY)
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
        """Return the mean loss of the best parameters so far, of J with a scale that is sought."""
        return sum(output.factor * output.path.mean_loss(output.path.best) for output in self.outputs)

    def parameters(self) -> tuple[NDArray, NDArray]:
        """Return the best (coef, intercept) so far, in units of X and y as stored."""
        pairs = [output.parameters() for output in self.outputs]
        return np.array([coef for coef, _ in pairs]), np.array([intercept for _, intercept in pairs])

    def gap(self, coef: NDArray, intercept: NDArray) -> float:
        """Return how far F is above its least value at most with these parameters, relative to F."""
        for output in self.outputs:
            if not output.path.done:
                output.path.certify()
        pairs = [o.value_and_excess(*each) for o, *each in zip(self.outputs, coef, intercept, strict=True)]
        excess = sum(excess for _, excess in pairs)
        return float(excess / sum(value for value, _ in pairs)) if excess > 0 else 0.0

    def rank(self) -> int | None:
        """Return the rank of the columns, centred if there is an intercept; None with a penalty."""
        if self.objective.alpha > 0:
            return None
        return self.objective.X.shape[1] - self.designs[1.0].null.shape[1]

    def scale(self) -> Any:
        """Return σ of the best parameters, of several outputs an array (n_outputs,)."""
        scales = [output.path.kappa * output.targets.unit / self.form.factor for output in self.outputs]
        return scales[0] if len(scales) == 1 else np.array(scales)


def _counted(values: NDArray, weights: NDArray | None) -> NDArray:
    return values if weights is None else values[weights > 0]


def _typical(values: NDArray, weights: NDArray | None) -> float:
    """Return the median size of the values that are not 0, over the rows with a weight; 0 if there are none."""
    sizes = np.abs(_counted(values, weights))
    sizes = sizes[sizes > 0]
    return max(float(np.median(sizes)), _TINY) if len(sizes) else 0.0


def _shares(weights: NDArray) -> NDArray:
    """Return weights with sum 1."""
    shares = weights / weights.max()
    return shares / shares.sum()

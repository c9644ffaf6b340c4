"""The targets of one output as its path sees them: centred, of order one, and those far out brought nearer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from onelayer.losses import Quantile
from onelayer.matrices import spread
from onelayer.solvers.newton.bounded import BoundedLoss
from onelayer.solvers.newton.coordinates import inverse_power
from onelayer.solvers.newton.design import Design

_TINY = float(np.finfo(np.float64).tiny)
_LARGEST = 1e300
_SAMPLE = 1 << 16  # rows that are looked at
_LEAST = 0.1  # share of the targets that tell of the others where most are 0
_NEARING = 2.0**-6  # share of the way to a target brought nearer that a score may leave
FAR = 2.0**10  # times what is typical, from where on numbers are far out


@dataclass(frozen=True)
class Far:
    """Rows whose targets were brought nearer; as long as their residuals stay at a bound, that changes no solution.

    There the loss is a straight line, so F is less by one number for all parameters. Elsewhere it is less by no more.
    Sums over such rows would have no digits left for the others.

    Attributes
    ----------
    rows : (n_far,) int64
    true, near : (n_far,) float64
        Their targets, and what these were replaced by.
    weights : (n_far,) float64
        Share of each row in the mean loss.
    """

    rows: NDArray
    true: NDArray
    near: NDArray
    weights: NDArray

    def __len__(self) -> int:
        return len(self.rows)

    def others(self, everyone: NDArray) -> NDArray:
        """Return the choice of ``everyone`` but these rows."""
        choice = everyone.copy()
        choice[self.rows] = 0
        return choice

    @property
    def moved(self) -> NDArray:
        """By how much a target is farther out than what replaced it."""
        return self.true - self.near

    def bounds(self, low: float, high: float) -> NDArray:
        """Return the slope of each row while it is at a bound."""
        return np.where(self.true > 0, high, low)

    def taken(self, low: float, high: float) -> float:
        """Return by how much the mean loss is less."""
        return self.cost(np.zeros(len(self)), low, high)

    def cost(self, d: NDArray, low: float, high: float) -> float:
        """Return by how much less slopes d of these rows say of the least F than of what is left of it."""
        return float(self.weights @ ((self.bounds(low, high) - d) * self.moved))

    def crossing(self, residuals: NDArray, low: float, high: float, kappa: float) -> NDArray:
        """Return which rows are at their bound no more, or have come half the way to it."""
        outward = residuals[self.rows] * np.sign(self.near)
        edge = kappa * np.abs(self.bounds(low, high))
        return outward < np.maximum(_NEARING * np.abs(self.near), edge)

    def without(self, chosen: NDArray) -> Self:
        """Return the other rows."""
        left = ~chosen
        return replace(
            self,
            rows=self.rows[left],
            true=self.true[left],
            near=self.near[left],
            weights=self.weights[left],
        )


NONE = Far(np.zeros(0, np.int64), np.zeros(0), np.zeros(0), np.zeros(0))


@dataclass(frozen=True)
class Targets:
    """The targets of one output as offset + unit·y, with y of order one.

    Attributes
    ----------
    y : (n_rows,) float64
    offset, unit : float
        The unit is a power of two.
    spread : float
        Median size of the y that are not 0, with an exception; 0 where all are.
    reach : float
        What no residual exceeds at the optimum of the squared loss, with a penalty or without.
    """

    y: NDArray
    offset: float
    unit: float
    spread: float
    reach: float

    @classmethod
    def of(cls, column: NDArray, weights: NDArray | None, share: float, centred: bool) -> Self:
        """Return targets with the quantile of a share of them at 0, if they are to be centred; weights have sum 1."""
        y = column.astype(np.float64)
        offset = _quantile(*_counted(y, weights), share) if centred else 0.0
        y -= offset
        spread = _spread(y, weights, abs(offset))
        unit = 1 / float(inverse_power(np.array([spread]))[0])
        with np.errstate(over="ignore"):
            y = np.clip(y / unit, -_LARGEST, _LARGEST)
        if weights is not None:
            y[weights == 0] = 0  # they are no matter, and may be anything
        some, shares = _counted(y, weights)
        least = 1 / len(y) if shares is None else float(shares.min())
        reach = float(np.max(np.abs(some), initial=0.0)) / np.sqrt(least)  # since w·r² ≤ Σ w·r² ≤ Σ w·y²
        return cls(y, offset, unit, spread / unit, float(reach))

    def nearer(self, loss: BoundedLoss, design: Design) -> tuple[NDArray, Far]:
        """Return y with those targets brought nearer that are far out: beside most others, beside where the loss bends,
        and beside how far out their row lies, whose score may be as large. Rows without a weight are no matter.

        Parameters
        ----------
        loss : BoundedLoss
            In units of y.
        design : Design
        """
        limit = FAR * max(self.spread, loss.kappa)
        rows = np.flatnonzero(np.abs(self.y) > limit) if limit > 0 else NONE.rows
        rows = rows[design.everyone[rows] > 0]
        if len(rows) == 0:
            return self.y, NONE
        limits = limit * design.distances(rows)
        far = np.abs(self.y[rows]) > limits
        rows, limits = rows[far], limits[far]
        weights, y = design.source.weights, self.y.copy()
        y[rows] = np.copysign(limits, y[rows])
        shares = weights[rows] if weights.size else np.full(len(rows), 1 / len(y))
        return y, Far(rows, self.y[rows], y[rows], shares)


def typical(values: NDArray, weights: NDArray | None) -> float:
    """Return the median size of the values that are not 0, over the rows with a weight; 0 if there are none."""
    sizes, weights = _counted(np.abs(values), weights)
    weights = None if weights is None else weights[sizes > 0]
    sizes = sizes[sizes > 0]
    return max(_quantile(sizes, weights, 0.5), _TINY) if len(sizes) else 0.0


def _spread(y: NDArray, weights: NDArray | None, offset: float) -> float:
    """Return what is typical of centred targets; where most are 0 and most others far out, of the least others.

    Where those are far out beside the offset too, it is what is typical of all.
    """
    usual, (sizes, weights) = typical(y, weights), _counted(np.abs(y), weights)
    if 2 * np.count_nonzero(sizes) >= len(sizes):
        return usual
    least = _quantile(*_some(sizes[sizes > 0], None), _LEAST) if usual else 0.0
    usual = max(least, _TINY) if usual > FAR * least > 0 else usual
    return max(offset, _TINY) if usual > FAR * offset > 0 else usual


def _counted(values: NDArray, weights: NDArray | None) -> tuple[NDArray, NDArray | None]:
    """Return values and weights of the rows with a weight."""
    return (values, None) if weights is None else (values[weights > 0], weights[weights > 0])


def _some(values: NDArray, weights: NDArray | None) -> tuple[NDArray, NDArray | None]:
    """Return values and weights of some rows, evenly spread."""
    rows = spread(len(values), _SAMPLE)
    return values[rows], None if weights is None else weights[rows]


def _quantile(values: NDArray, weights: NDArray | None, q: float) -> float:
    """Return a quantile; with weights, that of some rows."""
    if weights is None:
        return float(np.quantile(values, q))
    values, weights = _some(values, weights)
    return float(Quantile(q).constant(values, weights, 1)[0])

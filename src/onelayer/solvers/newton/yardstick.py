"""What a gap is measured by: the objective, in which residuals far out count as less; and what is but rounding."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from onelayer.kernels.residual_pass import Slopes
from onelayer.matrices import spread
from onelayer.solvers.newton.design import Design
from onelayer.solvers.newton.targets import FAR, typical

_EPS = float(np.finfo(np.float64).eps)
_PERFECT_SUM = 8 * _EPS  # a mean loss this small beside the terms of the residuals may be all rounding
_PERFECT_ROW = 1e4  # and is, if no residual is larger than so many roundings of its own terms
_LIGHT_ROW = 1e7  # or, of a row with less weight, as many as the weights are apart, but no more than so many
_ROUNDING = _EPS  # what the objective and its bound may be off, beside these terms, taken as independent
_MOST = 10.0  # times the usual residual, a residual counts at most
_MOSTLY = 0.5  # share of the objective that is left by it, above which it need not be used
_CHUNK = 1 << 15
_SAMPLE = 1 << 12  # rows of which the usual residual is the median


@dataclass(frozen=True)
class Reached:
    """Parameters, and what was found there.

    Attributes
    ----------
    value : float
        The objective.
    theta : (n_features + intercept,) float64
        Parameters of [z, 1].
    residuals : (n_rows,) float64
    slopes : Slopes
        Those of the loss.
    constant : float
        Size of the terms that every row had before it was centred.
    """

    value: float
    theta: NDArray
    residuals: NDArray
    slopes: Slopes
    constant: float = 0.0

    @property
    def steepest(self) -> float:
        """The largest slope of the loss."""
        return max(-self.slopes.low, self.slopes.high)


class Yardstick:
    """What is usual and what is rounding in residuals of targets y.

    Attributes
    ----------
    size_of_y, length_of_y : float
        Σ w·|y| and √Σ w·y².
    usual_of_y : float
        The first, but no more than that of targets which are not far out.
    largest_weight : float
        Of one row, where the sum of all is 1.
    """

    def __init__(self, design: Design, y: NDArray) -> None:
        self.design, self.y = design, y
        weights, size = design.source.weights, np.abs(y)
        largest = float(np.max(size, initial=0.0, where=design.everyone > 0)) or 1.0
        share = size / largest  # so that no square is beyond float64
        square = float(weights @ (share * share) if weights.size else np.mean(share * share))
        self.size_of_y = float(weights @ size if weights.size else size.mean())
        self.length_of_y = largest * math.sqrt(square)
        self.usual_of_y = min(self.size_of_y, FAR * typical(y, weights if weights.size else None))
        self.largest_weight = float(weights.max() if weights.size else 1 / len(y))

    def gap(self, at: Reached, bound: float, tol: float = 0.0) -> float:
        """Return how far the objective is above a bound of its least value, relative to what is counted of it.

        It is 0 of a perfect fit.

        Parameters
        ----------
        at : Reached
        bound : float
        tol : float
            A gap that is larger need not be exact; 0 for one that has the rounding of value and bound in it.
        """
        if not math.isfinite(at.value):
            return 1.0
        if self.perfect(at):
            return 0.0
        excess, rounding = max(0.0, at.value - bound), self.rounding(at)
        whole = excess if tol else excess + rounding
        if tol and excess > tol * at.value:
            return min(1.0, whole / at.value)
        return min(1.0, whole / self.counted(at))

    def counted(self, at: Reached) -> float:
        """Return the objective, a residual counting no more than ten times the usual one or where the loss is curved.

        The usual one is the median of those that are more than rounding, of some thousand rows, evenly spread. Without
        a limit, a few rows far out would be nearly all of the objective, and any gap small beside it. If more than half
        of the objective is left, it is the objective.
        """
        limit = max(_MOST * self._usual(at), at.slopes.target * at.steepest)
        weights, over = self.design.source.weights, 0.0
        for start in range(0, len(at.residuals), _CHUNK):
            residuals = at.residuals[start : start + _CHUNK]
            far = np.flatnonzero(np.abs(residuals) > limit)
            slope = np.where(residuals[far] > 0, at.slopes.high, -at.slopes.low)
            share = weights[start + far] if weights.size else 1 / len(at.residuals)
            over += float((share * slope) @ (np.abs(residuals[far]) - limit))
        left = at.value - over
        return at.value if left > _MOSTLY * at.value else max(left, _PERFECT_SUM * at.value)

    @cached_property
    def _sample(self) -> NDArray:
        rows = np.flatnonzero(self.design.everyone)
        return rows[spread(len(rows), _SAMPLE)]

    def _usual(self, at: Reached) -> float:
        """Return the usual residual; infinity where there is none."""
        rows = self._sample
        size = np.abs(at.residuals[rows])
        more = size > self._least(at, rows)
        if not more.any():
            return math.inf
        weights = self.design.source.weights
        return typical(size[more], weights[rows[more]] if weights.size else None)

    def _least(self, at: Reached, rows: NDArray | slice) -> NDArray:
        """Return the residuals that some rows may have by rounding."""
        length = self.design.length
        usual = np.divide(
            self.usual_of_y, length, out=np.zeros_like(length), where=length > 0
        )  # for a θ near 0
        terms = np.abs(self.y[rows]) + self.design.sizes(np.abs(at.theta) + usual, rows) + at.constant
        weights = self.design.source.weights
        if weights.size == 0:
            return _PERFECT_ROW * _EPS * terms
        lightest = self.largest_weight / _LIGHT_ROW
        apart = self.largest_weight / np.maximum(weights[rows], lightest)
        return np.maximum(_PERFECT_ROW, apart) * _EPS * terms

    def rounding(self, at: Reached) -> float:
        """Return what value and bound may be off, as the residuals are rounded, each row by itself."""
        length = self.length_of_y + float(self.design.length @ np.abs(at.theta))
        return _ROUNDING * self._largest_slope(at) * math.sqrt(self.largest_weight) * length

    def perfect(self, at: Reached) -> bool:
        """Return whether residuals are but the rounding of their terms: in the mean, and in each row with a weight.

        The mean alone would not do: one row far out may have terms so large that it hides the residuals of all others.
        """
        size = self.size_of_y + float(self.design.length @ np.abs(at.theta)) + at.constant
        if at.value <= 0:
            return True
        if at.value > _PERFECT_SUM * self._largest_slope(at) * size:
            return False
        rounded = np.abs(at.residuals) <= self._least(at, slice(None))
        return bool(rounded[self.design.everyone > 0].all())

    def _largest_slope(self, at: Reached) -> float:
        """Return a bound of the slopes that these residuals have."""
        if at.slopes.target == 0:
            return at.steepest
        farthest = float(np.max(np.abs(at.residuals), initial=0.0, where=self.design.everyone > 0))
        return min(at.steepest, farthest / at.slopes.target)

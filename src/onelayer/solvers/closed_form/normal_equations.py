"""The normal equations AB = C of a fit, of columns about their means, in doubled precision."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onelayer.solvers.closed_form.double_double import DoubleDouble
from onelayer.solvers.closed_form.statistics import Statistics

_NOTHING = 2.0**-90  # what remains of a column without variation, relative to its size about the shift
_BLOCK, _WHOLE = (
    2.0**-93,
    2.0**-98,
)  # errors of the sums of a block of rows, and of all, as ``kernels.gram`` says


@dataclass(frozen=True, eq=False)
class NormalEquations:
    """A = X̃ᵀWX̃, C = X̃ᵀWỸ and D = ỸᵀWỸ, with columns about their means if there is an intercept, and scaled.

    Columns are in units of 2^exponent, chosen so that those of A have a length between ½ and 1; weights in units of
    2^weight_exponent.

    Attributes
    ----------
    A : (p, p) DoubleDouble
    C : (p, q) DoubleDouble
    D : (q, q) DoubleDouble
    center : (p + q,) DoubleDouble
        Means of the columns of X and Y, in their units; zeros without an intercept.
    exponent : (p + q,) int64
    weight_exponent : int
    total : DoubleDouble
        Sum of the weights.
    whole : (p,) float64
        Squared lengths of the columns of X about 0: what rounding of their values is relative to.
    rounding : (p,) float64
        What rounding of the sums makes of a squared length: at random, 2⁻⁹³ of the square of the largest value for
        each block of rows that was summed up, and 2⁻⁹⁸ of the whole for the equations; more for sums in float64.
    """

    A: DoubleDouble
    C: DoubleDouble
    D: DoubleDouble
    center: DoubleDouble
    exponent: NDArray[np.int64]
    weight_exponent: int
    total: DoubleDouble
    whole: NDArray
    rounding: NDArray

    @classmethod
    def of(cls, statistics: Statistics, fit_intercept: bool) -> NormalEquations:
        """Return the equations of all rows of the statistics."""
        p, first = statistics.n_features, int(statistics.exponent[0])
        nothing = np.zeros_like(statistics.shift)
        about_zero = statistics.moved(nothing, statistics.exponent, statistics.weight_exponent).gram
        gram = statistics.gram if fit_intercept else about_zero
        mean = gram[0] / gram[0, 0]
        square = gram - mean[:, None] * gram[0][None, :] if fit_intercept else gram
        square, exponent = square[1:, 1:], statistics.exponent[1:]

        spread, size = np.diag(square.high), np.diag(gram.high)[1:]
        spread = np.where(spread > _NOTHING * size, spread, size)
        change = (np.frexp(spread)[1] + 1) // 2
        rounding = _BLOCK * np.sqrt(1 + statistics.n_rows / 64) + (_WHOLE + statistics.error) * size
        square = square.times_power(-(change[:, None] + change[None, :]))
        center = DoubleDouble.of(np.zeros(len(exponent)))
        if fit_intercept:
            offset = DoubleDouble.of(statistics.shift[1:]).times_power(-exponent - change)
            center = mean[1:].times_power(-first - change) + offset
        return cls(
            square[:p, :p],
            square[:p, p:],
            square[p:, p:],
            center,
            exponent + change,
            statistics.weight_exponent,
            gram[0, 0].times_power(2 * first),
            np.ldexp(np.diag(about_zero.high)[1 : 1 + p], -2 * change[:p].astype(np.intc)),
            np.ldexp(rounding, -2 * change.astype(np.intc))[:p],
        )

    @property
    def n_features(self) -> int:
        """How many columns X has."""
        return self.A.shape[0]

    def penalised(self, penalty: DoubleDouble) -> DoubleDouble:
        """Return A + λI with λ in the units of the weights and of X as stored."""
        A = self.A.copy()
        i = np.arange(self.n_features)
        raised = self.A[i, i] + DoubleDouble(
            np.full(self.n_features, penalty.high), np.full(self.n_features, penalty.low)
        ).times_power(-2 * self.exponent[: self.n_features])
        A.high[i, i], A.low[i, i] = raised.high, raised.low
        return A

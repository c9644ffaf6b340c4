"""Sums over rows from which a least-squares fit is exact, whichever rows they come from and in which parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from onelayer.columnar import Columnar
from onelayer.errors import InvalidDataError
from onelayer.solvers.closed_form.double_double import DoubleDouble
from onelayer.solvers.closed_form.rows import Rows

if TYPE_CHECKING:
    from onelayer.kernels.gram import Survey

DOUBLED_ERROR = 1e-26  # of sums in doubled precision, relative to the lengths of their columns; mostly 1e-29
_LEAST_EXPONENT = -1021  # so that 2 to its negative is finite
_MARGIN, _MOST_MARGIN = (
    6,
    16,
)  # powers of two by which a guess of an exponent is, and may turn out to be, too large


@dataclass(frozen=True, eq=False)
class Statistics:
    """The Gram matrix ZᵀWZ of the rows Z = [1, X, Y], in doubled precision: enough for least squares, and mergeable.

    Columns are kept as z = (x − shift)·2^−exponent, which is exact: a shift other than 0 is given to columns whose
    values are all within a factor of two of it (years, timestamps), where the difference of two float64 has no
    rounding error (Sterbenz). The largest √w·|z| of a column is between ½ and 1, so neither 1e-200 nor 1e200 leaves the
    range of numbers.

    Attributes
    ----------
    n_rows : int
        Rows with a positive weight.
    n_features, n_outputs : int
    unit : float
        Factor between a stored value of X and the objective's input: 1/255 for uint8, else 1.
    resolution : float
        Relative distance of neighbouring numbers of the type of X: of float32, or of float64 (uint8 counts as exact).
    shift : (1 + n_features + n_outputs,) float64
    exponent : (1 + n_features + n_outputs,) int64
    weight_exponent : int
        Weights are kept as w·2^−weight_exponent.
    gram : (1 + n_features + n_outputs, 1 + n_features + n_outputs) DoubleDouble
    error : float
        What the error of a sum is at most, relative to the lengths of its columns, where sums were made in float64; 0
        for sums in doubled precision, whose errors are below ``DOUBLED_ERROR``.

    Notes
    -----
    Cost: (n_features + n_outputs + 1)² / 2 steps for each row, each of four floating-point operations. Memory: a square
    matrix of 16 bytes an entry, and some of them while they are summed up; X is not copied.

    Examples
    --------
    >>> X, y = np.arange(6.0).reshape(3, 2), np.array([[1.0], [2.0], [4.0]])
    >>> first, second = Statistics.of(X[:1], y[:1], None), Statistics.of(X[1:], y[1:], None)
    >>> first.merge(second).mean
    array([2., 3.])
    """

    n_rows: int
    n_features: int
    n_outputs: int
    unit: float
    resolution: float
    shift: NDArray
    exponent: NDArray[np.int64]
    weight_exponent: int
    gram: DoubleDouble
    error: float = 0.0

    @classmethod
    def of(
        cls,
        X: NDArray | Columnar,
        targets: NDArray,
        weights: NDArray | None,
        *,
        precise: bool = True,
        like: Statistics | None = None,
        n_threads: int | None = None,
        columns: Sequence[str] | None = None,
    ) -> Statistics:
        """Return the statistics of some rows, in two passes over X: one that looks, one that sums.

        Parameters
        ----------
        X : (n_rows, n_features) uint8, float32 or float64
            An array in C or Fortran order, of any other order a copy is made; or columns.
        targets : (n_rows, n_outputs) float64
        weights : (n_rows,) float64, or None for equal weights
            Finite and not negative; rows of weight 0 do not count.
        precise : bool
            Whether sums are made in doubled precision, or in float64 at several times the speed (``precision.summed``
            knows when that is enough).
        like : Statistics or None
            Those of some of the rows, or of others like them. For sums in float64 with equal weights they spare the
            pass that looks, unless the rows turn out to reach much further.
        n_threads : int or None
            None for as many as there are cores; the result is the same to the bit.
        columns : sequence of str, optional
            Names of the columns of X, for messages.

        Raises
        ------
        InvalidDataError
            NaN or infinity in X or in the targets; the first pass finds them, before anything is summed.
        """
        rows = Rows.of(X, targets, weights, n_threads)
        if like is not None and weights is None and not precise:
            guessed = cls._guessed(rows, like)
            if guessed is not None:
                return guessed
        low, high = rows.range(columns)
        shift = _exact_shift(low, high)
        shift[0] = 0.0
        size = np.maximum(high - shift, shift - low) if weights is None else rows.size(shift)
        exponent = _exponent(size, shift)
        return cls._summed(rows, shift, exponent, precise)[0]

    @classmethod
    def _summed(
        cls, rows: Rows, shift: NDArray, exponent: NDArray[np.int64], precise: bool
    ) -> tuple[Statistics, Survey]:
        """Return the statistics of rows by known shifts and exponents, and what was seen of z on the way."""
        high, low, seen = rows.gram(shift, exponent, precise)
        statistics = cls(
            rows.n_counted,
            rows.n_features,
            rows.n_outputs,
            rows.unit,
            resolution(rows.dtype),
            shift,
            exponent,
            rows.weight_exponent,
            DoubleDouble(high, low),
            0.0 if precise else _float64_error(np.diag(high)),
        )
        return statistics, seen

    @classmethod
    def _guessed(cls, rows: Rows, like: Statistics) -> Statistics | None:
        """Return sums in float64 by the shifts of others and about their exponents; None where these do not fit.

        Columns that have zeros only in the others are taken to be as large as the largest.
        """
        shift, zeros = like.shift, like.exponent == _LEAST_EXPONENT
        exponent = np.where(zeros, like.exponent[1:].max(), like.exponent) + _MARGIN
        statistics, seen = cls._summed(rows, shift, exponent, precise=False)
        size = np.maximum(seen.high, -seen.low)
        exact = (shift == 0) | (size < np.ldexp(np.abs(shift) / 2, -exponent.astype(np.intc)))
        if not (seen.finite and (size < 1).all() and exact.all()):
            return None
        found = np.where(size > 0, np.frexp(size)[1] + exponent, _exponent(size, shift))
        if (exponent - found)[size > 0].max(initial=0) > _MOST_MARGIN:
            return None
        tight = statistics.moved(shift, found, statistics.weight_exponent)
        return replace(tight, error=_float64_error(np.diag(tight.gram.high)))

    @property
    def n_columns(self) -> int:
        """How many columns [1, X, Y] has."""
        return 1 + self.n_features + self.n_outputs

    @cached_property
    def total_weight(self) -> float:
        """The sum of the weights."""
        return float(np.ldexp(self.gram.high[0, 0], 2 * self.exponent[0] + self.weight_exponent))

    @cached_property
    def mean(self) -> NDArray:
        """The weighted mean of each feature, shape (n_features,)."""
        x = slice(1, 1 + self.n_features)
        apart = (self.gram[0, x] / self.gram[0, 0]).times_power(self.exponent[x] - self.exponent[0])
        return (DoubleDouble.of(self.shift[x]) + apart).high

    def merge(self, other: Statistics) -> Statistics:
        """Return the statistics of these rows and others together; as good as exact, so order and parts do not matter.

        Raises
        ------
        InvalidDataError
            Columns of another number, or X of uint8 with X of another type.
        """
        for what, mine, others in (
            ("features", self.n_features, other.n_features),
            ("outputs", self.n_outputs, other.n_outputs),
        ):
            if mine != others:
                raise InvalidDataError(
                    f"statistics of rows with other numbers of {what}, {mine} and {others}, cannot be merged"
                )
        if self.unit != other.unit:
            raise InvalidDataError(
                "statistics of X of uint8 and of another type cannot be merged; convert X first"
            )
        if not other.n_rows or not self.n_rows:
            return self if self.n_rows else other
        shift = self.shift
        exponent = np.maximum(self.exponent, other.exponent)
        apart = other.shift - shift
        exponent = np.maximum(exponent, np.where(apart == 0, exponent, np.frexp(apart)[1]))
        weight_exponent = max(self.weight_exponent, other.weight_exponent)
        one, two = (part.moved(shift, exponent, weight_exponent) for part in (self, other))
        return replace(
            one,
            n_rows=self.n_rows + other.n_rows,
            resolution=max(self.resolution, other.resolution),
            gram=one.gram + two.gram,
            error=max(self.error, other.error),
        )

    def moved(self, shift: NDArray, exponent: NDArray[np.int64], weight_exponent: int) -> Statistics:
        """Return the same sums of z = (x − shift)·2^−exponent.

        With δ the distance of the shifts, Z becomes Z + 1δᵀ, and ZᵀWZ becomes ZᵀWZ + (ZᵀW1)δᵀ + δ(1ᵀWZ) + (1ᵀW1)δδᵀ.
        """
        change = self.exponent - exponent
        gram = self.gram.times_power(
            change[:, None] + change[None, :] + (self.weight_exponent - weight_exponent)
        )
        if np.any(shift != self.shift):
            apart = DoubleDouble.of(self.shift) - DoubleDouble.of(shift)
            apart = apart.times_power(exponent[0] - exponent)
            cross = apart[:, None] * gram[0][None, :]
            square = apart[:, None] * apart[None, :] * gram[0, 0]
            gram = gram + (cross + cross.T) + square
        return replace(self, shift=shift, exponent=exponent, weight_exponent=weight_exponent, gram=gram)

    def tensors(self) -> dict[str, NDArray]:
        """Return the statistics as plain arrays."""
        return {
            "gram": np.stack([self.gram.high, self.gram.low]),
            "shift": self.shift,
            "exponent": self.exponent,
            "counts": np.array([self.n_rows, self.n_features, self.n_outputs, self.weight_exponent]),
            "scales": np.array([self.unit, self.resolution, self.error]),
        }

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, NDArray]) -> Statistics:
        """Return the statistics of ``tensors()``.

        Raises
        ------
        ValueError
            Arrays that are missing, of another shape or type, or that no rows can have.
        """
        shapes = {
            "gram": ("f", 3),
            "shift": ("f", 1),
            "exponent": ("i", 1),
            "counts": ("i", 1),
            "scales": ("f", 1),
        }
        for name, (kind, ndim) in shapes.items():
            if name not in tensors or tensors[name].dtype.kind != kind or tensors[name].ndim != ndim:
                raise ValueError(f"statistics need an array {name!r} of {ndim} dimensions and kind {kind!r}")
            if not np.isfinite(tensors[name]).all():
                raise ValueError(f"statistics have NaN or infinity in {name!r}")
        if len(tensors["counts"]) != 4 or len(tensors["scales"]) != 3:
            raise ValueError("statistics need four counts and three scales")
        n_rows, n_features, n_outputs, weight_exponent = (int(count) for count in tensors["counts"])
        unit, resolution, error = (float(scale) for scale in tensors["scales"])
        m = 1 + n_features + n_outputs
        if (
            min(n_rows, n_features) < 0
            or n_outputs < 1
            or not (0 < unit <= 1 and 0 < resolution < 1 and 0 <= error < 1)
        ):
            raise ValueError("statistics have counts or scales that no rows can have")
        shift, exponent = tensors["shift"].astype(np.float64), tensors["exponent"].astype(np.int64)
        high, low = tensors["gram"].astype(np.float64) if len(tensors["gram"]) == 2 else (shift, shift)
        if high.shape != (m, m) or shift.shape != (m,) or exponent.shape != (m,):
            raise ValueError(
                f"statistics have sums of shape {high.shape}, which n_features={n_features} and "
                f"n_outputs={n_outputs} do not have"
            )
        if not (np.array_equal(high, high.T) and np.array_equal(low, low.T)) or (np.diag(high) < 0).any():
            raise ValueError("statistics have sums that are not those of a Gram matrix")
        if n_rows and not high[0, 0] > 0:
            raise ValueError("statistics have rows without weight")
        if max(np.abs(exponent).max(), abs(weight_exponent)) > 2200:
            raise ValueError("statistics have exponents beyond those of float64")
        return cls(
            n_rows,
            n_features,
            n_outputs,
            unit,
            resolution,
            shift,
            exponent,
            weight_exponent,
            DoubleDouble(high, low),
            error,
        )


def _exponent(size: NDArray, shift: NDArray) -> NDArray[np.int64]:
    """Return the exponents of the largest distances from the shift, and for constants the least that there could be."""
    least = np.where(shift == 0, _LEAST_EXPONENT, np.frexp(shift)[1] - 54)
    exponent = np.where(size > 0, np.frexp(size)[1], least)
    return np.maximum(exponent, _LEAST_EXPONENT).astype(np.int64)


def resolution(dtype: np.dtype) -> float:
    """Return the relative distance of neighbouring numbers of the type of X; uint8 is as exact as float64."""
    return float(np.finfo(np.float32 if dtype == np.float32 else np.float64).eps)


def _float64_error(squares: NDArray) -> float:
    """Return a bound of the relative error of sums that are in float64 within blocks of 64 rows.

    Each addition errs by at most 2⁻⁵³ of the sum of its block, at random, and no term is above 1; so the error is below
    64·2⁻⁵³ times the root of the sum of squares, and relative to that sum it falls with its root.
    """
    squares = squares[squares > 0]
    return float(64 * 2.0**-53 / np.sqrt(squares.min(initial=np.inf))) if len(squares) else 0.0


def _exact_shift(low: NDArray, high: NDArray) -> NDArray:
    """Return the middle of columns whose values are all within a factor of two of it, else 0."""
    close = ((low > 0) & (high <= 2 * low)) | ((high < 0) & (low >= 2 * high))
    return np.where(close, low + (high - low) / 2, 0.0)

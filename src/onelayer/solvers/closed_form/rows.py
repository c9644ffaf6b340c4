"""Rows as the kernels read them: the columns [1, X, Y] where they lie, and weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from onelayer.columnar import Columnar
from onelayer.matrices import Dense, Matrix
from onelayer.validation import check_finite

if TYPE_CHECKING:
    from onelayer.kernels.gram import Columns, Survey

_EXTREME = 300  # weights beyond 2 to this power, or below its inverse, are scaled


Block = tuple[NDArray | Columnar, NDArray, NDArray | None]


@dataclass(frozen=True)
class Blocks:
    """Rows, targets and weights, a block of rows at a time; each iteration begins anew.

    Attributes
    ----------
    X : Matrix
    targets : (n_rows, n_outputs) array
    weights : (n_rows,) array or None
    """

    X: Matrix
    targets: NDArray
    weights: NDArray | None

    def __len__(self) -> int:
        return len(self.X.blocks)

    def __iter__(self) -> Iterator[Block]:
        for rows, block in self.X.blocks:
            yield block, self.targets[rows], None if self.weights is None else self.weights[rows]


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of X and of targets, with weights w·2^−weight_exponent.

    Attributes
    ----------
    matrix : Dense
    targets : (n_rows, n_outputs) float64
    weights : (n_rows,) float64 or None
    weight_exponent : int
        0, or the power of two by which extreme weights are brought to order one.
    n_counted : int
        Rows with a positive weight.
    n_threads : int or None

    Examples
    --------
    >>> rows = Rows.of(np.array([[2.0, 7.0], [5.0, 3.0]]), np.array([[1.0], [4.0]]), np.array([1.0, 3.0]))
    >>> rows.range(), rows.size(np.array([0.0, 2.0, 3.0, 0.0])).round(3)
    ((array([1., 2., 3., 1.]), array([1., 5., 7., 4.])), array([1.732, 5.196, 4.   , 6.928]))
    """

    matrix: Dense
    targets: NDArray
    weights: NDArray | None
    weight_exponent: int
    n_counted: int
    n_threads: int | None

    @classmethod
    def of(
        cls, X: NDArray | Columnar, targets: NDArray, weights: NDArray | None, n_threads: int | None = None
    ) -> Rows:
        """Take rows as they are."""
        Y, exponent, counted = np.ascontiguousarray(targets, dtype=np.float64), 0, len(X)
        if weights is not None:
            counted, exponent = int(np.count_nonzero(weights)), _weight_exponent(weights)
            weights = np.ldexp(weights, -exponent) if exponent else weights
        return cls(Dense(X), Y, weights, exponent, counted, n_threads)

    @property
    def n_features(self) -> int:
        """How many columns X has."""
        return self.matrix.shape[1]

    @property
    def n_outputs(self) -> int:
        """How many targets a row has."""
        return self.targets.shape[1]

    @property
    def unit(self) -> float:
        """Factor between a stored value of X and the objective's input."""
        return self.matrix.unit

    @property
    def dtype(self) -> np.dtype:
        """The type of X."""
        return self.matrix.stored.dtype

    def range(self, columns: Sequence[str] | None = None) -> tuple[NDArray, NDArray]:
        """Return the least and the largest value of each column in the rows that count, zeros if there are none.

        Raises
        ------
        InvalidDataError
            NaN or infinity in any row; ``columns`` are names for the message.
        """
        seen = self._survey(np.zeros(1 + self.n_features + self.n_outputs))
        if not seen.finite:
            check_finite(self.matrix.array, "X", columns)
            check_finite(self.targets, "y")
        low, high = (end if self.n_counted else np.zeros_like(end) for end in (seen.low, seen.high))
        return low, high

    def size(self, shift: NDArray) -> NDArray:
        """Return the largest √w·|x − shift| of each column."""
        return self._survey(shift).size

    def gram(
        self, shift: NDArray, exponent: NDArray[np.int64], precise: bool
    ) -> tuple[NDArray, NDArray, Survey]:
        """Return ZᵀWZ of z = (x − shift)·2^−exponent as the sum of two matrices, and what was seen of z."""
        from onelayer.kernels import gram as kernel

        scale = np.ldexp(1.0, -exponent.astype(np.intc))
        return kernel.gram(self._columns(shift, scale), self.n_threads, doubled=precise)

    def _survey(self, shift: NDArray) -> Survey:
        from onelayer.kernels import gram as kernel

        return kernel.survey(self._columns(shift, np.ones_like(shift)), self.n_threads)

    def _columns(self, shift: NDArray, scale: NDArray) -> Columns:
        from onelayer.kernels.gram import Columns

        stored, weights = self.matrix.stored, np.empty(0) if self.weights is None else self.weights
        if isinstance(stored, Columnar):
            typed = np.empty((0, self.n_features), stored.dtype)
            return Columns(typed, stored.places, self.targets, weights, shift, scale)
        return Columns(stored, np.empty(0, np.uintp), self.targets, weights, shift, scale)


def _weight_exponent(weights: NDArray) -> int:
    """Return 0, or the power of two by which extreme weights are brought to order one."""
    exponent = int(np.frexp(weights.max(initial=0.0))[1])
    return exponent if abs(exponent) > _EXTREME else 0

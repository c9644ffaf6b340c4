"""What every matrix of inputs can do, whatever it is stored as."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from onelayer.columnar import Columnar
from onelayer.matrices.moments import Moments

if TYPE_CHECKING:
    from onelayer.matrices.row_buffer import RowBuffer


class Matrix(ABC):
    """A matrix of n_rows × n_features inputs.

    Attributes
    ----------
    shape : (int, int)
    dtype : dtype
        Of the values as stored: uint8, float32 or float64.
    number : dtype
        float32 or float64: the type of scores and weights.
    unit : float
        Factor between a stored value and the input of the objective.
    principal : bool
        Whether the columns hardly correlate: they are principal axes.
    centring : bool
        Whether the means of the columns can be subtracted without filling it.
    """

    shape: tuple[int, int]
    dtype: np.dtype
    number: np.dtype
    unit: float
    principal: bool = False
    centring: ClassVar[bool]

    def _hold(self, shape: Sequence[int], dtype: np.dtype) -> None:
        """Note the shape and the type of what is stored, and what follows from the type."""
        self.shape, self.dtype = (int(shape[0]), int(shape[1])), dtype
        self.number = np.dtype(np.float64 if dtype == np.float64 else np.float32)
        self.unit = 1 / 255 if dtype == np.uint8 else 1.0

    @property
    @abstractmethod
    def stored(self) -> Any:
        """The rows, every value of them, as they lie in memory.

        Raises
        ------
        InvalidDataError
            They are sparse.
        """

    @property
    @abstractmethod
    def array(self) -> NDArray:
        """The rows in C order.

        Raises
        ------
        InvalidDataError
            They are sparse.
        """

    @property
    @abstractmethod
    def row_size(self) -> int:
        """How many values a row has that a pass over it reads, on average, at least one."""

    @property
    @abstractmethod
    def blocks(self) -> Sequence[tuple[slice, NDArray | Columnar]]:
        """All rows with every value, as stored, in one block or several of which each is made when it is asked for."""

    @abstractmethod
    def scores(self, coef: NDArray, intercept: NDArray, n_threads: int | None = None) -> NDArray:
        """Return X·coefᵀ + intercept, in units of X as stored; shape (n_rows, n_outputs)."""

    @abstractmethod
    def transposed_product(self, D: NDArray) -> NDArray:
        """Return DᵀX, in units of X as stored; shape (n_outputs, n_features)."""

    @abstractmethod
    def moments(self, weights: NDArray | None) -> Moments:
        """Return the moments of the columns, in units of X as stored."""

    @abstractmethod
    def extremes(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the smallest and the largest value of each column, in units of X as stored; there is a row."""

    @abstractmethod
    def sample(self, rows: NDArray) -> NDArray:
        """Return a few rows with every value, in units of X as stored, in the type of computation."""

    @abstractmethod
    def part(self, rows: NDArray | slice) -> Matrix:
        """Return some rows as a matrix of their own, as stored; it may share the memory of a slice."""

    @abstractmethod
    def buffer(self) -> RowBuffer:
        """Return an empty buffer for rows of this kind."""

    @abstractmethod
    def design(self, rows: NDArray, center: NDArray, inverse_scale: NDArray, intercept: bool) -> Any:
        """Return [(X − center)·inverse_scale, 1 or 0] of some rows, for products by ``@``, in the type of computation.

        Where the matrix is sparse, so is this; then centres are zero.
        """

    @abstractmethod
    def check_finite(self, name: str, columns: Sequence[str] | None = None) -> None:
        """Refuse NaN and infinity, naming the first row and column.

        Raises
        ------
        InvalidDataError
        """

"""Columns that lie apart, where an array is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Columnar:
    """Columns that lie anywhere in memory, as a frame holds them, where an array of two dimensions is asked for.

    Attributes
    ----------
    columns : sequence of (n_rows,) array
        Of one type; the values of each follow each other.

    Examples
    --------
    >>> X = Columnar([np.array([1.0, 2.0]), np.array([3.0, 5.0])])
    >>> X.shape, len(X), X[[1]], np.asarray(X)
    ((2, 2), 2, array([[2., 5.]]), array([[1., 3.],
           [2., 5.]]))
    """

    ndim = 2

    def __init__(self, columns: Sequence[NDArray]) -> None:
        self.columns = columns
        self.shape, self.dtype = (len(columns[0]), len(columns)), columns[0].dtype

    @classmethod
    def of(cls, array: NDArray) -> Columnar:
        """Take the columns of an array in Fortran order, without a copy."""
        return cls(list(array.T))

    @property
    def places(self) -> NDArray[np.uintp]:
        """The address of each column."""
        return np.array([column.__array_interface__["data"][0] for column in self.columns], np.uintp)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> NDArray:
        return np.stack([column[rows] for column in self.columns], axis=-1)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray:
        return self[:] if dtype is None else self[:].astype(dtype, copy=False)

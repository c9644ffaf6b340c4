"""Room for rows that come in parts, and of which some leave again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from onelayer.matrices.matrix import Matrix

Rows = TypeVar("Rows", bound=Matrix)


class ArrayBuffer:
    """An array that grows at its end; what is put into it is copied.

    Parameters
    ----------
    like : array
        Has the type and the shape of a row; none of its rows is taken.

    Examples
    --------
    >>> buffer = ArrayBuffer(np.empty((0, 2)))
    >>> buffer.put(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
    >>> buffer.keep(np.array([2, 1]))
    >>> buffer.rows.tolist()
    [[5.0, 6.0], [3.0, 4.0]]
    """

    def __init__(self, like: NDArray) -> None:
        self._room, self._n_rows = np.empty((0, *like.shape[1:]), like.dtype), 0

    def __len__(self) -> int:
        return self._n_rows

    @property
    def rows(self) -> NDArray:
        """The rows, where they lie."""
        return self._room[: self._n_rows]

    def put(self, rows: NDArray) -> None:
        """Copy rows to the end."""
        before, n_rows = self._n_rows, self._n_rows + len(rows)
        if n_rows > len(self._room):
            room = np.empty((max(n_rows, 2 * len(self._room)), *self._room.shape[1:]), self._room.dtype)
            room[:before] = self.rows
            self._room = room
        self._room[before:n_rows] = rows
        self._n_rows = n_rows

    def keep(self, places: NDArray[np.intp]) -> None:
        """Keep the rows of these places, in this order; a row that stays where it is costs nothing."""
        moved = np.flatnonzero(places != np.arange(len(places)))
        self._room[moved] = self._room[places[moved]]
        self._n_rows = len(places)


class RowBuffer(ABC, Generic[Rows]):
    """Rows of a matrix that come and go."""

    @abstractmethod
    def put(self, rows: Rows) -> None:
        """Copy rows, of the type of those before, to the end."""

    @abstractmethod
    def keep(self, places: NDArray[np.intp]) -> None:
        """Keep the rows of these places, in this order."""

    @abstractmethod
    def matrix(self) -> Rows:
        """Return the rows; it may share their memory, and is good until rows are put or left out."""

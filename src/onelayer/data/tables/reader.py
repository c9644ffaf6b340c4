"""What a table is read from: a CSV file, a Parquet file or a frame, behind one interface."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onelayer.data.tables.kinds import Kind


class Reader(ABC):
    """A source of typed batches that can be read from the beginning any number of times."""

    @property
    @abstractmethod
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, in order."""

    @property
    @abstractmethod
    def n_rows(self) -> int:
        """How many rows there are."""

    @property
    @abstractmethod
    def fingerprint(self) -> str | None:
        """Hexadecimal digest that identifies the data; None where nothing holds them but memory."""

    def begin_fingerprint(self) -> None:  # noqa: B027
        """Begin to work the fingerprint out while other work goes on, where that takes a while."""

    @abstractmethod
    def kind(self, column: str) -> Kind:
        """Return what a column holds, or refuse the column."""

    def require(self, column: str, kind: str) -> None:  # noqa: B027
        """Refuse a column that holds other values beside those of a kind, which a model needs; none that has a type."""

    @abstractmethod
    def batches(self, columns: Sequence[str], *, checked: bool = True) -> Iterator[Any]:
        """Return the rows in order, as polars frames of these columns, each of bounded size.

        In columns of floats NaN is missing and infinity is refused; where they are not ``checked``, for callers who
        refuse both by themselves, they may stay as they are.
        """

    @property
    def row_numbers(self) -> NDArray[np.int64]:
        """The number of each row in its file, from 1."""
        return np.arange(1, self.n_rows + 1)

    @abstractmethod
    def place(self, row: int, column: str) -> str:
        """Return where a cell is, for a message; the first row is 1."""

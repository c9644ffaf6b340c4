"""What a table is read from: a CSV file, a Parquet file or a frame, behind one interface."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from onelayer.data.tables.kinds import Kind


class Listener(Protocol):
    """What hears how far each pass over a table is, perhaps in another thread."""

    def on_start(self, epochs: int, rows: int) -> None:
        """Hear that a pass begins, over so many rows, known or estimated; ``epochs`` is 1."""

    def on_rows(self, rows: int) -> None:
        """Hear how many rows have been read."""

    def on_end(self) -> None:
        """Hear that the pass is over, or given up."""


class Reader(ABC):
    """A source of typed batches that can be read from the beginning any number of times."""

    listener: Listener | None = None

    def watched(self, columns: Sequence[str], *, checked: bool = True) -> Iterator[Any]:
        """Return what ``batches`` does, and tell the listener how far it is."""
        listener, n_read = self.listener, 0
        if listener is None:
            yield from self.batches(columns, checked=checked)
            return
        n_rows = self.n_rows  # may be a pass that tells of itself
        listener.on_start(1, n_rows)
        try:
            for batch in self.batches(columns, checked=checked):
                n_read += len(batch)
                listener.on_rows(n_read)
                yield batch
        finally:
            listener.on_end()

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

"""Some of the rows of another reader: the part to train on, or the part that is held out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onelayer.data.dataset import fingerprint
from onelayer.data.tables.kinds import Kind
from onelayer.data.tables.reader import Reader
from onelayer.errors import optional_dependency


class PartReader(Reader):
    """Reads some rows of a table, in order.

    Parameters
    ----------
    whole : Reader
    rows : (whole.n_rows,) array of bool
        Which rows belong to the part.
    """

    def __init__(self, whole: Reader, rows: NDArray[np.bool_]) -> None:
        self._whole, self._rows, self.listener = whole, rows, whole.listener
        self._n_rows = int(rows.sum())

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self._whole.columns

    @property
    def n_rows(self) -> int:
        """How many rows the part has."""
        return self._n_rows

    @property
    def fingerprint(self) -> str | None:
        """That of the whole and of the choice of rows."""
        whole = self._whole.fingerprint
        return (
            None
            if whole is None
            else fingerprint(whole, hashlib.sha256(np.packbits(self._rows).tobytes()).hexdigest())
        )

    def begin_fingerprint(self) -> None:
        """Begin with that of the whole."""
        self._whole.begin_fingerprint()

    def kind(self, column: str) -> Kind:
        """Return what the column holds in the whole table."""
        return self._whole.kind(column)

    def require(self, column: str, kind: str) -> None:
        """Refuse a column that holds other values beside those of a kind in the whole table."""
        self._whole.require(column, kind)

    def batches(self, columns: Sequence[str], *, checked: bool = True) -> Iterator[Any]:
        """Return the rows of the part."""
        pl = optional_dependency("polars", "app")
        first = 0
        for batch in self._whole.batches(columns, checked=checked):
            chosen = self._rows[first : first + len(batch)]
            first += len(batch)
            if chosen.any():
                yield batch.filter(pl.Series(chosen))

    def place(self, row: int, column: str) -> str:
        """Return where a cell is in the whole table."""
        return self._whole.place(int(np.flatnonzero(self._rows)[row - 1]) + 1, column)

    @property
    def row_numbers(self) -> NDArray[np.int64]:
        """The number in the file, from 1, of each row of the part."""
        return self._whole.row_numbers[self._rows]

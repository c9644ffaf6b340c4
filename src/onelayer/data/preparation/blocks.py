"""The rows of a table as blocks of a matrix with targets and weights, for fits that hold no more than one of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from onelayer.data.preparation.place import Place, called
from onelayer.data.preparation.weight import Weight
from onelayer.data.tables.table import Table
from onelayer.errors import InvalidDataError

if TYPE_CHECKING:
    import polars as pl

    from onelayer.data.preparation.preparation import Preparation, Prepared


class Held(NamedTuple):
    """Rows of a table in memory: X, targets, weights or None, and the number of each row in the table, from 0."""

    X: NDArray
    y: NDArray
    weights: NDArray | None
    rows: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Blocks:
    """The rows of a table as (X, y, weights), batch by batch; each iteration reads the table from the beginning.

    Attributes
    ----------
    preparation : Preparation
    table : Table
    weights : (n_rows,) array, Weight or None
        A weight for each row of the table, or the column that holds them.
    targets : (n_rows, …) array or None
        Targets of the rows of the table; None to read them from the preparation's target column.

    Examples
    --------
    >>> import polars as pl
    >>> from onelayer.data.preparation.preparation import Preparation
    >>> from onelayer.data.tables import Table
    >>> table = Table.of(pl.DataFrame({"size": [50, 80, 120], "price": [1.0, 2.0, 4.0]}))
    >>> blocks = Preparation.fit(table, "price").blocks(table)
    >>> [(len(X), y.tolist(), weights) for X, y, weights in blocks]
    [(3, [1.0, 2.0, 4.0], None)]
    """

    preparation: Preparation
    table: Table
    weights: NDArray | Weight | None = None
    targets: NDArray | None = None

    def __iter__(self) -> Iterator[tuple[Any, NDArray, NDArray | None]]:
        return (part[:3] for part in self.parts(apart=True))

    def parts(
        self, *, apart: bool = False
    ) -> Iterator[tuple[Any, NDArray, NDArray | None, NDArray[np.int64]]]:
        """Yield blocks, each with the numbers of its rows in the table, from 0.

        With ``apart``, X may be the columns of a frame where they are, with NaN and infinity for the caller to refuse.

        Raises
        ------
        InvalidDataError
            Of a column or a value that cannot be used; after the last block, if no weight in a column is above 0.
        """
        target = None if self.targets is not None else self.preparation.target
        weight = self.weights if isinstance(self.weights, Weight) else None
        beside = ([target.name] if target else []) + ([weight.column] if weight else [])
        names = list(dict.fromkeys([*self.preparation.columns, *beside]))
        counts = weight is None
        self.preparation.check_columns(self.table)
        unseen = Counter[tuple[str, str]]()
        # whoever takes columns where they are finds what is not finite
        checked = not (apart and weight is None and self.preparation.takes_numbers_only)
        for frame, place in self.preparation.frames(self.table, names, checked=checked):
            these = slice(place.first_row, place.first_row + len(frame))
            if self.targets is None:
                prepared, y = self.preparation.labelled(frame, place, apart=apart)
            else:
                prepared = self.preparation.matrix(frame, place, apart=apart)
                y = self._of_kept(self.targets[these], prepared)
            weights = self._weights(frame, place)
            if weights is not None:
                weights = self._of_kept(weights, prepared)
                counts = counts or bool(weights.any())
            unseen.update(prepared.unseen)
            part = prepared.X, y, weights, self._of_kept(np.arange(these.start, these.stop), prepared)
            del frame, prepared, weights, y  # so that they are not held while the next rows are read
            if len(part[1]):
                yield part
            del part
        if weight is not None and not counts:
            raise InvalidDataError(
                f"{called(self.table)}, column {weight.column!r}: no row has a weight above 0"
            )
        self.preparation.tell_unseen(unseen, called(self.table))

    def _weights(self, frame: pl.DataFrame, place: Place) -> NDArray | None:
        """Return the weights of some rows of the table."""
        if isinstance(self.weights, Weight):
            return self.weights.read(frame, place)
        return None if self.weights is None else self.weights[place.first_row : place.first_row + len(frame)]

    @staticmethod
    def _of_kept(values: NDArray, prepared: Prepared) -> NDArray:
        """Return the values of the rows that X has."""
        return values if prepared.kept is None else values[prepared.kept]

    def held(self) -> tuple[NDArray, NDArray, NDArray | None]:
        """Return all rows at once: X, allocated once, targets, weights."""
        return self.numbered()[:3]

    def numbered(self) -> Held:
        """Return all rows at once, and which rows of the table they are."""
        X, targets, weights, n_rows = None, list[NDArray](), list[NDArray](), 0
        rows = list[NDArray]()
        for block, y, w, these in self.parts():
            if X is None:
                X = np.empty((self.table.n_rows, block.shape[1]), block.dtype)
            X[n_rows : n_rows + len(block)] = block
            n_rows += len(block)
            targets.append(y)
            rows.append(these)
            if w is not None:
                weights.append(w)
        if X is None:
            X = np.empty((0, len(self.preparation.names)))
        y = np.concatenate(targets) if targets else np.empty(0)
        return Held(
            X[:n_rows],
            y,
            np.concatenate(weights) if weights else None,
            np.concatenate(rows) if rows else np.empty(0, np.int64),
        )

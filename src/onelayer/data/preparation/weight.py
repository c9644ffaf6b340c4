"""The column that says how much each row counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from onelayer.data.preparation.place import Place, called, check_known
from onelayer.data.tables.table import Table
from onelayer.errors import InvalidDataError

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Weight:
    """The column that says how much each row counts; it is no input of the model.

    Attributes
    ----------
    column : str

    Examples
    --------
    >>> import polars as pl
    >>> table = Table.of(pl.DataFrame({"price": [1.0, 2.0], "sales": [3, 0]}), "houses")
    >>> Weight.of(table, "sales").read(table.read(), Place(table))
    array([3., 0.])
    """

    column: str

    @classmethod
    def of(cls, table: Table, column: str) -> Weight:
        """Return the weight that a column of a table holds.

        Raises
        ------
        InvalidDataError
            There is no such column, or it does not hold numbers.
        """
        check_known([column], table.columns, called(table), lambda name: "the weights")
        if table.select([column]).schema[column] != "number":
            values = next(table.batches([column])).to_series()
            row = int(values.is_not_null().arg_max() or 0)
            raise InvalidDataError(
                f"{table.place(row + 1, column)}: a weight is a number, and this is {str(values[row])!r}"
            )
        return cls(column)

    def read(self, frame: pl.DataFrame, place: Place) -> NDArray[np.float64]:
        """Return the weights of some rows.

        Raises
        ------
        InvalidDataError
            One is missing or negative; the reader of the table has refused those that are not finite.
        """
        weights = frame.get_column(self.column)
        if weights.null_count():
            raise InvalidDataError(
                f"{place.of(weights.is_null().arg_max() or 0, self.column)}: the weight is missing; write 0 for a row "
                "that is not to count"
            )
        values = weights.to_numpy().astype(np.float64)
        negative = np.flatnonzero(values < 0)
        if len(negative):
            row = int(negative[0])
            raise InvalidDataError(
                f"{place.of(row, self.column)}: a weight is at least 0, and this is {values[row]:g}"
            )
        return values

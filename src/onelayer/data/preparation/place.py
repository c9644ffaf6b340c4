"""Where in a table something is: its name, the row, the column; and which columns it has."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from onelayer.data.tables.forms import is_number
from onelayer.data.tables.table import Table
from onelayer.errors import InvalidDataError

_NAMED = 8  # columns that one message names


@dataclass(frozen=True, eq=False)
class Place:
    """Some consecutive rows of a table.

    Attributes
    ----------
    table : Table
    first_row : int
        How many rows of the table stand before these.

    Examples
    --------
    >>> import polars as pl
    >>> from onelayer.data.tables import Table
    >>> Place(Table.of(pl.DataFrame({"price": [2.0]}), "houses"), 100).of(2, "price")
    "houses, row 103, column 'price'"
    """

    table: Table
    first_row: int = 0

    @property
    def name(self) -> str:
        """What the table is called."""
        return called(self.table)

    def of(self, row: int, column: str) -> str:
        """Return the name of a cell; rows of a table count from 1."""
        return self.table.place(self.first_row + int(row) + 1, column)


def called(table: Table) -> str:
    """Return what a table is called in messages: its file, or the name of its frame."""
    return str(table.path or table.name)


def check_known(names: Iterable[str], columns: Sequence[str], table: str, what: Callable[[str], str]) -> None:
    """Refuse names of columns that a table does not have; ``what`` says what such a column would be.

    Examples
    --------
    >>> check_known(["prize"], ["price", "garden"], "houses.csv", lambda name: "the target")
    Traceback (most recent call last):
    ...
    onelayer.errors.InvalidDataError: houses.csv: there is no column 'prize' (the target); did you mean 'price'?
    """
    for name in names:
        if name not in columns:
            raise InvalidDataError(
                f"{table}: there is no column {name!r} ({what(name)}); {likely(name, columns)}"
            )


def likely(name: str, columns: Sequence[str], taken: Sequence[str] = ()) -> str:
    """Say which columns may have been meant, of those that are not taken."""
    folded = {column.casefold(): column for column in columns if column not in taken}
    near = [folded[match] for match in difflib.get_close_matches(name.casefold(), folded, 3)]
    if near:
        return f"did you mean {' or '.join(map(repr, near))}?"
    headless = ", or if these are values, say header=False" if any(map(is_number, columns)) else ""
    others = [column for column in columns if column not in taken]
    if len(others) == len(columns):
        return f"the columns are {listed(columns)}{headless}"
    return f"the other columns are {listed(others)}{headless}" if others else "there is no other column"


def listed(names: Sequence[str], *, notes: Sequence[str] | None = None) -> str:
    """Return names as one text, of many the first few; with a note after each if given.

    Examples
    --------
    >>> listed(["a", "b"], notes=["3 rows", "1 row"])
    "'a' (3 rows), 'b' (1 row)"
    """
    shown = [repr(name) for name in names[:_NAMED]]
    if notes is not None:
        shown = [f"{name} ({note})" for name, note in zip(shown, notes, strict=False)]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")


def given(parameter: str, names: Sequence[str]) -> str:
    """Return a parameter with the names of columns to give for it, as Python writes it; of many the first few.

    Examples
    --------
    >>> given("drop", ["id", "time hour"])
    "drop=['id', 'time hour']"
    """
    more = ", …" if len(names) > _NAMED else ""
    return f"{parameter}=[{', '.join(map(repr, names[:_NAMED]))}{more}]"


def rows(count: int) -> str:
    """Return a number of rows in words.

    Examples
    --------
    >>> rows(1), rows(9430)
    ('1 row', '9,430 rows')
    """
    return f"{count:,} row" + ("" if count == 1 else "s")

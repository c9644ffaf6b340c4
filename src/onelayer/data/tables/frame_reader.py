"""Frames from Python: whatever narwhals knows, as batches of polars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from onelayer.data.tables.kinds import Kind, as_text, kind_of, standard, without_nan
from onelayer.data.tables.reader import Reader
from onelayer.errors import InvalidDataError, optional_dependency

BATCH_ROWS = 1 << 16


class FrameReader(Reader):
    """Reads a frame in memory.

    Parameters
    ----------
    frame : DataFrame
        Of polars, pandas, pyarrow or another library that narwhals knows; lazy frames are collected.
    name : str
        What the frame is called in messages.
    categories : sequence of str
        Columns that are text, whatever their type.
    """

    def __init__(self, frame: Any, name: str, *, categories: Sequence[str]) -> None:
        self._frame = as_polars(frame, name)
        self._name = name
        self._categories = frozenset(categories)
        if not self._frame.width:
            raise InvalidDataError(f"{name}: the frame has no columns")
        if not len(self._frame):
            raise InvalidDataError(f"{name}: the frame has columns but no rows")

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self._frame.columns)

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return len(self._frame)

    @property
    def fingerprint(self) -> None:
        """None: no file holds the data."""
        return

    def kind(self, column: str) -> Kind:
        """Return what a column holds, by its type."""
        kind = kind_of(self._frame.schema[column], f"{self._name}, column {column!r}")
        return "text" if column in self._categories else kind

    def batches(self, columns: Sequence[str]) -> Iterator[Any]:
        """Return the rows in order, without a copy of columns that are numbers."""
        for column in columns:
            self.kind(column)
        yield from typed_batches(self._frame.select(columns), self._categories, 0, self._name)

    def place(self, row: int, column: str) -> str:
        """Return where a cell is."""
        return f"{self._name}, row {row:,}, column {column!r}"


def typed_batches(frame: Any, categories: frozenset[str], first_row: int, table: str) -> Iterator[Any]:
    """Cut a frame into batches whose columns have the types that stand for their kinds.

    Parameters
    ----------
    frame : polars.DataFrame
        Columns of kinds that can be read.
    categories : frozenset of str
        Columns that become text.
    first_row : int
        How many rows of the table stand before the frame.
    table : str
        Name of the table, for messages.
    """
    expressions = [
        as_text(name, dtype) if name in categories else standard(name, dtype)
        for name, dtype in frame.schema.items()
    ]
    for start in range(0, len(frame), BATCH_ROWS):
        batch = without_nan(frame.slice(start, BATCH_ROWS), first_row + start, table)
        yield batch.select(expressions)


def as_polars(frame: Any, name: str) -> Any:
    """Return a frame of any library as one of polars; missing values of pandas become null.

    Raises
    ------
    InvalidDataError
        It is no frame, or has columns that polars has no type for.

    Examples
    --------
    >>> import pandas as pd
    >>> as_polars(pd.DataFrame({"x": [1.5, None]}), "frame")["x"].to_list()
    [1.5, None]
    """
    import narwhals as nw

    pl = optional_dependency("polars", "app")
    try:
        known = nw.from_native(frame, pass_through=True)
        if not isinstance(known, nw.DataFrame | nw.LazyFrame):
            kind = type(frame).__name__
            raise InvalidDataError(f"{name}: a table is a frame of polars, pandas or pyarrow, not {kind}")
        return known.lazy().collect(backend="polars").to_native()
    except InvalidDataError:
        raise
    except (ValueError, TypeError, pl.exceptions.PolarsError) as error:
        raise InvalidDataError(f"{name}: the frame cannot be read: {' '.join(str(error).split())}") from None

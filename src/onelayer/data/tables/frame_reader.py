"""Frames from Python: whatever narwhals knows, as batches of polars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from onelayer.data.tables.kinds import Kind, as_text, is_readable, is_standard, kind_of, standard, without_nan
from onelayer.data.tables.mixture import Mixture
from onelayer.data.tables.parts import even_parts
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
        self._frame, self._mixtures = as_polars(frame, name)
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
        """Return what a column holds, by its type.

        Raises
        ------
        InvalidDataError
            It holds objects of several types, or of one that is none of the kinds.
        """
        if column in self._mixtures:
            self._check_mixture(column)
        kind = kind_of(self._frame.schema[column], f"{self._name}, column {column!r}")
        return "text" if column in self._categories else kind

    def require(self, column: str, kind: str) -> None:
        """Refuse a column that holds objects of several types, by the value that is not of the kind."""
        if column in self._mixtures and column not in self._categories:
            self._refuse(column, kind)

    def _check_mixture(self, column: str) -> None:
        """Refuse objects of several types unless they are text, and among these what is no name either."""
        if column not in self._categories:
            self._refuse(column)
        mixture = self._mixtures[column]
        if mixture.infinite is not None:
            value = mixture.values[mixture.infinite]
            raise InvalidDataError(
                f"{self.place(mixture.infinite + 1, column)}: {value} is not a finite number; correct or remove it"
            )

    def _refuse(self, column: str, needed: str | None = None) -> None:
        row, what = self._mixtures[column].fault(column, needed)
        raise InvalidDataError(f"{self.place(row + 1, column)}: {what}")

    def batches(self, columns: Sequence[str], *, checked: bool = True) -> Iterator[Any]:
        """Return the rows in order, without a copy of columns that are numbers."""
        for column in columns:
            self.kind(column)
        yield from typed_batches(self._frame.select(columns), self._categories, 0, self._name, checked)

    def place(self, row: int, column: str) -> str:
        """Return where a cell is."""
        return f"{self._name}, row {row:,}, column {column!r}"


def typed_batches(
    frame: Any, categories: frozenset[str], first_row: int, table: str, checked: bool = True
) -> Iterator[Any]:
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
    checked : bool
        Whether NaN becomes null, and infinity is refused.
    """
    expressions = [
        as_text(name, dtype) if name in categories else standard(name, dtype)
        for name, dtype in frame.schema.items()
        if name in categories or not is_standard(dtype)
    ]
    for start, stop in even_parts(len(frame), BATCH_ROWS):
        rows = frame.slice(start, stop - start)
        rows = without_nan(rows, first_row + start, table) if checked else rows
        yield rows.with_columns(expressions) if expressions else rows


def as_polars(frame: Any, name: str) -> tuple[Any, dict[str, Mixture]]:
    """Return a frame of any library as one of polars; missing values of pandas become null.

    What the library calls a category is text, whatever its levels are.

    Returns
    -------
    frame : polars.DataFrame
    mixtures : dict
        The columns that hold Python objects of several types, which are text in the frame.

    Raises
    ------
    InvalidDataError
        It is no frame, has two columns of one name, or a column that polars has no type for.

    Examples
    --------
    >>> import pandas as pd
    >>> frame, _ = as_polars(pd.DataFrame({"x": [1.5, None], "zip": pd.Categorical([98103, 98004])}), "frame")
    >>> frame.to_dict(as_series=False)
    {'x': [1.5, None], 'zip': ['98103', '98004']}
    """
    import narwhals as nw

    try:
        known = nw.from_native(frame, pass_through=True)
        if not isinstance(known, nw.DataFrame | nw.LazyFrame):
            kind = type(frame).__name__
            raise InvalidDataError(f"{name}: a table is a frame of polars, pandas or pyarrow, not {kind}")
        held = known.collect() if isinstance(known, nw.LazyFrame) else known
        schema = held.schema
        converted, mixtures = _converted(held, name)
    except nw.exceptions.DuplicateError as error:
        # narwhals writes a line "- 'price' 2 times" for each such name
        named, _, count = (
            str(error).splitlines()[-1].removeprefix("- ").removesuffix(" times").rpartition(" ")
        )
        raise InvalidDataError(
            f"{name}: {count} columns are named {named}; give every column a name of its own"
        ) from None
    levels = [
        as_text(column, converted.schema[column])
        for column, dtype in schema.items()
        if isinstance(dtype, nw.Categorical | nw.Enum) and is_readable(converted.schema[column])
    ]
    return converted.with_columns(levels), mixtures


def _converted(held: Any, name: str) -> tuple[Any, dict[str, Mixture]]:
    """Return a frame that narwhals knows as one of polars; column by column if a column has no type there."""
    pl = optional_dependency("polars", "app")
    failures = (ValueError, TypeError, ArithmeticError, NotImplementedError, pl.exceptions.PolarsError)
    try:
        return held.lazy().collect(backend="polars").to_native(), {}
    except failures:
        columns: list[Any] = []
        mixtures: dict[str, Mixture] = {}
    for column in held.columns:
        try:
            columns.append(held.select(column).lazy().collect(backend="polars").to_native().to_series())
        except failures as error:
            mixture = Mixture.of(held[column])
            if mixture is None:
                raise _no_values(name, column, error) from None
            mixtures[column] = mixture
            try:
                columns.append(pl.Series(column, mixture.text, dtype=pl.String))
            except UnicodeError as wrong:
                raise _no_values(name, column, wrong) from None
    return pl.DataFrame(columns), mixtures


def _no_values(name: str, column: str, error: Exception) -> InvalidDataError:
    reason = " ".join(str(error).split())
    return InvalidDataError(
        f"{name}, column {column!r}: the values are neither numbers nor booleans, dates or text ({reason}); convert "
        "the column, or leave it out of the frame"
    )

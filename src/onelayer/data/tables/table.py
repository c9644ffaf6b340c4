"""A table: named columns of numbers, truth values, dates and text, read in batches as often as needed."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onelayer.data.tables.csv_reader import CsvReader
from onelayer.data.tables.frame_reader import FrameReader
from onelayer.data.tables.kinds import Kind
from onelayer.data.tables.parquet_reader import ParquetReader
from onelayer.data.tables.part_reader import PartReader
from onelayer.data.tables.reader import Listener, Reader
from onelayer.data.tables.suffixes import PARQUET_SUFFIXES, bare_name, is_parquet, table_suffix
from onelayer.errors import InvalidDataError, InvalidParameterError, optional_dependency
from onelayer.validation import check_random_state, check_real


class Table:
    """Some columns of a file or a frame; made by :func:`open_table` or :meth:`Table.of`.

    Attributes
    ----------
    name : str
        Name of the file without suffixes, or of the frame.
    path : Path or None
        The file.
    columns : tuple of str
        The names of the columns, in order.

    Examples
    --------
    >>> import polars as pl
    >>> houses = Table.of(pl.DataFrame({"price": [2.0, 3.5], "city": ["Kent", None]}), name="houses")
    >>> houses.columns, dict(houses.schema), houses.n_rows
    (('price', 'city'), {'price': 'number', 'city': 'text'}, 2)
    >>> [batch.rows() for batch in houses.batches(["city"])]
    [[('Kent',), (None,)]]
    """

    def __init__(self, name: str, path: Path | None, reader: Reader, columns: Sequence[str]) -> None:
        self.name = name
        self.path = path
        self.columns = tuple(columns)
        self._reader = reader
        self._schema: Mapping[str, Kind] | None = None

    @classmethod
    def of(cls, frame: Any, name: str = "table", *, categories: Sequence[str] = ()) -> Table:
        """Make a table of a frame from Python.

        Parameters
        ----------
        frame : DataFrame
            Of polars, pandas, pyarrow or another library that narwhals knows. Missing values of pandas, and NaN,
            become null.
        name : str
            What it is called in messages.
        categories : sequence of str
            Columns that are text, whatever their type: codes such as postal ones.

        Raises
        ------
        InvalidDataError
            It is no frame, has no rows, or two columns of one name.

        Examples
        --------
        >>> import pandas as pd
        >>> Table.of(pd.DataFrame({"zipcode": [98103, 98004]}), categories=["zipcode"]).read()["zipcode"].to_list()
        ['98103', '98004']
        """
        reader = FrameReader(frame, name, categories=categories)
        table = cls(name, None, reader, reader.columns)
        table._check(categories)
        return table

    @property
    def schema(self) -> Mapping[str, Kind]:
        """What each column holds: number, boolean, date, datetime, zoned (a time with its zone) or text.

        Raises
        ------
        DataFileError
            A column cannot be read: it is named, with the first value that does not belong there. To go without
            that column, ask :meth:`select` for the others first.
        """
        if self._schema is None:
            self._schema = {column: self._reader.kind(column) for column in self.columns}
        return self._schema

    @property
    def n_rows(self) -> int:
        """How many rows there are: of a CSV file by a pass over it, of Parquet by its footer."""
        return self._reader.n_rows

    @property
    def fingerprint(self) -> str | None:
        """Hexadecimal digest that identifies the file, of CSV its unpacked bytes; None of a frame.

        See :func:`onelayer.data.dataset.fingerprint`.
        """
        return self._reader.fingerprint

    def begin_fingerprint(self) -> None:
        """Begin to work the fingerprint out while other work goes on, where that takes a while."""
        self._reader.begin_fingerprint()

    def listen(self, listener: Listener) -> None:
        """Tell a listener, such as a ``ReadingProgress``, how far each pass over the rows is, of parts made later too.

        Examples
        --------
        >>> import polars as pl
        >>> from onelayer.callbacks import Callback
        >>> class Counting(Callback):
        ...     def on_rows(self, rows):
        ...         print(rows, "rows")
        >>> table = Table.of(pl.DataFrame({"price": [2.0, 3.5]}))
        >>> table.listen(Counting())
        >>> for batch in table.batches():
        ...     pass
        2 rows
        """
        self._reader.listener = listener

    def select(self, columns: Sequence[str]) -> Table:
        """Return the table of some columns, in this order; what has been found out about the file is kept.

        Raises
        ------
        InvalidDataError
            There is no such column.

        Examples
        --------
        >>> import polars as pl
        >>> Table.of(pl.DataFrame({"price": [2.0], "city": ["Kent"]}), "houses").select(["pryce"])
        Traceback (most recent call last):
        ...
        onelayer.errors.InvalidDataError: houses: there is no column 'pryce'; did you mean 'price'?
        """
        self._check(columns)
        return Table(self.name, self.path, self._reader, columns)

    def batches(self, columns: Sequence[str] | None = None, *, checked: bool = True) -> Iterator[Any]:
        """Read the rows from the first to the last.

        Parameters
        ----------
        columns : sequence of str or None
            The columns to read, in this order; None for all.

        Yields
        ------
        polars.DataFrame
            The next rows: numbers as integers or floats, booleans, dates as Date, times as Datetime in
            microseconds (UTC where they had a zone), text as String; null where a value is missing.

        Raises
        ------
        InvalidDataError
            There is no such column.
        DataFileError
            The file is damaged, or a column cannot be read.

        Notes
        -----
        Memory does not grow with the table. Every call begins with the first row.
        """
        chosen = self.columns if columns is None else tuple(columns)
        self._check(chosen)
        return self._reader.watched(chosen, checked=checked)

    def read(self, columns: Sequence[str] | None = None) -> Any:
        """Return all rows as one polars frame."""
        pl = optional_dependency("polars", "app")
        return pl.concat(self.batches(columns), rechunk=True)

    @property
    def row_numbers(self) -> NDArray[np.int64]:
        """The number of each row in its file, from 1; of a part of a table, in the whole of it."""
        return self._reader.row_numbers

    def split(
        self,
        fraction: float,
        random_state: int | np.random.RandomState | None,
        *,
        stratify: str | None = None,
    ) -> tuple[Table, Table]:
        """Divide the rows by chance into those to train on and those held out, each in the order that they have.

        Parameters
        ----------
        fraction : float
            Share of the rows that is held out, between 0 and 1; the number of rows is rounded up.
        random_state : int, RandomState or None
        stratify : str or None
            A column of classes, of each of which the same share is held out, up to one row.

        Raises
        ------
        InvalidDataError
            One of the parts would have no rows, or there is no such column.

        Notes
        -----
        To stratify, the rows are put in a random order within each class, one class after the other, and every k-th of
        them is held out: systematic sampling (Cochran, *Sampling Techniques*, chapter 8).

        Memory: five bytes for each row of the table, and with ``stratify`` some twenty.

        Examples
        --------
        >>> import polars as pl
        >>> train, held_out = Table.of(pl.DataFrame({"price": [1.0, 2.0, 3.0, 4.0]})).split(0.5, 0)
        >>> train.read()["price"].to_list(), held_out.read()["price"].to_list(), held_out.row_numbers.tolist()
        ([1.0, 2.0], [3.0, 4.0], [3, 4])
        """
        fraction = check_real("fraction", fraction, 0, 1)
        n_held_out = math.ceil(fraction * self.n_rows)
        if n_held_out >= self.n_rows:
            raise InvalidDataError(
                f"{self.path or self.name}: cannot hold out {fraction:g} of {self.n_rows:,} rows: that leaves none to "
                "train on"
            )
        order = np.arange(self.n_rows, dtype=np.int32 if self.n_rows < 2**31 else np.int64)
        check_random_state(random_state).shuffle(order)
        held_out = np.zeros(self.n_rows, dtype=bool)
        if stratify is None:
            chosen = order[:n_held_out]
        else:
            order = order[np.argsort(self._codes(stratify)[order], kind="stable")]
            chosen = order[(2 * np.arange(n_held_out) + 1) * self.n_rows // (2 * n_held_out)]
        held_out[chosen] = True
        train, held = (
            Table(self.name, self.path, PartReader(self._reader, rows), self.columns)
            for rows in (~held_out, held_out)
        )
        return train, held

    def _codes(self, column: str) -> NDArray[np.int64]:
        """Return a number for each row, the same where the column has the same value."""
        values = self.read([column]).to_series()
        return values.rank("dense").fill_null(0).to_numpy().astype(np.int64)

    def require(self, column: str, kind: str) -> None:
        """Refuse a column whose values have several types, by the first that is not of the kind which a model needs.

        Raises
        ------
        InvalidDataError
            With the row and the value. A column of one type is not refused, whatever that is.

        Examples
        --------
        >>> import pandas as pd
        >>> Table.of(pd.DataFrame({"rooms": [2, "many", "few"]}), "houses").require("rooms", "number")
        Traceback (most recent call last):
        ...
        onelayer.errors.InvalidDataError: houses, row 2, column 'rooms': 'many' is not a number, and the model was \
fitted to numbers there; correct it
        """
        self._check([column])
        self._reader.require(column, kind)

    def place(self, row: int, column: str) -> str:
        """Return where a cell is, for a message: file, row from 1, line in a file of text, column.

        Examples
        --------
        >>> import polars as pl
        >>> Table.of(pl.DataFrame({"price": [2.0]}), "houses").place(1, "price")
        "houses, row 1, column 'price'"
        """
        return self._reader.place(row, column)

    def _check(self, columns: Sequence[str]) -> None:
        for column in columns:
            if column not in self.columns:
                near = difflib.get_close_matches(column, self.columns, 3)
                hint = (
                    f"did you mean {' or '.join(map(repr, near))}?"
                    if near
                    else "the columns are " + ", ".join(map(repr, self.columns[:12]))
                )
                raise InvalidDataError(f"{self.path or self.name}: there is no column {column!r}; {hint}")


def open_table(
    path: str | Path,
    *,
    columns: Sequence[str] | None = None,
    delimiter: str | None = None,
    header: bool = True,
    categories: Sequence[str] = (),
    missing_values: Sequence[str] = (),
) -> Table:
    """Open a CSV or Parquet file as a table.

    Parameters
    ----------
    path : str or Path
        A file of text in UTF-8, plain, gzip or zstandard; or a Parquet file.
    columns : sequence of str or None
        The columns to read; None for all. Others are not looked at beyond the structure of the file.
    delimiter : str or None
        What stands between two fields of a text; None finds out whether it is a comma, a semicolon or a tab.
    header : bool
        Whether the first record of a text names the columns; without, they are column_1, column_2, ….
    categories : sequence of str
        Columns that are text, whatever is in them: codes such as postal ones.
    missing_values : sequence of str
        What stands for a missing value in a text, besides an empty field, NA, N/A, NaN, nan, null, NULL and None.

    Returns
    -------
    Table
        Its columns are known, and for Parquet their types. A file of text is read when the first thing is asked for
        that needs it.

    Raises
    ------
    DataNotFoundError
        There is no such file.
    DataFileError
        It is empty, damaged, or not what it claims to be.
    InvalidDataError
        There is no such column.
    InvalidParameterError
        The delimiter is not one character of ASCII.

    Examples
    --------
    >>> from onelayer.data.house_prices import FILE
    >>> houses = open_table(FILE, categories=["zipcode"])
    >>> houses.name, houses.n_rows, houses.schema["date"], houses.schema["zipcode"]
    ('house-prices', 21613, 'date', 'text')
    """
    if delimiter is not None and (len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n\0'):
        raise InvalidParameterError(
            f"delimiter={delimiter!r}: expected one character of ASCII, such as a comma, or None"
        )
    suffix = table_suffix(path)
    reader: Reader
    if suffix in PARQUET_SUFFIXES or (not suffix and is_parquet(path)):
        reader = ParquetReader(path, categories=categories)
    else:
        if suffix in (".tsv", ".tab"):
            delimiter = delimiter or "\t"
        reader = CsvReader(
            path, delimiter=delimiter, header=header, categories=categories, missing_values=missing_values
        )
    table = Table(bare_name(path), Path(path), reader, reader.columns)
    table._check(categories)
    return table if columns is None else table.select(columns)

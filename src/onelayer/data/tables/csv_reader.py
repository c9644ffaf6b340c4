"""CSV and its kin: comma, semicolon or tab, plain or packed, read strictly."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Self

from onelayer.data.dataset import fingerprint
from onelayer.data.tables.dialect import dialect_of
from onelayer.data.tables.forms import BLANKS, FORMS, MISSING_VALUES, read_form
from onelayer.data.tables.kinds import Kind
from onelayer.data.tables.reader import Listener, Reader
from onelayer.data.tables.records import Records, read_records
from onelayer.data.tables.tally import Tally
from onelayer.data.tables.unpacked import unpacked
from onelayer.errors import DataFileError, optional_dependency

KEPT = 1 << 26
"""Of a file that unpacks to less than this many bytes the first pass is kept, so that there is no second one."""


class CsvReader(Reader):
    """Reads a file of text.

    The first pass finds the form of every column; it is made when something is asked for that needs it.

    Parameters
    ----------
    path : str or Path
        The file.
    delimiter : str or None
        What stands between two fields; None finds out whether it is a comma, a semicolon or a tab.
    header : bool
        Whether the first record names the columns.
    categories : sequence of str
        Columns that are text, whatever is in them.
    missing_values : sequence of str
        What else stands for a missing value.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        delimiter: str | None,
        header: bool,
        categories: Sequence[str],
        missing_values: Sequence[str],
    ) -> None:
        self._path = str(path)
        head = list(islice(unpacked(path), 2))
        self._dialect = dialect_of(
            head[0] if head else b"", len(head) < 2, self._path, delimiter=delimiter, header=header
        )
        self._categories = frozenset(categories)
        self._extra = tuple(word.strip(BLANKS) for word in missing_values)
        self._missing = MISSING_VALUES + self._extra
        self._tallies: dict[str, Tally] = {}
        self._n_rows = 0
        self._fingerprint = ""
        self._kept: list[tuple[Records, Any]] = []

    @property
    def columns(self) -> tuple[str, ...]:
        """The names in the header; column_1, column_2, … without one."""
        return self._dialect.columns

    @property
    def n_rows(self) -> int:
        """How many rows there are; takes the first pass."""
        self._survey()
        return self._n_rows

    @property
    def fingerprint(self) -> str:
        """What the SHA-256 of the unpacked file identifies; takes the first pass."""
        self._survey()
        return self._fingerprint

    def kind(self, column: str) -> Kind:
        """Return what a column holds; takes the first pass.

        Raises
        ------
        DataFileError
            Its values have several forms.
        """
        return FORMS[self._form(column)].kind

    def require(self, column: str, kind: str) -> None:
        """Refuse a column of several forms, by the value that is not of the kind; takes the first pass."""
        self._survey()
        if column in self._tallies:
            self._tallies[column].verdict(kind)

    def _form(self, column: str) -> str:
        self._survey()
        return self._tallies[column].verdict() if column in self._tallies else "text"

    def batches(self, columns: Sequence[str], *, checked: bool = True) -> Iterator[Any]:
        """Return the rows in order, typed, those of some 4 MB of the file at a time."""
        pl = optional_dependency("polars", "app")
        forms = {column: self._form(column) for column in columns}
        for records, frame in self._kept or self._frames(columns):
            yield pl.DataFrame([self._typed(frame[column], form, records) for column, form in forms.items()])

    def place(self, row: int, column: str) -> str:
        """Return where a cell is, with its line; reads the file up to there."""
        for records in read_records(self._path, self._dialect):
            within = row - 1 - records.first_row
            if within < len(records.ends):
                return f"{self._path}, row {row:,} (line {records.line(within):,}), column {column!r}"
        return f"{self._path}, row {row:,}, column {column!r}"

    def _typed(self, text: Any, form: str, records: Records) -> Any:
        values, odd = read_form(text, form, self._missing)
        if len(odd):
            raise DataFileError(
                f"{self._path}: the file was changed while it was read: row {records.first_row + odd[0] + 1:,}, "
                f"column {text.name!r} has another value than before; read it again"
            )
        return values

    def _frames(
        self,
        columns: Sequence[str],
        digest: Any = None,
        watch: Callable[[float], None] | None = None,
    ) -> Iterator[tuple[Records, Any]]:
        """Return records and their fields as text."""
        pl = optional_dependency("polars", "app")
        numbers = {name: str(number) for number, name in enumerate(self.columns)}
        # A header of our own keeps polars from taking the first bytes of a batch for those of a packed file.
        header = self._dialect.delimiter.join(numbers.values()).encode() + b"\n"
        chosen = [numbers[column] for column in columns]
        for records in read_records(self._path, self._dialect, digest, watch):
            frame = pl.read_csv(
                header + records.text,
                columns=chosen,
                separator=self._dialect.delimiter,
                infer_schema=False,
            )
            frame = frame.select(pl.col(numbers[column]).alias(column) for column in columns)
            if self._extra:
                bare = pl.all().str.strip_chars(BLANKS)
                frame = frame.select(pl.when(~bare.is_in(self._extra)).then(pl.all()))
            yield records, frame

    def _survey(self) -> None:
        """Read the file once, unless that has been done, and find the form of every column."""
        if self._n_rows:
            return
        digest = hashlib.sha256()
        tallies = {
            column: Tally(self._path, column, self._missing)
            for column in self.columns
            if column not in self._categories
        }
        kept: list[tuple[Records, Any]] = []
        n_rows = n_bytes = 0
        with _Pass(self.listener) as passing:
            for records, frame in self._frames(self.columns, digest, passing.watch):
                for column, tally in tallies.items():
                    tally.add(frame[column], records)
                n_rows, n_bytes = n_rows + len(records.ends), n_bytes + len(records.text)
                kept = [*kept, (records, frame)] if n_bytes <= KEPT else []
                passing.at(n_rows)
        if not n_rows:
            raise DataFileError(f"{self._path}: the file has a header but no rows")
        self._kept, self._n_rows, self._fingerprint = kept, n_rows, fingerprint(digest.hexdigest())
        self._tallies = tallies


class _Pass:
    """Tells a listener of the first pass, in which the number of rows is estimated from the share of the file read."""

    def __init__(self, listener: Listener | None) -> None:
        self._listener = listener
        self._share = 0.0
        self._begun = False

    def __enter__(self) -> Self:
        return self

    def watch(self, share: float) -> None:
        """Hear how much of the file has been read."""
        self._share = share

    def at(self, n_rows: int) -> None:
        """Tell how many rows have been read."""
        if self._listener is None:
            return
        if not self._begun:
            self._listener.on_start(1, int(float(f"{n_rows / self._share:.2g}")))
            self._begun = True
        self._listener.on_rows(n_rows)

    def __exit__(self, *failure: object) -> None:
        if self._begun and self._listener is not None:
            self._listener.on_end()

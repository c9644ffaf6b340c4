"""The records of a file of text: read in chunks, cut between records, and checked byte by byte."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onelayer.data.tables.dialect import Dialect
from onelayer.data.tables.faults import damages, shown, widths_fault
from onelayer.data.tables.structure import Structure
from onelayer.data.tables.unpacked import unpacked
from onelayer.errors import DataFileError

LONGEST_RECORD = 1 << 26


@dataclass(frozen=True, eq=False)
class Records:
    """Some consecutive records, all sound and of the right number of fields.

    Attributes
    ----------
    text : bytes
        The records; each ends with a line feed.
    ends : (n_rows,) ndarray
        Where each ends in the text.
    first_row : int
        How many rows of the file stand before them.
    first_line : int
        The line of the file in which they begin, from 1.
    """

    text: bytes
    ends: NDArray[np.int64]
    first_row: int
    first_line: int

    def line(self, row: int) -> int:
        """Return the line of the file in which a row begins; ``row`` counts from 0 in these records."""
        return self.first_line + self.text.count(b"\n", 0, int(self.ends[row - 1]) if row else 0)


def read_records(
    path: str, dialect: Dialect, digest: Any = None, watch: Callable[[float], None] | None = None
) -> Iterator[Records]:
    """Read a file of text, a few megabytes of whole records at a time.

    Parameters
    ----------
    path : str
        The file.
    dialect : Dialect
        How it is written.
    digest : hash object or None
        Updated with what the file unpacks to.
    watch : callable or None
        As for ``unpacked``.

    Yields
    ------
    Records
        The next ones, at least one.

    Raises
    ------
    DataFileError
        A row has too many or too few fields, a quote is not closed, or not closed at the end of its field, or
        there are bytes that are no text in UTF-8. The message names row, line and column.

    Notes
    -----
    Blank lines at the end of the file are no records. Memory is bounded by the longest record, which may have
    64 MB.
    """
    rest, first_row, first_line, skip = b"", 0, dialect.first_line, dialect.start
    for chunk in chain(unpacked(path, watch), (b"",)):
        if digest is not None:
            digest.update(chunk)
        text = rest + chunk[skip:] if chunk else _ended(rest)
        skip = 0
        structure = Structure.of(text, dialect.delimiter)
        n_rows = int(np.flatnonzero(~structure.blank(text)).max(initial=-1)) + 1
        _check(
            text, structure, n_rows, not chunk, _Place(path, dialect, first_row, first_line, text, structure)
        )
        if n_rows:
            cut = int(structure.ends[n_rows - 1])
            yield Records(text[:cut], structure.ends[:n_rows], first_row, first_line)
            first_row, first_line = first_row + n_rows, first_line + text.count(b"\n", 0, cut)
            rest = text[cut:]
        else:
            rest = text


def _ended(text: bytes) -> bytes:
    """Return the last records of a file, the last one ended, without the blank lines after it."""
    bare = text.rstrip(b"\r\n")
    return bare + b"\n" if bare else b""


@dataclass(frozen=True)
class _Place:
    """Names the row, line and column of a byte."""

    path: str
    dialect: Dialect
    first_row: int
    first_line: int
    text: bytes
    structure: Structure

    def of(self, offset: int, *, column: bool = True) -> str:
        record, field = self.structure.locate(offset)
        line = self.first_line + self.text.count(b"\n", 0, offset)
        where = f"{self.path}, row {self.first_row + record + 1:,} (line {line:,})"
        names = self.dialect.columns
        return where + (f", column {names[field]!r}" if column and field < len(names) else "")


def _check(text: bytes, structure: Structure, n_rows: int, at_end: bool, place: _Place) -> None:
    """Refuse the first thing that is wrong with a text, up to where its records are whole."""
    found = [
        (offset, f"{place.of(offset)}: {shown(structure.field(text, offset))}: {what}")
        for offset, what in damages(text, structure)
    ]
    found += [
        (offset, f"{place.of(offset, column=False)}: {what}")
        for offset, what in widths_fault(text, structure, n_rows, len(place.dialect.columns))
    ]
    tail = len(text) - (int(structure.ends[-1]) if len(structure.ends) else 0)
    if structure.open_quote >= 0 and (at_end or tail > LONGEST_RECORD):
        offset = structure.open_quote
        within = "" if at_end else f" within {LONGEST_RECORD >> 20} MB"
        found.append(
            (
                offset,
                f"{place.of(offset)}: the quote that opens here is never closed{within}; close it, or double a "
                "quote that belongs to the text",
            )
        )
    elif tail > LONGEST_RECORD or (not n_rows and len(text) > LONGEST_RECORD):
        found.append((len(text), f"{place.of(len(text) - 1)}: no row ends within {LONGEST_RECORD >> 20} MB"))
    if found:
        raise DataFileError(min(found)[1])

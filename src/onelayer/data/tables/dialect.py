"""How a file of text is written: its delimiter, and the names of its columns."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from onelayer.data.tables.faults import check_record
from onelayer.data.tables.forms import is_number
from onelayer.data.tables.structure import DELIMITERS, Structure
from onelayer.errors import DataFileError

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
SAMPLE = 1 << 18

FOREIGN_BEGINNINGS = {
    b"PK\x03\x04": "a zip archive, or a workbook of a spreadsheet; unpack it, or save the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "an old workbook of a spreadsheet; save the sheet as CSV",
    b"\xff\xfe": "text in UTF-16; save it in UTF-8",
    b"\xfe\xff": "text in UTF-16; save it in UTF-8",
    b"\xfd7zXZ": "an xz file; unpack it first",
    b"BZh9": "a bzip2 file; unpack it first",
    b"PAR1": "packed Parquet; unpack it first",
    b"ARROW1": "an Arrow file; save it as Parquet",
    b"\x89HDF": "an HDF5 file",
    b"\x1f\x8b": "gzip data inside packed data; unpack it once",
    b"%PDF": "a PDF file",
    b"<!DOCTYPE": "a web page, perhaps a sign-in or error page saved in place of the file",
    b"<!doctype": "a web page, perhaps a sign-in or error page saved in place of the file",
    b"<html": "a web page, perhaps a sign-in or error page saved in place of the file",
    b"version https://git-lfs": "the pointer that Git LFS leaves in place of a file; fetch the file itself",
}


@dataclass(frozen=True)
class Dialect:
    """How a file of text is written.

    Attributes
    ----------
    delimiter : str
        What stands between two fields.
    columns : tuple of str
        The names of the columns: of the header, or column_1, column_2, … without one.
    start : int
        Where the first row begins, in bytes from the beginning of the file.
    first_line : int
        The line in which it begins; the first is 1.
    """

    delimiter: str
    columns: tuple[str, ...]
    start: int
    first_line: int


def dialect_of(head: bytes, whole: bool, path: str, *, delimiter: str | None, header: bool) -> Dialect:
    """Find out how a file of text is written from its first bytes.

    Parameters
    ----------
    head : bytes
        The first megabytes of the file.
    whole : bool
        Whether the file ends with them.
    path : str
        The file, for messages.
    delimiter : str or None
        What stands between two fields; None finds it out.
    header : bool
        Whether the first record names the columns.

    Raises
    ------
    DataFileError
        The file is empty or foreign; the delimiter cannot be told; the header has an empty name, a name twice,
        or nothing but numbers, or a number that is not whole or has a sign (a year may be a name).

    Examples
    --------
    >>> dialect_of(b"price;area\\n1;2\\n", True, "houses.csv", delimiter=None, header=True)
    Dialect(delimiter=';', columns=('price', 'area'), start=11, first_line=2)
    """
    for beginning, meaning in FOREIGN_BEGINNINGS.items():
        if head.startswith(beginning):
            raise DataFileError(f"{path}: not a table of text; it looks like {meaning}")
    mark = len(BYTE_ORDER_MARK) if head.startswith(BYTE_ORDER_MARK) else 0
    body = head[mark:]
    if not body.strip(b"\r\n"):
        raise DataFileError(f"{path}: the file is empty" + ("" if not body else "; it has only blank lines"))
    if whole:
        body = body if body.endswith(b"\n") else body + b"\n"
    first = _first_record(body, path)
    if not first.strip(b"\r\n"):
        raise DataFileError(f"{path}, line 1: the line is empty, where {_expected(header)} belongs")
    delimiter = delimiter or _detected(body, first, path)
    check_record(first, delimiter, path)
    fields = next(csv.reader(io.StringIO(first.decode("utf-8"), newline=""), delimiter=delimiter))
    if not header:
        names = tuple(f"column_{number}" for number in range(1, len(fields) + 1))
        return Dialect(delimiter, names, mark, 1)
    names = tuple(field.strip() for field in fields)
    _check_names(names, path)
    return Dialect(delimiter, names, mark + len(first), 1 + first.count(b"\n"))


def _expected(header: bool) -> str:
    return "the header" if header else "the first row"


def _first_record(body: bytes, path: str) -> bytes:
    """Return the first record with the end of its line."""
    end = body.find(b"\n")
    while end >= 0 and body.count(b'"', 0, end) % 2:
        end = body.find(b"\n", end + 1)
    if end >= 0:
        return body[: end + 1]
    if b'"' in body:
        line = body.count(b"\n", 0, body.find(b'"')) + 1
        raise DataFileError(
            f"{path}, line {line}: a quote is opened in the first record and never closed; close it, or double a "
            "quote that belongs to the text"
        )
    raise DataFileError(f"{path}: no line ends within the first {len(body):,} bytes; is this a table?")


def _detected(body: bytes, first: bytes, path: str) -> str:
    """Return the delimiter that cuts the first record, and all in the sample into as many fields."""
    present = [mark for mark in DELIMITERS if _widths(first, mark)[0] > 1]
    if len(present) < 2:
        return present[0] if present else DELIMITERS[0]
    sample = body[: max(SAMPLE, len(first))]
    even = [mark for mark in present if len(Counter(_widths(sample, mark))) == 1]
    if len(even) == 1:
        return even[0]
    names = " and ".join(_NAMES[mark] for mark in present)
    raise DataFileError(
        f"{path}: the delimiter is not clear: the first line has {names}, and "
        + ("each cuts" if even else "none cuts")
        + f" the first rows into fields of the same number; say which it is, such as delimiter={present[0]!r}"
    )


_NAMES = {",": "comma", ";": "semicolon", "\t": "tab"}


def _widths(text: bytes, delimiter: str) -> list[int]:
    """Return how many fields each whole record has; blank lines are left out."""
    structure = Structure.of(text, delimiter)
    return structure.widths[~structure.blank(text)].tolist()


def _check_names(names: Sequence[str], path: str) -> None:
    where = f"{path}, line 1"
    if all(map(is_number, names)):
        raise DataFileError(
            f"{where}: the header should name the columns, but holds only numbers, beginning with {names[0]!r}; "
            "if the file has no header, say so with header=False"
        )
    measured = next((name for name in names if is_number(name) and not name.isdigit()), None)
    if measured is not None:
        raise DataFileError(
            f"{where}: column {names.index(measured) + 1} of {len(names)} is named {measured!r}, which looks like a "
            "value; if the file has no header, say so with header=False, or else name the column in words"
        )
    for number, name in enumerate(names, 1):
        if not name:
            raise DataFileError(
                f"{where}: column {number} of {len(names)} has no name; name it in the header"
            )
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        places = [str(number) for number, name in enumerate(names, 1) if name == twice[0]]
        raise DataFileError(
            f"{where}: columns {', '.join(places[:-1])} and {places[-1]} are both named {twice[0]!r}; give every "
            "column a name of its own" + (", or header=False if the file has no header" * is_number(twice[0]))
        )

"""What a text must not have to be a table: bytes that are no text, quotes out of place, rows of another length."""

from __future__ import annotations

import numpy as np

from onelayer.data.tables.structure import Structure
from onelayer.errors import DataFileError

_SHOWN = 60


def shown(value: bytes | str) -> str:
    """Return a value as a message shows it: quoted, on one line, not longer than a line.

    Examples
    --------
    >>> shown(b"caf\\xe9 au lait"), shown("1\\n2")
    ("'caf\\\\xe9 au lait'", "'1\\\\n2'")
    """
    text = value if isinstance(value, str) else value.decode("utf-8", "backslashreplace")
    quoted = repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")
    return quoted.replace("\\\\x", "\\x")


def check_record(record: bytes, delimiter: str, path: str) -> None:
    """Refuse the first record of a file if it is no text, or has a quote or carriage return out of place."""
    structure = Structure.of(record, delimiter)
    found = damages(record, structure)
    if found:
        offset, what = min(found)
        line = 1 + record.count(b"\n", 0, offset)
        field = structure.locate(offset)[1] + 1
        raise DataFileError(
            f"{path}, line {line}, field {field}: {shown(structure.field(record, offset))}: {what}"
        )


def damages(text: bytes, structure: Structure) -> list[tuple[int, str]]:
    """Return the first offence of each kind that a text commits, where and what: NUL, not UTF-8, stray quotes."""
    found = []
    if (offset := text.find(b"\0")) >= 0:
        found.append((offset, "a NUL byte, which no text has; the file is damaged, or not text"))
    whole = text[: structure.ends[-1]] if len(structure.ends) else b""
    if not whole.isascii():
        try:
            whole.decode("utf-8")
        except UnicodeDecodeError as error:
            found.append((error.start, f"byte {whole[error.start]:02x} is not UTF-8; save the file in UTF-8"))
    if structure.fault >= 0:
        found.append((structure.fault, _stray(text, structure.fault)))
    return found


def _stray(text: bytes, offset: int) -> str:
    if text[offset : offset + 1] == b"\r":
        return "a carriage return without a line feed; end lines with a line feed, or quote the field"
    if text[offset : offset + 1] == b'"' and text[offset - 1 : offset] != b'"':
        return "a quote inside a field that does not begin with one; quote the whole field and double the quotes in it"
    return (
        "something follows the quote that closes the field; double a quote that belongs to the text, or look "
        "for one before that is never closed"
    )


def widths_fault(text: bytes, structure: Structure, n_records: int, n_columns: int) -> list[tuple[int, str]]:
    """Return the first record that has not as many fields as there are columns: where it ends, and what is wrong."""
    ragged = np.flatnonzero(structure.widths[:n_records] != n_columns)
    if not len(ragged):
        return []
    record = int(ragged[0])
    start = int(structure.ends[record - 1]) if record else 0
    end = int(structure.ends[record]) - 1
    content, width = text[start:end].rstrip(b"\r"), int(structure.widths[record])
    if not content:
        return [(end, "the line is empty; remove it")]
    fields = "1 field" if width == 1 else f"{width:,} fields"
    columns = "1 column" if n_columns == 1 else f"{n_columns:,} columns"
    advice = (
        "complete the row"
        if width < n_columns
        else "quote a field that holds the delimiter, or remove what is too much"
    )
    return [(end, f"{fields}, where there are {columns}: {shown(content)}; {advice}")]

"""The pages of a Parquet file: whether what their headers say can be true.

A reader allocates what a header asks for. One changed byte may ask for more memory than there is, which ends the
process, so the headers are looked at before any value is read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, BinaryIO

from onelayer.data.tables.compact import Compact, whole
from onelayer.data.tables.footer import Chunk

_HEADER = 256  # bytes that nearly every header has room in

# fields of PageHeader, the kinds of pages, and the field of each kind that has the number of values as its first
_KIND, _UNPACKED, _PACKED = 1, 2, 3
_DATA, _INDEX, _DICTIONARY, _DATA_2 = range(4)
_DETAILS = {_DATA: 5, _DICTIONARY: 7, _DATA_2: 8}
_VALUES, _ENCODING = 1, 2
_ENCODINGS = range(10)


def check_pages(file: BinaryIO, size: int, chunks: Iterable[Chunk]) -> None:
    """Refuse headers of pages that cannot be true.

    Parameters
    ----------
    file : binary file
    size : int
        Where the values end: at the footer.
    chunks : iterable of Chunk
        The columns of row groups that are about to be read.

    Raises
    ------
    ValueError
        Pages that do not fit into the file, or have another number of values than the footer says.

    Notes
    -----
    Cost: a few hundred bytes read and some 10 microseconds for each page, which usually has a megabyte.
    """
    for chunk in chunks:
        _check_chunk(file, size, chunk)


def _check_chunk(file: BinaryIO, size: int, chunk: Chunk) -> None:
    """Follow the pages of a column until they have all its values."""
    position, n_values = chunk.start, 0
    if chunk.size < 0 or chunk.start + chunk.size > size:
        raise ValueError(f"values at byte {chunk.start:,} that do not fit into the file")
    while n_values < chunk.n_values:
        where = f"at byte {position:,}"
        try:
            header, position = _header(file, position)
            unpacked, packed, kind = (whole(header, number) for number in (_UNPACKED, _PACKED, _KIND))
            details = {} if kind == _INDEX else header[_DETAILS[kind]]
            count = 0 if kind == _INDEX else whole(details, _VALUES)
        except (KeyError, AttributeError, IndexError, ValueError):
            raise ValueError(f"no header of a page {where}") from None
        position += packed
        if min(packed, unpacked, count) < 0 or position > size or unpacked > chunk.unpacked:
            raise ValueError(f"a page {where} that does not fit into the file")
        if not chunk.packed and packed != unpacked:
            raise ValueError(f"a page {where} of two sizes")
        if kind == _DICTIONARY and count > unpacked:
            raise ValueError(f"a page {where} of more values than bytes")
        n_values += count * (kind != _DICTIONARY)
    if n_values != chunk.n_values:
        raise ValueError(f"{n_values:,} values in a column that has {chunk.n_values:,}")


def _header(file: BinaryIO, position: int) -> tuple[dict[int, Any], int]:
    """Return the header of the page that begins at a byte, and where its values begin."""
    length = _HEADER
    while True:
        file.seek(position)
        content = file.read(length)
        reader = Compact(content)
        try:
            return reader.structure(), position + reader.position
        except IndexError:
            if len(content) < length:
                raise
            length *= 16

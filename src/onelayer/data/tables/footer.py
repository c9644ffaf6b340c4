"""The footer of a Parquet file, as far as it says into how many row groups the rows are cut.

The footer is the structure FileMetaData in Thrift's compact protocol
(https://github.com/apache/parquet-format, https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md).
"""

from __future__ import annotations

from dataclasses import dataclass

_TRUE, _FALSE, _BYTE, _INTEGERS, _DOUBLE, _BINARY, _LIST, _SET, _STRUCT = 1, 2, 3, (4, 5, 6), 7, 8, 9, 10, 12

_ROW_GROUPS = 4  # the field of FileMetaData


def n_row_groups(footer: bytes) -> int:
    """Return the number of row groups that a footer lists; at least 1.

    Parameters
    ----------
    footer : bytes
        FileMetaData: what stands between the values and the length of the footer.

    Raises
    ------
    ValueError
        This is not how a footer is written.

    Notes
    -----
    Cost: what stands before the list is read, the names and types of the columns; the groups are only counted.

    Examples
    --------
    >>> n_row_groups(bytes([0x15, 2, 0x39, 0x1C, 0]))  # field 1 the number 1, field 4 a list of one structure
    1
    """
    reader, field = _Compact(footer), 0
    try:
        while kind := reader.byte():
            field = field + (kind >> 4) if kind >> 4 else reader.varint() >> 1
            if field == _ROW_GROUPS:
                return max(1, reader.list_header()[0])
            reader.skip(kind & 15)
    except IndexError:
        raise ValueError("the footer ends before its end") from None
    raise ValueError("the footer lists no row groups")


@dataclass
class _Compact:
    """Reads Thrift's compact protocol from front to back."""

    content: bytes
    position: int = 0

    def byte(self) -> int:
        self.position += 1
        return self.content[self.position - 1]

    def varint(self) -> int:
        value = shift = 0
        while (part := self.byte()) & 0x80:
            value |= (part & 0x7F) << shift
            shift += 7
        return value | part << shift

    def list_header(self) -> tuple[int, int]:
        """Return the length of a list and the type of its elements."""
        header = self.byte()
        size = header >> 4
        return (self.varint() if size == 15 else size), header & 15

    def skip(self, kind: int) -> None:
        """Pass over the value of a field."""
        if kind in (_TRUE, _FALSE):
            return
        if kind == _STRUCT:
            while inner := self.byte():
                if not inner >> 4:
                    self.varint()
                self.skip(inner & 15)
        elif kind in (_LIST, _SET):
            size, element = self.list_header()
            for _ in range(size):
                self.skip(_BYTE if element in (_TRUE, _FALSE) else element)
        elif kind == _BINARY:
            length = self.varint()
            self.position += length
        elif kind == _BYTE:
            self.position += 1
        elif kind == _DOUBLE:
            self.position += 8
        elif kind in _INTEGERS:
            self.varint()
        else:
            raise ValueError(f"a field of type {kind} at byte {self.position}")

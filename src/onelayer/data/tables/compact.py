"""Thrift's compact protocol, in which Parquet writes what it says about its values.

https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_TRUE, _FALSE, _BYTE, _INTEGERS, _DOUBLE, _BINARY, _LISTS, _STRUCT = 1, 2, 3, (4, 5, 6), 7, 8, (9, 10), 12
_DEEPEST = 16  # structures inside structures; Parquet has seven
_LONGEST = 10  # bytes of a whole number


def whole(fields: dict[int, Any], number: int) -> int:
    """Return a field that is a whole number.

    Raises
    ------
    ValueError
        It is missing, or something else.
    """
    value = fields.get(number)
    if type(value) is not int:
        raise ValueError(f"field {number} is no whole number")
    return value


@dataclass
class Compact:
    """Reads values from front to back.

    Attributes
    ----------
    content : bytes
    position : int
        Of the byte that is read next.
    """

    content: bytes
    position: int = 0

    def structure(self, depth: int = 0) -> dict[int, Any]:
        """Return the fields of a structure by their numbers.

        Whole numbers are int, texts bytes, lists list, structures dict; floating-point numbers are passed over.

        Raises
        ------
        ValueError
            This is no structure.
        IndexError
            The content ends before it.

        Examples
        --------
        >>> Compact(bytes([0x15, 2, 0x19, 0x25, 4, 6, 0])).structure()  # field 1 is a number, field 2 a list of two
        {1: 1, 2: [2, 3]}
        """
        if depth > _DEEPEST:
            raise ValueError("structures inside structures without an end")
        fields: dict[int, Any] = {}
        number = 0
        while header := self._byte():
            number = number + (header >> 4) if header >> 4 else self._whole()
            kind = header & 15
            fields[number] = self._whole() if kind in _INTEGERS else self._field(kind, depth)
        return fields

    def _field(self, kind: int, depth: int) -> Any:
        """Return the value of a field; that of a truth value is its kind."""
        return kind == _TRUE if kind in (_TRUE, _FALSE) else self._value(kind, depth)

    def _value(self, kind: int, depth: int) -> Any:
        if kind in _INTEGERS:
            return self._whole()
        if kind == _BINARY:
            return self._bytes(self._varint())
        if kind in _LISTS:
            return self._list(depth)
        if kind == _STRUCT:
            return self.structure(depth + 1)
        if kind == _DOUBLE:
            self._bytes(8)
            return None
        if kind in (_TRUE, _FALSE, _BYTE):  # truth values have a byte each in lists only
            return self._byte()
        raise ValueError(f"a field of type {kind} at byte {self.position}")

    def _list(self, depth: int) -> list[Any]:
        header = self._byte()
        size = header >> 4
        size = self._varint() if size == 15 else size
        if size > len(self.content) - self.position:
            raise IndexError("a list that is longer than what is left")
        return [self._value(header & 15, depth) for _ in range(size)]

    def _byte(self) -> int:
        self.position += 1
        return self.content[self.position - 1]

    def _bytes(self, length: int) -> bytes:
        self.position += length
        if self.position > len(self.content):
            raise IndexError("a text that is longer than what is left")
        return self.content[self.position - length : self.position]

    def _varint(self) -> int:
        value = self._byte()
        if value < 0x80:
            return value
        value &= 0x7F
        for shift in range(7, 7 * _LONGEST, 7):
            part = self._byte()
            value |= (part & 0x7F) << shift
            if part < 0x80:
                return value
        raise ValueError(f"a number without an end at byte {self.position}")

    def _whole(self) -> int:
        """Return a number with its sign, which is its last bit."""
        value = self._varint()
        return value >> 1 ^ -(value & 1)

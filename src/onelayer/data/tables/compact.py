"""Thrift's compact protocol, in which Parquet writes what it says about its values.

https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Elements = Mapping[int, Callable[[Any], Any]]

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

    def structure(self, elements: Elements | None = None) -> dict[int, Any]:
        """Return the fields of a structure by their numbers.

        Whole numbers are int, texts bytes, lists list, structures dict; floating-point numbers are passed over. An
        element of a list in the field of a number that ``elements`` names becomes what the function there makes of it
        before the next one is read, since the values of a long list take a hundred times the memory of the content.

        Raises
        ------
        ValueError
            This is no structure.
        IndexError
            The content ends before it.

        Examples
        --------
        >>> content = bytes([0x15, 2, 0x19, 0x25, 4, 6, 0])  # field 1 is a number, field 2 a list of two
        >>> Compact(content).structure(), Compact(content).structure({2: str})
        ({1: 1, 2: [2, 3]}, {1: 1, 2: ['2', '3']})
        """
        fields, self.position = _structure(self.content, self.position, 0, elements)
        return fields


# Functions of the content and a position, which return a value and the position after it: a file of many gigabytes has
# a million of these structures, and attributes would double the time.


def _structure(
    content: bytes, at: int, depth: int, elements: Elements | None = None
) -> tuple[dict[int, Any], int]:
    if depth > _DEEPEST:
        raise ValueError("structures inside structures without an end")
    fields: dict[int, Any] = {}
    number = 0
    while header := content[at]:
        at += 1
        if header > 15:
            number += header >> 4
        else:
            number, at = _whole(content, at)
        kind = header & 15
        if 4 <= kind <= 6:  # a whole number; most have one byte
            value = content[at]
            if value < 0x80:
                fields[number] = value >> 1 ^ -(value & 1)
                at += 1
            else:
                fields[number], at = _whole(content, at)
        elif 0 < kind <= _FALSE:  # the value of a truth value is its kind
            fields[number] = kind == _TRUE
        elif elements and kind in _LISTS and number in elements:
            fields[number], at = _list(content, at, depth, elements[number])
        else:
            fields[number], at = _value(content, at, kind, depth)
    return fields, at + 1


def _value(content: bytes, at: int, kind: int, depth: int) -> tuple[Any, int]:
    if kind == _BINARY:
        length, at = _varint(content, at)
        return _bytes(content, at, length), at + length
    if kind == _STRUCT:
        return _structure(content, at, depth + 1)
    if kind in _LISTS:
        return _list(content, at, depth)
    if kind in _INTEGERS:
        return _whole(content, at)
    if kind == _DOUBLE:
        _bytes(content, at, 8)
        return None, at + 8
    if kind in (_TRUE, _FALSE, _BYTE):  # truth values have a byte each in lists only
        return content[at], at + 1
    raise ValueError(f"a field of type {kind} at byte {at}")


def _list(
    content: bytes, at: int, depth: int, convert: Callable[[Any], Any] | None = None
) -> tuple[list[Any], int]:
    header = content[at]
    size, at = header >> 4, at + 1
    if size == 15:
        size, at = _varint(content, at)
    if size > len(content) - at:
        raise IndexError("a list that is longer than what is left")
    values = []
    for _ in range(size):
        value, at = _value(content, at, header & 15, depth)
        values.append(value if convert is None else convert(value))
    return values, at


def _bytes(content: bytes, at: int, length: int) -> bytes:
    if at + length > len(content):
        raise IndexError("a text that is longer than what is left")
    return content[at : at + length]


def _varint(content: bytes, at: int) -> tuple[int, int]:
    """Return a number without a sign: seven bits a byte, the last of which is below 128."""
    value = 0
    for shift in range(0, 7 * _LONGEST, 7):
        part = content[at]
        at += 1
        value |= (part & 0x7F) << shift
        if part < 0x80:
            return value, at
    raise ValueError(f"a number without an end at byte {at}")


def _whole(content: bytes, at: int) -> tuple[int, int]:
    """Return a number with its sign, which is its last bit."""
    value, at = _varint(content, at)
    return value >> 1 ^ -(value & 1), at

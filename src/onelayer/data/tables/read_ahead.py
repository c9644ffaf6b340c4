"""Reading ahead: the next part of a file is read while the one before is used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_Part = TypeVar("_Part")


def read_ahead(parts: Iterable[_Part]) -> Iterator[_Part]:
    """Return the parts in their order, each of which a thread makes while the one before is used.

    Two parts are in memory at a time. An exception is raised where its part would have come, and a caller who has
    enough waits for the part that is being made.

    Examples
    --------
    >>> list(read_ahead(part for part in "abc"))
    ['a', 'b', 'c']
    """
    end = object()
    with ThreadPoolExecutor(1, "read-ahead") as reader:
        rest = iter(parts)
        coming = reader.submit(next, rest, end)
        while (part := coming.result()) is not end:
            coming = reader.submit(next, rest, end)
            yield part  # type: ignore[misc]
            del part

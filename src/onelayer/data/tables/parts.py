"""Rows cut into parts of nearly the same size."""

from __future__ import annotations

from collections.abc import Iterator


def even_parts(n_rows: int, most: int) -> Iterator[tuple[int, int]]:
    """Return the first row and the one after the last of as few parts as hold ``most`` rows at most.

    Examples
    --------
    >>> list(even_parts(10, 4)), list(even_parts(0, 4))
    ([(0, 3), (3, 6), (6, 10)], [])
    """
    n_parts = -(-n_rows // most)
    return ((n_rows * part // n_parts, n_rows * (part + 1) // n_parts) for part in range(n_parts))

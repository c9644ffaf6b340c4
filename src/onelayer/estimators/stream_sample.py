"""Some rows of a stream, chosen by their places in it, and so not by how it is cut into batches."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onelayer.matrices import ArrayBuffer
from onelayer.solvers.labelled import Labelled, LabelledBuffer

SAMPLED, HELD_OUT = 1, 2
"""What the numbers of places are for: the two do not depend on each other."""


def numbers_of_places(start: int, stop: int, purpose: int) -> NDArray[np.float64]:
    """Return a number in [0, 1) for each place of a stream, as if drawn at random, and the same at all times.

    It is the finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014)
    of the place.

    Examples
    --------
    >>> numbers_of_places(0, 3, 1).round(3)
    array([0.106, 0.246, 0.524])
    >>> bool(abs(numbers_of_places(0, 10_000, 2).mean() - 0.5) < 0.01)
    True
    """
    z = (np.arange(start + 1, stop + 1, dtype=np.uint64) << np.uint64(2)) + np.uint64(purpose)
    with np.errstate(over="ignore"):
        z *= np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(11)) / 2.0**53


class Sample:
    """At most ``size`` rows of a stream: all of them, or, where they are more, those with the smallest numbers.

    Parameters
    ----------
    size : int
    like : Labelled
        Rows of the kind that will come.
    """

    def __init__(self, size: int, like: Labelled) -> None:
        self._size, self._share = size, 1.0
        self._rows, self._numbers = LabelledBuffer(like), ArrayBuffer(np.empty(0))

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, rows: Labelled, numbers: NDArray[np.float64]) -> None:
        """Take in the next rows, whose places have these numbers."""
        for start in range(0, len(rows), self._size):
            part = slice(start, start + self._size)
            chosen = numbers[part] < self._share
            some = rows.part(part)
            self._rows.put(some if chosen.all() else some.part(np.flatnonzero(chosen)))
            self._numbers.put(numbers[part][chosen])
            while len(self) > self._size:
                self._share /= 2
                kept = np.flatnonzero(self._numbers.rows < self._share)
                self._rows.keep(kept)
                self._numbers.keep(kept)

    def recode(self, places: NDArray[np.intp]) -> None:
        """Turn class indices into those of the same classes among more of them."""
        targets = self._rows.targets.rows
        targets[:] = places[targets.astype(np.intp)]

    def rows(self) -> Labelled:
        """Return the rows, in the order of the stream."""
        return self._rows.rows()

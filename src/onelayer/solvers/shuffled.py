"""Rows that come in parts of any size, shuffled in a buffer: minibatches for data larger than memory."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import replace

import numpy as np

from onelayer.errors import InvalidDataError
from onelayer.matrices import Moments
from onelayer.objective import Objective
from onelayer.solvers.events import Callback
from onelayer.solvers.labelled import Labelled, LabelledBuffer
from onelayer.solvers.source import Block, Source


class Shuffled(Source):
    """Rows by way of a buffer, so that memory does not grow with their number.

    The buffer is filled with the next ``size`` rows. Whenever it is full and there are more, about half of its rows,
    drawn at random and a whole number of minibatches, are trained on in random order, and the next rows take their
    places; at the end all that are left are. So a row meets others from a few buffers around it, differently in every
    epoch, and where all rows fit the order is that of a random permutation. What is drawn depends on the rows' places
    in the stream alone, not on the parts they come in.

    Parameters
    ----------
    parts : callable
        Returns the parts, Labelled, from the beginning.
    size, batch_size : int
        Rows of the buffer, and of a minibatch, which are at most as many.
    n_rows : int
        All rows; about all where they can be gone through only once, and the right number after that.
    repeatable : bool
    weight_scale : float
    moments : Moments
    callbacks : sequence of Callback
        They hear of every block, by ``on_rows``.

    Notes
    -----
    Cost: one and a half copies of each row. Memory: the buffer, twice of that while it grows.
    """

    def __init__(
        self,
        parts: Callable[[], Iterable[Labelled]],
        size: int,
        batch_size: int,
        n_rows: int,
        repeatable: bool,
        weight_scale: float,
        moments: Moments,
        callbacks: Sequence[Callback] = (),
    ) -> None:
        self.n_rows, self.repeatable = n_rows, repeatable
        self.weight_scale, self.moments = weight_scale, moments
        self._parts, self._size, self._callbacks = parts, size, callbacks
        self._turn = max(1, size // 2 // batch_size) * batch_size
        self._buffer: LabelledBuffer | None = None

    def epoch(
        self, objective: Objective, random_state: np.random.RandomState
    ) -> Generator[Block, None, None]:
        """Yield the rows of one epoch, so many at a time as leave the buffer."""
        buffer, n_left = self._buffer, 0
        if buffer is not None:
            buffer.clear()
        for part in self._parts():
            if buffer is None:
                buffer = self._buffer = LabelledBuffer(part)
            start = 0
            while start < len(part):
                if len(buffer) == self._size:
                    leaving = random_state.permutation(self._size)[: self._turn]
                    yield Block(self._over(objective, buffer.rows()), leaving)
                    buffer.leave_out(leaving)
                    n_left += self._turn
                    self._tell(n_left)
                stop = min(len(part), start + self._size - len(buffer))
                buffer.put(part.part(slice(start, stop)))
                start = stop
        n_rows = n_left + (0 if buffer is None else len(buffer))
        if self.repeatable and n_rows != self.n_rows:
            raise InvalidDataError(
                f"batches has {n_rows:,} rows to train on now, and had {self.n_rows:,} when it was first read; it must "
                f"give the same rows each time, and a function a new iterator"
            )
        self.n_rows = n_rows
        if buffer is not None:
            yield Block(self._over(objective, buffer.rows()), random_state.permutation(len(buffer)))
            self._tell(n_rows)

    @staticmethod
    def _over(objective: Objective, rows: Labelled) -> Objective:
        """Return the same objective of other rows."""
        return replace(objective, X=rows.X, targets=rows.targets, sample_weight=rows.weights)

    def _tell(self, n_rows: int) -> None:
        for callback in self._callbacks:
            callback.on_rows(n_rows)

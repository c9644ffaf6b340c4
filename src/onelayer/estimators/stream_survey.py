"""What has to be known of the rows of a stream before it can be trained on: how many, of what weight, how they lie."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from onelayer.errors import InvalidDataError
from onelayer.estimators.stream_batches import Batches
from onelayer.estimators.stream_sample import HELD_OUT, SAMPLED, Sample, numbers_of_places
from onelayer.matrices import Matrix, Moments
from onelayer.solvers.labelled import Labelled

if TYPE_CHECKING:
    from onelayer.estimators.single_layer import SingleLayer

_ROWS, _BYTES = 1 << 16, 64 << 20


def default_size(X: Matrix) -> int:
    """Return the rows of a buffer where nothing else is asked for: 65,536, or of long dense rows 64 MiB."""
    return min(_ROWS, max(1, _BYTES // (X.dtype.itemsize * max(1, X.shape[1])))) if X.centring else _ROWS


def set_aside(start: int, stop: int, fraction: float) -> NDArray[np.bool_]:
    """Tell which places of a stream are held out, if that is a fraction of them."""
    return numbers_of_places(start, stop, HELD_OUT) < fraction


@dataclass
class Survey:
    """What is known of the rows that are trained on.

    Attributes
    ----------
    n_rows : int
    weight : float
        The sum of their weights.
    tally : array
        What the weights of classes need (``SingleLayer._tally``).
    extremes : (low, high) or None
        Smallest and largest value of each column in rows with a weight; None while there are none.
    sample : Sample
        Some of the rows, or all.
    held_out : Sample
        Some of those that are held out, or all.
    size : int
        Rows of a buffer.
    """

    n_rows: int
    weight: float
    tally: NDArray
    extremes: tuple[NDArray, NDArray] | None
    sample: Sample
    held_out: Sample
    size: int

    @classmethod
    def of(
        cls, model: SingleLayer, batches: Batches, fraction: float, buffer_size: int | None, batch_size: int
    ) -> Survey:
        """Go over all rows once, of which a fraction is held out.

        Cost: one pass. Memory: a batch, and two buffers.
        """
        survey: Survey | None = None
        place = 0
        for rows in batches:
            survey = survey or cls._begin(model, rows, buffer_size, batch_size)
            survey._recode(model, batches.places)
            stop = place + len(rows)
            out = set_aside(place, stop, fraction)
            numbers = numbers_of_places(place, stop, SAMPLED)
            if out.any():
                survey.held_out.add(rows.part(np.flatnonzero(out)), numbers[out])
                rows, numbers = rows.part(np.flatnonzero(~out)), numbers[~out]
            survey._take(model, rows, numbers)
            place = stop
        if survey is None:
            raise InvalidDataError("batches has no rows; a fit needs at least one")
        return survey

    @classmethod
    def of_first(
        cls, model: SingleLayer, batches: Batches, buffer_size: int | None, batch_size: int
    ) -> tuple[Survey, Iterator[Labelled] | None]:
        """Go over the rows of a first buffer only; return also all that come after them, None if there are none."""
        survey: Survey | None = None
        passing = iter(batches)
        for rows in passing:
            survey = survey or cls._begin(model, rows, buffer_size, batch_size)
            survey._recode(model, batches.places)
            room = survey.size - len(survey.sample)
            first = rows.part(slice(0, room))
            survey._take(model, first, np.zeros(len(first)))
            if len(rows) > room:
                return survey, chain([rows.part(slice(room, None))], passing)
        if survey is None:
            raise InvalidDataError("batches has no rows; a fit needs at least one")
        return survey, None

    @classmethod
    def _begin(cls, model: SingleLayer, rows: Labelled, buffer_size: int | None, batch_size: int) -> Survey:
        size = max(default_size(rows.X) if buffer_size is None else buffer_size, batch_size)
        tally = model._tally(None, rows.targets[:0], None)
        return cls(0, 0.0, tally, None, Sample(size, rows), Sample(size, rows), size)

    def _recode(self, model: SingleLayer, places: NDArray[np.intp] | None) -> None:
        """Take in that there are more classes, if there are: those before have these places among them."""
        if places is None:
            return
        self.sample.recode(places)
        self.held_out.recode(places)
        tally = model._tally(None, self.sample.rows().targets[:0], None)
        tally[places] = self.tally
        self.tally = tally

    def _take(self, model: SingleLayer, rows: Labelled, numbers: NDArray) -> None:
        """Take in rows that are trained on."""
        if not len(rows):
            return
        self.n_rows += len(rows)
        weights = np.ones(len(rows)) if rows.weights is None else rows.weights
        self.weight = float(np.cumsum(np.append(self.weight, weights))[-1])  # to the bit for any batches
        self.tally = model._tally(self.tally, rows.targets, rows.weights)
        self.sample.add(rows, numbers)
        if rows.weights is not None:
            rows = rows.part(np.flatnonzero(rows.weights))
        if len(rows):
            low, high = rows.X.extremes()
            before = (low, high) if self.extremes is None else self.extremes
            self.extremes = np.minimum(low, before[0]), np.maximum(high, before[1])

    def moments(self, sample: Labelled, total: float) -> Moments:
        """Return moments of the columns: those of the sample, brought to the weight and the range of all rows."""
        moments = sample.X.moments(sample.weights)
        if len(self.sample) == self.n_rows or self.extremes is None:
            return moments
        low, high = self.extremes
        square = moments.square * (total / moments.total)
        return replace(moments, total=total, square=square, low=low, high=high)

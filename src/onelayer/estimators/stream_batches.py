"""The batches of a stream, checked as they come; every refusal says in which of them it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onelayer.errors import InvalidDataError
from onelayer.solvers.labelled import Labelled

if TYPE_CHECKING:
    from onelayer.estimators.single_layer import SingleLayer

Given = Iterable[Sequence[Any]] | Callable[[], Iterable[Sequence[Any]]]


class Batches:
    """Batches of (X, y) or (X, y, sample_weight); each iteration is a pass over them.

    Parameters
    ----------
    model : SingleLayer
        Learns from the first one what columns and targets there are, unless it goes on from an earlier fit.
    given : iterable of batches, or function that returns one
    classes : array or None
        All classes, if known; then a label that is none of them is refused.
    going_on : bool
        Whether the model goes on, so that columns and classes are known.

    Attributes
    ----------
    repeatable : bool
        Whether there can be more than one pass.
    learning : bool
        Whether classes not seen before are taken in.
    places : array or None
        Where the classes known before the last batch are among those known now; None if it had no new ones.
    """

    def __init__(self, model: SingleLayer, given: Given, classes: ArrayLike | None, going_on: bool) -> None:
        self._model, self._given = model, given
        self._like: Labelled | None = None
        self._columns_known = going_on
        self.learning = not going_on and classes is None
        self.places: NDArray[np.intp] | None = None
        if not callable(given) and not isinstance(given, Iterable):
            raise InvalidDataError(
                f"batches is a {type(given).__name__}; expected an iterable of (X, y) or (X, y, sample_weight), or a "
                f"function that returns one"
            )
        if classes is not None:
            model._read_targets(np.asarray(classes), "classes") if going_on else model._meet(classes)
        self.repeatable = callable(given) or iter(given) is not given

    def __iter__(self) -> Iterator[Labelled]:
        given = self._given
        for number, batch in enumerate(given() if callable(given) else given):
            with _named(number):
                rows = self._checked(batch)
            del batch
            yield rows
            del rows  # so that it is not held while the next one is made

    def _checked(self, batch: Sequence[Any]) -> Labelled:
        """Return a batch as its rows, of the kind of those before."""
        try:
            X, y, *rest = batch
        except (TypeError, ValueError):
            rest = [None, None]
        if len(rest) > 1:
            raise InvalidDataError(f"expected (X, y) or (X, y, sample_weight), not a {type(batch).__name__}")
        model = self._model
        if self.learning:
            self.places = model._meet(y)
        rows = model._labelled(X, y, *rest, reset=not self._columns_known, streamed=True)
        self._columns_known = True
        like = self._like = rows.part(slice(0, 0)) if self._like is None else self._like
        if (rows.X.dtype, rows.X.centring) != (like.X.dtype, like.X.centring):
            raise InvalidDataError(
                f"X is {_kind(rows)}, and {_kind(like)} in the batches before; give all of one type"
            )
        if rows.targets.shape[1] != like.targets.shape[1]:
            raise InvalidDataError(
                f"y has {rows.targets.shape[1]} columns, and {like.targets.shape[1]} in the batches before"
            )
        return rows


@contextmanager
def _named(number: int) -> Iterator[None]:
    """Say in which batch it is that something is wrong."""
    try:
        yield
    except ValueError as error:
        raise InvalidDataError(f"batch {number}: {error}") from error


def _kind(rows: Labelled) -> str:
    return f"{'' if rows.X.centring else 'sparse '}{rows.X.dtype}"

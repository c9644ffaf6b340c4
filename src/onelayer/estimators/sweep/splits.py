"""The rows to train on and those to judge on: one split where validation data are given, else one for each fold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.base import clone, is_classifier
from sklearn.model_selection import check_cv

from onelayer.errors import InvalidDataError
from onelayer.matrices import Matrix


@dataclass(frozen=True)
class Part:
    """Rows as they were given: X, y and any weights."""

    X: Any
    y: Any
    weights: Any = None

    def rows(self, places: NDArray) -> Part:
        """Return some of the rows."""
        X, y = (_taken(each, places) for each in (self.X, self.y))
        return Part(X, y, None if self.weights is None else np.asarray(self.weights)[places])


@dataclass(frozen=True)
class Fold:
    """All rows, the places of those to train on, and of those to judge on."""

    whole: Matrix
    inside: NDArray
    outside: NDArray


@dataclass(frozen=True)
class Split:
    """The rows to train on, those to judge on, and where both come from if they are of a fold."""

    train: Part
    held_out: Part
    fold: Fold | None = None


def splits_of(estimator: Any, train: Part, held_out: Part | None, cv: Any) -> list[Split]:
    """Return the split of given validation data, else those of ``cv``, as scikit-learn's ``check_cv`` makes them.

    Raises
    ------
    InvalidDataError
        Both, or half of the validation data, or folds that cannot be made.
    """
    if held_out is not None and cv is not None:
        raise InvalidDataError("X_val and cv exclude each other: give one of them")
    if held_out is not None:
        if held_out.X is None or held_out.y is None:
            raise InvalidDataError("X_val and y_val go together: give both or neither")
        return [Split(train, held_out)]
    whole = clone(estimator)._labelled(train.X, train.y, train.weights, reset=True, targets_known=False).X
    folds = check_cv(cv, train.y, classifier=is_classifier(estimator))
    try:
        places = list(folds.split(train.X, train.y))
    except ValueError as error:
        raise InvalidDataError(f"the rows cannot be split into folds: {error}") from error
    return [
        Split(train.rows(inside), train.rows(outside), Fold(whole, inside, outside))
        for inside, outside in places
    ]


def _taken(array: Any, places: NDArray) -> Any:
    """Return some rows of an array, list, frame or sparse matrix."""
    if issparse(array):
        return array.tocsr()[places]
    frame = nw.from_native(array, eager_only=True, allow_series=True, pass_through=True)
    return np.asarray(array)[places] if frame is array else frame[places].to_native()

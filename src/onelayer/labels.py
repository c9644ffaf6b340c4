"""Labels of classes, one for each row or a probability for each class, held against the classes that there are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onelayer.errors import InvalidDataError
from onelayer.losses.cross_entropy import check_distributions
from onelayer.validation import as_numbers

_NAMED = 10


def check_known(y: np.ndarray, classes: np.ndarray, first_row: int = 0) -> None:
    """Refuse a label that is none of the classes, naming the first row with one.

    Parameters
    ----------
    y : (n_rows,) labels
    classes : (n_classes,) labels
    first_row : int
        How many rows stand before these.

    Raises
    ------
    InvalidDataError

    Examples
    --------
    >>> check_known(np.array([0, 1, 7]), np.array([0, 1, 2]))
    Traceback (most recent call last):
    ...
    onelayer.errors.InvalidDataError: label 7 in row 2 of y is not one of the 3 classes (0, 1, 2)
    """
    comparable = (y.dtype.kind in "biuf") == (classes.dtype.kind in "biuf")
    known = np.isin(y, classes) if comparable else np.zeros(len(y), dtype=bool)
    if not known.all():
        row = int(known.argmin())
        names = ", ".join(map(repr, classes[:_NAMED].tolist())) + ", …" * (len(classes) > _NAMED)
        label = y[row : row + 1].tolist()[0]
        raise InvalidDataError(
            f"label {label!r} in row {first_row + row} of y is not one of the {len(classes)} classes ({names})"
        )


def are_soft(y: NDArray) -> bool:
    """Tell soft labels, a row of probabilities for each row, from one label for each.

    Examples
    --------
    >>> are_soft(np.array([[0.5, 0.5]])), are_soft(np.array([[1]])), are_soft(np.array([1]))
    (True, False, False)
    """
    return y.ndim == 2 and y.shape[1] > 1


def soft_labels(y: NDArray, n_classes: int, name: str) -> NDArray[np.float64]:
    """Return soft labels in float64 with the sum 1 in each row, refusing what is no probability for each class.

    Raises
    ------
    InvalidDataError

    Examples
    --------
    >>> soft_labels(np.array([[0.5, 0.5]]), 3, "y")
    Traceback (most recent call last):
    ...
    onelayer.errors.InvalidDataError: y has soft labels of 2 classes; the model has 3
    """
    numbers = as_numbers(name, y)
    if numbers.shape[1] != n_classes:
        raise InvalidDataError(
            f"{name} has soft labels of {numbers.shape[1]} classes; the model has {n_classes}"
        )
    check_distributions(numbers, name)
    shares = numbers.astype(np.float64)
    shares /= shares.sum(axis=1, keepdims=True)
    return shares

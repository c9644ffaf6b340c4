"""Class labels held against the classes that there are."""

from __future__ import annotations

import numpy as np

from onelayer.errors import InvalidDataError

_NAMED = 10


def check_known(y: np.ndarray, classes: np.ndarray) -> None:
    """Refuse a label that is none of the classes, naming the first row with one.

    Parameters
    ----------
    y : (n_rows,) labels
    classes : (n_classes,) labels

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
            f"label {label!r} in row {row} of y is not one of the {len(classes)} classes ({names})"
        )

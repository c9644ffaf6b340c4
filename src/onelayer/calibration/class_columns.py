"""Probabilities or scores with a column for each class, held against the labels of their rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from onelayer.errors import InvalidDataError
from onelayer.labels import check_known


def top_label(y: Any, proba: Any, *, classes: Any = None) -> tuple[np.ndarray, np.ndarray]:
    """Whether the most probable class was right, and the probability it was given: the arguments of a curve.

    Parameters
    ----------
    y : (n_rows,) labels
    proba : (n_rows, n_classes) float
        As from ``predict_proba``.
    classes : (n_classes,) labels, optional
        Labels of the columns; 0, 1, 2, … by default.

    Returns
    -------
    correct : (n_rows,) bool
    confidence : (n_rows,) float64

    Examples
    --------
    >>> top_label(["cat", "dog"], [[0.8, 0.2], [0.6, 0.4]], classes=["cat", "dog"])
    (array([ True, False]), array([0.8, 0.6]))
    """
    places, proba = columns_of(y, proba, classes)
    return proba.argmax(axis=1) == places, proba.max(axis=1)


def columns_of(y: Any, columns: Any, classes: Any, name: str = "proba") -> tuple[np.ndarray, np.ndarray]:
    """Return the column of each row's label, and the columns: a row for each label, a column for each class.

    Raises
    ------
    InvalidDataError
        Another number of rows than labels or of columns than classes, or a label that is none of the classes.

    Examples
    --------
    >>> columns_of(["b", "a"], [[0.1, 0.9], [0.4, 0.6]], ["a", "b"])[0]
    array([1, 0])
    """
    y, columns = np.asarray(y), np.asarray(columns, dtype=np.float64)
    if columns.ndim != 2 or y.shape != columns.shape[:1]:
        raise InvalidDataError(
            f"{name} must be (n_rows, n_classes) with a row for each label, but y has shape {y.shape} "
            f"and {name} {columns.shape}"
        )
    classes = np.arange(columns.shape[1]) if classes is None else np.asarray(classes)
    if len(classes) != columns.shape[1]:
        raise InvalidDataError(f"{name} has {columns.shape[1]} columns, but there are {len(classes)} classes")
    check_known(y, classes)
    order = np.argsort(classes)
    return order[np.searchsorted(classes, y, sorter=order)], columns

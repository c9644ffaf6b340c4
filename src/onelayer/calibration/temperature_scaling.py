"""The one number that makes a model less sure, or surer: the temperature."""

from __future__ import annotations

from typing import Any

import numpy as np

from onelayer.calibration.class_columns import columns_of
from onelayer.losses import Categorical


def temperature(y: Any, scores: Any, *, classes: Any = None, sample_weight: Any = None) -> float:
    """Return the temperature T at which softmax(scores / T) gives the labels the greatest likelihood.

    One number, found on rows that the model was not trained on, mends a model that is too sure (T > 1) or not sure
    enough (T < 1). The predicted classes stay as they are. Source: Guo, Pleiss, Sun and Weinberger, "On calibration
    of modern neural networks", ICML 2017. Cost: O(n_rows · n_classes) for each of some 20 steps.

    Parameters
    ----------
    y : (n_rows,) labels
    scores : (n_rows, n_classes) float, or (n_rows,) for two classes
        As from ``decision_function``; of two classes, the second's score less the first's.
    classes : (n_classes,) labels, optional
        Labels of the columns; 0, 1, 2, … by default.
    sample_weight : (n_rows,) float, optional
        How much each row counts.

    Raises
    ------
    InvalidDataError
        Labels that do not fit the scores, scores that are not finite, or no likeliest temperature: every label has
        the highest score of its row, or labels are no likelier where scores are higher.

    Examples
    --------
    A model that is right in three rows of four, and too sure of it:

    >>> scores = np.array([[2.0, 0.0]] * 4)
    >>> T = temperature(["cat", "cat", "cat", "dog"], scores, classes=["cat", "dog"])
    >>> round(float(T * np.log(3)), 6)
    2.0
    >>> np.exp(scores[0] / T) / np.exp(scores[0] / T).sum()
    array([0.75, 0.25])
    """
    scores = np.asarray(scores, dtype=np.float64)
    if scores.ndim == 1:
        scores = np.column_stack([np.zeros_like(scores), scores])
    places, scores = columns_of(y, scores, classes, "scores")
    return Categorical().fit_scale(scores, places, sample_weight)

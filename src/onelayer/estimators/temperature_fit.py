"""Finding the temperature of a fitted classifier on rows that were held out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onelayer.errors import InvalidDataError
from onelayer.labels import are_soft
from onelayer.losses import Categorical


def held_out_temperature(
    targets: NDArray, scores: NDArray, weights: NDArray | None, classes: NDArray
) -> float:
    """Return the temperature of scores that were held out.

    Parameters
    ----------
    targets : (n_rows, 1) indices of classes, or (n_rows, n_classes) soft labels
    scores : (n_rows, n_classes) or (n_rows,) for two classes
    weights : (n_rows,) or None
    classes : (n_classes,)
        The labels, for messages.

    Raises
    ------
    InvalidDataError
        Rows of one class only, or none that has a likeliest temperature.
    """
    counted = targets if weights is None else targets[weights > 0]
    present = np.flatnonzero(counted.any(axis=0)) if are_soft(targets) else np.unique(counted).astype(np.intp)
    if len(present) < 2:
        label = classes[present[:1]].tolist()[0]
        raise InvalidDataError(
            f"y_val has one class only ({label!r}); calibration needs rows of at least two, as the model "
            "will meet them"
        )
    each = np.column_stack([np.zeros_like(scores), scores]) if scores.ndim == 1 else scores
    try:
        return Categorical().fit_scale(each, targets, weights)
    except InvalidDataError as error:
        raise InvalidDataError(f"there is no likeliest temperature: {error}") from None

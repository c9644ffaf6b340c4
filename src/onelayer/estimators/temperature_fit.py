"""Finding the temperature of a fitted classifier on rows that were held out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onelayer.calibration import temperature
from onelayer.errors import InvalidDataError


def held_out_temperature(
    places: NDArray, scores: NDArray, weights: NDArray | None, classes: NDArray
) -> float:
    """Return the temperature of scores that were held out.

    Parameters
    ----------
    places : (n_rows,) int
        Index of each row's class.
    scores : (n_rows, n_classes) or (n_rows,) for two classes
    weights : (n_rows,) or None
    classes : (n_classes,)
        The labels, for messages.

    Raises
    ------
    InvalidDataError
        Rows of one class only, or none that has a likeliest temperature.
    """
    present = np.unique(places if weights is None else places[weights > 0])
    if len(present) < 2:
        label = classes[present[:1]].tolist()[0]
        raise InvalidDataError(
            f"y_val has one class only ({label!r}); calibration needs rows of at least two, as the model "
            "will meet them"
        )
    try:
        return temperature(places, scores, sample_weight=weights)
    except InvalidDataError as error:
        raise InvalidDataError(f"there is no likeliest temperature: {error}") from None

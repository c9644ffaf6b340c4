"""What goes into a loss is looked at here: parameters, numbers, weights. Each refusal says what, where and why."""

from __future__ import annotations

import math
import numbers

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onelayer.errors import InvalidDataError, InvalidParameterError


def check_positive(name: str, value: object, below: float = math.inf) -> float:
    """Return a parameter that must be a number above 0 and below a bound.

    Examples
    --------
    >>> check_positive("q", 1.5, below=1)
    Traceback (most recent call last):
    ...
    onelayer.errors.InvalidParameterError: q=1.5: expected a number above 0 and below 1
    """
    if isinstance(value, numbers.Real) and not isinstance(value, bool) and 0 < float(value) < below:
        return float(value)
    bound = "finite" if below == math.inf else f"below {below:g}"
    raise InvalidParameterError(f"{name}={value!r}: expected a number above 0 and {bound}")


def as_numbers(name: str, values: ArrayLike) -> NDArray:
    """Return values as an array, refusing what is no array of real numbers.

    Examples
    --------
    >>> as_numbers("targets", ["cat", "dog"])
    Traceback (most recent call last):
    ...
    onelayer.errors.InvalidDataError: targets must be an array of real numbers, not of <U3
    """
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise InvalidDataError(f"{name} must be an array of real numbers, not of {array.dtype}")
    return array


def check_finite(name: str, values: NDArray) -> None:
    """Refuse NaN and infinity, naming the first row with one.

    Examples
    --------
    >>> check_finite("residuals", np.array([0.5, np.nan]))
    Traceback (most recent call last):
    ...
    onelayer.errors.InvalidDataError: residuals have the value nan in row 1; they must be finite
    """
    finite = np.isfinite(values)
    if not finite.all():
        place = tuple(np.argwhere(~finite)[0])
        raise InvalidDataError(
            f"{name} have the value {values[place]} in row {place[0]}; they must be finite"
        )


def check_weights(weights: ArrayLike | None, n_rows: int) -> NDArray[np.float64]:
    """Return the weight of each row, ones by default: finite, none negative, and some above zero.

    Examples
    --------
    >>> check_weights(None, 2)
    array([1., 1.])
    >>> check_weights([1.0, -2.0], 2)
    Traceback (most recent call last):
    ...
    onelayer.errors.InvalidDataError: the weight of row 1 is -2.0; weights must be finite and not negative
    """
    if n_rows == 0:
        raise InvalidDataError("there are no rows; a mean over the rows needs at least one")
    if weights is None:
        return np.ones(n_rows)
    array = as_numbers("weights", weights).astype(np.float64, copy=False)
    if array.shape != (n_rows,):
        raise InvalidDataError(f"weights have shape {array.shape}; expected ({n_rows},), one for each row")
    usable = np.isfinite(array) & (array >= 0)
    if not usable.all():
        row = int(usable.argmin())
        raise InvalidDataError(
            f"the weight of row {row} is {array[row]}; weights must be finite and not negative"
        )
    if not array.any():
        raise InvalidDataError("the weights of all rows are 0; at least one must be above 0")
    return array

"""What comes from a caller is looked at here: parameters, values, weights. Each refusal says what, where and why."""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onelayer.errors import InvalidDataError, InvalidParameterError

LARGEST_SIZE = int(np.iinfo(np.intp).max) // 8
"""How many float64 an array can hold, were there memory for them."""

_CHUNK = 1 << 20


def check_integer(name: str, value: object, least: int = 1) -> int:
    """Return a parameter that must be a whole number, at least ``least``.

    Examples
    --------
    >>> check_integer("epochs", 0)
    Traceback (most recent call last):
    ...
    onelayer.errors.InvalidParameterError: epochs=0: expected a whole number, at least 1
    """
    if isinstance(value, numbers.Integral) and not isinstance(value, bool) and int(value) >= least:
        return int(value)
    raise InvalidParameterError(f"{name}={value!r}: expected a whole number, at least {least}")


@overload
def check_real(
    name: str, value: object, low: float, high: float = ..., *, low_included: bool = ...
) -> float: ...


@overload
def check_real(
    name: str, value: object, low: float, high: float = ..., *, low_included: bool = ..., word: str
) -> float | str: ...


def check_real(
    name: str,
    value: object,
    low: float,
    high: float = math.inf,
    *,
    low_included: bool = False,
    word: str = "",
) -> float | str:
    """Return a parameter that must be a finite number between ``low`` and ``high``, or the given word."""
    if word and isinstance(value, str) and value == word:
        return value
    number = _as_float(value)
    if math.isfinite(number) and (low < number or (low_included and low == number)) and number < high:
        return number
    expected = "a number" if high < math.inf else "a finite number"
    if low > -math.inf:
        expected += f" {'of at least' if low_included else 'above'} {low:g}"
    if high < math.inf:
        expected += f" and below {high:g}"
    raise InvalidParameterError(f"{name}={value!r}: expected {expected}" + (f", or {word!r}" if word else ""))


def _as_float(value: object) -> float:
    """Return a real number as a float; NaN for what is none, or too large to be one."""
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        with suppress(OverflowError):
            return float(value)
    return math.nan


def check_choice(name: str, value: object, choices: Sequence[str]) -> str:
    """Return a parameter that must be one of some words."""
    if isinstance(value, str) and value in choices:
        return value
    raise InvalidParameterError(f"{name}={value!r}: expected one of {', '.join(map(repr, choices))}")


def check_random_state(random_state: object) -> np.random.RandomState:
    """Return the generator of a seed, of a generator itself, or of None, as scikit-learn does.

    Examples
    --------
    >>> check_random_state(0).randint(10)
    5
    """
    from sklearn import utils

    if not isinstance(random_state, bool):
        with suppress(ValueError):
            return utils.check_random_state(random_state)
    raise InvalidParameterError(
        f"random_state={random_state!r}: expected a whole number from 0 to 4294967295, a RandomState or None"
    )


def check_size(name: str, size: object) -> tuple[int, ...]:
    """Return the shape of an array of float64 to be made, given as a whole number or as a tuple of them.

    Examples
    --------
    >>> check_size("size", 3), check_size("size", (2, 0))
    ((3,), (2, 0))
    """
    shape = size if isinstance(size, tuple) else (size,)
    try:
        lengths = tuple(check_integer(name, length, 0) for length in shape)
    except InvalidParameterError:
        raise InvalidParameterError(
            f"{name}={size!r}: expected a whole number, at least 0, or a tuple of them"
        ) from None
    if math.prod(lengths) > LARGEST_SIZE:
        raise InvalidParameterError(f"{name}={size!r}: more numbers than an array can hold")
    return lengths


def as_numbers(name: str, values: ArrayLike) -> NDArray:
    """Return values as an array, refusing what is no array of real numbers.

    Examples
    --------
    >>> as_numbers("targets", ["cat", "dog"])
    Traceback (most recent call last):
    ...
    onelayer.errors.InvalidDataError: targets must be an array of real numbers, not of <U3
    """
    try:
        array = np.asarray(values)
    except (TypeError, ValueError):
        raise InvalidDataError(
            f"{name} must be an array of real numbers, with rows of the same length"
        ) from None
    if array.dtype.kind not in "biuf":
        raise InvalidDataError(f"{name} must be an array of real numbers, not of {array.dtype}")
    return array


def as_targets(name: str, values: NDArray) -> NDArray:
    """Return targets as float64, naming the first that is no number.

    Examples
    --------
    >>> as_targets("y", np.array(["1", "2"])), as_targets("y", np.array(["1", "two"]))
    Traceback (most recent call last):
    ...
    onelayer.errors.InvalidDataError: y has 'two' in row 1, which is no number; a model of classes is SoftmaxRegression
    """
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        for row, value in enumerate(values.tolist()):
            try:
                np.asarray(value, dtype=np.float64)
            except (TypeError, ValueError):
                raise InvalidDataError(
                    f"{name} has {value!r} in row {row}, which is no number; a model of classes is SoftmaxRegression"
                ) from None
        raise


def check_finite(array: NDArray, name: str, columns: Sequence[str] | None = None, *, first: int = 0) -> None:
    """Refuse NaN and infinity, naming the first row, counted from ``first``, and column; no copy is made."""
    if array.dtype.kind != "f":
        return
    size = max(1, _CHUNK // max(1, array[0].size)) if len(array) else 1
    for start in range(0, len(array), size):
        chunk = array[start : start + size]
        with np.errstate(over="ignore", invalid="ignore"):
            total = chunk.sum(dtype=np.float64)
        if np.isfinite(total) or np.isfinite(chunk).all():
            continue
        place = np.argwhere(~np.isfinite(chunk))[0]
        value = chunk[tuple(place)]
        where = f"row {first + start + place[0]}"
        if len(place) > 1:
            where += f", column {place[1]}" + (f" ({columns[place[1]]})" if columns is not None else "")
        shown = "NaN" if np.isnan(value) else ("inf" if value > 0 else "-inf")
        raise InvalidDataError(f"{name} contains {shown} in {where}; remove or replace such values first")


def check_weights(
    sample_weight: ArrayLike | None, n_rows: int, name: str = "sample_weight", *, some: bool = True
) -> NDArray | None:
    """Return weights as float64, or None for equal weights; they are finite, not negative, and ``some`` not zero."""
    if sample_weight is None:
        return None
    try:
        weights = np.asarray(sample_weight, dtype=np.float64)
    except (OverflowError, TypeError, ValueError):
        raise InvalidDataError(f"{name} must be an array of real numbers, one weight for each row") from None
    if weights.ndim == 0:
        weights = np.full(n_rows, float(weights))
    if weights.shape != (n_rows,):
        raise InvalidDataError(
            f"{name} has shape {weights.shape}; expected ({n_rows},), one weight for each row"
        )
    check_finite(weights, name)
    if (weights < 0).any():
        row = int(np.argmax(weights < 0))
        raise InvalidDataError(
            f"{name} is negative in row {row} ({weights[row]:g}); weights must be at least 0"
        )
    if some and not weights.any():
        raise InvalidDataError(f"{name} is zero in every row; at least one row must count")
    if not np.isfinite(weights.sum()):
        raise InvalidDataError(
            f"the sum of {name} is too large for a float64; divide the weights by their mean"
        )
    return None if (weights == weights[0]).all() and weights[0] == 1 else weights


def check_finite_targets(y: Any, name: str) -> None:
    """Refuse NaN and infinity in targets, whatever they come in; what is not numbers is left to later checks."""
    array = np.asarray(y)
    if array.dtype.kind == "f" and array.ndim > 0:
        check_finite(array, name)


def check_range(targets: NDArray, dtype: np.dtype, name: str) -> None:
    """Refuse targets of a regression that the type of X cannot hold or resolve.

    In float32 they must vary by a thousand times the rounding of the largest. In float64 a few times is enough:
    differences of whole numbers, such as timestamps, are exact, and are what the solvers work on.

    Examples
    --------
    >>> check_range(1e15 + np.arange(3.0)[:, None], np.dtype(np.float64), "y")
    >>> check_range(1e8 + np.arange(20.0)[:, None], np.dtype(np.float32), "y")
    Traceback (most recent call last):
    ...
    onelayer.errors.InvalidDataError: y varies by 19 around 1e+08, which float32, the type of computation, cannot \
resolve; subtract its mean, or give X as float64
    """
    check_magnitude(targets, dtype, name)
    number = _number(dtype)
    eps = float(np.finfo(number).eps)
    largest = np.abs(targets).max()
    spread = (targets.max(axis=0) - targets.min(axis=0)).max()
    if 0 < spread < (4 if number == np.float64 else 1e3) * eps * largest:
        raise InvalidDataError(
            f"{name} varies by {spread:g} around {largest:g}, which {number}, the type of computation, cannot "
            f"resolve; subtract its mean" + ("" if number == np.float64 else ", or give X as float64")
        )


def check_magnitude(targets: NDArray, dtype: np.dtype, name: str) -> None:
    """Refuse targets of a regression whose squares the type of X cannot hold.

    Examples
    --------
    >>> check_magnitude(np.array([[1.0], [1e30]]), np.dtype(np.float32), "y")
    Traceback (most recent call last):
    ...
    onelayer.errors.InvalidDataError: y has 1e+30 in row 1, whose square is too large for float32, the type of \
computation; divide y by its scale, or give X as float64
    """
    number = _number(dtype)
    largest = np.abs(targets).max()
    if largest > np.sqrt(np.finfo(number).max) / 10:
        row = int(np.abs(targets).max(axis=1).argmax())
        raise InvalidDataError(
            f"{name} has {targets[row, np.abs(targets[row]).argmax()]:g} in row {row}, whose square is too large for "
            f"{number}, the type of computation; divide {name} by its scale"
            + ("" if number == np.float64 else ", or give X as float64")
        )


def _number(dtype: np.dtype) -> np.dtype[np.floating]:
    """Return the type of computation for inputs of a type."""
    return np.dtype(np.float64 if dtype == np.float64 else np.float32)

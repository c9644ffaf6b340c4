"""The values of ``--grid``: what is written after a parameter's name, as a list."""

from __future__ import annotations

import math
from typing import Any

import click

_SPACINGS = ("log", "lin")


class Grid(click.ParamType):
    """NAME=VALUES: values separated by commas, or LOW:HIGH:logN or LOW:HIGH:linN for N of them between two ends."""

    name = "name=values"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, list[Any]]:
        """Return the name and the values."""
        if isinstance(value, tuple):
            return value
        name, equals, values = value.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or not name:
            self.fail(f"{value!r} is not of the form NAME=VALUES, such as alpha=1e-6:1e-1:log12", param, ctx)
        try:
            return name, values_of(values)
        except ValueError as error:
            self.fail(f"{value!r}: {error}", param, ctx)


def values_of(text: str) -> list[Any]:
    """Return the values that a text stands for.

    Raises
    ------
    ValueError
        What is wrong with it.

    Examples
    --------
    >>> values_of("1e-3:1e-1:log3"), values_of("0:1:lin3"), values_of("64,256,auto")
    ([0.001, 0.01, 0.1], [0.0, 0.5, 1.0], [64, 256, 'auto'])
    """
    if ":" in text:
        return _between(text)
    values = [_value(part.strip()) for part in text.split(",")]
    if any(value == "" for value in values):
        raise ValueError("a value is missing")
    return values


def _between(text: str) -> list[float]:
    """Return numbers between two ends, evenly spaced or in equal ratios."""
    low_text, _, rest = text.partition(":")
    high_text, _, spacing = rest.partition(":")
    low, high, kind, count = _value(low_text), _value(high_text), spacing[:3], spacing[3:]
    if kind not in _SPACINGS or not count.isdigit() or int(count) < 2:
        raise ValueError("a range is LOW:HIGH:logN or LOW:HIGH:linN with N of at least 2")
    if isinstance(low, str) or isinstance(high, str) or not low < high or math.isinf(high - low):
        raise ValueError("the ends of a range are two numbers, the lower first")
    if kind == "log" and not low > 0:
        raise ValueError("a range in equal ratios begins above 0")
    share = [i / (int(count) - 1) for i in range(int(count))]
    if kind == "lin":
        between = [low + (high - low) * each for each in share]
    else:
        between = [low * (high / low) ** each for each in share]
    return [float(f"{each:.12g}") for each in between]


def _value(text: str) -> Any:
    """Return a whole number, a number, a truth value, None or a word."""
    words = {"true": True, "false": False, "none": None}
    if text.lower() in words:
        return words[text.lower()]
    for kind in (int, float):
        try:
            number = kind(text)
        except ValueError:
            continue
        if math.isnan(number):
            raise ValueError("NaN is no value")
        return number
    return text

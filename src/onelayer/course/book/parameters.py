"""The parameters of a page, which a reader changes with ``--set name=value``."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from onelayer.errors import InvalidParameterError

Value = float | int | str


@dataclass(frozen=True)
class Parameter:
    """A number or a word that a page's experiment depends on.

    Attributes
    ----------
    name : str
    default : float, int or str
        Its type is the type of the parameter.
    en, zh : str
        What it is, in a few words of each language.
    low, high : float
        Smallest and largest value allowed.
    low_open : bool
        Whether ``low`` itself is not allowed.
    choices : tuple of str
        The words allowed, for a parameter that is a word.
    """

    name: str
    default: Value
    en: str
    zh: str
    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    choices: tuple[str, ...] = ()

    def read(self, text: str) -> Value:
        """Return the value that a text stands for.

        Raises
        ------
        InvalidParameterError
            It is not of the type, or out of the range.

        Examples
        --------
        >>> rate = Parameter("learning_rate", 0.1, "step size", "步长", low=0, high=100, low_open=True)
        >>> rate.read("3")
        3.0
        >>> rate.read("-1")
        Traceback (most recent call last):
        ...
        onelayer.errors.InvalidParameterError: learning_rate='-1': expected a number above 0 and at most 100
        """
        if self.choices:
            if text in self.choices:
                return text
            raise InvalidParameterError(f"{self.name}={text!r}: expected {self.allowed}")
        try:
            value = int(text) if isinstance(self.default, int) else float(text)
        except ValueError:
            value = math.nan
        if (
            not math.isfinite(value)
            or not self.low <= value <= self.high
            or (self.low_open and value == self.low)
        ):
            raise InvalidParameterError(f"{self.name}={text!r}: expected {self.allowed}")
        return value

    @property
    def allowed(self) -> str:
        """The range, in words."""
        if self.choices:
            return f"{', '.join(self.choices[:-1])} or {self.choices[-1]}"
        bounds = []
        if math.isfinite(self.low):
            bounds.append(f"{'above' if self.low_open else 'of at least'} {self.low:g}")
        if math.isfinite(self.high):
            bounds.append(f"at most {self.high:,g}" if bounds else f"of at most {self.high:,g}")
        kind = "a whole number" if isinstance(self.default, int) else "a number"
        return " ".join([kind, " and ".join(bounds)]).rstrip()


class Settings(Mapping[str, Any]):
    """The values of all parameters of a page, by name as in a mapping or as attributes."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._values:
            raise AttributeError(name)
        return self._values[name]


def settings(parameters: Sequence[Parameter], assignments: Sequence[str] = ()) -> Settings:
    """Return the defaults of a page's parameters with the assignments that a reader made.

    Parameters
    ----------
    parameters : sequence of Parameter
    assignments : sequence of str
        Each ``name=value``; the last of several to one name counts.

    Raises
    ------
    InvalidParameterError
        A text that is no assignment, an unknown name, or a value that is not allowed.

    Examples
    --------
    >>> epochs = Parameter("epochs", 3, "passes over the rows", "遍历数据的轮数", low=1, high=100)
    >>> settings([epochs], ["epochs=5"]).epochs
    5
    >>> settings([epochs], ["epoch=5"])
    Traceback (most recent call last):
    ...
    onelayer.errors.InvalidParameterError: there is no parameter 'epoch' here; this page has: epochs
    """
    known = {parameter.name: parameter for parameter in parameters}
    values = {parameter.name: parameter.default for parameter in parameters}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        name = name.strip()
        if not equals:
            raise InvalidParameterError(f"{assignment!r} is not of the form name=value")
        if name not in known:
            names = ", ".join(known) or "none"
            raise InvalidParameterError(f"there is no parameter {name!r} here; this page has: {names}")
        values[name] = known[name].read(text.strip())
    return Settings(values)

"""Types of option values, and the options that several commands share."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click


class Number(click.ParamType):
    """A finite number in a range, or a word in its place.

    Parameters
    ----------
    low, high : float
        The range; ``high`` itself is outside.
    low_open : bool
        Whether ``low`` itself is outside too.
    word : str or None
        What may stand in place of a number, such as "auto".
    """

    def __init__(
        self, low: float = 0.0, high: float = math.inf, *, low_open: bool = False, word: str | None = None
    ) -> None:
        self.low = low
        self.high = high
        self.low_open = low_open
        self.word = word
        self.name = f"number|{word}" if word else "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float | str:
        """Return the number, or the word."""
        if value == self.word:
            return value
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not (self.low < number < self.high or (number == self.low and not self.low_open)):
            self.fail(f"{value!r} is not {self._range()}", param, ctx)
        return number

    def _range(self) -> str:
        """Say what is allowed."""
        bounds = f"{'above' if self.low_open else 'of at least'} {self.low:g}"
        if self.high < math.inf:
            bounds += f" and below {self.high:g}"
        return f"a finite number {bounds}" + (f", or {self.word!r}" if self.word else "")


class Numbers(Number):
    """A number, or several of them separated by commas."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number, the list of several, or the word."""
        if not isinstance(value, str) or "," not in value:
            return super().convert(value, param, ctx)
        return [super(Numbers, self).convert(part, param, ctx) for part in value.split(",")]


Command = TypeVar("Command", bound=Callable[..., Any])


def grouped(*groups: Mapping[str, Mapping[str, Any]]) -> Callable[[Command], Command]:
    """Return a decorator that adds groups of options to a command.

    Parameters
    ----------
    *groups : mapping
        Name of a parameter to the keywords of ``click.option``, and ``flags``.
    """

    def add(command: Command) -> Command:
        for name, entry in reversed([entry for group in groups for entry in group.items()]):
            flags = entry["flags"] if len(entry["flags"]) > 1 else (*entry["flags"], name)
            settings = {key: value for key, value in entry.items() if key != "flags"}
            command = click.option(*flags, **settings)(command)
        return command

    return add


def asked(context: click.Context, name: str) -> bool:
    """Return whether a parameter that the command has was given, be it with the value that it has otherwise."""
    return context.get_parameter_source(name) not in (None, click.core.ParameterSource.DEFAULT)


class Validation(click.ParamType):
    """A fraction of the training rows, or the source of another data set."""

    name = "fraction|source"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float | str:
        """Return a fraction as a float and a source as it is."""
        try:
            fraction = float(value)
        except ValueError:
            return value
        if not 0 < fraction < 1:
            self.fail(f"{value!r} is not a fraction between 0 and 1, nor a data set", param, ctx)
        return fraction


class Fraction(click.ParamType):
    """A share of the rows, of which something is to be left on both sides."""

    name = "fraction"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the share."""
        try:
            fraction = float(value)
        except ValueError:
            fraction = math.nan
        if not 0 < fraction < 1:
            self.fail(f"{value!r} is not a fraction between 0 and 1", param, ctx)
        return fraction


MODEL = click.argument("model_path", metavar="MODEL", type=click.Path(path_type=Path))
SOURCE = click.argument("source_name", metavar="SOURCE")
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object in place of text.")
LANGUAGE = click.option(
    "--lang",
    "language",
    type=click.Choice(["en", "zh"]),
    default="en",
    show_default=True,
    help="Language of the report: English or Chinese.",
)

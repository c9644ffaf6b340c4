"""What the library says in terms of Python, said in terms of the command line."""

from __future__ import annotations

import csv
import io
import re
import shlex
from functools import cache

from onelayer.cli.table_options import PREPARATION, READING
from onelayer.cli.training_options import TRAINING

_OPTIONS = {**PREPARATION, **READING, **TRAINING, "covariance": {"flags": ("--covariance",)}}
_NOT_INSIDE = r"(?<![\w'\"=.-])"  # the value of a cell, or the end of a longer word
_TEXT = r"'[^']*'|\"[^\"]*\""
_VALUE = rf"(?P<text>{_TEXT})|\[(?P<list>[^\]]+)\]|(?P<word>[\w+-]+(?:\.\w+(?:[+-]\d+)?)?)"
_SPECIAL = {"\\t": "tab"}


def in_flags(message: str) -> str:
    """Return a message of the library with its parameters written as options of the command line.

    Messages write a parameter as Python does, ``missing='drop'``; a name that no option has stays what it is.

    Examples
    --------
    >>> in_flags("say missing='drop' (leaves the rows out), or drop=['id', 'time hour']; log of 2")
    "say --missing drop (leaves the rows out), or --drop 'id,time hour'; log of 2"
    >>> in_flags("if there is none, say so with header=False; alpha=[0.1, 1.5]: too many; coef=2")
    'if there is none, say so with --no-header; --alpha 0.1,1.5: too many; coef=2'
    """
    return _parameter().sub(_as_flag, message)


@cache
def _parameter() -> re.Pattern[str]:
    return re.compile(rf"{_NOT_INSIDE}(?P<name>{'|'.join(_OPTIONS)})=(?:{_VALUE})")


def _as_flag(found: re.Match[str]) -> str:
    """Return one parameter as an option."""
    positive, _, negative = _OPTIONS[found["name"]]["flags"][0].partition("/")
    if found["list"] is not None:
        return f"{positive} {_quoted(_joined(found['list']))}"
    value = found["word"] if found["text"] is None else found["text"][1:-1]
    if negative:
        return positive if value == "True" else negative
    return f"{positive} {_quoted(_SPECIAL.get(value, value))}"


def _joined(items: str) -> str:
    """Return the elements of a list as an option takes them: separated by commas, in quotes where one has a comma."""
    values = [text[1:-1] if text[0] in "'\"" else text for text in re.findall(rf"{_TEXT}|[^\s,]+", items)]
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(values)
    return line.getvalue()


def _quoted(value: str) -> str:
    """Return a value as a shell takes it; what stands for more names needs no quotes."""
    return shlex.quote(value) if shlex.quote(value.replace("…", "")) != value.replace("…", "") else value

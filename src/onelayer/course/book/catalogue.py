"""The pages of the course in the order in which they are read."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from onelayer.errors import InvalidParameterError
from onelayer.languages import check_language

if TYPE_CHECKING:
    from onelayer.course.book.page import AnyPage

NAMES = (
    "linear-model",
    "analytic-solution",
    "gradient-descent",
    "minibatches",
    "vectorisation",
    "noise-and-loss",
    "losses",
    "softmax",
    "cross-entropy",
    "overflow",
    "fashion-mnist",
    "scratch-and-concise",
    "validation",
    "calibration",
)

_HEAD = re.compile(r"# (?P<title>.+)\n\n(?P<summary>.+)\n\n(?P<body>[\s\S]+)")


@dataclass(frozen=True)
class Prose:
    """The parts of a page's Markdown: its title, a summary of one line, and the rest."""

    title: str
    summary: str
    body: str


def check_name(name: str) -> None:
    """Refuse the name of a page that there is not.

    Raises
    ------
    InvalidParameterError

    Examples
    --------
    >>> check_name("gradient-decent")
    Traceback (most recent call last):
    ...
    onelayer.errors.InvalidParameterError: there is no page 'gradient-decent'; the course has: linear-model, ...
    """
    if name not in NAMES:
        raise InvalidParameterError(f"there is no page {name!r}; the course has: {', '.join(NAMES)}")


def page(name: str) -> AnyPage:
    """Return a page by its name, with what it needs to run: PyTorch, for some.

    Raises
    ------
    InvalidParameterError
        There is none of this name.
    """
    check_name(name)
    return importlib.import_module(f"{_folder(name)}.page").PAGE


def prose(name: str, lang: str) -> Prose:
    """Return title, summary and body of a page's Markdown, not yet filled in.

    Examples
    --------
    >>> prose("gradient-descent", "en").title
    'Gradient descent'
    """
    text = files(_folder(name)).joinpath(f"{check_language(lang)}.md").read_text("utf-8")
    parts = _HEAD.match(text)
    if parts is None:
        raise ValueError(
            f"the prose of {name} in {lang} must begin with '# title', a summary of one line, and a body"
        )
    return Prose(**parts.groupdict())


def titles(lang: str) -> Mapping[str, str]:
    """Return the titles of all pages by name."""
    return {name: prose(name, lang).title for name in NAMES}


def _folder(name: str) -> str:
    return f"onelayer.course.pages.{name.replace('-', '_')}"

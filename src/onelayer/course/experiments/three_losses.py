"""The three losses of the lecture, squared, absolute and Huber's, with their names and looks in figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from onelayer.course.book import drawing
from onelayer.course.book.words import Words
from onelayer.losses import Absolute, Huber, Squared

OneOfThree: TypeAlias = Squared | Absolute | Huber


@dataclass(frozen=True)
class Look:
    """How a loss is called and drawn.

    Attributes
    ----------
    en, zh : str
    color, marker : str
    line : object
        A line style of matplotlib.
    """

    en: str
    zh: str
    color: str
    marker: str
    line: Any

    def label(self, t: Words) -> str:
        """Return its name in a language."""
        return t(self.en, self.zh)

    def style(self, *, marker: bool = False) -> dict[str, Any]:
        """Return it as keyword arguments of ``plot``, of a line, or of markers only."""
        if marker:
            return {"color": self.color, "marker": self.marker, "linestyle": "none"}
        return {"color": self.color, "linestyle": self.line}


LOOKS = {
    "squared": Look("squared (L2)", "平方（L2）", drawing.BLUE, "o", drawing.STYLES[0]),
    "absolute": Look("absolute (L1)", "绝对值（L1）", drawing.VERMILION, "s", drawing.STYLES[1]),
    "huber": Look("Huber", "Huber", drawing.GREEN, "^", drawing.STYLES[3]),
}


def losses(delta: float) -> dict[str, OneOfThree]:
    """Return the three losses by name, Huber's with its δ.

    Examples
    --------
    >>> list(losses(1.0)) == list(LOOKS)
    True
    """
    return {"squared": Squared(), "absolute": Absolute(), "huber": Huber(delta)}

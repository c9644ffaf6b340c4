"""Fonts for names in any script: those of the user first, then those installed that have Chinese characters."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from onelayer.errors import optional_dependency

_CHINESE = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "PingFang SC",
    "Hiragino Sans GB",
    "Heiti SC",
    "STHeiti",
    "Microsoft YaHei",
    "SimHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Noto Sans CJK JP",  # by this name matplotlib before 3.11 finds the file that holds them for every language
    "Arial Unicode MS",
)


def families(text: str) -> list[str]:
    """Return the font families to draw a text with: matplotlib takes each character from the first that has it.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of str
        ``font.family`` of matplotlib's settings, and, unless the text is plain ASCII, the installed fonts with Chinese
        characters.

    Raises
    ------
    MissingDependencyError
        Without matplotlib.

    Examples
    --------
    >>> families("accuracy")
    ['sans-serif']
    """
    users = list(optional_dependency("matplotlib", "app").rcParams["font.family"])
    if text.isascii():
        return users
    installed = set(optional_dependency("matplotlib.font_manager", "app").get_font_names())
    return users + [family for family in _CHINESE if family in installed]


@contextmanager
def boxes_allowed() -> Iterator[None]:
    """Draw a box for a character that no font has, without matplotlib's warning for each of them.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> figure = Figure()
    >>> _ = figure.suptitle("a character that is none: \\ufffe")
    >>> with boxes_allowed():
    ...     figure.canvas.draw()
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing from")
        yield

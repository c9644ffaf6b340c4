"""Every word of the report, in one TOML file for each language."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from onelayer.errors import InvalidParameterError

LANGUAGES = ("en", "zh")


@cache
def texts(lang: str) -> dict[str, str]:
    """Return the texts of a language.

    Raises
    ------
    InvalidParameterError
        An unknown language.

    Examples
    --------
    >>> texts("en")["confusion"], texts("zh")["confusion"]
    ('Confusion matrix', '混淆矩阵')
    """
    if lang not in LANGUAGES:
        raise InvalidParameterError(f"lang must be 'en' or 'zh', not {lang!r}")
    return tomllib.loads(Path(__file__).with_name(f"{lang}.toml").read_text("utf-8"))

"""The two languages of what users read, and the files with their words."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from onelayer.errors import InvalidParameterError

LANGUAGES = ("en", "zh")


def check_language(lang: str) -> str:
    """Return a language that there is.

    Raises
    ------
    InvalidParameterError
        It is neither English nor Chinese.

    Examples
    --------
    >>> check_language("de")
    Traceback (most recent call last):
    ...
    onelayer.errors.InvalidParameterError: lang must be 'en' or 'zh', not 'de'
    """
    if lang not in LANGUAGES:
        raise InvalidParameterError(f"lang must be 'en' or 'zh', not {lang!r}")
    return lang


@cache
def texts(package: str, lang: str) -> dict[str, str]:
    """Return the words of a language that a package keeps in ``en.toml`` and ``zh.toml``.

    Raises
    ------
    InvalidParameterError
        An unknown language.

    Examples
    --------
    >>> texts("onelayer.report.texts", "en")["confusion"], texts("onelayer.report.texts", "zh")["confusion"]
    ('Confusion matrix', '混淆矩阵')
    """
    return tomllib.loads(files(package).joinpath(f"{check_language(lang)}.toml").read_text("utf-8"))

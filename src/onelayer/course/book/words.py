"""Two languages side by side: each text of a figure or a parameter stands in both where it is used."""

from __future__ import annotations

from dataclasses import dataclass

from onelayer.languages import check_language


@dataclass(frozen=True)
class Words:
    """A chooser of the language.

    Attributes
    ----------
    lang : {"en", "zh"}

    Raises
    ------
    InvalidParameterError
        An unknown language.

    Examples
    --------
    >>> t = Words("zh")
    >>> t("learning rate", "学习率")
    '学习率'
    """

    lang: str

    def __post_init__(self) -> None:
        check_language(self.lang)

    def __call__(self, en: str, zh: str) -> str:
        """Return the text in this language."""
        return zh if self.lang == "zh" else en

"""What is said in one language is said in the other, with the same places to fill in."""

from __future__ import annotations

import string

import pytest

from onelayer.errors import InvalidParameterError
from onelayer.languages import LANGUAGES, texts

PACKAGES = ("onelayer.report.texts", "onelayer.course.book.texts")


def placeholders(text):
    return {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}


@pytest.mark.parametrize("package", PACKAGES)
def test_both_languages_say_the_same_things(package):
    english, chinese = texts(package, "en"), texts(package, "zh")
    assert list(english) == list(chinese)
    for key, text in english.items():
        assert placeholders(text) == placeholders(chinese[key]), key


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_text_says_something(package, lang):
    assert all(text.strip() for text in texts(package, lang).values())


@pytest.mark.parametrize("package", PACKAGES)
def test_english_holds_no_chinese(package):
    assert not any(
        "\u4e00" <= character <= "\u9fff" for text in texts(package, "en").values() for character in text
    )


def test_another_language_is_refused():
    with pytest.raises(InvalidParameterError, match="lang must be 'en' or 'zh', not 'de'"):
        texts("onelayer.report.texts", "de")

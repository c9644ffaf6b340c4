import string

import pytest

from onelayer.report.texts import texts


def placeholders(text):
    return {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}


def test_both_languages_say_the_same_things():
    english, chinese = texts("en"), texts("zh")
    assert list(english) == list(chinese)
    for key, text in english.items():
        assert placeholders(text) == placeholders(chinese[key]), key


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_text_says_something(lang):
    assert all(text.strip() for text in texts(lang).values())


def test_a_language_holds_no_characters_of_the_other():
    assert not any("\u4e00" <= character <= "\u9fff" for text in texts("en").values() for character in text)

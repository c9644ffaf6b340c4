from __future__ import annotations

import pytest

from onelayer.course.book import catalogue
from onelayer.course.book.page import Page
from onelayer.errors import InvalidParameterError

TOLD = [
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
]


def test_the_pages_are_those_that_the_course_promises():
    assert list(catalogue.NAMES) == TOLD


@pytest.mark.parametrize("name", catalogue.NAMES)
def test_each_is_a_page_with_a_title_and_a_summary_in_both_languages(name):
    assert isinstance(catalogue.page(name), Page)
    english, chinese = catalogue.prose(name, "en"), catalogue.prose(name, "zh")
    for prose in (english, chinese):
        assert 2 <= len(prose.title) <= 60
        assert "\n" not in prose.summary
    assert english.title != chinese.title


def test_other_names_and_languages_are_refused():
    with pytest.raises(InvalidParameterError, match="there is no page 'lasso'"):
        catalogue.page("lasso")
    with pytest.raises(InvalidParameterError, match="lang must be 'en' or 'zh', not 'de'"):
        catalogue.prose("softmax", "de")

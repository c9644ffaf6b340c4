from __future__ import annotations

import html
import inspect
import re

import pytest

from onelayer.course.book import source_code
from onelayer.losses import Squared


def text_of(markup):
    return html.unescape(re.sub("<[^>]+>", "", markup))


@pytest.mark.parametrize(
    ("name", "thing"),
    [
        ("onelayer.course.book.source_code.find", source_code.find),
        ("onelayer.losses.Squared", Squared),
        ("onelayer.losses.Squared.gradient", Squared.gradient),
        ("onelayer.course.book.source_code", source_code),
    ],
)
def test_the_source_is_that_of_the_module(name, thing):
    shown = text_of(source_code.source(name))
    for line in inspect.getsource(thing).splitlines():
        assert line.rstrip() in shown


def test_several_stand_one_after_the_other():
    shown = text_of(
        source_code.source(
            "onelayer.course.book.source_code.find", "onelayer.course.book.source_code.colored"
        )
    )
    assert shown.index("def find") < shown.index("def colored")


def test_what_is_not_there():
    with pytest.raises((ModuleNotFoundError, AttributeError)):
        source_code.source("onelayer.course.book.source_code.no_such_function")

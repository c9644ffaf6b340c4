from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from onelayer.course.book import drawing
from onelayer.course.book.page import Drawing


def example(**options):
    figure, axes = drawing.figure(**options)
    axes.plot([1, 10, 100], [1, 2, 3], color=drawing.BLUE, label="平方损失")
    axes.plot([1, 10, 100], [3, 2, 1], color=drawing.VERMILION)
    axes.set_xscale("log")
    axes.legend()
    drawing.log_ticks(axes.xaxis)
    drawing.label_axes(axes, "学习率", "loss")
    return figure


@pytest.fixture
def text():
    with drawing.themed():
        return drawing.svg(Drawing(example(), 'Two curves: "one" < "two" & more'), "page-one")


def test_it_is_one_element_with_a_description(text):
    root = ElementTree.fromstring(text)
    assert root.tag.endswith("svg")
    assert root.get("aria-label") == 'Two curves: "one" < "two" & more'


def test_text_stays_text_in_the_fonts_of_the_page(text):
    assert ">平方损失<" in text
    assert ">学习率<" in text
    assert "DejaVu" not in text


def test_colours_are_those_of_the_page(text):
    assert "var(--right)" in text
    assert "var(--wrong)" in text
    assert "var(--soft)" in text
    assert not re.search(r"#[0-9a-fA-F]{6}\b", text)


def test_nothing_in_it_reaches_the_rest_of_the_page(text):
    assert "<style" not in text
    assert 'id="figure' not in text
    with drawing.themed():
        other = drawing.svg(Drawing(example(), "the same drawing elsewhere"), "page-two")
    ids = re.compile(r'\bid="([^"]+)"')
    assert set(ids.findall(text)).isdisjoint(ids.findall(other))


def test_references_lead_to_what_is_there(text):
    ids = set(re.findall(r'\bid="([^"]+)"', text))
    assert set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', text)) != set()
    for pair in re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', text):
        assert "".join(pair) in ids


def test_ticks_of_powers_of_ten(text):
    assert ">10⁰<" in text
    assert ">10²<" in text


def test_the_same_drawing_is_the_same_text(text):
    with drawing.themed():
        again = drawing.svg(Drawing(example(), 'Two curves: "one" < "two" & more'), "page-one")
    assert again == text


def test_wide_drawings_are_marked():
    with drawing.themed():
        assert 'class="drawing wide"' in drawing.svg(Drawing(example(width=9.4), "a wide one"), "wide")


def test_a_grid_of_images_shows_each_with_its_caption():
    images = np.arange(5 * 16, dtype=np.uint8).reshape(5, 4, 4)
    with drawing.themed():
        text = drawing.svg(Drawing(drawing.image_grid(images, list("abcde"), columns=3), "five"), "grid")
    assert text.count("<image") == 5
    for caption in "abcde":
        assert f">{caption}<" in text

"""Every page, on small settings, in both languages: whole, self-contained, and the same in both."""

from __future__ import annotations

import re

import pytest

from onelayer.course.book import catalogue, document
from onelayer.course.book.parameters import settings

from .document_reader import drawings, formulas, read

MOST_BYTES = 1_500_000


@pytest.fixture(scope="module", params=catalogue.NAMES)
def finding(request):
    page = catalogue.page(request.param)
    return document.run(request.param, page.small)


@pytest.fixture(scope="module")
def pages(finding):
    return {lang: document.render(finding, lang) for lang in ("en", "zh")}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_document_is_whole(pages, lang):
    html = pages[lang]
    page = read(html)
    assert page.lang == lang
    assert page.headings[0] == "h1"
    assert page.headings.count("h1") == 1
    assert len(html.encode()) < MOST_BYTES
    for leftover in (
        "[[",
        "]]",
        "[%",
        "$$",
        "\\",
        "\N{WHITE SQUARE}",
        "\N{REPLACEMENT CHARACTER}",
        "object at 0x",
    ):
        assert leftover not in page.text, leftover


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_it_needs_nothing_from_elsewhere(pages, lang):
    for address in read(pages[lang]).addresses:
        assert address.startswith(("#", "data:")), address
    assert "@import" not in pages[lang]
    assert "url(http" not in pages[lang]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_figures_have_words_for_those_who_cannot_see_them(pages, lang):
    shown = drawings(pages[lang])
    assert shown
    for drawing in shown:
        assert drawing.get("role") == "img"
        assert len(drawing.get("aria-label", "")) > 15
        assert "{" not in drawing.get("aria-label", "")


def test_both_languages_show_the_same(pages):
    english, chinese = read(pages["en"]), read(pages["zh"])
    assert english.headings == chinese.headings
    assert english.codes == chinese.codes
    assert len(drawings(pages["en"])) == len(drawings(pages["zh"]))
    block = 'display="block"'
    assert pages["en"].count(block) == pages["zh"].count(block)


def test_english_has_no_chinese_and_chinese_has_chinese(pages):
    assert not re.search("[\u4e00-\u9fff]", read(pages["en"]).text)
    for label in (drawing.get("aria-label", "") for drawing in drawings(pages["zh"])):
        assert re.search("[\u4e00-\u9fff]", label), label


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_formulas_are_mathml(pages, lang):
    assert formulas(pages[lang])


def test_every_drawing_is_placed(finding, pages):
    from onelayer.course.book import drawing
    from onelayer.course.book.words import Words

    with drawing.themed():
        drawn = finding.page.figures(finding.settings, finding.found, Words("en"))
    prose = catalogue.prose(finding.name, "en").body
    for name in drawn:
        assert f'"{name}"' in prose, name


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_three_questions_that_can_be_checked(finding, pages, lang):
    assert read(pages[lang]).questions == 3
    commands = re.findall(r"<code>onelayer course (\S+) --set ([^<]*)</code></p></details>", pages[lang])
    assert [name for name, _ in commands] == [finding.name] * 3
    defaults = settings(finding.page.parameters)
    for _, assignments in commands:
        changed = settings(finding.page.parameters, assignments.split(" --set "))
        assert dict(changed) != dict(defaults), assignments


def test_parameters_are_listed_and_say_what_they_are(finding, pages):
    for parameter in finding.page.parameters:
        assert f"<code>{parameter.name}</code>" in pages["en"]
        assert parameter.en
        assert re.search("[\u4e00-\u9fff]", parameter.zh)
        if not parameter.choices:
            assert parameter.read(str(parameter.default)) == parameter.default

from __future__ import annotations

import re

import pytest

from onelayer.course.book import catalogue, document
from onelayer.errors import InvalidParameterError, OutputError

from ..document_reader import read

NAME = "gradient-descent"


@pytest.fixture(scope="module")
def finding():
    return document.run(NAME, [*catalogue.page(NAME).small, "learning_rate=0.125"])


def test_a_changed_parameter_shows(finding):
    html = document.render(finding)
    assert re.search(r'<td class="changed">0.125\s*<small>\(default 0.25\)</small>', html)


def test_the_page_shows_numbers_of_this_run(finding):
    limit = 2 / max(finding.found.eigenvalues)
    assert f"<strong>{limit:.4f}</strong>" in document.render(finding)


def test_alone_it_links_nowhere(finding):
    assert not [a for a in read(document.render(finding)).addresses if not a.startswith(("#", "data:"))]


@pytest.mark.parametrize(("lang", "other"), [("en", "zh"), ("zh", "en")])
def test_among_the_others_it_links_to_them(finding, lang, other):
    addresses = read(document.render(finding, lang, linked=True)).addresses
    place = catalogue.NAMES.index(NAME)
    before, after = catalogue.NAMES[place - 1], catalogue.NAMES[place + 1]
    expected = [document.file_name(name, lang) for name in ("index", before, after)]
    expected.append(document.file_name(NAME, other))
    assert sorted(a for a in addresses if not a.startswith(("#", "data:"))) == sorted(expected)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_index_leads_to_every_page(tmp_path, lang):
    path = document.write_index(tmp_path / "index.html", lang)
    addresses = read(path.read_text("utf-8")).addresses
    for name in catalogue.NAMES:
        assert document.file_name(name, lang) in addresses


def test_it_is_written_whole_or_not_at_all(finding, tmp_path):
    with pytest.raises(OutputError):
        document.write(tmp_path / "missing" / "page.html", finding)
    assert (
        document.write(tmp_path / "page.html", finding, "zh").read_text("utf-8").startswith("<!DOCTYPE html>")
    )


def test_unknown_pages_languages_and_parameters_are_refused(finding):
    with pytest.raises(InvalidParameterError):
        document.run("no-such-page")
    with pytest.raises(InvalidParameterError):
        document.run(NAME, ["momentum=1"])
    with pytest.raises(InvalidParameterError):
        document.render(finding, "fr")

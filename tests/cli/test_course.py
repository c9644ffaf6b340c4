"""``onelayer course``: list, one page, all of them, and what is refused."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from onelayer.course.book import catalogue

from .conftest import Run

NAME = "gradient-descent"
SMALL = [argument for each in ("rows=40", "steps=8") for argument in ("--set", each)]


def test_list(run: Run) -> None:
    result = run("course", "list")
    assert (result.status, result.err) == (0, "")
    assert [line.split()[0] for line in result.out.splitlines() if not line.startswith(" ")] == list(
        catalogue.NAMES
    )
    assert "梯度下降" in run("course", "list", "--lang", "zh").out


def test_list_as_json(run: Run) -> None:
    entries = json.loads(run("course", "list", "--json").out)
    assert [entry["name"] for entry in entries] == list(catalogue.NAMES)
    assert {"name": NAME, "title": "Gradient descent"}.items() <= entries[2].items()


@pytest.mark.parametrize(("lang", "file"), [("en", f"{NAME}.html"), ("zh", f"{NAME}.zh.html")])
def test_a_page_goes_into_the_current_folder(run: Run, lang: str, file: str, workplace: Path) -> None:
    result = run("course", NAME, "--lang", lang, *SMALL)
    assert (result.status, result.err) == (0, "")
    assert result.out.splitlines()[0] == f"page        {file}"
    assert f'<html lang="{lang}">' in (workplace / file).read_text("utf-8")


def test_a_page_goes_where_it_is_told(run: Run, workplace: Path) -> None:
    result = run("course", NAME, "-o", "my.html", "--json", "--set", "learning_rate=3", *SMALL)
    record = json.loads(result.out)
    assert (record["page"], record["language"], record["file"]) == (NAME, "en", "my.html")
    assert '<td class="changed">3.0' in (workplace / "my.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["gradient-decent"], "there is no page 'gradient-decent'; the course has: linear-model, "),
        ([NAME, "--set", "learning_rate=-1"], "learning_rate='-1': expected a number above 0"),
        ([NAME, "--set", "rate=1"], "there is no parameter 'rate' here; this page has: learning_rate, "),
        ([NAME, "--set", "learning_rate"], "'learning_rate' is not of the form name=value"),
        ([NAME, "--lang", "de"], "'de' is not one of"),
        (["list", "--set", "rows=1"], "--set goes with the name of one page, not with 'list'"),
        (["list", "-o", "x.html"], "-o goes with the name of one page, not with 'list'"),
        (["all", "--set", "rows=1"], "--set goes with the name of one page, not with 'all'"),
        ([], "Missing argument"),
    ],
)
def test_wrong_use(run: Run, arguments: list[str], words: str, workplace: Path) -> None:
    result = run("course", *arguments)
    assert result.status == 2
    assert words in result.error
    assert list(workplace.iterdir()) == []


def test_a_page_that_cannot_be_written_is_not_run(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(catalogue.page(NAME)), "run", lambda *_: pytest.fail("the experiment ran"))
    result = run("course", NAME, "-o", "missing/page.html")
    assert (result.status, result.error) == (
        1,
        "cannot write missing/page.html: the folder missing does not exist",
    )


def test_no_permission(run: Run, workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    result = run("course", NAME)
    assert (result.status, result.error) == (1, f"cannot write {NAME}.html: Permission denied")


@pytest.mark.parametrize(
    ("module", "extra"), [("torch", "torch"), ("markdown_it", "app"), ("latex2mathml", "app")]
)
def test_a_missing_library_says_which_extra_brings_it(
    run: Run, monkeypatch: pytest.MonkeyPatch, workplace: Path, module: str, extra: str
) -> None:
    for name in list(sys.modules):
        if name.partition(".")[0] == module:
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    result = run("course", NAME)
    assert result.status == 1
    assert result.error == f"{module} is not installed; run: pip install 'onelayer[{extra}]'"
    assert list(workplace.iterdir()) == []


def test_all_pages_and_an_index(run: Run, workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "NAMES", ("gradient-descent", "losses"))
    result = run("course", "all", "-o", "new/course")
    assert result.status == 0
    assert result.out.splitlines()[0] == f"course      {Path('new/course/index.html')}"
    assert [line.split()[:3] for line in result.err.splitlines()] == [
        ["page", "1/2", "gradient-descent"],
        ["page", "2/2", "losses"],
    ]
    stems = {"index", "gradient-descent", "losses"}
    written = {path.name for path in (workplace / "new" / "course").iterdir()}
    assert written == {f"{stem}{ending}" for stem in stems for ending in (".html", ".zh.html")}


def test_a_folder_that_cannot_be_made(run: Run, workplace: Path) -> None:
    (workplace / "course").write_text("a file")
    result = run("course", "all")
    assert (result.status, result.error) == (1, "cannot write the course into course: it is no folder")

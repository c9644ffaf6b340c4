"""``onelayer report``: the page of a saved model."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Run, squares, write_folder


@pytest.mark.parametrize(("language", "tag"), [("en", '<html lang="en"'), ("zh", '<html lang="zh')])
def test_one_page(language: str, tag: str, model: str, toy: str, run: Run) -> None:
    result = run("report", model, toy, "-o", "page.html", "--lang", language)
    assert (result.status, result.out) == (0, "")
    assert result.err == "report      page.html\n"
    assert tag in Path("page.html").read_text(encoding="utf-8")


def test_fit_writes_the_page_in_the_language_asked_for(toy: str, run: Run) -> None:
    run("fit", toy, "--lang", "zh", "--epochs", "1")
    assert '<html lang="zh' in Path("toy.html").read_text(encoding="utf-8")


def test_data_of_one_part(model: str, run: Run, workplace: Path) -> None:
    write_folder(workplace / "single", *squares(12, seed=5))
    assert run("report", model, "single", "-o", "page.html").status == 0
    assert Path("page.html").exists()

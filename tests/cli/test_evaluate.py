"""``onelayer evaluate``: the same figures as at the end of the fit, and those of other data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Run, squares, write_folder


def test_it_repeats_what_fit_said(toy: str, run: Run) -> None:
    fitted = json.loads(run("fit", toy, "--json").out)
    evaluated = json.loads(run("evaluate", "toy.onelayer", toy, "--json").out)
    assert list(evaluated) == list(fitted)
    for part in ("train", "test"):
        assert evaluated[part] == pytest.approx(fitted[part], rel=1e-12)
    same = ("model", "source", "n_train", "n_test", "iterations", "converged")
    assert [evaluated[key] for key in same] == [fitted[key] for key in same]
    assert evaluated["report"] is None


def test_text_is_for_people(model: str, toy: str, run: Run) -> None:
    result = run("evaluate", model, toy)
    assert result.status == 0
    assert result.err == ""
    assert [line.split()[0] for line in result.out.splitlines()] == ["train", "test", "time", "data", "model"]


def test_all_of_a_single_part_is_the_test(model: str, run: Run, workplace: Path) -> None:
    write_folder(workplace / "single", *squares(12, seed=5))
    record = json.loads(run("evaluate", model, "single", "--json").out)
    assert record["train"] is None
    assert record["n_train"] is None
    assert record["n_test"] == 12


def test_a_regression(numbers: str, run: Run) -> None:
    fitted = json.loads(run("fit", numbers, "--loss", "squared", "--json", "--no-report").out)
    evaluated = json.loads(run("evaluate", "numbers.onelayer", numbers, "--json").out)
    assert evaluated["test"] == pytest.approx(fitted["train"], rel=1e-12)
    assert set(evaluated["test"]) == {"loss", "r2"}

"""Outputs that are inputs: refused before anything is read, by whatever path they are named."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from .conftest import Refused, Run

FIT = ("fit", "g.csv", "--target", "y")


@pytest.fixture
def tables(workplace: Path, run: Run) -> Path:
    """Two tables, and a model of the first."""
    chance = np.random.RandomState(0)
    for name in ("g.csv", "h.csv"):
        frame = pl.DataFrame({"x": chance.randn(30), "y": chance.randn(30)})
        frame.write_csv(workplace / name)
    assert run(*FIT, "--no-report").status == 0
    return workplace


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([*FIT, "--model", "g.csv"], "--model g.csv would replace g.csv, which is read for SOURCE"),
        ([*FIT, "--report", "g.csv"], "--report g.csv would replace g.csv, which is read for SOURCE"),
        (
            [*FIT, "--validation", "h.csv", "--model", "h.csv"],
            "--model h.csv would replace h.csv, which is read for --validation",
        ),
        (
            [*FIT, "--validation", "h.csv", "--report", "h.csv"],
            "--report h.csv would replace h.csv, which is read for --validation",
        ),
        (
            ["predict", "g.onelayer", "h.csv", "-o", "h.csv"],
            "-o h.csv would replace h.csv, which is read for SOURCE",
        ),
        (
            ["predict", "g.onelayer", "h.csv", "-o", "g.onelayer"],
            "-o g.onelayer would replace g.onelayer, which is read for MODEL",
        ),
        (
            ["report", "g.onelayer", "h.csv", "-o", "h.csv"],
            "-o h.csv would replace h.csv, which is read for SOURCE",
        ),
        (
            ["report", "g.onelayer", "h.csv", "-o", "g.onelayer"],
            "-o g.onelayer would replace g.onelayer, which is read for MODEL",
        ),
    ],
)
def test_an_input_is_no_output(arguments: list[str], line: str, refused: Refused, tables: Path) -> None:
    command = arguments[0]
    expected = f"{line}; name another file (see 'onelayer {command} --help')"
    assert refused(*arguments, status=2) == expected


@pytest.mark.parametrize(
    "lead",
    [
        lambda folder: "./g.csv",
        lambda folder: str(folder / "g.csv"),
        lambda folder: f"../{folder.name}/g.csv",
        lambda folder: os.symlink("g.csv", "soft.csv") or "soft.csv",
        lambda folder: os.link("g.csv", "hard.csv") or "hard.csv",
        lambda folder: os.symlink(folder, "folder") or "folder/g.csv",
    ],
    ids=["relative", "absolute", "over the parent", "symbolic link", "hard link", "linked folder"],
)
def test_any_path_to_the_same_file(lead: Callable[[Path], str], refused: Refused, tables: Path) -> None:
    path = lead(tables)
    for arguments in ([*FIT, "--model", path], ["predict", "g.onelayer", "g.csv", "-o", path]):
        assert "would replace g.csv, which is read for SOURCE" in refused(*arguments, status=2)
    assert "would replace" in refused("fit", path, "--target", "y", "--report", "g.csv", status=2)


def test_nothing_is_read_before(refused: Refused, workplace: Path) -> None:
    assert "which is read for SOURCE" in refused("fit", "no.csv", "--model", "no.csv", status=2)
    (workplace / "broken").write_text("no model")
    assert "which is read for MODEL" in refused("predict", "broken", "no.csv", "-o", "broken", status=2)


def test_two_outputs_are_two_files(refused: Refused, tables: Path) -> None:
    line = "--model and --report both name new"
    assert line in refused(*FIT, "--model", "new", "--report", "./new", status=2)
    os.symlink("g.onelayer", "link")
    line = "--model and --report both name g.onelayer"
    assert line in refused(*FIT, "--model", "g.onelayer", "--report", "link", status=2)


def test_the_default_name_of_an_output(refused: Refused, tables: Path) -> None:
    """Parquet is read from a file of any name, so also from one that is called like a model."""
    pl.read_csv("h.csv").write_parquet("h.onelayer")
    line = "--model h.onelayer.onelayer"
    os.symlink("h.onelayer", "h.onelayer.onelayer")
    assert line in refused("fit", "h.onelayer", "--target", "y", status=2)


def test_files_of_a_folder(model: str, toy: str, refused: Refused, run: Run) -> None:
    for name in ("train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"):
        line = f"would replace toy/{name}, which is read for SOURCE"
        assert line in refused("fit", toy, "--model", f"toy/{name}", status=2)
        assert line in refused("predict", model, toy, "-o", f"toy/{name}", status=2)
    assert run("fit", toy, "--epochs", "1", "--model", "toy/my.model", "--report", "toy/my.html").status == 0
    assert run("fit", toy, "--epochs", "1", "--model", "toy/my.model", "--report", "toy/my.html").status == 0


def test_a_model_may_be_called_like_a_data_set(run: Run, workplace: Path) -> None:
    (workplace / "synthetic-regression").write_text("an earlier model")
    options = ["--model", "synthetic-regression", "--no-report"]
    assert run("fit", "synthetic-regression", *options).status == 0

"""``onelayer fit --implementation``: each trains with the same progress, result, model file and report."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
import numpy as np
import pytest

import onelayer as ol
from onelayer.cli.fit import fit
from onelayer.course.implementations import IMPLEMENTATIONS

from .conftest import Run

SHOWN = {
    "fast": "fast (compiled loop)",
    "scratch": "from scratch (tensors and autograd)",
    "concise": "concise (torch.nn and torch.optim)",
}


def test_each_leaves_the_same_model_and_a_page(toy: str, run: Run) -> None:
    models, printed, progress = [], [], []
    for name in IMPLEMENTATIONS:
        result = run(
            "fit",
            toy,
            "--solver",
            "sgd",
            "--implementation",
            name,
            "--model",
            name,
            "--report",
            f"{name}.html",
            "--json",
        )
        assert result.status == 0
        record = json.loads(result.out)
        assert (record["model"], record["report"]) == (name, f"{name}.html")
        assert record["train"]["accuracy"] > 0.8
        models.append(ol.load(name))
        printed.append((record["train"]["accuracy"], record["test"]["accuracy"], record["epochs"]))
        progress.append([line.split("  ")[:3] for line in result.err.splitlines()])
        assert models[-1].training_["implementation"] == name
        assert SHOWN[name] in Path(f"{name}.html").read_text("utf-8")
    assert printed[0] == printed[1] == printed[2]
    assert progress[0] == progress[1] == progress[2]
    assert len(progress[0]) == 10
    fast = models[0].coef_
    for model in models[1:]:
        assert np.abs(model.coef_ - fast).max() < 1e-4 * np.abs(fast).max()


@pytest.mark.parametrize("name", IMPLEMENTATIONS)
def test_a_line(numbers: str, run: Run, name: str) -> None:
    options = ["--loss", "squared", "--epochs", "60", "--batch-size", "20", "--model", "m"]
    assert run("fit", numbers, *options, "--implementation", name).status == 0
    assert ol.load("m").coef_ == pytest.approx([3, -2], abs=0.05)


def test_the_choice_is_that_of_the_library() -> None:
    option = next(option for option in fit.params if option.name == "implementation")
    assert isinstance(option.type, click.Choice)
    assert tuple(option.type.choices) == IMPLEMENTATIONS
    assert option.default == "fast"


@pytest.mark.parametrize("name", ["scratch", "concise"])
def test_pytorch_is_asked_for_before_anything_is_read(
    name: str, run: Run, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    result = run("fit", "no-such-source", "--implementation", name)
    assert result.status == 1
    assert result.error == "torch is not installed; run: pip install 'onelayer[torch]'"
    assert not list(workplace.iterdir())


def test_the_fast_one_needs_no_pytorch(toy: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert run("fit", toy, "--no-report", "--epochs", "1").status == 0


def test_what_the_course_does_not_have_is_one_line(toy: str, run: Run, workplace: Path) -> None:
    result = run("fit", toy, "--implementation", "scratch", "--momentum", "0.9")
    assert result.status == 1
    assert result.error.startswith(
        "--momentum 0.9: gradient descent from scratch has none; set --momentum 0,"
    )
    assert [path.name for path in workplace.iterdir()] == [toy]
    result = run("fit", toy, "--implementation", "quick")
    assert result.status == 2


def test_divergence_has_its_own_status(toy: str, run: Run) -> None:
    result = run(
        "fit", toy, "--implementation", "concise", "--learning-rate", "1e6", "--schedule", "constant"
    )
    assert result.status == 3
    assert "; try --learning-rate " in result.err

"""``onelayer search``: candidates from grids, judged on rows held out or in folds, the best kept."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import onelayer as ol
from onelayer.cli.grid_option import values_of

from .conftest import Refused, Run

GRID = (
    "--grid",
    "alpha=1e-4,1e-2",
    "--grid",
    "learning-rate=0.01:0.1:log2",
    "--batch-size",
    "16",
    "--epochs",
    "3",
)


def test_the_best_is_that_of_the_library(toy: str, run: Run, workplace: Path):
    result = run("search", toy, *GRID, "--all", "--validation", toy, "--json", "--model", "best.onelayer")
    assert result.status == 0
    found = json.loads(result.out)
    assert [each["params"] for each in found["candidates"]] == [
        {"alpha": alpha, "learning_rate": rate} for alpha in (1e-4, 1e-2) for rate in (0.01, 0.1)
    ]
    model = ol.load(workplace / "best.onelayer")
    assert {name: model.get_params()[name] for name in ("alpha", "learning_rate")} == found["best"]["params"]
    assert (found["n_train"], found["n_splits"], model.n_iter_) == (90, 1, 3)
    scores = [each["validation_score"] for each in found["candidates"]]
    assert found["best"]["validation_score"] == max(scores)
    assert len(result.err.splitlines()) == 3
    assert result.err.splitlines()[-1].startswith("epoch  3/3   0 running, 4 ended   best: alpha=")


def test_a_grid_over_a_parameter_of_sgd_is_a_wish_for_it(toy: str, run: Run, workplace: Path):
    def epochs(*grid: str) -> list[int]:
        found = json.loads(run("search", toy, *grid, "--all", "--json", "--model", "m.onelayer").out)
        assert ol.load(workplace / "m.onelayer").training_["solver"] == (
            "sgd" if "momentum" in grid[1] else "lbfgs"
        )
        return [each["epochs"] for each in found["candidates"]]

    assert epochs("--grid", "momentum=0,0.5") == [10, 10]
    assert len(epochs("--grid", "alpha=0.1,1")) == 2


def test_without_validation_a_fifth_is_held_out_and_the_test_part_stays_unseen(toy: str, run: Run):
    result = run("search", toy, *GRID, "--json")
    found = json.loads(result.out)
    assert (found["n_train"], found["n_test"]) == (72, 30)
    assert found["model"] is None
    assert "best        alpha=" in run("search", toy, *GRID, "--cv", "3").out


def test_a_table(run: Run, workplace: Path):
    random = np.random.RandomState(0)
    x = random.randn(60, 2)
    lines = [f"{a:.6f},{b:.6f},{3 * a - b:.6f}" for a, b in x]
    Path("t.csv").write_text("a,b,y\n" + "\n".join(lines))
    run_of = (
        "search",
        "t.csv",
        "--target",
        "y",
        "--grid",
        "alpha=0:1:lin3",
        "--cv",
        "4",
        "--model",
        "t.onelayer",
    )
    result = run(*run_of, "--json")
    found = json.loads(result.out)
    assert found["best"]["params"] == {"alpha": 0.0}
    assert found["best"]["validation_score"] == pytest.approx(1)
    assert run("predict", "t.onelayer", "t.csv").status == 0


def test_a_class_to_judge_on_that_no_row_to_train_on_has(refused: Refused, workplace: Path):
    rows = [f"{k % 7},{'abc'[k % 3]}" for k in range(30)]
    (workplace / "train.csv").write_text("\n".join(["size,kind", *rows]))
    (workplace / "others.csv").write_text("\n".join(["size,kind", *rows[:5], "3,z"]))
    line = refused(
        "search", "train.csv", "--target", "kind", "--grid", "alpha=0.1", "--validation", "others.csv"
    )
    assert line == "others.csv: label 'z' in row 5 of y is not one of the 3 classes ('a', 'b', 'c')"


def test_the_report(toy: str, run: Run, workplace: Path):
    assert run("search", toy, *GRID, "--report", "page.html", "--lang", "zh").status == 0
    assert "参数搜索" in (workplace / "page.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--grid", "alpha"), "is not of the form NAME=VALUES"),
        (("--grid", "alpha=1:0:log3"), "the lower first"),
        (("--grid", "alpha=0:1:log3"), "begins above 0"),
        (("--grid", "alpha=0:1:cube3"), "LOW:HIGH:logN"),
        (("--grid", "alpha=0.1,,1"), "a value is missing"),
        (("--grid", "alpha=nan"), "NaN is no value"),
        (("--grid", "alpha=0.1", "--grid", "alpha=1"), "--grid has alpha twice"),
        (("--grid", "learnig_rate=0.1"), "no parameter of SoftmaxRegression; it has alpha"),
        (("--grid", "alpha=0.1", "--cv", "3", "--validation", "0.5"), "exclude each other"),
        (("--grid", "alpha=0.1", "--all", "--factor", "2"), "exclude each other"),
        (("--grid", "alpha=0.1", "--target", "y"), "--target is for tables"),
    ],
)
def test_wrong_use(options: tuple[str, ...], words: str, toy: str, refused: Refused):
    assert words in refused("search", toy, *options, status=2)


def test_values_that_the_estimator_refuses(toy: str, refused: Refused):
    assert "--alpha -1" in refused("search", toy, "--grid", "alpha=0.1,-1")


def test_all_diverged(toy: str, run: Run):
    result = run("search", toy, "--grid", "learning_rate=1e30,1e25", "--model", "m.onelayer")
    assert result.status == 3
    assert not Path("m.onelayer").exists()
    assert "diverged" in result.err.splitlines()[-1]


def test_values():
    assert values_of("true,none,sgd,3,0.5") == [True, None, "sgd", 3, 0.5]
    np.testing.assert_allclose(values_of("1e-6:1e-1:log6"), np.logspace(-6, -1, 6))
    np.testing.assert_allclose(values_of("-1:1:lin5"), np.linspace(-1, 1, 5))

"""``onelayer inspect``: what a model file holds."""

from __future__ import annotations

import json
from pathlib import Path

import onelayer as ol

from .conftest import Run


def test_text_is_for_people(toy: str, run: Run) -> None:
    run("fit", toy, "--no-report", "--seed", "7", "--epochs", "4")
    result = run("inspect", "toy.onelayer")
    assert (result.status, result.err) == (0, "")
    lines = {line.split()[0]: line for line in result.out.splitlines()}
    assert lines["estimator"].endswith("SoftmaxRegression, 16 features, 3 classes")
    assert lines["classes"].endswith("0, 1, 2")
    assert "90 rows, epochs: 4, " in lines["training"]
    assert "seed: 7, finished" in lines["training"]
    assert "IDX files in the folder toy" in lines["data"]
    assert "batch_size=256" in lines["parameters"]
    assert "numpy" in lines["versions"]


def test_json_holds_all_that_the_file_does_but_the_weights(model: str, run: Run) -> None:
    record = json.loads(run("inspect", model, "--json").out)
    loaded = ol.load(model)
    assert record["bytes"] == Path(model).stat().st_size
    assert record["estimator"] == "SoftmaxRegression"
    assert (record["n_features"], record["n_outputs"]) == (16, 3)
    assert record["classes"] == [0, 1, 2]
    assert record["parameters"] == loaded.get_params()
    assert record["training"] == loaded.training_
    assert record["history"] == loaded.history_


def test_two_classes_are_two(run: Run) -> None:
    X = [[0.0, 1.0], [1.0, 0.0], [0.5, 2.0], [2.0, 0.5]]
    ol.SoftmaxRegression(random_state=0).fit(X, ["no", "yes", "no", "yes"]).save("two.onelayer")
    assert "SoftmaxRegression, 2 features, 2 classes" in run("inspect", "two.onelayer").out
    assert json.loads(run("inspect", "two.onelayer", "--json").out)["class_names"] == ["no", "yes"]


def test_a_regression(numbers: str, run: Run) -> None:
    run("fit", numbers, "--loss", "squared", "--no-report")
    out = run("inspect", "numbers.onelayer").out
    assert "LinearRegression, 2 features, 1 output\n" in out
    assert "classes" not in out


def test_a_model_that_was_trained_in_python(run: Run) -> None:
    X = [[0.0, 1.0], [1.0, 0.0], [0.5, 2.0], [2.0, 0.5]]
    model = ol.SoftmaxRegression(random_state=0, class_weight={0: 1.0, 1: 2.0}).fit(X, [0, 1, 0, 1])
    model.save("own.onelayer", {"made": "by hand"})
    assert run("inspect", "own.onelayer").status == 0
    assert json.loads(run("inspect", "own.onelayer", "--json").out)["training"]["data"] == {"made": "by hand"}

"""``onelayer predict``: one line for each row."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

import onelayer as ol

from .conftest import Run, squares, write_idx


def test_a_header_and_a_line_for_each_row_of_the_test_part(model: str, toy: str, run: Run) -> None:
    result = run("predict", model, toy)
    assert result.status == 0
    assert result.err == ""
    header, *rows = result.out.splitlines()
    assert header == "prediction"
    expected = ol.load(model).predict(squares(30, seed=1)[0].reshape(30, -1))
    assert rows == [str(label) for label in expected]


def test_probabilities_have_a_column_for_each_class(model: str, toy: str, run: Run) -> None:
    header, *rows = csv.reader(io.StringIO(run("predict", model, toy, "--proba").out))
    assert header == ["prediction", "0", "1", "2"]
    table = np.array(rows, dtype=float)
    assert table.shape == (30, 4)
    assert table[:, 1:].sum(axis=1) == pytest.approx(np.ones(30), abs=1e-6)
    assert (table[:, 1:].argmax(axis=1) == table[:, 0]).all()
    expected = ol.load(model).predict_proba(squares(30, seed=1)[0].reshape(30, -1))
    assert (table[:, 1:].astype(expected.dtype) == expected).all(), "no digit is lost"


def test_columns_have_the_names_of_the_classes(run: Run) -> None:
    run("fit", "fashion-mnist", "--epochs", "1", "--no-report")
    result = run("predict", "fashion-mnist.onelayer", "fashion-mnist", "--proba")
    header, *rows = csv.reader(io.StringIO(result.out))
    assert header[:4] == ["prediction", "T-shirt/top", "Trouser", "Pullover"]
    assert len(rows) == 1000


def test_labels_that_are_text(toy: str, run: Run) -> None:
    images, labels = squares(90, seed=0)
    names = np.array(["up", "in, between", "down"])
    ol.SoftmaxRegression(random_state=0).fit(images.reshape(90, -1), names[labels]).save("text.onelayer")
    header, *rows = csv.reader(io.StringIO(run("predict", "text.onelayer", toy, "--proba").out))
    assert header == ["prediction", "down", "in, between", "up"]
    assert {row[0] for row in rows} <= set(names)


def test_to_a_file(model: str, toy: str, run: Run) -> None:
    printed = run("predict", model, toy, "--proba").out
    result = run("predict", model, toy, "--proba", "-o", "predictions.csv")
    assert (result.status, result.out, result.err) == (0, "", "")
    assert Path("predictions.csv").read_text() == printed
    assert run("predict", model, toy, "--proba", "-o", "-").out == printed


def test_images_without_labels(model: str, run: Run, workplace: Path) -> None:
    (workplace / "unlabelled").mkdir()
    write_idx(workplace / "unlabelled" / "photos-images-idx3-ubyte", squares(7, seed=3)[0])
    assert len(run("predict", model, "unlabelled").out.splitlines()) == 8


def test_json(model: str, toy: str, run: Run) -> None:
    record = json.loads(run("predict", model, toy, "--json").out)
    assert list(record) == ["prediction"]
    assert [str(label) for label in record["prediction"]] == run("predict", model, toy).out.splitlines()[1:]
    record = json.loads(run("predict", model, toy, "--json", "--proba").out)
    assert record["classes"] == ["0", "1", "2"]
    assert np.array(record["proba"]).shape == (30, 3)


def test_a_regression(numbers: str, run: Run) -> None:
    run("fit", numbers, "--loss", "squared", "--no-report", "--epochs", "60", "--batch-size", "20")
    header, *rows = run("predict", "numbers.onelayer", numbers).out.splitlines()
    assert header == "prediction"
    pixels = np.random.RandomState(0).uniform(-1, 1, (200, 1, 2))[:, 0]
    assert np.array(rows, dtype=float) == pytest.approx(3 * pixels[:, 0] - 2 * pixels[:, 1] + 0.5, abs=0.01)


def test_several_outputs(toy: str, run: Run) -> None:
    images, labels = squares(90, seed=0)
    targets = np.column_stack([labels, -labels]).astype(float)
    ol.LinearRegression(random_state=0).fit(images.reshape(90, -1), targets).save("two.onelayer")
    header, *rows = run("predict", "two.onelayer", toy).out.splitlines()
    assert header == "prediction_0,prediction_1"
    assert len(rows) == 30

"""``onelayer fit --calibrate``: rows set aside, a temperature found on them, and what is said of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from onelayer import model_files
from onelayer.calibration import expected_calibration_error, temperature
from onelayer.cli.holdout import hold_out
from onelayer.data import sources
from onelayer.data.tables import open_table

from .conftest import Refused, Run, write_folder


@pytest.fixture
def blurred(workplace: Path) -> str:
    """A folder of images of two pixels, whose three classes overlap."""
    chance = np.random.RandomState(0)
    for part, n_rows in (("train", 600), ("t10k", 300)):
        labels = chance.randint(0, 3, n_rows).astype(np.uint8)
        images = chance.randint(0, 160, (n_rows, 1, 2)) + 40 * (labels[:, None, None] == [1, 2])
        write_folder(workplace / "blurred", images.astype(np.uint8), labels, part)
    return "blurred"


@pytest.fixture
def table(workplace: Path) -> str:
    """A table of 300 rows with a class that follows from x, more or less, and a weight."""
    chance = np.random.RandomState(1)
    x = chance.randn(300)
    town = np.array(["Bonn", "Ulm"])[(x + chance.randn(300) > 0).astype(int)]
    rows = [f"{a:.4f},{b},{w}" for a, b, w in zip(x, town, chance.randint(1, 9, 300), strict=True)]
    (workplace / "towns.csv").write_text("\n".join(["x,town,w", *rows]) + "\n")
    return "towns.csv"


def test_what_is_said_is_what_the_model_does(blurred: str, run: Run) -> None:
    result = run("fit", blurred, "--calibrate", "0.25", "--epochs", "2", "--json")
    assert result.status == 0, result.err
    found = json.loads(result.out)
    assert (found["n_train"], found["n_test"], found["calibration"]["n_rows"]) == (450, 300, 150)
    model, test = model_files.load(Path("blurred.onelayer")), sources.load(blurred).test
    assert test is not None
    assert found["temperature"] == model.temperature_ != 1
    errors = found["calibration"]["expected_calibration_error"]
    losses = found["calibration"]["loss"]
    assert found["calibration"]["measured_on"] == "test"
    assert losses["after"] == found["test"]["loss"]
    after = expected_calibration_error(test.y, model.predict_proba(test.X))
    model.temperature_ = 1.0
    before = expected_calibration_error(test.y, model.predict_proba(test.X))
    assert errors == {"before": pytest.approx(before), "after": pytest.approx(after)}
    assert losses["before"] == pytest.approx(
        -model.predict_log_proba(test.X)[np.arange(300), test.y].mean(), rel=1e-6
    )


def test_the_temperature_is_that_of_rows_that_were_not_trained_on(blurred: str, run: Run) -> None:
    assert run("fit", blurred, "--calibrate", "0.25", "--epochs", "2", "--no-report").status == 0
    model, train = model_files.load(Path("blurred.onelayer")), sources.load(blurred).train
    assert model.training_["n_rows"] == 450
    assert "without 150 of 600 rows held out by seed 0" in model.training_["data"]["source"]
    kept, aside = hold_out(train, 0.25, 0, stratified=True)
    np.testing.assert_allclose(np.bincount(aside.y), np.bincount(train.y) / 4, atol=1)
    assert model.training_["data"]["fingerprint"] == kept.fingerprint
    assert model.temperature_ == temperature(aside.y, model.decision_function(aside.X))


def test_it_is_said_in_words(blurred: str, run: Run) -> None:
    lines = run("fit", blurred, "--calibrate", "0.25", "--no-report").out.splitlines()
    (line,) = (line for line in lines if line.startswith("calibration"))
    assert "found on 150 rows; test: expected calibration error 0." in line
    assert " → " in line
    assert "temperature=" in run("inspect", "blurred.onelayer").out
    record = json.loads(run("inspect", "blurred.onelayer", "--json").out)
    assert record["solution"]["temperature"] == model_files.load(Path("blurred.onelayer")).temperature_


def test_without_the_option_nothing_is_calibrated(blurred: str, run: Run) -> None:
    found = json.loads(run("fit", blurred, "--no-report", "--json").out)
    assert (found["temperature"], found["calibration"], found["n_train"]) == (1.0, None, 600)


def test_a_regression_has_no_temperature(numbers: str, run: Run) -> None:
    found = json.loads(run("fit", numbers, "--loss", "squared", "--no-report", "--json").out)
    assert (found["temperature"], found["calibration"]) == (None, None)


def test_evaluate_uses_the_temperature(blurred: str, run: Run) -> None:
    fitted = json.loads(run("fit", blurred, "--calibrate", "0.25", "--no-report", "--json").out)
    found = json.loads(run("evaluate", "blurred.onelayer", blurred, "--json").out)
    assert found["temperature"] == fitted["temperature"]
    assert found["test"] == fitted["test"]


@pytest.mark.parametrize("options", [[], ["--validation", "0.2"], ["--weights", "w"]])
def test_a_table(options: list[str], table: str, run: Run) -> None:
    result = run("fit", table, "--target", "town", "--calibrate", "0.2", *options, "--no-report", "--json")
    assert result.status == 0, result.err
    found = json.loads(result.out)
    validated = "--validation" in options
    n_left = 240 if validated else 300
    assert found["n_test"] == (60 if validated else None)
    assert found["calibration"]["n_rows"] == n_left / 5
    assert found["n_train"] == n_left - n_left / 5
    assert found["calibration"]["measured_on"] == ("validation" if validated else "calibration")
    model = model_files.load(Path("towns.onelayer"))
    assert model.estimator_.temperature_ == found["temperature"]


def test_weights_of_a_table_count(table: str, run: Run) -> None:
    assert run("fit", table, "--target", "town", "--calibrate", "0.3", "--weights", "w").status == 0
    model = model_files.load(Path("towns.onelayer"))
    _, aside = open_table(Path(table)).split(0.3, 0, stratify="town")
    frame = aside.read()
    found = model.estimator_.temperature_
    assert model.calibrate(aside, sample_weight=frame["w"].to_numpy()).estimator_.temperature_ == found
    assert model.calibrate(aside).estimator_.temperature_ != found


def test_rows_that_are_all_right_leave_the_model_without_a_temperature(toy: str, run: Run) -> None:
    result = run("fit", toy, "--calibrate", "0.3", "--epochs", "200", "--no-report", "--json")
    assert result.status == 0
    assert (
        "Not calibrated: there is no likeliest temperature: every label has the highest score" in result.err
    )
    found = json.loads(result.out)
    assert (found["temperature"], found["calibration"]) == (1.0, None)


@pytest.mark.parametrize("fraction", ["0", "1", "-0.5", "half", "nan", "2"])
def test_what_is_no_fraction_is_refused(fraction: str, toy: str, refused: Refused) -> None:
    line = refused("fit", toy, "--calibrate", fraction, status=2)
    assert f"{fraction!r} is not a fraction between 0 and 1" in line


def test_a_regression_cannot_be_calibrated(toy: str, table: str, refused: Refused) -> None:
    owner = "--calibrate belongs to --loss cross-entropy, and the loss here is"
    for source, options, loss in (
        ("synthetic-regression", [], "squared"),
        (toy, ["--loss", "huber"], "huber"),
        ("never-read.csv", ["--loss", "auto"], "squared or absolute or huber"),
        (table, ["--target", "x"], "squared"),
    ):
        line = refused("fit", source, *options, "--calibrate", "0.2", status=2)
        assert line.startswith(f"{owner} {loss}; leave it out")


def test_too_few_rows_are_refused_before_the_training(toy: str, workplace: Path, refused: Refused) -> None:
    line = refused("fit", toy, "--calibrate", "0.01")
    assert "cannot hold out 0.01 of 90 rows: that makes 89 to train on and 1 to calibrate on" in line
    rows = "\n".join(f"{k},{'a' if k % 5 else 'b'}" for k in range(10))
    (workplace / "few.csv").write_text(f"x,y\n{rows}\n")
    line = refused("fit", "few.csv", "--target", "y", "--calibrate", "0.1")
    assert (
        line == "few.csv: the 1 rows set aside by --calibrate are all of the class a; set more of them aside"
    )


def test_a_bad_value_among_the_rows_set_aside_is_found_before_the_training(
    workplace: Path, refused: Refused
) -> None:
    images, labels = np.random.RandomState(0).randn(40, 1, 2), np.arange(40, dtype=np.uint8) % 2
    write_folder(workplace / "gaps", images, labels)
    _, aside = hold_out(sources.load("gaps").train, 0.2, 0, stratified=True)
    images[np.flatnonzero((images[:, 0] == aside.X[3]).all(axis=1)), 0, 1] = np.nan
    write_folder(workplace / "gaps", images, labels)
    line = refused("fit", "gaps", "--loss", "cross-entropy", "--calibrate", "0.2")
    assert "8 of 40 rows held out by seed 0: X contains NaN in row 3, column 1" in line


def test_it_is_a_share_of_what_validation_leaves(blurred: str, run: Run) -> None:
    options = ["--validation", "0.5", "--calibrate", "0.1", "--no-report", "--json"]
    found = json.loads(run("fit", blurred, *options).out)
    assert (found["n_train"], found["n_test"], found["calibration"]["n_rows"]) == (270, 300, 30)
    assert found["calibration"]["measured_on"] == "validation"

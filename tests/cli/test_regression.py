"""Data sets of numbers from the command line: house prices and the synthetic regression, without a word on the loss."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import onelayer as ol
from onelayer.data.dataset import Dataset
from onelayer.data.house_prices import house_prices
from onelayer.data.synthetic import synthetic_regression
from onelayer.estimators.linear_regression import LinearRegression
from onelayer.estimators.softmax_regression import SoftmaxRegression

from .conftest import Run, squares, write_folder


def least_squares_r2(data: Dataset) -> float:
    """Return the largest R² that a linear model can have on its own training rows."""
    design = np.column_stack([(data.X - data.X.mean(axis=0)) / data.X.std(axis=0), np.ones(len(data.X))])
    residuals = data.y - design @ np.linalg.lstsq(design, data.y, rcond=None)[0]
    return float(1 - np.mean(residuals**2) / np.var(data.y))


@pytest.fixture
def houses(run: Run) -> str:
    """A model file of the house prices, with its report beside it."""
    result = run("fit", "house-prices", "--validation", "0.2")
    assert result.status == 0
    assert "sqft_living = sqft_above + sqft_basement" in result.err
    assert "validation  R² " in result.out
    return "house-prices.onelayer"


def test_house_prices_without_a_test_part(run: Run) -> None:
    record = json.loads(run("fit", "house-prices", "--json", "--no-model", "--no-report").out)
    assert (record["n_train"], record["n_test"], record["test"]) == (21_613, None, None)
    best = least_squares_r2(house_prices())
    assert best - 0.01 < record["train"]["r2"] < best


def test_house_prices_with_validation(houses: str, run: Run) -> None:
    model = ol.load(houses)
    assert isinstance(model, LinearRegression)
    assert model.loss == "squared"
    assert 0.6 < model.history_[-1]["val_score"] < 0.75
    data = model.training_["data"]
    assert (data["name"], data["n_rows"]) == ("house-prices", 17_290)
    assert data["feature_names"] == list(house_prices().feature_names or ())


def test_the_report_names_the_features(houses: str, run: Run) -> None:
    assert run("report", houses, "house-prices", "-o", "again.html", "--lang", "zh").status == 0
    for name in ("house-prices.html", "again.html"):
        page = Path(name).read_text("utf-8")
        for feature in house_prices().feature_names or ():
            assert f">{feature}<" in page


def test_commands_on_a_saved_model(houses: str, run: Run) -> None:
    data, model = house_prices(), ol.load(houses)
    record = json.loads(run("evaluate", houses, "house-prices", "--json").out)
    assert record["n_test"] == 21_613
    residuals = data.y - (data.X @ model.coef_ + model.intercept_)
    assert record["test"]["r2"] == pytest.approx(1 - np.mean(residuals**2) / np.var(data.y))
    header, *lines = run("predict", houses, "house-prices").out.splitlines()
    assert header == "prediction"
    np.testing.assert_allclose([float(line) for line in lines], data.y - residuals)


def test_synthetic_regression(run: Run) -> None:
    result = run("fit", "synthetic-regression", "--epochs", "3", "--json")
    record = json.loads(result.out)
    assert (record["n_train"], record["n_test"]) == (1000, 1000)
    assert record["test"]["loss"] == pytest.approx(0.5 * 0.01**2, rel=0.2)
    model = ol.load("synthetic-regression.onelayer")
    assert [*model.coef_, model.intercept_] == pytest.approx([2.0, -3.4, 4.2], abs=0.002)
    assert model.training_["data"]["fingerprint"] == synthetic_regression(random_state=0).fingerprint


def test_a_loss_that_is_given_is_taken(run: Run) -> None:
    for name, words in {"a": [], "b": ["--loss", "squared"]}.items():
        run("fit", "synthetic-regression", "--epochs", "1", "--no-report", "--model", name, *words)
    assert ol.load("a").coef_.tobytes() == ol.load("b").coef_.tobytes()
    result = run("fit", "synthetic-regression", "--loss", "cross-entropy")
    assert result.status == 1
    assert result.error.endswith("which is no class; --loss squared fits such numbers")


def test_whole_numbers_in_a_labels_file_are_classes(run: Run, workplace: Path) -> None:
    images, labels = squares(30, seed=0)
    write_folder(workplace / "floats", images, labels.astype(np.float32))
    assert run("fit", "floats", "--no-report").status == 0
    assert isinstance(ol.load("floats.onelayer"), SoftmaxRegression)


def test_sets_of_other_widths(run: Run) -> None:
    result = run("fit", "house-prices", "--validation", "synthetic-regression")
    assert result.status == 1
    assert (
        "rows of 2 features, but King County house sales of May 2014 to May 2015, bundled has 19"
        in result.error
    )


@pytest.mark.parametrize("loss", ["absolute", "huber", "quantile"])
def test_the_loss_of_the_last_record_is_the_one_that_is_printed(loss: str, run: Run, workplace: Path) -> None:
    random = np.random.RandomState(0)
    table = np.column_stack([random.randn(80, 2), random.standard_t(2, 80)])
    lines = ["a,b,target", *(",".join(map(repr, row)) for row in table.tolist())]
    (workplace / "rows.csv").write_text("\n".join(lines) + "\n", "utf-8")
    fitted = json.loads(
        run("fit", "rows.csv", "--target", "target", "--loss", loss, "--no-report", "--json").out
    )
    last = ol.load(fitted["model"]).estimator_.history_[-1]["train_loss"]
    assert fitted["train"]["loss"] == pytest.approx(last, rel=1e-9)
    evaluated = json.loads(run("evaluate", fitted["model"], "rows.csv", "--json").out)
    assert evaluated["test"]["loss"] == pytest.approx(last, rel=1e-9)

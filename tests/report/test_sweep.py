"""The page of a sweep: a map, a curve or a ranking, and the figures of ``cv_results_`` on it."""

from __future__ import annotations

import pytest

from onelayer.estimators.softmax_regression import SoftmaxRegression
from onelayer.estimators.sweep.grid_sweep import GridSweep
from onelayer.report.numbers import significant
from onelayer.report.sweep import write_sweep

from .reader import Page

MODEL = SoftmaxRegression(epochs=4, random_state=0, batch_size=64)
RATES = {"learning_rate": [1e-3, 1e-2, 1e-1, 1e30]}
ALPHAS = {"alpha": [1e-4, 1e-2]}


def page_of(tmp_path, images, grid, lang="en", cv=None):
    held_out = {} if cv else {"X_val": images.test.X, "y_val": images.test.y}
    sweep = GridSweep(MODEL, grid, cv=cv).fit(images.train.X, images.train.y, **held_out)
    path = write_sweep(tmp_path / "page.html", sweep, images.train, None if cv else images.test, lang=lang)
    return sweep, Page(path.read_text("utf-8"))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_two_parameters_are_a_map(tmp_path, images, lang):
    sweep, page = page_of(tmp_path, images, RATES | ALPHAS, lang)
    cells = page.all("td", "right")
    assert len(cells) == 8
    best = page.all("td", "best")
    assert len(best) == 1
    assert significant(sweep.best_score_) in best[0]["title"]
    assert len(page.all("td", "diverged")) == 2
    assert max(float(cell["style"].removeprefix("--s:")) for cell in cells) == 0.9
    assert page.text.count("×") >= 2


def test_one_parameter_is_a_curve(tmp_path, images):
    _, page = page_of(tmp_path, images, {"alpha": [1e-4, 1e-2, 1.0]})
    assert not page.all("table", "sweep")
    assert len(page.all("svg", "chart")) >= 2
    assert len(page.all("g", "mark")) == 1


def test_more_are_a_ranking(tmp_path, images):
    sweep, page = page_of(tmp_path, images, RATES | ALPHAS | {"momentum": [0.0, 0.5]}, cv=2)
    places = [each["style"] for each in page.all("i", "estimate")]
    known = (sweep.cv_results_["state"] != "diverged").sum()
    assert len(places) == known == 12
    assert "left:100.0%" in places
    assert "left:0.0%" in places
    assert len(page.all("td", "open")) == (sweep.cv_results_["state"] == "stopped").sum()
    assert "Validation data" not in page.text

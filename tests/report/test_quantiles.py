"""The page of several quantiles: each for itself, never all in one."""

import re

import numpy as np
import pytest
from sklearn.metrics import mean_pinball_loss

from onelayer import model_files
from onelayer.report import render
from onelayer.report.regression import content

from .reader import Page
from .test_regression import GROUPS, TEST, TRAIN, fit

SHARES = [0.1, 0.5, 0.9]


@pytest.fixture(scope="module")
def model():
    return fit(loss="quantile", quantile=SHARES)


@pytest.fixture(scope="module")
def text(model):
    return Page(render(model, TRAIN, TEST, groups=GROUPS)).text


def test_the_headline_has_share_and_loss_of_each_on_both_sets(model, text):
    assert "Root mean squared error" not in text
    for called, part in (("Test set", TEST), ("Training set", TRAIN)):
        predicted = model.predict(part.X)
        for k, q in enumerate(SHARES):
            below = (part.y < predicted[:, k]).mean()
            loss = mean_pinball_loss(part.y, predicted[:, k], alpha=q)
            assert f"{called} {len(part.y)} q = {q} {below:.1%} {q:.1%} {loss:#.4g}" in text
        between = ((part.y >= predicted[:, 0]) & (part.y < predicted[:, 2])).mean()
        assert f"{called} {len(part.y)} between q = 0.1 and q = 0.9 {between:.1%} 80.0% –" in text
    below = (TEST.y[:, None] < model.predict(TEST.X)).mean(axis=0)
    assert f"Of 100 test rows, {below[0]:.1%} lie below q = 0.1, " in text


def test_a_model_of_one_quantile_has_them_too():
    page = Page(render(fit(loss="quantile", quantile=0.9), TRAIN, TEST))
    assert "90.0%" in page.text
    assert "between q" not in page.text
    assert "their median stays at zero" not in page.text


def test_every_quantile_has_its_own_learning_curve(model):
    shown = content(model, TRAIN, TEST, "test", "en").curves
    parts = model.training_["parts"]
    assert shown.headings == [f"q = {q}" for q in SHARES]
    assert sum(part["n_iter"] for part in parts) == model.n_iter_ == shown.n_epochs
    for k, (q, part, drawn) in enumerate(zip(SHARES, parts, shown.charts, strict=True)):
        alone = fit(loss="quantile", quantile=q)
        rows = [row for row in shown.rows if row[0] == f"q = {q}"]
        assert [row[1] for row in rows] == [str(i) for i in range(1, part["n_iter"] + 1)]
        assert len(drawn.lines[0].points.split()) == part["n_iter"]
        if k == 0:  # the later ones start where the one before has ended
            assert part["n_iter"] == alone.n_iter_
        last = mean_pinball_loss(TRAIN.y, alone.predict(TRAIN.X), alpha=q)
        assert float(rows[-1][2]) == pytest.approx(last, rel=2e-3)


def test_without_a_record_of_the_parts_there_are_no_curves(model):
    old = fit(loss="quantile", quantile=SHARES)
    del old.training_["parts"]
    assert "curves" not in Page(render(old, TRAIN, TEST)).sections


def test_minibatches_have_a_curve_for_each_quantile_too():
    trained = fit(loss="quantile", quantile=SHARES, solver="sgd", epochs=4)
    shown = content(trained, TRAIN, TEST, "test", "en").curves
    assert shown.headings == [f"q = {q}" for q in SHARES]
    assert [row[1] for row in shown.rows] == ["1", "2", "3", "4"] * 3


def test_what_is_to_stay_at_zero_is_the_quantile_of_the_residuals(model, text):
    assert "their median stays at zero" not in text
    assert "the share q of them lies below zero all along" in text
    assert "running quantile 0.1" in text
    assert "running quantile 0.9" in text
    assert text.count("running median") == 1  # that of q = 0.5
    zh = Page(render(model, TRAIN, TEST, lang="zh")).text
    assert "残差的中位数应始终在零附近" not in zh
    assert "滑动 0.9 分位数" in zh


def test_effects_say_which_quantile_and_have_the_figures_of_each(model, text):
    assert "The dots are the effects on q = 0.5; the figures are those on each quantile." in text
    (category,) = content(model, TRAIN, TEST, "test", "en", groups=GROUPS).effects.categories
    assert category.forest.header == ["q = 0.1", "q = 0.5", "q = 0.9", "Rows"]
    rows = {row.name: row.figures for row in category.forest.rows}
    for level, column in (("coal", 2), ("oil", 3)):
        assert rows[level][:3] == [f"{value:#.3g}" for value in model.coef_[:, column]]
    assert rows["gas"][:3] == ["reference"] * 3


def test_every_quantile_has_its_own_gap(model):
    outputs = content(model, TRAIN, TEST, "test", "en").fit.outputs
    shown = [dict(output.figures)["Gap to the optimum"] for output in outputs]
    gaps = [part["gap"] for part in model.training_["parts"]]
    assert max(gaps) == model.gap_
    assert len(set(gaps)) > 1
    for words, gap in zip(shown, gaps, strict=True):
        assert float(words) == pytest.approx(gap, rel=6e-3)


def test_the_parts_are_in_the_model_file(model, tmp_path):
    model_files.save(model, tmp_path / "quantiles.model")
    loaded = model_files.load(tmp_path / "quantiles.model")
    page = render(loaded, TRAIN, TEST, groups=GROUPS)
    assert re.sub(r"\s", "", page) == re.sub(r"\s", "", render(model, TRAIN, TEST, groups=GROUPS))


def test_headings_have_the_share_in_the_place_of_r2(model, text):
    below = (TEST.y < model.predict(TEST.X)[:, 0]).mean()
    assert f"q = 0.1 · {below:.1%} below it" in text
    assert "R²" not in text.replace("Pseudo-R²", "")


def test_running_quantiles_by_hand():
    from onelayer.plots.residuals_vs_fitted import running_quartiles

    x = np.arange(60.0)
    found = running_quartiles(x, x % 20, 0.9)
    assert found.level == pytest.approx([17.1] * 3)
    assert found.median.tolist() == [9.5] * 3

"""How the model was made, in the words that belong to its solver; and sentences in two languages."""

import re
import warnings
from dataclasses import replace

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from onelayer.languages import texts
from onelayer.report import render
from onelayer.report.record import record_of, without_stray_spaces

from .reader import Page
from .test_regression import GROUPS, TEST, TRAIN, X, Y, data, fit

ENGLISH = texts("onelayer.report.texts", "en")


def facts(model, lang="en"):
    record = record_of(model, TRAIN, TEST, "test", texts("onelayer.report.texts", lang))
    return record, dict(record.groups[0][1])


def test_minibatches_have_epochs():
    _, found = facts(fit(solver="sgd", epochs=3))
    assert (found["Solver"], found["Epochs run"], found["Ended by"]) == (
        "minibatch SGD",
        "3",
        "the last epoch",
    )
    assert {"Learning rate", "Median time of an epoch", "Implementation"} <= set(found)


def test_the_closed_form_has_neither_epochs_nor_iterations():
    record, found = facts(fit())
    assert found["Ended by"] == "the exact solution, found in one step"
    assert found["Converged"] == "yes"
    assert not any("poch" in name or "teration" in name or "rate" in name for name in found)
    assert record.notices == []


@pytest.mark.parametrize("parameters", [{"loss": "huber"}, {"loss": "absolute"}], ids=str)
def test_newton_has_iterations_and_its_gap(parameters):
    model = fit(**parameters)
    record, found = facts(model)
    assert found["Iterations run"] == str(model.n_iter_)
    assert found["Ended by"] == "the optimum: the gap is at most 1e-08"
    assert found["Converged"] == "yes"
    assert float(found["Gap to the optimum"]) == pytest.approx(model.gap_, rel=0.06)
    assert "Median time of an iteration" in found
    assert not any("poch" in name or "rate" in name for name in found)
    assert record.notices == []


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "evenly spread rows: {shown} of 12,345 training rows and {other} of 678 test rows."),
        ("zh", "等间隔的行：12,345 行训练数据中的 {shown} 行，以及 678 行测试数据中的 {other} 行。"),
    ],
)
def test_a_page_of_some_rows_says_how_many_there_are(lang, said):
    parts = replace(TRAIN, drawn_from=12_345), replace(TEST, drawn_from=678)
    record = record_of(fit(), *parts, "test", texts("onelayer.report.texts", lang))
    assert record.notices[0].endswith(said.format(shown=len(TRAIN.X), other=len(TEST.X)))
    shapes = [value for _, group in record.groups for name, value in group if "×" in name]
    assert shapes == [f"{n} × {TRAIN.X.shape[1]}" for n in ("12,345", "678")]


def test_several_quantiles_have_the_iterations_of_each():
    model = fit(loss="quantile", quantile=[0.25, 0.75])
    first, second = (part["n_iter"] for part in model.training_["parts"])
    assert facts(model)[1]["Iterations run"] == f"{first + second} = {first} + {second}"


def test_a_solver_that_ran_out_of_iterations_says_so_at_the_head():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = fit(loss="absolute", max_iter=2)
    record, found = facts(model)
    assert (found["Iterations run"], found["Converged"]) == ("2", "no")
    assert found["Ended by"] == "the limit of 2 iterations"
    assert record.notices[0].startswith(
        "The solver did not reach the optimum: it was ended by the limit of 2 iter"
    )
    assert record.notices[0].endswith(f"relative to it, is {found['Gap to the optimum']}.")
    record, found = facts(model, "zh")
    assert found["迭代次数"] == "2"
    assert found["结束原因"] == "达到 2 次迭代的上限"
    assert "轮" not in "".join(found)
    assert record.notices[0].startswith("求解器没有达到最优解")


def test_a_solver_that_was_stopped_says_by_what():
    model = fit(loss="absolute")
    model.training_["stopped"], model.converged_ = "callback", False
    assert facts(model)[1]["Ended by"] == "a callback"
    model.training_["stopped"] = "finished"
    assert facts(model)[1]["Ended by"] == "the precision of the numbers"


@pytest.mark.parametrize(
    "parameters", [{}, {"loss": "huber"}, {"loss": "quantile", "quantile": [0.1, 0.9]}], ids=str
)
def test_chinese_has_no_spaces_after_its_punctuation(parameters):
    many = data(np.tile(X, (8, 1)), np.tile(Y, 8) + np.random.RandomState(0).randn(2400))
    text = render(fit(many, **parameters), many, TEST, lang="zh", groups=GROUPS)
    said = re.findall(r'<p class="(?:caption|note|notice|lede)"[^>]*>(.*?)</p>', text, re.DOTALL)
    said += [svg["aria-label"] for svg in Page(text).all("svg") if "aria-label" in svg]
    assert sum("。" in each for each in said) > 4
    assert not [each for each in said if re.search(r"[。，；：！？）]\s+\S", each)]


def test_sentences_keep_their_markup_escaped():
    from markupsafe import Markup

    kept = without_stray_spaces(Markup(" a &lt;b&gt;\n c。 d "))
    assert isinstance(kept, Markup)
    assert kept == "a &lt;b&gt; c。d"

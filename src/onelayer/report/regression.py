"""What the report of a regressor shows, section by section, as a template draws it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from onelayer.data.dataset import Dataset
from onelayer.evaluation import Evaluation, ValuePredictions, evaluate, predict_values
from onelayer.languages import texts
from onelayer.plots.coefficients import score_names
from onelayer.plots.residuals import residual_histogram
from onelayer.report import chart
from onelayer.report.coefficient_table import CoefficientTable, coefficient_table, shortened
from onelayer.report.curves import Curves, curves_of
from onelayer.report.numbers import decimals, significant
from onelayer.report.record import Texts

TEMPLATE = "regression.html.jinja"

_MOST_OUTPUTS = 6
_MOST_DOTS = 800


@dataclass(frozen=True)
class Output:
    """One output: predicted against true, and the histogram of the residuals."""

    name: str
    r2: float | None
    scatter: chart.Chart
    residuals: chart.Chart


@dataclass(frozen=True)
class Regression:
    """Everything that the page of a regressor shows.

    Attributes
    ----------
    title, lede : str
    results : list of (str, Evaluation, float)
        Name of the set, test first, with the root mean squared error.
    part : str
        What the set is called that everything is measured on.
    curves : Curves or None
    outputs : list of Output
    n_outputs, n_rows, n_dots : int
        Outputs and rows that there are, and dots in a scatter plot.
    coefficients : CoefficientTable
    """

    title: str
    lede: str
    results: list[tuple[str, Evaluation, float]]
    part: str
    curves: Curves | None
    outputs: list[Output]
    n_outputs: int
    n_rows: int
    n_dots: int
    coefficients: CoefficientTable


def content(model: Any, train: Dataset, test: Dataset | None, part: str, lang: str) -> Regression:
    """Measure a regressor on its data and prepare what the page shows."""
    t = texts("onelayer.report.texts", lang)
    shown = train if test is None else test
    predictions = predict_values(model, shown.X, shown.y)
    result = predictions.evaluation()
    judged = "train" if test is None else part
    results = [(t[f"on_{judged}"], result)]
    if test is not None:
        results.append((t["on_train"], evaluate(model, train.X, train.y)))
    names = [shortened(name) for name in score_names(model)]
    return Regression(
        title=t["title_linear"].format(name=train.name),
        lede=t["lede_linear"].format(
            n_train=f"{model.training_['n_rows']:,}",
            seconds=t["seconds"].format(value=significant(model.training_["seconds"], 3)),
            r2=decimals(result.r2, 3),
            n_rows=f"{result.n_rows:,}",
            part=t[f"part_{judged}"],
        ),
        results=[(name, each, math.sqrt(2 * each.loss)) for name, each in results],
        part=t[f"part_{judged}"],
        curves=curves_of(model.history_, loss=t["loss"], score=t["validation_r2"], t=t),
        outputs=[_output(predictions, k, name, t) for k, name in enumerate(names[:_MOST_OUTPUTS])],
        n_outputs=len(names),
        n_rows=result.n_rows,
        n_dots=min(result.n_rows, _MOST_DOTS),
        coefficients=coefficient_table(model, train, names),
    )


def _output(predictions: ValuePredictions, k: int, name: str, t: Texts) -> Output:
    """Draw one output; its scatter plot shows evenly spaced rows."""
    r2 = float(predictions.r2()[k])
    n_rows = len(predictions.true)
    n_dots = min(n_rows, _MOST_DOTS)
    rows = np.arange(n_dots) * n_rows // n_dots
    true, predicted = predictions.true[rows, k].tolist(), predictions.predicted[rows, k].tolist()
    low, high = min(true + predicted), max(true + predicted)
    x = chart.horizontal(low, high, t["true_value"])
    y = chart.vertical(low, high, t["predicted_value"], snug=True)
    scatter = chart.Chart(
        x,
        y,
        t["scatter_description"].format(name=name, r2=decimals(r2, 3)),
        dots=[(x.place(a), y.place(b)) for a, b in zip(true, predicted, strict=True)],
        reference=(x.place(low), y.place(low), x.place(high), y.place(high)),
    )
    return Output(name, r2, scatter, _residuals(predictions.residuals[:, k], name, t))


def _residuals(residuals: np.ndarray, name: str, t: Texts) -> chart.Chart:
    counted, edges = residual_histogram(residuals)
    counts, ends = counted.tolist(), edges.tolist()

    def words(i: int) -> str:
        low, high = significant(ends[i], 3), significant(ends[i + 1], 3)
        return t["residual_bin"].format(low=low, high=high, count=f"{counts[i]:,}")

    x = chart.horizontal(ends[0], ends[-1], t["residual"])
    y = chart.vertical(0, max(counts), t["rows"])
    return chart.Chart(
        x,
        y,
        t["residuals_description"].format(
            name=name, low=significant(float(residuals.min()), 3), high=significant(float(residuals.max()), 3)
        ),
        bars=chart.bars(x, y, ends, [count or math.nan for count in counts], words),
        reference=(x.place(0), y.place(y.low), x.place(0), y.place(y.high)),
    )

"""What the report of a regressor shows, section by section, as a template draws it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from onelayer.data.dataset import Dataset
from onelayer.evaluation import Evaluation, ValuePredictions, predict_values
from onelayer.languages import texts
from onelayer.losses import Quantile
from onelayer.plots.coefficients import column_names, column_spread, score_names
from onelayer.plots.influence import least_squares_of
from onelayer.plots.intervals import summary_intervals
from onelayer.plots.noise_model import noise_models
from onelayer.report import chart
from onelayer.report.coefficient_table import CoefficientTable, coefficient_table, shortened
from onelayer.report.curves import Curves, curve_words_of, curves_of, side_by_side
from onelayer.report.effects import AllEffects, all_effects
from onelayer.report.exact_fit import only_rounding, summary_of, why_no_influence
from onelayer.report.fit_figures import FitFigures, fit_figures
from onelayer.report.influence import InfluenceCharts, influence_charts
from onelayer.report.learning_curve import learning_curve, learning_curve_chart
from onelayer.report.numbers import decimals, significant
from onelayer.report.output_charts import OutputCharts, n_shown, output_charts
from onelayer.report.quantile_results import QuantileResults, quantile_results, shares_of
from onelayer.report.record import Texts, parts_of

if TYPE_CHECKING:
    from onelayer.data.preparation.preparation import Group
    from onelayer.inference.summary import Summary

TEMPLATE = "regression.html.jinja"

_MOST_OUTPUTS = 6


@dataclass(frozen=True)
class Result:
    """How good the model is on one set of rows.

    Attributes
    ----------
    name : str
    evaluation : Evaluation
    rmse, mae : float
        Root mean squared and mean absolute error, over all outputs.
    """

    name: str
    evaluation: Evaluation
    rmse: float
    mae: float


@dataclass(frozen=True)
class Regression:
    """Everything that the page of a regressor shows.

    Attributes
    ----------
    title, lede : str
    results : list of Result
        Test first.
    quantiles : QuantileResults or None
        In their place, where the loss is that of quantiles.
    loss : str
        What the model's loss is called.
    part : str
        What the set is called that everything is measured on.
    outputs : list of OutputCharts
    n_outputs, n_rows, n_shown : int
        Outputs and rows that there are, and rows that the charts show.
    fit : FitFigures or None
        The summary of the fit, where there is one.
    coefficients : CoefficientTable or None
        In its place.
    no_errors : str
        Why there is no summary; empty where there is one.
    effects : AllEffects or None
    effects_on : str
        Which of several outputs the effects are on; empty for one.
    rounding : str
        Says of which outputs the residuals are rounding only; else empty.
    influence : InfluenceCharts or None
    no_influence : str
        Why there is none; empty where there is.
    numbered : bool
        Whether the rows have their numbers in the file.
    learning : Chart or None
        R² against the rows fitted to.
    curves : Curves or None
        Loss by epoch or iteration.
    curve_words : dict
        The texts for the latter.
    """

    title: str
    lede: str
    results: list[Result]
    quantiles: QuantileResults | None
    loss: str
    part: str
    outputs: list[OutputCharts]
    n_outputs: int
    n_rows: int
    n_shown: int
    fit: FitFigures | None
    coefficients: CoefficientTable | None
    no_errors: str
    effects: AllEffects | None
    effects_on: str
    rounding: str
    influence: InfluenceCharts | None
    no_influence: str
    numbered: bool
    learning: chart.Chart | None
    curves: Curves | None
    curve_words: Texts


def content(
    model: Any,
    train: Dataset,
    test: Dataset | None,
    part: str,
    lang: str,
    *,
    summary: Summary | None = None,
    groups: Sequence[Group] = (),
    row_numbers: NDArray | None = None,
    targets: Sequence[str] | None = None,
) -> Regression:
    """Measure a regressor on its data and prepare what the page shows."""
    t = texts("onelayer.report.texts", lang)
    judged = "train" if test is None else part
    on_train = predict_values(model, train.X, train.y)
    shown = on_train if test is None else predict_values(model, test.X, test.y)
    sets = [(t[f"on_{judged}"], shown)]
    if test is not None:
        sets.append((t["on_train"], on_train))
    results = [_result(*each) for each in sets]
    result = results[0].evaluation
    names = _output_names(model, shown, targets)
    quantiles = quantile_results(sets, names, t)
    least_squares = least_squares_of(model)
    features = train.feature_names or column_names(model)
    summary = summary_of(model, train, features, names) if summary is None else summary
    rounded = only_rounding(model, train.X, on_train)
    no_influence = why_no_influence(least_squares, train.X, on_train.true, bool(rounded[0]), t)
    influence = None
    if least_squares is not None and not no_influence:
        numbers = np.arange(len(train.X)) if row_numbers is None else row_numbers
        influence = influence_charts(
            least_squares, train.X, on_train.true, on_train.predicted, names[0], numbers, t
        )
        no_influence = "" if influence else t["no_influence_exact"]
    learning = None
    if least_squares is not None:
        scores = (results[-1].evaluation.r2, result.r2)
        curve = learning_curve(model, train, test, scores)
        learning = None if curve is None else learning_curve_chart(curve, t)
    curve_words = curve_words_of(model.history_, t)
    effects, effects_on = _effects(model, train, summary, groups, names, shares_of(shown.losses), t)
    n_drawn = min(len(names), _MOST_OUTPUTS)
    return Regression(
        title=t["title_linear"].format(name=train.name),
        lede=_lede(model, result, judged, quantiles, t),
        results=results,
        quantiles=quantiles,
        loss=t[f"loss_{shown.losses[0].name}"],
        part=t[f"part_{judged}"],
        outputs=_outputs(model, shown, names[:n_drawn], t),
        n_outputs=len(names),
        n_rows=result.n_rows,
        n_shown=n_shown(result.n_rows, n_drawn),
        fit=None if summary is None else _fit(summary, names, model, train, on_train, groups, lang, t),
        coefficients=coefficient_table(model, train, names) if summary is None else None,
        no_errors=t["no_errors"] if summary is None else "",
        effects=effects,
        effects_on=effects_on,
        rounding=_rounding(rounded, names, t),
        influence=influence,
        no_influence=no_influence,
        numbered=row_numbers is not None,
        learning=learning,
        curves=_curves(model, shown, names, curve_words),
        curve_words=curve_words,
    )


def _output_names(model: Any, predictions: ValuePredictions, targets: Sequence[str] | None) -> list[str]:
    """Return what each output is called: a quantile by its share, if there are several."""
    names = list(targets or score_names(model))
    shares = shares_of(predictions.losses)
    if len(set(shares)) > 1:
        target = f"{targets[0]}, " if targets else ""
        names = [f"{target}q = {share:g}" for share in shares]
    return [shortened(name) for name in names]


def _lede(model: Any, result: Evaluation, judged: str, quantiles: QuantileResults | None, t: Texts) -> str:
    facts = {
        "n_train": f"{model.training_['n_rows']:,}",
        "seconds": t["seconds"].format(value=significant(model.training_["seconds"], 3)),
        "n_rows": f"{result.n_rows:,}",
        "part": t[f"part_{judged}"],
    }
    if quantiles is not None and quantiles.below:
        return t["lede_linear_quantiles"].format(below=quantiles.below, **facts)
    if result.r2 is None or quantiles is not None:
        return t["lede_linear_loss"].format(loss=significant(result.loss, 3), **facts)
    return t["lede_linear"].format(r2=decimals(result.r2, 3), **facts)


def _result(name: str, predictions: ValuePredictions) -> Result:
    left = predictions.residuals
    mse = float(np.einsum("ij,ij->", left, left)) / left.size
    return Result(name, predictions.evaluation(), math.sqrt(mse), float(np.abs(left).mean()))


def _rounding(rounded: NDArray, names: Sequence[str], t: Texts) -> str:
    """Say of which outputs the residuals are rounding only; of all if no name is needed."""
    if rounded.all():
        return t["rounding_only"]
    found = [name for name, only in zip(names, rounded, strict=True) if only]
    return t["rounding_only_of"].format(names=t["list_separator"].join(found)) if found else ""


def _curves(model: Any, predictions: ValuePredictions, names: Sequence[str], t: Texts) -> Curves | None:
    """Return the loss by epoch or iteration, of each quantile for itself; None for a model that was fitted in one step.

    Several quantiles are several fits; where it is not known which epochs were whose, there are no curves.
    """
    if len(model.history_) < 2 and least_squares_of(model) is not None:
        return None
    score = t["validation_d2" if predictions.losses[0].name == Quantile.name else "validation_r2"]
    history = model.history_
    if (
        history and history[0]["learning_rate"] is None
    ):  # exact solvers look at validation rows once, at the end
        history = [{**each, "val_loss": None, "val_score": None} for each in history]
    if len(set(predictions.losses)) == 1:
        return curves_of(history, loss=t["loss"], score=score, t=t)
    found, start = [], 0
    for name, part in list(zip(names, parts_of(model), strict=False))[:_MOST_OUTPUTS]:
        end = start + part["n_iter"]
        own = [{**_alone(each, part), "epoch": k} for k, each in enumerate(history[start:end], 1)]
        curves = curves_of(own, loss=t["loss"], score=score, t=t)
        if curves is not None:
            found.append((name, curves))
        start = end
    return side_by_side(found, t["quantile"]) if found else None


def _alone(record: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """Return the record of an epoch of one of several fits without what the outputs of the others add."""
    loss, val_loss = record["train_loss"] - part["others_loss"], record["val_loss"]
    return {
        **record,
        "train_loss": loss,
        "val_loss": None if val_loss is None else val_loss - part["others_val_loss"],
    }


def _outputs(model: Any, predictions: ValuePredictions, names: list[str], t: Texts) -> list[OutputCharts]:
    r2 = predictions.r2().tolist()
    noises = noise_models(model, len(r2))
    most = n_shown(len(predictions.true), len(names))
    return [
        output_charts(
            name,
            predictions.true[:, k],
            predictions.predicted[:, k],
            None if math.isnan(r2[k]) else r2[k],
            noises[k],
            most,
            t,
        )
        for k, name in enumerate(names)
    ]


def _fit(
    summary: Summary,
    outputs: Sequence[str],
    model: Any,
    train: Dataset,
    predictions: ValuePredictions,
    groups: Sequence[Group],
    lang: str,
    t: Texts,
) -> FitFigures:
    levels = np.zeros(train.X.shape[1], dtype=bool)
    levels[[j for group in groups if group.reference is not None for j in group.positions]] = True
    names = train.feature_names or column_names(model)
    gaps = [part["gap"] for part in parts_of(model)]
    spread = column_spread(train.X), predictions.true.std(axis=0)
    return fit_figures(summary, outputs, names, *spread, levels, gaps, lang, t)


def _effects(
    model: Any,
    train: Dataset,
    summary: Summary | None,
    groups: Sequence[Group],
    targets: Sequence[str],
    shares: Sequence[float],
    t: Texts,
) -> tuple[AllEffects | None, str]:
    """Return the effects on the first output, or the middle one of several quantiles, and words for which it is."""
    all_coef = np.atleast_2d(model.coef_)
    several = len(set(shares)) > 1
    k = int(np.argmin(np.abs(np.array(shares) - 0.5))) if several else 0
    coef = all_coef[k]
    low = high = np.full(len(coef), np.nan)
    names = train.feature_names or column_names(model)
    if summary is not None:
        intervals = summary_intervals(summary.outputs[k], names)
        coef, low, high = intervals.coef, intervals.low, intervals.high
    others = []
    if several:
        drawn = sorted(range(len(shares)), key=lambda each: shares[each])[:_MOST_OUTPUTS]
        others = [(f"q = {shares[each]:g}", all_coef[each]) for each in drawn]
    effects = all_effects(groups, names, train.X, coef, low, high, targets[k], others, t)
    words = t["effects_quantile"] if several else t["effects_first_output"]
    return effects, words.format(name=targets[k]) if len(targets) > 1 else ""

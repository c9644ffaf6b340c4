"""The figures of a whole fit, and its coefficients with their intervals, from its summary."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from onelayer.plots.intervals import CoefficientIntervals, summary_intervals
from onelayer.report.coefficient_table import shortened
from onelayer.report.forest import Forest, forest
from onelayer.report.numbers import interval_text, p_value, significant
from onelayer.report.record import Facts, Texts

if TYPE_CHECKING:
    from onelayer.inference.summary import Coefficients, OutputSummary, Summary

_MOST_FEATURES, _MOST_OF_SEVERAL, _MOST_OUTPUTS = 40, 12, 6
_LARGE = 1e6  # a t beyond it is written in three digits
_COLUMNS = ("coefficient", "standard_error", "t_value", "p_value", "interval", "vif")
_FIGURES = (
    "r2",
    "adjusted_r2",
    "pseudo_r2",
    "f",
    "log_likelihood",
    "aic",
    "bic",
    "residual_sd",
    "scale",
    "mean_loss",
)


@dataclass(frozen=True)
class FittedOutput:
    """The coefficients of one output.

    Attributes
    ----------
    name : str
    figures : list of (str, str)
        R² and the like, for output 0 with those of the whole fit.
    standardised, raw : Forest or None
        The largest coefficients in standard deviations and in their own units; None if every feature is a level of a
        category.
    intercept : list of str or None
        The figures of the intercept.
    n_shown, n_features : int
        Features shown, and how many there are besides levels of categories.
    """

    name: str
    figures: Facts
    standardised: Forest | None
    raw: Forest | None
    intercept: list[str] | None
    n_shown: int
    n_features: int


@dataclass(frozen=True)
class FitFigures:
    """What the summary of a fit says.

    Attributes
    ----------
    outputs : list of FittedOutput
    caption : str
        Which errors these are.
    has_intervals : bool
    notes : list of str
    """

    outputs: list[FittedOutput]
    caption: str
    has_intervals: bool
    notes: list[str]


def fit_figures(
    summary: Summary,
    outputs: Sequence[str],
    names: Sequence[str],
    spread: NDArray,
    target_spread: NDArray,
    levels: NDArray,
    gaps: Sequence[float | None],
    lang: str,
    t: Texts,
) -> FitFigures:
    """Prepare the summary of a fit for the page.

    Parameters
    ----------
    summary : Summary
    outputs : (n_outputs,) str
    names : (n_features,) str
    spread : (n_features,) float64
        Standard deviation of each column of X.
    target_spread : (n_outputs,) float64
        That of the targets.
    levels : (n_features,) bool
        Which columns are levels of categories, that are shown elsewhere.
    gaps : (n_outputs,) float or None
        That of each output; empty where the fit has but one.
    lang : str
    t : dict
        The texts of the page.
    """
    own_gaps = [math.nan if gap is None else gap for gap in gaps] or [summary.gap] * len(summary.outputs)
    most = _MOST_FEATURES if len(summary.outputs) == 1 else _MOST_OF_SEVERAL
    fitted = [
        _output(
            replace(summary, gap=own_gaps[k]),
            output,
            outputs[k],
            names,
            spread,
            float(target_spread[k]),
            levels,
            most,
            t,
        )
        for k, output in enumerate(summary.outputs[:_MOST_OUTPUTS])
    ]
    caption = t[f"covariance_{summary.covariance}"].format(level=f"{summary.level:.4g}")
    return FitFigures(
        fitted, caption, summary.covariance != "none", [note.text(lang) for note in summary.notes]
    )


def _output(
    summary: Summary,
    output: OutputSummary,
    called: str,
    names: Sequence[str],
    spread: NDArray,
    target_spread: float,
    levels: NDArray,
    most: int,
    t: Texts,
) -> FittedOutput:
    raw = summary_intervals(output, names)
    has_intercept = len(output.coefficients.names) > len(names)
    standardised = raw.standardise(spread, target_spread)
    order = np.array([j for j in standardised.largest(len(names)) if not levels[j]][:most], dtype=np.int64)
    figures = [_coefficient_figures(output.coefficients, i) for i in (order + has_intercept).tolist()]
    header = [t[key] for key in _COLUMNS[: len(figures[0]) if figures else 1]]
    forests = [
        _forest(which.at(order), figures, header, label, t)
        for which, label in ((standardised, t["standardised_scale"]), (raw, t["raw_scale"]))
    ]
    intercept = _coefficient_figures(output.coefficients, 0) if has_intercept else None
    return FittedOutput(
        called,
        _figures(summary, output, t),
        forests[0],
        forests[1],
        intercept,
        len(order),
        int((~levels).sum()),
    )


def _forest(
    shown: CoefficientIntervals, figures: list[list[str]], header: list[str], label: str, t: Texts
) -> Forest | None:
    if not shown.names:
        return None
    return forest(
        [shortened(name) for name in shown.names],
        shown.coef,
        shown.low,
        shown.high,
        looks=["open" if low <= 0 <= high else "" for low, high in zip(shown.low, shown.high, strict=True)],
        figures=figures,
        header=header,
        label=label,
    )


def _coefficient_figures(table: Coefficients, i: int) -> list[str]:
    """Return the columns of ``_COLUMNS``, only the first where there are no standard errors at all."""
    coefficient = significant(float(table.coefficient[i]))
    if np.isnan(table.standard_error).all():
        return [coefficient]
    t = float(table.t[i])
    return [
        coefficient,
        significant(float(table.standard_error[i]), 3),
        f"{t:,.2f}" if abs(t) < _LARGE else significant(t, 3),
        p_value(float(table.p[i])),
        interval_text(float(table.low[i]), float(table.high[i])),
        significant(float(table.variance_inflation[i]), 3),
    ]


def _figures(summary: Summary, output: OutputSummary, t: Texts) -> Facts:
    """Return the figures of one output and of the whole fit."""
    facts = []
    for key in _FIGURES:
        value = float(output.figures.get(key, math.nan))
        if math.isnan(value):
            continue
        text = significant(value, 5 if key in ("log_likelihood", "aic", "bic") else 4)
        if key == "f":
            text = f"{text} (p {p_value(float(output.figures.get('f_p', math.nan)))})"
        facts.append((t[f"figure_{key}"], text))
    facts.append((t["figure_degrees"], f"{summary.df_resid:,}"))
    for key, value in (("condition", summary.condition), ("gap", summary.gap)):
        if not math.isnan(value):
            facts.append((t[f"figure_{key}"], significant(value, 3)))
    return facts

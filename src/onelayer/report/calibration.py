"""How far the probabilities of a classifier can be trusted, as the page shows it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from onelayer.calibration import (
    AccuracyCoverageCurve,
    BinnedForecasts,
    BrierScore,
    ReliabilityCurve,
    accuracy_coverage_curve,
    reliability_curve,
)
from onelayer.data.dataset import Dataset
from onelayer.evaluation import ClassPredictions
from onelayer.plots.class_reliability import least_calibrated
from onelayer.report import chart
from onelayer.report.numbers import decimals, percent
from onelayer.report.record import Texts

_N_BINS = 15
_MOST_CLASSES = 12
_SMALL = (208, 188)
_LEAST_ROWS = 50
_ACCURACIES = (0.8, 0.9, 0.95, 0.98, 0.99, 0.999)


@dataclass(frozen=True)
class ClassDiagram:
    """The reliability of one class: its name, its calibration error as text, and the diagram."""

    name: str
    error: str
    diagram: chart.Chart


@dataclass(frozen=True)
class Calibration:
    """What the page shows of calibration.

    Attributes
    ----------
    error : float
        Expected calibration error.
    figures : list of (str, str)
    diagram, counts, coverage : Chart
        Reliability of the predicted class, histogram of the confidence, accuracy against coverage.
    brier : list of (sign, name, value, words)
        The parts of the Brier score, and their sum in the last row.
    diagrams : list of ClassDiagram
    class_errors : list of float
        Calibration error of each class.
    decisions : list of (str, str, str)
        An accuracy, the share of rows on which it is reached, and the confidence from which on.
    n_rows_least : int
        Rows at which the curve of accuracy begins.
    """

    error: float
    figures: list[tuple[str, str]]
    diagram: chart.Chart
    counts: chart.Chart
    coverage: chart.Chart
    brier: list[tuple[str, str, str, str]]
    diagrams: list[ClassDiagram]
    class_errors: list[float]
    decisions: list[tuple[str, str, str]]
    n_rows_least: int


def calibration_of(
    model: Any, data: Dataset, predictions: ClassPredictions, names: list[str], t: Texts
) -> Calibration:
    """Measure the probabilities of a classifier on a data set; ``predictions`` are those of its rows."""
    curve = reliability_curve(predictions.correct, predictions.confidence, n_bins=_N_BINS)
    forecasts = BinnedForecasts.from_estimator(model, data.X, data.y, n_bins=_N_BINS)
    selective = accuracy_coverage_curve(predictions.correct, predictions.log_confidence)
    least = min(_LEAST_ROWS, len(predictions.true))
    return Calibration(
        error=curve.expected_calibration_error,
        figures=[
            (t["ece"], decimals(curve.expected_calibration_error, 3)),
            (t["mce"], decimals(curve.maximum_calibration_error, 3)),
            (t["mean_confidence"], percent(float(predictions.confidence.mean()))),
            (t["accuracy"], percent(float(predictions.correct.mean()))),
        ],
        diagram=_diagram(curve, t),
        counts=_histogram(curve, float((predictions.confidence > 0.9).mean()), t),
        coverage=_coverage(selective, least, t),
        brier=_brier(BrierScore.of(forecasts), t),
        diagrams=[
            _class_diagram(names[k], each, t) for k, each in least_calibrated(forecasts, _MOST_CLASSES)
        ],
        class_errors=[
            ReliabilityCurve.of(forecasts, k).expected_calibration_error for k in range(len(names))
        ],
        decisions=_decisions(selective),
        n_rows_least=least,
    )


def _points(curve: ReliabilityCurve, x: chart.Axis, y: chart.Axis) -> dict[str, Any]:
    """Return the dots of the bins that hold predictions, and the whiskers of their intervals."""
    filled = curve.counts > 0
    places = [x.place(each) for each in curve.probability[filled].tolist()]
    dots = list(zip(places, map(y.place, curve.frequency[filled].tolist()), strict=True))
    low, high = ([y.place(each) for each in end[filled].tolist()] for end in curve.interval())
    return {"dots": dots, "whiskers": list(zip(places, low, high, strict=True))}


def _words(curve: ReliabilityCurve, t: Texts, i: int) -> str:
    low, high = (end[i] for end in curve.interval())
    return t["reliability_bin"].format(
        low=percent(float(curve.edges[i])),
        high=percent(float(curve.edges[i + 1])),
        count=f"{int(curve.counts[i]):,}",
        frequency=percent(float(curve.frequency[i])),
        interval=f"{percent(float(low))} – {percent(float(high))}",
    )


def _diagram(curve: ReliabilityCurve, t: Texts) -> chart.Chart:
    x, y = chart.horizontal(0, 1, t["confidence"]), chart.vertical(0, 1, t["accuracy"])
    return chart.Chart(
        x,
        y,
        t["reliability_description"].format(n=_N_BINS, ece=decimals(curve.expected_calibration_error, 3)),
        bars=chart.bars(x, y, curve.edges.tolist(), curve.frequency.tolist(), lambda i: _words(curve, t, i)),
        **_points(curve, x, y),
        reference=(x.place(0), y.place(0), x.place(1), y.place(1)),
        legend=[
            ("bar", t["accuracy_in_bin"]),
            ("whisker", t["interval_in_bin"]),
            ("reference", t["calibrated"]),
        ],
    )


def _histogram(curve: ReliabilityCurve, sure: float, t: Texts) -> chart.Chart:
    counts = curve.counts.tolist()
    x, y = chart.horizontal(0, 1, t["confidence"]), chart.vertical(0, max(counts), t["confidence_counts"])
    heights = [float(count) if count else math.nan for count in counts]
    return chart.Chart(
        x,
        y,
        t["counts_description"].format(share=percent(sure), threshold="90%"),
        bars=chart.bars(x, y, curve.edges.tolist(), heights, lambda i: _words(curve, t, i)),
    )


def _class_diagram(name: str, curve: ReliabilityCurve, t: Texts) -> ClassDiagram:
    width, height = _SMALL
    x, y = chart.horizontal(0, 1, "", width=width), chart.vertical(0, 1, "", height=height)
    error, filled = decimals(curve.expected_calibration_error, 3), curve.counts > 0
    line = chart.line(
        "first", x, y, curve.probability[filled].tolist(), curve.frequency[filled].tolist(), marked=False
    )
    drawn = chart.Chart(
        x,
        y,
        t["class_reliability_description"].format(name=name, ece=error),
        lines=[line],
        **_points(curve, x, y),
        reference=(x.place(0), y.place(0), x.place(1), y.place(1)),
        width=width,
        height=height,
    )
    return ClassDiagram(name, error, drawn)


def _coverage(curve: AccuracyCoverageCurve, least: int, t: Texts) -> chart.Chart:
    shown = curve.counts >= least
    coverage, accuracy = curve.coverage[shown].tolist(), curve.accuracy[shown].tolist()
    x = chart.horizontal(0, 1, t["coverage"])
    y = chart.vertical(min(accuracy), max(1.0, *accuracy), t["accuracy"])
    overall = y.place(accuracy[-1])
    return chart.Chart(
        x,
        y,
        t["coverage_description"].format(
            overall=percent(accuracy[-1]), half=percent(curve.accuracy_at(0.5)), area=decimals(curve.area, 3)
        ),
        lines=[chart.line("first", x, y, coverage, accuracy, marked=False)],
        reference=(x.start, overall, x.end, overall),
        legend=[("first", t["accuracy_of_surest"]), ("reference", t["accuracy_of_all"])],
    )


def _brier(score: BrierScore, t: Texts) -> list[tuple[str, str, str, str]]:
    parts = [
        ("", "brier_reliability", score.reliability),
        ("−", "brier_resolution", score.generalised_resolution),
        ("+", "brier_uncertainty", score.uncertainty),
        ("=", "brier_score", score.score),
    ]
    return [(sign, t[name], decimals(value), t[f"{name}_words"]) for sign, name, value in parts]


def _decisions(curve: AccuracyCoverageCurve) -> list[tuple[str, str, str]]:
    """Return for round accuracies above that of all rows on how many of them they are reached."""
    rows = []
    for accuracy in _ACCURACIES:
        if accuracy > curve.accuracy[-1]:
            least = curve.threshold_for(accuracy)
            taken = 0.0 if least is None else float(curve.coverage[curve.threshold >= least][-1])
            confidence = math.nan if least is None else math.exp(least)
            rows.append((percent(accuracy), percent(taken), percent(confidence)))
    return rows

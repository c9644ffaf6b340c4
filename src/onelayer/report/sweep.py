"""The page of a sweep: which candidates were tried, how they did, and which was the best."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sklearn.base import is_classifier

from onelayer.data.dataset import Dataset
from onelayer.languages import texts
from onelayer.output_file import replacing
from onelayer.report import chart
from onelayer.report.numbers import significant
from onelayer.report.page import environment
from onelayer.report.record import Texts, joined, record_of

TEMPLATE = "sweep.html.jinja"
_MOST_ROWS = 100
_MOST_CELLS = 20


@dataclass(frozen=True)
class Cell:
    """One candidate in the map: its score in words, how strongly it is coloured, its state, and whether it is best."""

    text: str
    words: str
    strength: float
    state: str
    best: bool


@dataclass(frozen=True)
class Map:
    """The scores over two parameters, the best of all others."""

    across: str
    down: str
    header: list[str]
    rows: list[tuple[str, list[Cell | None]]]


@dataclass(frozen=True)
class Ranked:
    """One candidate of the ranking: its parameters, its place from 0 to 100, its score, and whether it was stopped."""

    name: str
    place: float
    score: str
    stopped: bool


@dataclass(frozen=True)
class Content:
    """What stands on the page."""

    title: str
    lede: str
    numbers: list[tuple[str, str]]
    map: Map | None
    charts: list[chart.Chart]
    charts_caption: str
    ranked: list[Ranked]
    header: list[str]
    rows: list[tuple[str, list[str]]]
    n_candidates: int


def write_sweep(
    path: str | os.PathLike[str], sweep: Any, train: Dataset, held_out: Dataset | None, *, lang: str = "en"
) -> Path:
    """Write the page of a fitted ``GridSweep``, one self-contained HTML file.

    Two parameters are a map of scores, one is a curve, and more are a ranking; beside them the validation loss of every
    candidate over the epochs, and a table.

    Parameters
    ----------
    path : path-like
    sweep : GridSweep, fitted
    train : Dataset
    held_out : Dataset or None
        What judged the candidates, where these were not folds.
    lang : {"en", "zh"}

    Raises
    ------
    OutputError
        The page could not be written; nothing was left behind.
    """
    t = texts("onelayer.report.texts", lang)
    record = record_of(sweep.best_estimator_, train, train if held_out is None else held_out, "validation", t)
    if held_out is None:  # the folds are rows of the training data
        groups = [group for group in record.groups if group[0] != t["data_validation"]]
        record = replace(record, groups=groups)
    page = content(sweep, train, t)
    html = (
        environment("onelayer.report").get_template(TEMPLATE).render(lang=lang, t=t, record=record, page=page)
    )
    path = Path(path)
    with replacing(path) as file:
        file.write(html.encode("utf-8", "xmlcharrefreplace"))
    return path


def content(sweep: Any, train: Dataset, t: Texts) -> Content:
    """Return what stands on the page."""
    results, best = sweep.cv_results_, sweep.best_index_
    score = t["accuracy"] if is_classifier(sweep.best_estimator_) else t["r2"]
    varied = _varied(results["params"])
    states = [str(state) for state in results["state"]]
    lede = t["sweep_lede"].format(
        n=len(states),
        finished=states.count("finished"),
        stopped=states.count("stopped"),
        diverged=states.count("diverged"),
        best=_words(results["params"][best], varied),
    )
    scored = [
        (results["mean_test_score"][best], score),
        (results["mean_test_loss"][best], t["validation_loss"]),
    ]
    order = results["rank_test_score"].argsort(kind="stable")
    charts, captions = [], []
    if len(varied) == 1 and _numeric([p[varied[0]] for p in results["params"]]):
        charts.append(_curve(results, best, varied[0], score, t))
        captions.append(t["sweep_curve_caption"])
    if any(len(history[0]) > 1 for history in sweep.histories_):
        charts.append(_race(sweep, t))
        captions.append(t["sweep_race_caption"])
    return Content(
        t["sweep_title"].format(name=train.name),
        lede,
        [(significant(value), name) for value, name in scored],
        _map(results, best, varied, t) if len(varied) == 2 else None,
        charts,
        joined(captions),
        _ranking(results, order, varied, t) if len(varied) > 2 else [],
        [*varied, score, t["validation_loss"], t["sweep_epochs"], t["sweep_state"]],
        [(str(results["rank_test_score"][i]), _row(results, i, varied, t)) for i in order[:_MOST_ROWS]],
        len(states),
    )


def _varied(params: Sequence[dict[str, Any]]) -> list[str]:
    """Return the parameters that are not the same for all."""
    names = dict.fromkeys(name for each in params for name in each)
    found = [name for name in names if len({repr(each.get(name)) for each in params}) > 1]
    return found or list(names)[:1]


def _numeric(values: Sequence[Any]) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _written(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _words(params: dict[str, Any], names: Sequence[str]) -> str:
    return ", ".join(f"{name} = {_written(params[name])}" for name in names if name in params)


def _row(results: dict[str, Any], i: int, varied: Sequence[str], t: Texts) -> list[str]:
    return [
        *(_written(results["params"][i].get(name, "–")) for name in varied),
        significant(results["mean_test_score"][i]),
        significant(results["mean_test_loss"][i]),
        str(results["n_epochs"][i]),
        t[f"sweep_{results['state'][i]}"],
    ]


def _sorted(values: Sequence[Any]) -> list[Any]:
    """Return different values, numbers by size and before words."""
    return sorted(dict.fromkeys(values), key=lambda v: (not _numeric([v]), v if _numeric([v]) else 0, str(v)))


def _map(results: dict[str, Any], best: int, varied: Sequence[str], t: Texts) -> Map | None:
    """Return the map of scores, or None where it would have too many cells."""
    params = results["params"]
    down, across = varied
    columns = _sorted([each.get(across) for each in params])
    lines = _sorted([each.get(down) for each in params])
    if max(len(columns), len(lines)) > _MOST_CELLS:
        return None
    known = [score for score in results["mean_test_score"].tolist() if not math.isnan(score)]
    low, high = (
        sorted(known)[len(known) // 4],
        max(known),
    )  # the worst quarter, which may be anywhere, is blank
    rows = []
    for line in lines:
        cells: list[Cell | None] = []
        for column in columns:
            here = [i for i, p in enumerate(params) if p.get(down) == line and p.get(across) == column]
            i = min(here, key=lambda i: results["rank_test_score"][i], default=None)
            if i is None:
                cells.append(None)
                continue
            score, state = float(results["mean_test_score"][i]), str(results["state"][i])
            share = 0.0 if math.isnan(score) else min(max((score - low) / ((high - low) or 1.0), 0.0), 1.0)
            words = f"{_words(params[i], varied)}: {significant(score)}, {t[f'sweep_{state}']}"
            cells.append(Cell(significant(score, 3), words, round(0.9 * share, 3), state, i == best))
        rows.append((_written(line), cells))
    return Map(across, down, [_written(column) for column in columns], rows)


def _curve(results: dict[str, Any], best: int, name: str, score: str, t: Texts) -> chart.Chart:
    """Return the score over one parameter, whose axis is logarithmic where its values are positive and far apart."""
    points = sorted(
        (float(p[name]), float(s))
        for p, s in zip(results["params"], results["mean_test_score"], strict=True)
        if not math.isnan(s)
    )
    values = [value for value, _ in points]
    logarithmic = values[0] > 0 and values[-1] >= 20 * values[0]
    places = [math.log10(value) for value in values] if logarithmic else values
    margin = (places[-1] - places[0]) / 30 or 0.5
    x = chart.horizontal(places[0] - margin, places[-1] + margin, name)
    if logarithmic:
        x.ticks[:] = [
            (x.place(power), f"{10.0**power:g}")
            for power in range(math.ceil(places[0] - 1e-9), math.floor(places[-1] + 1e-9) + 1)
        ]
    scores = [value for _, value in points]
    y = chart.vertical(min(scores), max(scores), score)
    at = float(results["params"][best][name])
    top = float(results["mean_test_score"][best])
    across, up = x.place(math.log10(at) if logarithmic else at), y.place(top)
    end = "end" if across > chart.WIDTH / 2 else "start"
    label = (across + (-9 if end == "end" else 9), up - 10 if up > chart.TOP + 14 else up + 12)
    mark = chart.Mark(across, up, t["sweep_best"], f"{name} = {at:g}: {significant(top)}", label, end, "")
    description = t["sweep_curve"].format(name=name, best=_written(at))
    return chart.Chart(x, y, description, lines=[chart.line("first", x, y, places, scores)], marks=[mark])


def _race(sweep: Any, t: Texts) -> chart.Chart:
    """Return the validation loss of every candidate over the epochs, that of the best in colour."""
    curves = []
    for i, history in enumerate(sweep.histories_):
        losses = [
            sum(record["val_loss"] for record in records) / len(records)
            for records in zip(*history, strict=False)
            if all(record["val_loss"] is not None and math.isfinite(record["val_loss"]) for record in records)
        ]
        if losses:
            curves.append((i, losses))
    values = sorted(value for _, losses in curves for value in losses)
    top = values[int(0.95 * (len(values) - 1))]  # a few that start far off do not press all others together
    longest = max(len(losses) for _, losses in curves)
    x = chart.horizontal(1 - (longest - 1) / 30, longest + (longest - 1) / 30, t["epoch"], whole=True)
    y = chart.vertical(values[0], top, t["validation_loss"])
    lines = []
    for i, losses in sorted(curves, key=lambda curve: curve[0] == sweep.best_index_):
        best = i == sweep.best_index_
        inside = [(epoch, loss) for epoch, loss in enumerate(losses, 1) if loss <= y.high]
        if inside:
            look = "first" if best else "other"
            lines.append(chart.line(look, x, y, *zip(*inside, strict=True), marked=best or len(inside) == 1))
    legend = [("first", t["sweep_best"]), ("other", t["sweep_others"])]
    return chart.Chart(x, y, t["sweep_race"].format(n=len(curves)), lines=lines, legend=legend)


def _ranking(results: dict[str, Any], order: Any, varied: Sequence[str], t: Texts) -> list[Ranked]:
    """Return the best candidates, each with its place between the least and the greatest of their scores."""
    first = [i for i in order if not math.isnan(results["mean_test_score"][i])][:_MOST_CELLS]
    scores = [float(results["mean_test_score"][i]) for i in first]
    low, high = min(scores), max(scores)
    return [
        Ranked(
            _words(results["params"][i], varied),
            round(100 * (score - low) / ((high - low) or 1.0), 2),
            significant(score),
            str(results["state"][i]) == "stopped",
        )
        for i, score in zip(first, scores, strict=True)
    ]

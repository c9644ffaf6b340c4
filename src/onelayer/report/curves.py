"""The learning curves of a fit as charts, and the same figures as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from onelayer.plots.history import series
from onelayer.report import chart
from onelayer.report.numbers import significant
from onelayer.report.record import Texts, joined

_LOOKS = {"train_loss": "first", "val_loss": "second", "val_score": "second"}
_MOST_ROWS = 100


@dataclass(frozen=True)
class Curves:
    """Charts of loss and score, and a table of the epochs.

    Attributes
    ----------
    charts : list of Chart
    headings : list of str
        Over each chart; empty where there is nothing to tell apart.
    header : list of str
    rows : list of list of str
    n_epochs : int
    """

    charts: list[chart.Chart]
    headings: list[str]
    header: list[str]
    rows: list[list[str]]
    n_epochs: int


def curves_of(history: Sequence[dict[str, Any]], *, loss: str, score: str, t: Texts) -> Curves | None:
    """Return the learning curves, or None if no epoch was recorded.

    Parameters
    ----------
    history : list of dict
        As ``history_``.
    loss, score : str
        What to call the loss and the validation score.
    t : dict
        The texts of the page.
    """
    if not history:
        return None
    names = {"train_loss": t["training"], "val_loss": t["validation"], "val_score": t["validation"]}
    charts = []
    for quantity, heading in (("loss", loss), ("score", score)):
        curves = series(history, quantity)
        if curves:
            values = [value for curve in curves for value in curve.values]
            first, last = curves[0].epochs[0], curves[0].epochs[-1]
            margin = (last - first) / 30
            x = chart.horizontal(first - margin, last + margin, t["epoch"], whole=True)
            y = chart.vertical(min(values), max(values), heading)
            charts.append(
                chart.Chart(
                    x,
                    y,
                    _description([(names[c.name], c.values) for c in curves], len(history), t),
                    lines=[chart.line(_LOOKS[c.name], x, y, c.epochs, c.values) for c in curves],
                    legend=[(_LOOKS[c.name], names[c.name]) for c in curves],
                )
            )
    header = [t["epoch"], t["training_loss"], t["validation_loss"], score, t["learning_rate"], t["time"]]
    step = -(-len(history) // _MOST_ROWS)
    rows = [_row(epoch, t) for epoch in history[::step]]
    return Curves(charts, [""] * len(charts), [*header, t["rows_per_second"]], rows, len(history))


def side_by_side(parts: Sequence[tuple[str, Curves]], first: str) -> Curves:
    """Return the curves of several fits beside each other, and their tables as one with a column more in front.

    Parameters
    ----------
    parts : sequence of (str, Curves)
        What each fit is called, and its curves.
    first : str
        Header of the new column.
    """
    return Curves(
        [drawn for _, each in parts for drawn in each.charts],
        [name for name, each in parts for _ in each.charts],
        [first, *parts[0][1].header],
        [[name, *row] for name, each in parts for row in each.rows],
        sum(each.n_epochs for _, each in parts),
    )


def curve_words_of(history: Sequence[dict[str, Any]], t: Texts) -> Texts:
    """Return the texts of the page, with iterations in the place of epochs for a solver without a learning rate."""
    if not history or history[0]["learning_rate"] is not None:
        return t
    epochs = {"epoch": "iteration", "every_epoch": "every_iteration", "epochs_shown": "iterations_shown"}
    others = {
        "curves_caption": "curves_caption_iterations",
        "curve_description": "curve_description_iterations",
    }
    return {**t, **{name: t[other] for name, other in (epochs | others).items()}}


def _description(curves: list[tuple[str, list[float]]], n_epochs: int, t: Texts) -> str:
    ranges = [
        t["curve_range"].format(name=name, first=significant(values[0], 3), last=significant(values[-1], 3))
        for name, values in curves
    ]
    return t["curve_description"].format(n=n_epochs, curves=joined(ranges))


def _row(epoch: dict[str, Any], t: Texts) -> list[str]:
    return [
        f"{epoch['epoch']:,}",
        *(significant(epoch[name]) for name in ("train_loss", "val_loss", "val_score")),
        significant(epoch["learning_rate"], 3),
        t["seconds"].format(value=significant(epoch["seconds"], 3)),
        f"{epoch['rows_per_second']:,.0f}",
    ]

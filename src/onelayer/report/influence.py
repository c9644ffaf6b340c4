"""Which rows hold a least-squares fit: a chart of leverage and residuals, and the rows that matter most."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from onelayer.plots.influence import cook_contour, cook_levels, influence_of_rows, most_telling_rows
from onelayer.plots.residuals_vs_fitted import MOST_DOTS
from onelayer.report import chart
from onelayer.report.hexagons import hexagons
from onelayer.report.numbers import significant
from onelayer.report.record import Texts

if TYPE_CHECKING:
    from onelayer.inference.influence import Influence
    from onelayer.solvers.closed_form.least_squares import LeastSquares

_NAMED, _LISTED = 5, 10
_CONTOUR = 300
_LETTER, _LINE = 7.5, 13.0


@dataclass(frozen=True)
class InfluenceCharts:
    """The rows that hold one output of a fit.

    Attributes
    ----------
    name : str
        Of the output.
    chart : Chart
    rows : list of list of str
        Number, observed, predicted, standardised residual, leverage and Cook's distance of the most influential rows.
    n_shown, n_rows : int
        Rows looked at, and how many there are.
    """

    name: str
    chart: chart.Chart
    rows: list[list[str]]
    n_shown: int
    n_rows: int


def influence_charts(
    least_squares: LeastSquares,
    X: NDArray,
    true: NDArray,
    predicted: NDArray,
    name: str,
    numbers: NDArray,
    t: Texts,
) -> InfluenceCharts | None:
    """Draw the first output; None where no degrees of freedom are left, or no residual.

    Of more than 20,000 rows, evenly spread ones are looked at, and the 1,000 with the largest residuals.

    Parameters
    ----------
    least_squares : LeastSquares
        Of these rows, each of weight one.
    X : (n_rows, n_features)
    true, predicted : (n_rows, n_outputs) float64
    name : str
        Of the first output.
    numbers : (n_rows,) int
        What the rows are called.
    t : dict
        The texts of the page.
    """
    rows = most_telling_rows(true[:, 0] - predicted[:, 0])
    found = influence_of_rows(least_squares, X[rows], true[rows])
    if found is None:
        return None
    order = found.most(_LISTED)
    table = [
        [
            str(numbers[rows[i]]),
            significant(true[rows[i], 0]),
            significant(predicted[rows[i], 0]),
            significant(found.internal[i, 0], 3),
            significant(found.leverage[i], 3),
            significant(found.cooks_distance[i, 0], 3),
        ]
        for i in order.tolist()
    ]
    n_parameters = least_squares.rank + least_squares.fit_intercept
    drawn = _chart(found, numbers[rows], order[:_NAMED], n_parameters, name, t)
    return None if drawn is None else InfluenceCharts(name, drawn, table, len(rows), len(X))


def _chart(
    found: Influence, numbers: NDArray, most: NDArray, n_parameters: int, name: str, t: Texts
) -> chart.Chart | None:
    leverage, studentized, distance = found.leverage, found.internal[:, 0], found.cooks_distance[:, 0]
    known = np.isfinite(studentized)
    if not known.any():
        return None
    low, high = float(studentized[known].min()), float(studentized[known].max())
    margin = 0.06 * (high - low or 1.0)
    x = chart.horizontal(0.0, 1.08 * float(leverage[known].max()), t["leverage"])
    y = chart.vertical(min(low - margin, 0.0), max(high + margin, 0.0), t["standardised_residual"], snug=True)
    levels = cook_levels(float(distance[known].max()))
    marks: list[chart.Mark] = []
    for i in most.tolist():
        if known[i]:
            words = t["influence_row"].format(
                row=str(numbers[i]),
                distance=significant(distance[i], 3),
                leverage=significant(leverage[i], 3),
            )
            _mark(marks, x, x.place(leverage[i]), y.place(studentized[i]), str(numbers[i]), words)
    drawn = chart.Chart(
        x,
        y,
        t["influence_description"].format(name=name, largest=significant(float(distance[known].max()), 3)),
        lines=[line for level in levels for line in _contours(x, y, level, n_parameters)],
        reference=(x.start, y.place(0), x.end, y.place(0)),
        marks=marks,
        legend=[("contour", t["cook_contour"].format(levels=", ".join(f"{level:g}" for level in levels)))],
    )
    if known.sum() > MOST_DOTS:
        return replace(drawn, cells=hexagons(x, y, leverage[known], studentized[known]).cells)
    places = zip(leverage[known].tolist(), studentized[known].tolist(), strict=True)
    return replace(drawn, dots=[(x.place(h), y.place(r)) for h, r in places])


def _contours(x: chart.Axis, y: chart.Axis, level: float, n_parameters: int) -> list[chart.Line]:
    """Return the parts above and below zero of a contour of Cook's distance that lie inside of the chart."""
    along = np.linspace(x.low, x.high, _CONTOUR + 1)[1:]
    along = along[along <= 1]
    size = cook_contour(level, n_parameters, along)
    lines = []
    for sign, inside in ((1, size <= y.high), (-1, -size >= y.low)):
        if inside.any():
            values = (sign * size[inside]).tolist()
            lines.append(chart.line("contour", x, y, along[inside].tolist(), values, marked=False))
    return lines


def _mark(marks: list[chart.Mark], x: chart.Axis, across: float, up: float, text: str, words: str) -> None:
    """Add a mark, its text at the side with room, a little higher or lower where another text stands."""
    anchor = "end" if across + 8 + _LETTER * len(text) > x.end else "start"

    def is_free(height: float) -> bool:
        return all(
            abs(mark.y + mark.lift - height) >= _LINE or abs(mark.x - across) > _LETTER * (len(text) + 1)
            for mark in marks
        )

    lifts = [step * _LINE for step in (0, -1, 1, -2, 2, -3, 3)]
    lift = next((each for each in lifts if is_free(up + each)), 0.0)
    marks.append(chart.Mark(across, up, text, anchor, words, lift))

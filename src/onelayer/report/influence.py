"""Which rows hold a least-squares fit: a chart of leverage and residuals, and the rows that matter most."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from onelayer.plots.callouts import callouts
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
_LETTER, _HEIGHT = 8.5, 16.0  # of the text of narrow screens, which is the largest
_RADIUS, _DOT, _CELL = 4.5, 3.0, 4.5


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
    lines = [line for level in levels for line in _contours(x, y, level, n_parameters)]
    named = most[known[most]]
    words = [
        t["influence_row"].format(
            row=str(numbers[i]), distance=significant(distance[i], 3), leverage=significant(leverage[i], 3)
        )
        for i in named.tolist()
    ]
    places = np.column_stack([_places(x, leverage), _places(y, studentized)])
    marks = _marks(x, y, places, known, named, [str(numbers[i]) for i in named.tolist()], words, lines)
    drawn = chart.Chart(
        x,
        y,
        t["influence_description"].format(name=name, largest=significant(float(distance[known].max()), 3)),
        lines=lines,
        reference=(x.start, y.place(0), x.end, y.place(0)),
        marks=marks,
        legend=[("contour", t["cook_contour"].format(levels=", ".join(f"{level:g}" for level in levels)))],
    )
    if known.sum() > MOST_DOTS:
        return replace(drawn, cells=hexagons(x, y, leverage[known], studentized[known]).cells)
    return replace(drawn, dots=[(across, up) for across, up in places[known].round(2).tolist()])


def _places(axis: chart.Axis, values: NDArray) -> NDArray:
    return axis.start + (values - axis.low) / (axis.high - axis.low) * (axis.end - axis.start)


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


def _marks(
    x: chart.Axis,
    y: chart.Axis,
    places: NDArray,
    known: NDArray,
    named: NDArray,
    texts: list[str],
    words: list[str],
    lines: list[chart.Line],
) -> list[chart.Mark]:
    """Point out some rows, with their names where nothing else is drawn."""
    others = known.copy()
    others[named] = False
    curves = [
        np.array([point.split(",") for point in line.points.split()], dtype=np.float64) for line in lines
    ]
    curves.append(np.array([[x.start, y.place(0)], [x.end, y.place(0)]]))
    found = callouts(
        places[named],
        np.array([[_LETTER * len(text) + 2, _HEIGHT] for text in texts]).reshape(-1, 2),
        places[others],
        curves,
        (x.start + 3, y.end - _HEIGHT / 2, x.end, y.start - 2),
        radius=_RADIUS,
        dot_radius=_CELL if known.sum() > MOST_DOTS else _DOT,
    )
    marks = []
    for (across, up), text, said, place in zip(places[named].tolist(), texts, words, found, strict=True):
        half = _LETTER * len(text) / 2
        anchor, shift = {"right": ("start", -half), "left": ("end", half)}.get(place.side, ("middle", 0.0))
        leader = ""
        if place.leader is not None:
            (x1, y1), (x2, y2) = place.leader
            leader = f"M{x1:.2f} {y1:.2f}L{x2:.2f} {y2:.2f}"
        at = round(place.x + shift, 2), round(place.y, 2)
        marks.append(chart.Mark(round(across, 2), round(up, 2), text, said, at, anchor, leader))
    return marks

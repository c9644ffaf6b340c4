"""The four charts of one output: predicted against observed, residuals against fitted, their histogram, Q–Q."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from onelayer.losses import Quantile
from onelayer.losses.noise import ScaleFamily
from onelayer.plots.qq import QuantilePairs, quantile_pairs
from onelayer.plots.residuals import residual_histogram
from onelayer.plots.residuals_vs_fitted import MOST_DOTS, running_quartiles, shown_rows
from onelayer.report import chart
from onelayer.report.hexagons import hexagons
from onelayer.report.numbers import decimals, percent, significant
from onelayer.report.record import Texts

_MOST_ROWS = 200_000  # counted in hexagons, all outputs together
_CURVE = 101
_MARGIN = 0.03


@dataclass(frozen=True)
class OutputCharts:
    """One output of a regression.

    Attributes
    ----------
    name : str
    heading : str
        Its name with R², or with the share of the rows below a quantile.
    predicted, residuals, histogram : Chart
    qq : Chart or None
        None where every residual is zero.
    noise : str
        What the noise is called that the loss stands for.
    scale : float or None
        Its likeliest scale.
    most : int or None
        Rows in the fullest hexagon; None where every row is a dot.
    remark : str
        Of a quantile, how many rows lie below it; else empty.
    """

    name: str
    heading: str
    predicted: chart.Chart
    residuals: chart.Chart
    histogram: chart.Chart
    qq: chart.Chart | None
    noise: str
    scale: float | None
    most: int | None
    remark: str


def n_shown(n_rows: int, n_outputs: int) -> int:
    """Return how many rows the charts show: all, unless there are too many for a page to be made soon."""
    return min(n_rows, _MOST_ROWS // n_outputs)


def output_charts(
    name: str,
    true: NDArray,
    predicted: NDArray,
    r2: float | None,
    noise: ScaleFamily,
    most_rows: int,
    t: Texts,
) -> OutputCharts:
    """Draw one output.

    Parameters
    ----------
    name : str
    true, predicted : (n_rows,) float64
    r2 : float or None
    noise : ScaleFamily
        That of the loss.
    most_rows : int
        How many rows to draw; the histogram and the Q–Q plot are of all.
    t : dict
        The texts of the page.
    """
    left = true - predicted
    rows = shown_rows(left, most_rows)
    pairs = quantile_pairs(left, noise) if left.any() else None
    q = _share_asked(noise)
    below = percent(float((left < 0).mean()))
    if q is None:
        heading = f"{name} · {t['r2']} {decimals(r2, 3)}"
        words = t["scatter_description"].format(name=name, r2=decimals(r2, 3))
    else:
        heading = f"{name} · {t['share_below_short'].format(share=below)}"
        words = t["quantile_scatter_description"].format(name=name, share=below)
    scatter, most = _predicted(words, true[rows], predicted[rows], t)
    return OutputCharts(
        name=name,
        heading=heading,
        predicted=scatter,
        residuals=_residuals(name, predicted[rows], left[rows], q, t),
        histogram=_histogram(name, left, pairs, t),
        qq=None if pairs is None else _qq(name, pairs, t),
        noise=t[f"noise_{type(noise).__name__}"],
        scale=None if pairs is None else pairs.scale,
        most=most,
        remark="" if q is None else t["share_below"].format(share=below, expected=percent(q)),
    )


def _share_asked(noise: ScaleFamily) -> float | None:
    """Return q of a quantile; None for other losses."""
    return noise.loss.q if isinstance(noise.loss, Quantile) else None


def _predicted(words: str, true: NDArray, predicted: NDArray, t: Texts) -> tuple[chart.Chart, int | None]:
    low, high = _widened(float(min(true.min(), predicted.min())), float(max(true.max(), predicted.max())))
    x = chart.horizontal(low, high, t["true_value"])
    y = chart.vertical(low, high, t["predicted_value"], snug=True)
    drawn = chart.Chart(
        x,
        y,
        words,
        reference=(x.place(low), y.place(low), x.place(high), y.place(high)),
    )
    return _with_points(drawn, true, predicted)


def _residuals(name: str, fitted: NDArray, left: NDArray, q: float | None, t: Texts) -> chart.Chart:
    """Draw the residuals with their quartiles, and with what is to stay at zero: the median, or the quantile q."""
    x = chart.horizontal(*_widened(float(fitted.min()), float(fitted.max())), t["fitted_value"])
    low, high = _widened(min(float(left.min()), 0.0), max(float(left.max()), 0.0))
    y = chart.vertical(low, high, t["residual"], snug=True)
    quartiles = running_quartiles(fitted, left, 0.5 if q is None else q)
    lines, legend = [], []
    if len(quartiles.x):
        along = quartiles.x.tolist()
        looks = (("trend", quartiles.level), ("quartile", quartiles.lower), ("quartile", quartiles.upper))
        lines = [chart.line(look, x, y, along, values.tolist(), marked=False) for look, values in looks]
        words = t["running_median"] if q in (None, 0.5) else t["running_quantile"].format(q=f"{q:g}")
        legend = [("trend", words), ("quartile", t["running_quartiles"])]
    drawn = chart.Chart(
        x,
        y,
        t["fitted_description"].format(
            name=name, low=significant(left.min(), 3), high=significant(left.max(), 3)
        ),
        lines=lines,
        reference=(x.start, y.place(0), x.end, y.place(0)),
        legend=legend,
    )
    return _with_points(drawn, fitted, left)[0]


def _widened(low: float, high: float) -> tuple[float, float]:
    """Return the ends of an axis on which nothing lies at the edge."""
    margin = _MARGIN * (high - low)
    return low - margin, high + margin


def _with_points(drawn: chart.Chart, xs: NDArray, ys: NDArray) -> tuple[chart.Chart, int | None]:
    """Add the rows as dots, or as hexagons where they are many; return the count of the fullest hexagon, too."""
    if len(xs) > MOST_DOTS:
        found = hexagons(drawn.x, drawn.y, xs, ys)
        return replace(drawn, cells=found.cells), found.most
    places = zip(xs.tolist(), ys.tolist(), strict=True)
    return replace(drawn, dots=[(drawn.x.place(a), drawn.y.place(b)) for a, b in places]), None


def _histogram(name: str, left: NDArray, pairs: QuantilePairs | None, t: Texts) -> chart.Chart:
    """Count the residuals, and draw the density of the loss's noise over them, in rows a bin."""
    counted, edges = residual_histogram(left)
    counts, ends = counted.tolist(), edges.tolist()

    def words(i: int) -> str:
        low, high = significant(ends[i], 3), significant(ends[i + 1], 3)
        return t["residual_bin"].format(low=low, high=high, count=f"{counts[i]:,}")

    x = chart.horizontal(ends[0], ends[-1], t["residual"])
    along = np.linspace(ends[0], ends[-1], _CURVE)
    expected = np.zeros(0)
    if pairs is not None:
        expected = np.exp(pairs.noise.log_density(along, pairs.scale)) * (len(left) * (ends[1] - ends[0]))
    top = max(counts)
    y = chart.vertical(0, min(max(top, expected.max(initial=0)), 1.5 * top), t["rows"], whole=True)
    curve = []
    if pairs is not None:
        heights = np.minimum(expected, y.high).tolist()
        curve.append(chart.line("trend", x, y, along.tolist(), heights, marked=False))
    return chart.Chart(
        x,
        y,
        t["residuals_description"].format(
            name=name, low=significant(left.min(), 3), high=significant(left.max(), 3)
        ),
        bars=chart.bars(x, y, ends, [count or math.nan for count in counts], words),
        lines=curve,
        reference=(x.place(0), y.place(y.low), x.place(0), y.place(y.high)),
        legend=[("trend", t[f"noise_{type(pairs.noise).__name__}"])] if pairs is not None else [],
    )


def _qq(name: str, pairs: QuantilePairs, t: Texts) -> chart.Chart:
    expected, observed = pairs.expected.tolist(), pairs.observed.tolist()
    noise = t[f"noise_{type(pairs.noise).__name__}"]
    x = chart.horizontal(expected[0], expected[-1], t["quantile_of"].format(noise=noise))
    y = chart.vertical(
        min(expected[0], observed[0]), max(expected[-1], observed[-1]), t["residual"], snug=True
    )
    ends = max(x.low, y.low), min(x.high, y.high)
    return chart.Chart(
        x,
        y,
        t["qq_description"].format(name=name, noise=noise, share=percent(pairs.share_inside)),
        dots=[(x.place(a), y.place(b)) for a, b in zip(expected, observed, strict=True)],
        bands=[chart.band(x, y, expected, pairs.low.tolist(), pairs.high.tolist())],
        reference=(x.place(ends[0]), y.place(ends[0]), x.place(ends[1]), y.place(ends[1])),
        legend=[("band", t["qq_band"])],
    )

"""Estimates with their intervals on one scale, row under row: places in percent of the width, and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onelayer.report.chart import tick_texts, tick_values

_MOST_TICKS = 5
_MARGIN = 0.03
_LEAST_SPREAD = 1e-290  # what is less counts as none: float64 has few digits left there


@dataclass(frozen=True)
class Whisker:
    """One row: what it is called, where the estimate lies, where its interval starts and ends, and its figures.

    Attributes
    ----------
    name : str
    at : float
    low, high : float or None
        None without an interval; an end beyond the scale lies at its edge.
    look : str
        A class of the style.
    figures : list of str
    """

    name: str
    at: float
    low: float | None
    high: float | None
    look: str
    figures: list[str]


@dataclass(frozen=True)
class Forest:
    """Rows on one scale.

    Attributes
    ----------
    rows : list of Whisker
    ticks : list of (float, str)
    zero : float
        Where zero lies.
    header : list of str
        Of the columns with figures.
    label : str
        Of the scale.
    """

    rows: list[Whisker]
    ticks: list[tuple[float, str]]
    zero: float
    header: list[str]
    label: str


def forest(
    names: Sequence[str],
    estimates: NDArray,
    low: NDArray,
    high: NDArray,
    *,
    looks: Sequence[str],
    figures: Sequence[list[str]],
    header: list[str],
    label: str,
) -> Forest:
    """Return estimates and intervals on a scale that holds zero and every estimate.

    An interval that reaches farther beyond all estimates than these spread is cut off, so that one coefficient that
    the data hardly determine does not hide all others.
    """
    least, most = min(0.0, float(estimates.min())), max(0.0, float(estimates.max()))
    farthest = float(np.nan_to_num(np.abs([low, high])).max())
    spread = next(size for size in (most - least, farthest, 1.0) if size > _LEAST_SPREAD)
    start = max(_least(low, least), least - spread)
    end = min(_most(high, most), most + spread)
    margin = _MARGIN * (end - start) if end - start > _LEAST_SPREAD else spread
    start, end = start - margin, end + margin

    def place(value: float) -> float:
        return round(100 * min(max((value - start) / (end - start), 0.0), 1.0), 2)

    rows = []
    for name, value, ends, look, words in zip(
        names, estimates.tolist(), np.column_stack([low, high]).tolist(), looks, figures, strict=True
    ):
        known = bool(np.isfinite(ends).all())
        rows.append(
            Whisker(
                name,
                place(value),
                place(ends[0]) if known else None,
                place(ends[1]) if known else None,
                look,
                words,
            )
        )
    values = tick_values(start, end, most=_MOST_TICKS)
    ticks = [(place(value), text) for value, text in zip(values, tick_texts(values), strict=True)]
    return Forest(rows, ticks, place(0.0), header, label)


def _least(ends: NDArray, otherwise: float) -> float:
    """Return the least of the ends that are numbers, or what is below them all."""
    return min([otherwise, *ends[np.isfinite(ends)].tolist()])


def _most(ends: NDArray, otherwise: float) -> float:
    return max([otherwise, *ends[np.isfinite(ends)].tolist()])

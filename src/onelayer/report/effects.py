"""What each level of each category does, as rows with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from onelayer.plots.effects import Effects, category_effects, level_counts
from onelayer.report.coefficient_table import shortened
from onelayer.report.forest import Forest, forest
from onelayer.report.numbers import interval_text, significant
from onelayer.report.record import Texts

if TYPE_CHECKING:
    from onelayer.data.preparation.preparation import Group

_MOST_CATEGORIES, _MOST_LEVELS = 12, 40


@dataclass(frozen=True)
class CategoryEffects:
    """One category: its levels on one scale, and how many of them are shown."""

    column: str
    forest: Forest
    n_shown: int
    n_levels: int


@dataclass(frozen=True)
class AllEffects:
    """The categories that are shown, those with the largest differences first, and how many there are."""

    categories: list[CategoryEffects]
    n_categories: int


def all_effects(
    groups: Sequence[Group],
    names: Sequence[str],
    X: NDArray,
    coef: NDArray,
    low: NDArray,
    high: NDArray,
    unit: str,
    others: Sequence[tuple[str, NDArray]],
    t: Texts,
) -> AllEffects | None:
    """Return the effects of the levels of each category; None without categories.

    Parameters
    ----------
    groups : sequence of Group
        Of ``Preparation.groups``; those without a reference level are no categories.
    names : (n_features,) str
    X : (n_rows, n_features)
        The rows that the model was fitted to, for how many have each level.
    coef, low, high : (n_features,) float64
        Coefficients of one output, and the ends of their intervals, NaN where there are none.
    unit : str
        What the target is called.
    others : sequence of (str, (n_features,) float64)
        Of several quantiles, what each is called and its coefficients, which stand beside the chart as figures; else
        empty.
    t : dict
        The texts of the page.
    """
    found = []
    for group in groups:
        if group.reference is not None:
            counts = level_counts(group, X)
            each = [
                category_effects(group, names, counts, len(X), *ends)
                for ends in [(coef, low, high), *((values,) * 3 for _, values in others)]
            ]
            found.append((each[0], each[1:]))
    if not found:
        return None
    found.sort(key=lambda pair: -float(np.ptp(pair[0].effect)))
    called = [name for name, _ in others]
    shown = [_drawn(effects, unit, called, beside, t) for effects, beside in found[:_MOST_CATEGORIES]]
    return AllEffects(shown, len(found))


def _drawn(
    effects: Effects, unit: str, called: list[str], beside: list[Effects], t: Texts
) -> CategoryEffects:
    shown = effects.shortened(_MOST_LEVELS)
    tables = [dict(zip(each.levels, each.effect.tolist(), strict=True)) for each in beside]
    figures = []
    for k, (value, low, high, count) in enumerate(
        zip(*(values.tolist() for values in (shown.effect, shown.low, shown.high, shown.counts)), strict=True)
    ):
        if tables:
            values = [
                t["reference_level"] if k == shown.reference else significant(table[shown.levels[k]], 3)
                for table in tables
            ]
            figures.append([*values, f"{count:,}"])
        elif k == shown.reference:
            figures.append([t["reference_level"], "", f"{count:,}"])
        else:
            figures.append([significant(value, 3), interval_text(low, high), f"{count:,}"])
    drawn = forest(
        [shortened(level) for level in shown.levels],
        shown.effect,
        shown.low,
        shown.high,
        looks=["reference" if k == shown.reference else "" for k in range(len(shown.levels))],
        figures=figures,
        header=[*called, t["rows"]] if tables else [t["effect"], t["interval"], t["rows"]],
        label=t["effect_on"].format(name=unit),
    )
    return CategoryEffects(shortened(effects.column), drawn, len(shown.levels), len(effects.levels))

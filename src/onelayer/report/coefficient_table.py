"""The largest coefficients as a table whose cells are coloured by what the features do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from onelayer.data.dataset import Dataset
from onelayer.plots.coefficients import column_names, largest_coefficients
from onelayer.report.numbers import significant

_MOST_FEATURES, _MOST_OUTPUTS = 20, 12


@dataclass(frozen=True)
class Cell:
    """A coefficient as text, the share of the full colour that its effect has, and the sign of it."""

    text: str
    strength: float
    look: str


@dataclass(frozen=True)
class CoefficientTable:
    """Features in rows, outputs in columns, and the intercepts in the last row.

    Attributes
    ----------
    outputs : list of str
    rows : list of (str, list of Cell)
    intercepts : list of str
    n_shown, n_features, n_outputs : int
        Features shown, and how many features and outputs there are.
    """

    outputs: list[str]
    rows: list[tuple[str, list[Cell]]]
    intercepts: list[str]
    n_shown: int
    n_features: int
    n_outputs: int


def coefficient_table(model: Any, data: Dataset, outputs: Sequence[str]) -> CoefficientTable:
    """Return the features with the largest effects; ``data`` tells each feature's spread, and its name if it can."""
    coef = np.atleast_2d(model.coef_)[:_MOST_OUTPUTS]
    largest = largest_coefficients(coef, data.X, n_features=_MOST_FEATURES)
    limit = float(np.abs(largest.effects).max()) or 1.0
    names = data.feature_names or column_names(model)
    rows = []
    for feature, values, effects in zip(largest.features, largest.coef, largest.effects, strict=True):
        pairs = zip(values.tolist(), (effects / limit).tolist(), strict=True)
        rows.append((shortened(names[feature]), [_cell(value, effect) for value, effect in pairs]))
    intercepts = np.atleast_1d(model.intercept_)[:_MOST_OUTPUTS]
    return CoefficientTable(
        outputs=list(outputs[:_MOST_OUTPUTS]),
        rows=rows,
        intercepts=[significant(float(value), 3) for value in intercepts],
        n_shown=len(rows),
        n_features=len(names),
        n_outputs=len(outputs),
    )


def shortened(name: Any) -> str:
    """Return a name of at most 60 characters.

    Examples
    --------
    >>> shortened("x" * 100)[-3:], len(shortened("x" * 100)), shortened(7)
    ('xx…', 60, '7')
    """
    text = str(name)
    return text if len(text) <= 60 else text[:59] + "…"


def _cell(value: float, effect: float) -> Cell:
    return Cell(significant(value, 2), round(abs(effect), 3), "right" if effect > 0 else "wrong")

"""How the score grows with the rows that a model is fitted to, for models that are fitted at once."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from onelayer.data.dataset import Dataset
from onelayer.matrices import spread
from onelayer.report import chart
from onelayer.report.numbers import significant
from onelayer.report.record import Texts

_N_SIZES, _FEWEST_SIZES = 7, 3
_FEWEST_ROWS, _ROWS_PER_COLUMN = 20, 5
_MOST_ROWS, _MOST_PRODUCTS = (
    50_000,
    3e8,
)  # of the largest part: rows, and rows times the square of the columns
_MOST_JUDGED = 10_000
_HELD_OUT = 0.2


@dataclass(frozen=True)
class LearningCurve:
    """R² of models fitted to more and more rows.

    Attributes
    ----------
    sizes : list of int
        Rows fitted to, ascending.
    train, validation : list of float
        R² on these rows, and on rows that no model has seen.
    """

    sizes: list[int]
    train: list[float]
    validation: list[float]


def learning_curve(
    model: Any, train: Dataset, test: Dataset | None, scores: tuple[float | None, float | None]
) -> LearningCurve | None:
    """Fit a model of the same parameters to growing random parts of the rows; None with too few rows to grow.

    The parts start at five rows for a column, and end where they take long; then comes the model itself. Without a
    test set a fifth of the rows is set aside for the curve, and no part has these.

    Parameters
    ----------
    model : LinearRegression, fitted in closed form
    train : Dataset
    test : Dataset or None
    scores : (float or None, float or None)
        R² of the model itself on ``train`` and on ``test``.
    """
    n_rows, n_features = train.X.shape
    order = np.random.RandomState(0).permutation(n_rows)
    if test is None:
        judged, order = np.split(order, [int(_HELD_OUT * n_rows)])
        held_out = train.X[judged[:_MOST_JUDGED]], _targets(train)[judged[:_MOST_JUDGED]]
    else:
        some = spread(len(test.X), _MOST_JUDGED)
        held_out = test.X[some], _targets(test)[some]
    fewest = max(_FEWEST_ROWS, _ROWS_PER_COLUMN * (n_features + 1))
    most = min(len(order), max(min(_MOST_ROWS, int(_MOST_PRODUCTS / (n_features + 1) ** 2)), 2 * fewest))
    if most < 1.5 * fewest or len(held_out[0]) < 2:
        return None
    part_of = clone(model).set_params(alpha=model.alpha_, solver="closed_form")
    sizes = np.unique(np.geomspace(fewest, most, _N_SIZES).astype(np.int64)).tolist()
    pairs = [_scores(part_of, train, order[:size], held_out) for size in sizes]
    on_all, on_test = scores
    if test is not None and most < n_rows and on_all is not None and on_test is not None:
        sizes.append(n_rows)
        pairs.append((on_all, on_test))
    if len(sizes) < _FEWEST_SIZES:
        return None
    on_train, on_others = zip(*pairs, strict=True)
    return LearningCurve(sizes, list(on_train), list(on_others))


def learning_curve_chart(curve: LearningCurve, t: Texts) -> chart.Chart:
    """Draw R² against the logarithm of the number of rows."""
    places = np.log10(curve.sizes).tolist()
    margin = (places[-1] - places[0]) / 30
    x = chart.horizontal(places[0] - margin, places[-1] + margin, t["rows_fitted"])
    x = replace(x, ticks=[(x.place(math.log10(n)), f"{n:,}") for n in _round_sizes(curve.sizes)])
    values = curve.train + curve.validation
    y = chart.vertical(min(values), max(values), t["r2"])
    return chart.Chart(
        x,
        y,
        t["learning_curve_description"].format(
            low=f"{curve.sizes[0]:,}",
            high=f"{curve.sizes[-1]:,}",
            first=significant(curve.validation[0], 3),
            last=significant(curve.validation[-1], 3),
        ),
        lines=[
            chart.line("first", x, y, places, curve.train),
            chart.line("second", x, y, places, curve.validation),
        ],
        legend=[("first", t["on_these_rows"]), ("second", t["on_other_rows"])],
    )


def _round_sizes(sizes: list[int]) -> list[int]:
    """Return powers of ten between the sizes, with 2 and 5 times these where they are few, or else both ends.

    Examples
    --------
    >>> _round_sizes([30, 900]), _round_sizes([30, 400_000]), _round_sizes([21, 35, 48])
    ([50, 100, 200, 500], [100, 1000, 10000, 100000], [21, 48])
    """
    low, high = sizes[0], sizes[-1]
    powers = [10**k for k in range(1, len(str(high)) + 1)]
    steps = (1,) if high >= 300 * low else (1, 3) if high > 100 * low else (1, 2, 5)
    found = [size for size in (step * power for power in powers for step in steps) if low <= size <= high]
    return found if len(found) > 1 else [low, high]


def _scores(
    model: Any, train: Dataset, rows: NDArray, held_out: tuple[NDArray, NDArray]
) -> tuple[float, float]:
    """Fit to some rows, and return R² there and on the rows held out."""
    X, y = train.X[rows], _targets(train)[rows]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that few rows do not determine all columns is what the curve shows
        fitted = model.fit(X, y)
        return float(fitted.score(X, y)), float(fitted.score(*held_out))


def _targets(data: Dataset) -> NDArray:
    assert data.y is not None
    return data.y

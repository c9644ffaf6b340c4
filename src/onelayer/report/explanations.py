"""Why some rows were taken for their class and not for the next one, as the page shows it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from onelayer.data.dataset import Dataset
from onelayer.evaluation import ClassPredictions
from onelayer.plots.coefficients import column_names
from onelayer.plots.explanation import contribution_image
from onelayer.plots.gallery import gallery_rows, grey_levels
from onelayer.report import images
from onelayer.report.coefficient_table import shortened
from onelayer.report.numbers import significant
from onelayer.report.record import Texts

_OF_IMAGES, _OF_COLUMNS = (6, 10), (4, 4)  # how many mistakes, and how many right predictions
_N_BARS = 8


@dataclass(frozen=True)
class Bar:
    """What one feature adds: its name and value, the amount, and the place and the width of its bar in percent."""

    name: str
    amount: str
    look: str
    left: float
    width: float


@dataclass(frozen=True)
class Explained:
    """One row: which class over which, and why.

    Attributes
    ----------
    row : str
        Its number.
    heading : str
    truth : str
        The true class, where another was predicted.
    margin : str
    words : str
        What the pictures show, for those who cannot see them.
    image, picture : str
        PNG of the row and of the contributions of its pixels; empty without images.
    bars : list of Bar
        In place of pictures.
    zero : float
        Where the bars begin, in percent.
    """

    row: str
    heading: str
    truth: str
    margin: str
    words: str
    image: str = ""
    picture: str = ""
    bars: tuple[Bar, ...] = ()
    zero: float = 50.0


def explained_rows(
    model: Any, train: Dataset, data: Dataset, predictions: ClassPredictions, names: list[str], t: Texts
) -> list[tuple[str, list[Explained]]]:
    """Return headings with explained rows: mistakes that the model is surest of, and a right prediction of each class.

    Pixels are compared with black ones, columns of a table with their means in ``train``.
    """
    if len(names) < 2:
        return []
    drawable = images.is_drawable(data.image_shape)
    n_wrong, n_right = _OF_IMAGES if drawable else _OF_COLUMNS
    chosen = {
        "explained_wrong": gallery_rows(predictions, "wrong", n_wrong),
        "explained_right": typical_rows(predictions, n_right),
    }
    reference = None if drawable else train.X.mean(axis=0, dtype=np.float64)
    draw = _pictures if drawable else _bars
    return [
        (t[heading], draw(model, data, rows, reference, predictions, names, t) if len(rows) else [])
        for heading, rows in chosen.items()
    ]


def typical_rows(predictions: ClassPredictions, n_rows: int) -> np.ndarray:
    """Return for each class the right prediction of median confidence; of many classes, for evenly spread ones.

    Returns
    -------
    (n,) int64
        At most ``n_rows``, in the order of the classes; a class without a right prediction has none.
    """
    rising = np.argsort(predictions.log_confidence, kind="stable")
    right = rising[predictions.correct[rising]]
    found = np.unique(predictions.true[right])
    shown = found[np.unique(np.arange(n_rows) * len(found) // n_rows)] if len(found) > n_rows else found
    of_class = (right[predictions.true[right] == k] for k in shown)
    return np.array([rows[(len(rows) - 1) // 2] for rows in of_class], dtype=np.int64)


def _pictures(
    model: Any,
    data: Dataset,
    rows: np.ndarray,
    reference: np.ndarray | None,
    predictions: ClassPredictions,
    names: list[str],
    t: Texts,
) -> list[Explained]:
    shape, shown = data.image_shape or (), np.asarray(data.X[rows])
    found = model.explain(shown, reference=reference)
    drawn = [contribution_image(each, shape) for each in found.toward()]
    limit = float(np.percentile(np.abs(drawn), 99.5))
    return [
        replace(
            _told(found, i, int(row), predictions, names, t),
            image=images.example_png(pixels),
            picture=images.weights_png(picture, limit),
        )
        for i, (row, pixels, picture) in enumerate(zip(rows, grey_levels(shown, shape), drawn, strict=True))
    ]


def _bars(
    model: Any,
    data: Dataset,
    rows: np.ndarray,
    reference: np.ndarray | None,
    predictions: ClassPredictions,
    names: list[str],
    t: Texts,
) -> list[Explained]:
    found = model.explain(np.asarray(data.X[rows]), reference=reference)
    features = data.feature_names or column_names(model)
    cards = []
    for i, row in enumerate(rows.tolist()):
        each = found.row(i)
        order = np.argsort(-np.abs(each.contributions), kind="stable")
        lines = [
            (
                f"{shortened(features[j])} = {significant(float(each.values[j]), 3)}",
                float(each.contributions[j]),
            )
            for j in order[:_N_BARS]
        ]
        if len(order) > _N_BARS:
            others = t["explained_others"].format(n=f"{len(order) - _N_BARS:,}")
            lines.append((others, float(each.contributions[order[_N_BARS:]].sum())))
        lines.append((t["explained_mean"], each.baseline))
        zero, bars = _placed(lines)
        cards.append(replace(_told(found, i, row, predictions, names, t), bars=bars, zero=zero))
    return cards


def _placed(lines: list[tuple[str, float]]) -> tuple[float, tuple[Bar, ...]]:
    """Return where zero lies, and bars that begin there, on a scale that holds them all."""
    low = min(0.0, *(amount for _, amount in lines))
    high = max(0.0, *(amount for _, amount in lines))
    span = (high - low) or 1.0
    bars = [
        Bar(
            name,
            f"{amount:+.2f}".replace("-", "−"),
            "right" if amount > 0 else "wrong",
            round(100 * (min(amount, 0.0) - low) / span, 2),
            round(100 * abs(amount) / span, 2),
        )
        for name, amount in lines
    ]
    return round(100 * -low / span, 2), tuple(bars)


def _told(
    found: Any, i: int, row: int, predictions: ClassPredictions, names: list[str], t: Texts
) -> Explained:
    """Return a row with what is said of it in words."""
    first, second = (int(places[i]) for places in found.ranks)
    true, margin = int(predictions.true[row]), significant(float(found.margin[i]), 3)
    told = {"label": names[first], "over": names[second], "margin": margin, "row": f"{row:,}"}
    return Explained(
        row=f"{row:,}",
        heading=t["explained_over"].format(**told),
        truth="" if true == first else t["explained_truth"].format(true=names[true]),
        margin=t["explained_margin"].format(**told),
        words=t["explained_alt"].format(**told),
    )

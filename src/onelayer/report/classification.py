"""What the report of a classifier shows, section by section, as a template draws it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from onelayer.class_names import class_names
from onelayer.data.dataset import Dataset
from onelayer.evaluation import ClassPredictions, Evaluation, evaluate, predict_classes
from onelayer.languages import texts
from onelayer.plots import gallery
from onelayer.plots.weights import weight_images
from onelayer.report import images
from onelayer.report.calibration import Calibration, calibration_of
from onelayer.report.coefficient_table import CoefficientTable, coefficient_table, shortened
from onelayer.report.curves import Curves, curve_words_of, curves_of
from onelayer.report.explanations import Explained, explained_rows
from onelayer.report.numbers import percent, significant
from onelayer.report.record import Texts

TEMPLATE = "classification.html.jinja"

_MOST_CELLS = 30
_MOST_CLASSES = 100
_MOST_WEIGHTS = 50
_MOST_MISTAKES = 10
_N_IMAGES = 8


@dataclass(frozen=True)
class Cell:
    """One count of the confusion matrix: its strength of colour from 0 to 1, its look, and words for it."""

    count: int
    strength: float
    look: str
    words: str


@dataclass(frozen=True)
class Mistake:
    """How often one class was taken for another."""

    true: str
    predicted: str
    count: int
    share: float


@dataclass(frozen=True)
class Card:
    """One image of the gallery with the most probable classes: (name, probability, share, mark)."""

    png: str
    row: int
    words: str
    odds: list[tuple[str, str, float, str]]


@dataclass(frozen=True)
class Classification:
    """Everything that the page of a classifier shows.

    Attributes
    ----------
    title, lede : str
    results : list of (str, Evaluation)
        Name of the set, test first.
    chance : (float, float)
        Cross-entropy of guessing evenly, in nats and in bits.
    part : str
        What the set is called that everything is measured on.
    names : list of str
        Of the classes.
    n_scores : int
        Rows of ``coef_``: the number of classes, or 1 for two classes.
    curves : Curves or None
    confusion : list of list of Cell, or None with too many classes
    mistakes : list of Mistake
    weights : list of (str, str)
        Class and PNG; empty without images.
    coefficients : CoefficientTable or None
        In place of weight images.
    galleries : list of (str, list of Card)
    explanations : list of (str, list of Explained)
    calibration : Calibration
    classes : list of (str, precision, recall, f1, calibration error, rows)
    """

    title: str
    lede: str
    results: list[tuple[str, Evaluation]]
    chance: tuple[float, float]
    part: str
    names: list[str]
    n_scores: int
    curves: Curves | None
    curve_words: Texts
    confusion: list[list[Cell]] | None
    mistakes: list[Mistake]
    weights: list[tuple[str, str]]
    coefficients: CoefficientTable | None
    galleries: list[tuple[str, list[Card]]]
    explanations: list[tuple[str, list[Explained]]]
    calibration: Calibration
    classes: list[tuple[str, float, float, float, float, int]]


def content(model: Any, train: Dataset, test: Dataset | None, part: str, lang: str) -> Classification:
    """Measure a classifier on its data and prepare what the page shows."""
    t = texts("onelayer.report.texts", lang)
    shown = train if test is None else test
    names = [shortened(name) for name in class_names(model, shown, lang)]
    predictions = predict_classes(model, shown.X, shown.y)
    result = predictions.evaluation()
    judged = "train" if test is None else part
    results = [(t[f"on_{judged}"], result)]
    if test is not None:
        results.append((t["on_train"], evaluate(model, train.X, train.y)))
    scores = names[-len(model.coef_) :]
    drawable = images.is_drawable(shown.image_shape)
    calibration = calibration_of(model, shown, predictions, names, t)
    curve_words = curve_words_of(model.history_, t)
    return Classification(
        title=t["title_softmax"].format(name=train.name),
        lede=t["lede_softmax"].format(
            n_train=f"{model.training_['n_rows']:,}",
            seconds=t["seconds"].format(value=significant(model.training_["seconds"], 3)),
            accuracy=percent(result.accuracy or 0.0),
            n_rows=f"{result.n_rows:,}",
            part=t[f"part_{judged}"],
        ),
        results=results,
        chance=(math.log(len(names)), math.log2(len(names))),
        part=t[f"part_{judged}"],
        names=names,
        n_scores=len(scores),
        curves=curves_of(model.history_, loss=t["loss_nats"], score=t["validation_accuracy"], t=curve_words),
        curve_words=curve_words,
        confusion=_confusion(predictions, names, t) if len(names) <= _MOST_CELLS else None,
        mistakes=_mistakes(predictions, names),
        weights=_weights(model, shown, scores) if drawable else [],
        coefficients=None if drawable else coefficient_table(model, train, scores),
        galleries=_galleries(model, shown, predictions, names, t) if drawable else [],
        explanations=explained_rows(model, train, shown, predictions, names, t),
        calibration=calibration,
        classes=_classes(predictions, names, calibration.class_errors),
    )


def _confusion(predictions: ClassPredictions, names: list[str], t: Texts) -> list[list[Cell]]:
    matrix = predictions.confusion()
    strengths = np.sqrt(matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1))
    rows = []
    for true, (counts, shares) in enumerate(zip(matrix.tolist(), strengths.tolist(), strict=True)):
        row = []
        for predicted, (count, strength) in enumerate(zip(counts, shares, strict=True)):
            words = t["confusion_cell"].format(
                count=f"{count:,}", support=f"{sum(counts):,}", true=names[true], predicted=names[predicted]
            )
            row.append(Cell(count, round(strength, 3), "right" if true == predicted else "wrong", words))
        rows.append(row)
    return rows


def _mistakes(predictions: ClassPredictions, names: list[str]) -> list[Mistake]:
    support = np.bincount(predictions.true, minlength=len(names))
    return [
        Mistake(names[true], names[predicted], count, count / int(support[true]))
        for true, predicted, count in predictions.mistakes()[:_MOST_MISTAKES]
    ]


def _weights(model: Any, data: Dataset, names: list[str]) -> list[tuple[str, str]]:
    drawn, limit = weight_images(model.coef_[:_MOST_WEIGHTS], data.image_shape or ())
    return [(name, images.weights_png(image, limit)) for name, image in zip(names, drawn, strict=False)]


def _galleries(
    model: Any, data: Dataset, predictions: ClassPredictions, names: list[str], t: Texts
) -> list[tuple[str, list[Card]]]:
    shape = data.image_shape or ()
    return [
        (
            t[f"gallery_{kind}"],
            [
                _card(example, names, t)
                for example in gallery.examples(
                    model, data.X, predictions, shape, kind=kind, n_images=_N_IMAGES
                )
            ],
        )
        for kind in gallery.KINDS
    ]


def _card(example: gallery.Example, names: list[str], t: Texts) -> Card:
    odds = []
    for k, probability in example.probabilities:
        mark = "✓" if k == example.true else "✗" if k == example.predicted else ""
        odds.append((names[k], percent(probability), round(probability, 3), mark))
    words = t["gallery_right_alt" if example.true == example.predicted else "gallery_wrong_alt"].format(
        row=f"{example.row:,}",
        true=names[example.true],
        predicted=names[example.predicted],
        probability=percent(dict(example.probabilities)[example.predicted]),
    )
    return Card(images.example_png(example.pixels), example.row, words, odds)


def _classes(
    predictions: ClassPredictions, names: list[str], errors: list[float]
) -> list[tuple[str, float, float, float, float, int]]:
    scores = predictions.scores()
    largest = np.argsort(-scores.support, kind="stable")[:_MOST_CLASSES]
    return [
        (
            names[k],
            float(scores.precision[k]),
            float(scores.recall[k]),
            float(scores.f1[k]),
            errors[k],
            int(scores.support[k]),
        )
        for k in sorted(largest.tolist())
    ]

"""Models trained too long on too little, and the ways out: stop sooner, take more images, or add a penalty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onelayer import calibration
from onelayer.course.book import drawing
from onelayer.course.book.page import Drawing
from onelayer.course.book.words import Words
from onelayer.course.experiments.images import LabelledImages
from onelayer.course.pages.calibration.reliability import Judged
from onelayer.estimators.softmax_regression import SoftmaxRegression
from onelayer.losses import CrossEntropy
from onelayer.report.numbers import percent

_BATCH_SIZE = 16  # small, so that many steps take little time


@dataclass(frozen=True, eq=False)
class Images:
    """Images to train on, images held out to choose with, and images to judge by.

    Attributes
    ----------
    X, y, X_held, y_held, X_test, y_test : arrays
    """

    X: NDArray
    y: NDArray
    X_held: NDArray
    y_held: NDArray
    X_test: NDArray
    y_test: NDArray

    @classmethod
    def of(cls, train: LabelledImages, test: LabelledImages, held_out: int, tested: int) -> Images:
        """Hold out the last training images, and judge by the first test images."""
        X, y = train.X, train.y
        kept = len(y) - held_out
        return cls(X[:kept], y[:kept], X[kept:], y[kept:], test.X[:tested], test.y[:tested])


@dataclass(frozen=True, eq=False)
class Trained:
    """A model, its temperature, and what the test images say of both.

    Attributes
    ----------
    rows, epochs : int
        Training images, and how often each was seen.
    alpha : float
        Weight of the penalty.
    model : SoftmaxRegression
    scores_held, scores : arrays
        Scores of the held-out and of the test images.
    temperature : float
        Fitted on the held-out images.
    held_out_loss : float
        Their cross-entropy, before that.
    before, after : Judged
        The test images at temperature 1 and at the fitted one.
    """

    rows: int
    epochs: int
    alpha: float
    model: SoftmaxRegression
    scores_held: NDArray
    scores: NDArray
    temperature: float
    held_out_loss: float
    before: Judged
    after: Judged

    @classmethod
    def of(cls, images: Images, rows: int, epochs: int, alpha: float, n_bins: int, seed: int) -> Trained:
        """Train on the first rows and judge on the test images."""
        model = SoftmaxRegression(alpha=alpha, epochs=epochs, batch_size=_BATCH_SIZE, random_state=seed)
        model.fit(images.X[:rows], images.y[:rows])
        held, scores = (model.decision_function(X).astype(float) for X in (images.X_held, images.X_test))
        T = calibration.temperature(images.y_held, held)
        return cls(
            rows,
            epochs,
            alpha,
            model,
            held,
            scores,
            T,
            float(CrossEntropy().value(held, images.y_held)),
            Judged.of(scores, images.y_test, n_bins),
            Judged.of(scores / T, images.y_test, n_bins),
        )


def draw(
    judged: Sequence[Judged], places: Sequence[str], name: str, t: Words, height: float = drawing.HEIGHT
) -> Drawing:
    """Draw mean confidence and accuracy of several judgements, each at its place."""
    figure, axes = drawing.figure(height=height)
    at = np.arange(len(judged))
    confidence = [each.mean_confidence for each in judged]
    accuracy = [each.accuracy for each in judged]
    axes.fill_between(at, accuracy, confidence, color=drawing.SOFT, alpha=0.2, linewidth=0)
    axes.plot(
        at,
        confidence,
        color=drawing.VERMILION,
        marker="s",
        linestyle=drawing.STYLES[1],
        label=t("mean confidence", "平均置信度"),
    )
    axes.plot(at, accuracy, color=drawing.BLUE, marker="o", label=t("accuracy", "准确率"))
    axes.set(xticks=at, xticklabels=places)
    low, high = min(confidence + accuracy), max(confidence + accuracy)
    axes.set_ylim(low - 0.02, high + 0.3 * (high - low) + 0.02)
    axes.locator_params(axis="y", nbins=7)
    axes.legend(loc="upper center", ncols=2)
    drawing.label_axes(axes, name, t("test images", "测试图像"))
    words = t(
        "Mean confidence and accuracy on the test images, by {name}: {list}.",
        "测试图像上的平均置信度与准确率，随{name}而变：{list}。",
    )
    pairs = (
        t(f"{place}: {percent(c)} and {percent(a)}", f"{place}：{percent(c)} 和 {percent(a)}")
        for place, c, a in zip(places, confidence, accuracy, strict=True)
    )
    return Drawing(figure, words.format(name=name, list=t("; ", "；").join(pairs)))

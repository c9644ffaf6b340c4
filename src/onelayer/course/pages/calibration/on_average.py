"""What a model that is calibrated on average may still get wrong: single classes, and images of another kind."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from onelayer.course.book import drawing
from onelayer.course.book.page import Drawing
from onelayer.course.book.words import Words
from onelayer.course.pages.calibration.reliability import Judged
from onelayer.report.numbers import percent

_SIDE = 28
HEIGHT = 3.6
"""Height of the drawing, in inches, for what stands beside it."""


class OneClass(NamedTuple):
    """The images for which one class was predicted.

    Attributes
    ----------
    label : int
        The class.
    n : int
    confidence, right : float
        Their mean confidence, and the share of them that is right.
    standard_error : float
        How far this share is off by chance, if the confidence is honest.
    """

    label: int
    n: int
    confidence: float
    right: float
    standard_error: float

    @property
    def gap(self) -> float:
        """Confidence less share that is right."""
        return self.confidence - self.right


def by_class(judged: Judged, predicted: NDArray) -> list[OneClass]:
    """Return confidence and accuracy of each class that was predicted at all."""
    found = []
    for label in np.unique(predicted):
        those = predicted == label
        c, n = judged.confidence[those], int(those.sum())
        error = float(np.sqrt((c * (1 - c)).sum()) / n)
        found.append(OneClass(int(label), n, float(c.mean()), float(judged.right[those].mean()), error))
    return found


def moved(X: NDArray, pixels: int) -> NDArray:
    """Return images moved to the right by so many pixels, with black where nothing came from.

    Examples
    --------
    >>> image = np.zeros((1, 784)); image[0, 0] = 255
    >>> moved(image, 3).argmax()
    np.int64(3)
    """
    images = X.reshape(-1, _SIDE, _SIDE)
    result = np.zeros_like(images)
    result[:, :, pixels:] = images[:, :, : _SIDE - pixels]
    return result.reshape(X.shape)


def draw(classes: list[OneClass], names: tuple[str, ...], t: Words) -> Drawing:
    """Draw confidence and accuracy of each predicted class, with what chance may have done to the latter."""
    figure, axes = drawing.figure(height=HEIGHT)
    places = np.arange(len(classes))
    confidence, right = (
        np.array([getattr(each, name) for each in classes]) for name in ("confidence", "right")
    )
    axes.errorbar(
        right,
        places,
        xerr=[2 * each.standard_error for each in classes],
        fmt="o",
        color=drawing.BLUE,
        elinewidth=1.4,
        capsize=3,
        label=t("right, ± 2 standard errors", "判对的比例，± 2 个标准误差"),
    )
    axes.plot(confidence, places, "s", color=drawing.VERMILION, label=t("mean confidence", "平均置信度"))
    axes.set(yticks=places, yticklabels=[names[each.label] for each in classes])
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.legend(loc="lower left", bbox_to_anchor=(-0.3, 1.0), ncols=2, columnspacing=1)
    axes.set_xlabel(t("confidence and accuracy", "置信度与准确率"), loc="right")
    words = t(
        "Mean confidence and share that is right of the images that were called by each name: {list}.",
        "按预测的类别，图像的平均置信度与判对的比例：{list}。",
    )
    pairs = (
        t(
            f"{names[each.label]} {percent(each.confidence)} and {percent(each.right)}",
            f"{names[each.label]} {percent(each.confidence)} 和 {percent(each.right)}",
        )
        for each in classes
    )
    return Drawing(figure, words.format(list=t("; ", "；").join(pairs)))

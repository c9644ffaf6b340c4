"""The margin of a decision: how far the score of the true class is ahead of the best of the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onelayer.course.book import drawing
from onelayer.course.book.page import Drawing
from onelayer.course.book.words import Words
from onelayer.losses import CrossEntropy

_SHOWN = 600
_BINS = 60


def margins(scores: NDArray, y: NDArray) -> NDArray:
    """Return score of the true class minus the best of the others: above 0 where the decision is right.

    Examples
    --------
    >>> margins(np.array([[3.0, 1.0, 2.0], [3.0, 1.0, 2.0]]), np.array([0, 1]))
    array([ 1., -2.])
    """
    true = np.arange(len(y)), y
    others = scores.copy()
    others[true] = -np.inf
    return scores[true] - others.max(axis=1)


@dataclass(frozen=True, eq=False)
class Margins:
    """Margins of the test images, and the cross-entropy that goes with them.

    Attributes
    ----------
    before, after, squared : (n,) arrays
        With random weights, trained with cross-entropy, trained with the squared loss.
    losses : (n,) array
        Cross-entropy of each image after training with it.
    n_classes : int
    """

    before: NDArray
    after: NDArray
    squared: NDArray
    losses: NDArray
    n_classes: int

    @classmethod
    def of(cls, before: NDArray, after: NDArray, squared: NDArray, y: NDArray) -> Margins:
        """Take the margins of three kinds of scores of the same images, each (n, n_classes)."""
        losses = CrossEntropy().rows(after, y)
        return cls(margins(before, y), margins(after, y), margins(squared, y), losses, after.shape[1])

    def bounds(self, m: NDArray) -> tuple[NDArray, NDArray]:
        """Return the least and the largest cross-entropy that a margin m allows.

        One rival at distance m and the others out of sight give log(1 + exp(−m)); all of them at that distance give
        log(1 + (K − 1)·exp(−m)).
        """
        return np.logaddexp(0, -m), np.logaddexp(0, np.log(self.n_classes - 1) - m)


def histogram(margins: Margins, t: Words) -> Drawing:
    """Draw how the margins are distributed before and after training."""
    figure, axes = drawing.figure(height=3.4)
    everything = np.concatenate([margins.before, margins.squared, margins.after])
    bins = np.linspace(everything.min(), everything.max(), _BINS + 1)
    for label, values, color, style in (
        (t("before training", "训练前"), margins.before, drawing.SOFT, ":"),
        (t("squared loss", "平方损失"), margins.squared, drawing.VERMILION, (0, (5, 2))),
        (t("cross-entropy", "交叉熵"), margins.after, drawing.BLUE, "-"),
    ):
        shares = np.histogram(values, bins)[0] / len(values)
        axes.stairs(shares, bins, color=color, linestyle=style, linewidth=1.7, label=label)
    axes.axvline(0, color=drawing.INK, linewidth=0.8)
    axes.set_yscale("log")
    axes.set_ylim(5e-4, 3)
    drawing.log_ticks(axes.yaxis)
    axes.legend(loc="upper right")
    drawing.label_axes(axes, t("margin", "余量"), t("share of the test images", "占测试图像的比例"))
    words = t(
        "Margins of the test images. Before training their median is {before}; after training with cross-entropy it is "
        "{after} and they reach up to {most}; with the squared loss it is {squared}, and none is above {least}.",
        "测试图像的余量。训练前中位数为 {before}；用交叉熵训练后中位数为 {after}，最大到 {most}；"
        "用平方损失时中位数为 {squared}，没有超过 {least} 的。",
    )
    return Drawing.of(
        figure,
        words,
        2,
        before=np.median(margins.before),
        after=np.median(margins.after),
        squared=np.median(margins.squared),
        most=margins.after.max(),
        least=margins.squared.max(),
    )


def against_loss(margins: Margins, t: Words) -> Drawing:
    """Draw cross-entropy against the margin, between its bounds."""
    figure, axes = drawing.figure(height=3.4)
    after, losses = margins.after[:_SHOWN], margins.losses[:_SHOWN]
    for those, color, marker, label in (
        (after > 0, drawing.BLUE, "o", t("right", "正确")),
        (after <= 0, drawing.VERMILION, "x", t("wrong", "错误")),
    ):
        axes.plot(after[those], losses[those], marker, color=color, markersize=3.4, label=label)
    across = np.linspace(after.min(), after.max(), 121)
    lower, upper = margins.bounds(across)
    axes.plot(
        across,
        upper,
        color=drawing.INK,
        linewidth=1,
        linestyle=":",
        label=f"log(1 + {margins.n_classes - 1}·exp(−m))",
    )
    axes.plot(across, lower, color=drawing.INK, linewidth=1, linestyle="--", label="log(1 + exp(−m))")
    axes.axvline(0, color=drawing.INK, linewidth=0.8)
    axes.legend(loc="upper right")
    drawing.label_axes(axes, t("margin m", "余量 m"), t("cross-entropy of an image", "一张图像的交叉熵"))
    words = t(
        "Cross-entropy of {n} test images against their margin: it falls with slope −1 on the left and towards 0 on "
        "the right, between the two curves log(1 + exp(−m)) and log(1 + 9·exp(−m)).",
        "{n} 张测试图像的交叉熵随余量的变化：左边以斜率 −1 下降，右边趋于 0，"
        "夹在 log(1 + exp(−m)) 与 log(1 + 9·exp(−m)) 两条曲线之间。",
    )
    return Drawing(figure, words.format(n=len(after)))

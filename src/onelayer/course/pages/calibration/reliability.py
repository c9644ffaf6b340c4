"""Probabilities held against what happened, and what chance alone would make of honest ones."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onelayer.calibration import ReliabilityCurve, reliability_curve, top_label
from onelayer.course.book import drawing
from onelayer.course.book.page import Drawing
from onelayer.course.book.words import Words
from onelayer.losses import CrossEntropy
from onelayer.report.numbers import decimals

HEIGHT = 4.4
"""Height of a diagram, in inches, for what stands beside it."""


@dataclass(frozen=True, eq=False)
class Judged:
    """Probabilities of all classes for some images, held against their labels.

    Attributes
    ----------
    confidence : (n,) array
        The probability of the predicted class.
    right : (n,) bool array
        Whether the prediction was right.
    curve : ReliabilityCurve
        How often predictions were right, at each confidence.
    log_loss : float
        Cross-entropy, the mean surprise at the labels.
    entropy : float
        The mean surprise that the probabilities themselves expect.
    """

    confidence: NDArray
    right: NDArray
    curve: ReliabilityCurve
    log_loss: float
    entropy: float

    @classmethod
    def of(cls, scores: NDArray, y: NDArray, n_bins: int) -> Judged:
        """Judge the probabilities softmax(scores), (n, n_classes), by the labels y.

        Examples
        --------
        >>> judged = Judged.of(np.log([[0.8, 0.2]] * 4), np.array([0, 0, 0, 1]), 10)
        >>> round(judged.mean_confidence, 6), judged.accuracy, round(judged.ece, 6)
        (0.8, 0.75, 0.05)
        """
        probabilities = CrossEntropy().probabilities(scores)
        right, confidence = top_label(y, probabilities)
        return cls(
            confidence,
            right,
            reliability_curve(right, confidence, n_bins=n_bins),
            float(CrossEntropy().value(scores, y)),
            float(CrossEntropy().value(scores, probabilities)),
        )

    def __len__(self) -> int:
        return len(self.right)

    @property
    def accuracy(self) -> float:
        """Share of the images that were predicted right."""
        return float(self.right.mean())

    @property
    def mean_confidence(self) -> float:
        """Mean probability of the predicted class."""
        return float(self.confidence.mean())

    @property
    def gap(self) -> float:
        """Mean confidence less accuracy: above 0 where the model is too sure."""
        return self.mean_confidence - self.accuracy

    @property
    def ece(self) -> float:
        """Expected calibration error."""
        return self.curve.expected_calibration_error

    @property
    def standard_error(self) -> float:
        """How far the gap of so many images is off by chance, if the probabilities are honest: √(Σ c(1 − c))/n."""
        return float(np.sqrt((self.confidence * (1 - self.confidence)).sum()) / len(self))


def near(said: float, judged: Judged, within: float = 0.05) -> tuple[int, float]:
    """Return how many images got about this probability, and how many of these were right, as a share."""
    those = np.abs(judged.confidence - said) <= within
    return int(those.sum()), float(judged.right[those].mean()) if those.any() else math.nan


def simulate(
    scores: NDArray, n_bins: int, repetitions: int, random_state: np.random.RandomState
) -> list[ReliabilityCurve]:
    """Draw labels from the probabilities softmax(scores) themselves, again and again: then they are honest."""
    confidence = CrossEntropy().probabilities(scores).max(axis=1)
    predicted = scores.argmax(axis=1)
    curves = []
    for _ in range(repetitions):
        labels = CrossEntropy().noise.sample(scores, random_state=random_state)
        curves.append(reliability_curve(labels == predicted, confidence, n_bins=n_bins))
    return curves


@dataclass(frozen=True, eq=False)
class Chance:
    """What honest probabilities would show on as many images.

    Attributes
    ----------
    low, high : (n_bins,) arrays
        Between which 95 % of the frequencies of each bin lay; NaN in an empty bin.
    errors : (repetitions,) array
        The expected calibration errors.
    """

    low: NDArray
    high: NDArray
    errors: NDArray

    @classmethod
    def of(cls, curves: list[ReliabilityCurve]) -> Chance:
        """Sum up simulated curves."""
        low, high = np.quantile([curve.frequency for curve in curves], (0.025, 0.975), axis=0)
        return cls(low, high, np.array([curve.expected_calibration_error for curve in curves]))

    @property
    def mean(self) -> float:
        """The mean of the simulated errors."""
        return float(self.errors.mean())

    def exceeding(self, error: float) -> float:
        """Return the share of the simulations whose error is at least as large."""
        return float((self.errors >= error).mean())

    @property
    def most(self) -> float:
        """The error that only one in twenty simulations exceeds."""
        return float(np.quantile(self.errors, 0.95))


def chance_error(confidence: NDArray, n_bins: int) -> float:
    """Return the expected calibration error that honest probabilities have on average, as a formula.

    The share of right ones in bin m is off by a nearly normal number of variance Σ c(1 − c)/nₘ², whose size is √(2/π)
    of its standard deviation on average; each bin counts nₘ/n. So it is √(2/π)·Σₘ √(Σ c(1 − c))/n.

    Examples
    --------
    >>> round(chance_error(np.full(100, 0.8), 15), 4)  # √(2/π)·√(0.16/100)
    0.0319
    """
    edges = np.arange(1, n_bins) / n_bins
    bins = np.searchsorted(edges, confidence, side="left")
    variances = np.bincount(bins, weights=confidence * (1 - confidence), minlength=n_bins)
    return float(np.sqrt(2 / np.pi) * np.sqrt(variances).sum() / len(confidence))


def diagram(judged: Judged, chance: Chance, color: str, t: Words) -> Drawing:
    """Draw a reliability diagram: accuracy against confidence, the band of chance, and below how many images."""
    figure, (axes, below) = drawing.figure(
        2, 1, height=HEIGHT, sharex=True, gridspec_kw={"height_ratios": (4, 1)}
    )
    curve = judged.curve
    filled = curve.counts > 0
    left, width = curve.edges[:-1], 1 / len(curve.counts)
    axes.bar(
        left[filled],
        (chance.high - chance.low)[filled],
        width,
        chance.low[filled],
        align="edge",
        color=drawing.SOFT,
        alpha=0.28,
        linewidth=0,
        label=t("95 % of chance", "偶然的 95% 范围"),
    )
    axes.plot((0, 1), (0, 1), color=drawing.INK, linewidth=1, linestyle=drawing.STYLES[1])
    axes.plot(
        curve.probability[filled],
        curve.frequency[filled],
        color=color,
        marker="o",
        linewidth=1.2,
        label=t("this model", "这个模型"),
    )
    axes.set(xlim=(0, 1), ylim=(-0.02, 1.02))
    axes.legend(loc="upper left")
    axes.set_title(t("share that is right", "其中判对的比例"), loc="left")
    below.bar(left, curve.counts / len(judged), width, align="edge", color=color, alpha=0.6)
    below.set_title(t("share of the images", "图像所占的比例"), loc="left")
    below.set_xlabel(t("confidence", "置信度"), loc="right")
    words = t(
        "Reliability diagram: in each bin of confidence, the share of images that is right, against the diagonal on "
        "which both are equal. {pairs}. Expected calibration error {ece}.",
        "可靠性图：各置信度区间中判对的比例，对照两者相等的对角线。{pairs}。期望校准误差为 {ece}。",
    )
    pairs = ", ".join(
        f"{p:.2f} → {f:.2f}" for p, f in zip(curve.probability[filled], curve.frequency[filled], strict=True)
    )
    return Drawing(figure, words.format(pairs=pairs, ece=decimals(judged.ece)))

"""The expected calibration error of few and of many images: an honest model has one too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onelayer.course.book import drawing
from onelayer.course.book.page import Drawing
from onelayer.course.book.words import Words
from onelayer.course.pages.calibration.reliability import Chance, Judged, chance_error, simulate
from onelayer.report.numbers import decimals

_SHARES = (0.01, 0.03, 0.1, 0.3, 1.0)
_FEWEST = 10


@dataclass(frozen=True, eq=False)
class BySize:
    """Expected calibration errors of the first n images, for several n.

    Attributes
    ----------
    sizes : list of int
    before, after : (n_sizes,) arrays
        Measured, at temperature 1 and at the fitted one.
    formula : (n_sizes,) array
        What chance alone gives on average, at the fitted temperature.
    chance : list of Chance
        The same by simulation.
    """

    sizes: list[int]
    before: NDArray
    after: NDArray
    formula: NDArray
    chance: list[Chance]

    @classmethod
    def of(
        cls,
        scores: NDArray,
        y: NDArray,
        temperature: float,
        n_bins: int,
        repetitions: int,
        random_state: np.random.RandomState,
    ) -> BySize:
        """Judge the first rows of the scores, and simulate labels for them."""
        sizes = sorted({max(_FEWEST, round(share * len(y))) for share in _SHARES})
        before = [Judged.of(scores[:n], y[:n], n_bins) for n in sizes]
        after = [Judged.of(scores[:n] / temperature, y[:n], n_bins) for n in sizes]
        return cls(
            sizes,
            np.array([judged.ece for judged in before]),
            np.array([judged.ece for judged in after]),
            np.array([chance_error(judged.confidence, n_bins) for judged in after]),
            [Chance.of(simulate(scores[:n] / temperature, n_bins, repetitions, random_state)) for n in sizes],
        )


def draw(found: BySize, t: Words) -> Drawing:
    """Draw the errors measured, and those of chance alone, against the number of images."""
    figure, axes = drawing.figure(height=3.4)
    low, high = np.array([np.quantile(each.errors, (0.025, 0.975)) for each in found.chance]).T
    axes.fill_between(
        found.sizes,
        low,
        high,
        color=drawing.SOFT,
        alpha=0.28,
        linewidth=0,
        label=t("chance, 95 % of simulations", "偶然：95% 的模拟"),
    )
    axes.loglog(
        found.sizes,
        found.formula,
        color=drawing.INK,
        linewidth=1.2,
        linestyle=drawing.STYLES[1],
        label=t("chance, formula", "偶然：公式"),
    )
    axes.plot(
        found.sizes, found.before, color=drawing.VERMILION, marker="s", label=t("as trained", "训练所得")
    )
    axes.plot(
        found.sizes, found.after, color=drawing.BLUE, marker="o", label=t("with temperature", "加温度之后")
    )
    axes.set_ylim(0.15 * low.min(), 2 * max(high.max(), found.before.max()))
    axes.legend(loc="lower left")
    drawing.log_ticks(axes.xaxis, axes.yaxis)
    drawing.label_axes(axes, t("test images", "测试图像数"), t("expected calibration error", "期望校准误差"))
    words = t(
        "Expected calibration error of the first images, for {sizes} images: as trained {before}, with temperature "
        "{after}, by chance alone {chance} on average.",
        "取最前面的 {sizes} 张测试图像时的期望校准误差：训练所得为 {before}，加温度之后为 {after}，"
        "单凭偶然平均为 {chance}。",
    )
    numbers = {
        "sizes": ", ".join(f"{n:,}" for n in found.sizes),
        "before": ", ".join(decimals(error, 3) for error in found.before.tolist()),
        "after": ", ".join(decimals(error, 3) for error in found.after.tolist()),
        "chance": ", ".join(decimals(each.mean, 3) for each in found.chance),
    }
    return Drawing(figure, words.format(**numbers))

"""Pictures of the full layer of softmax regression: a line for each weight, and each weight as a pixel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onelayer.course.book import drawing
from onelayer.course.book.page import Drawing
from onelayer.course.book.words import Words

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def network(d: int, q: int, t: Words) -> Drawing:
    """Draw inputs, scores and probabilities from left to right.

    Every input is joined to every score by a line, which is one weight; the lines of one score have its colour and
    dash. A score and its probability are joined through the softmax, which sees all scores at once.
    """
    figure, axes = drawing.figure(height=3.4)
    columns = {"x": (0.0, d), "s": (2.6, q), "p": (5.0, q)}
    places = {name: [(x, (n - 1) / 2 - k) for k in range(n)] for name, (x, n) in columns.items()}
    for score, probability, color, style in zip(
        places["s"], places["p"], drawing.SERIES, drawing.STYLES, strict=False
    ):
        for feature in places["x"]:
            axes.plot(
                *zip(feature, score, strict=True), color=color, linestyle=style, linewidth=1.3, zorder=1
            )
        axes.plot(*zip(score, probability, strict=True), color=drawing.SOFT, linewidth=1.2, zorder=1)
    half = (q - 1) / 2 + 0.42
    axes.fill_between(
        [3.5, 4.1], -half, half, color=drawing.PAPER, edgecolor=drawing.SOFT, linewidth=1.2, zorder=2
    )
    axes.text(3.8, 0, "softmax", rotation=90, ha="center", va="center", zorder=3)
    for name, points in places.items():
        for k, (x, y) in enumerate(points, 1):
            axes.plot(x, y, "o", markersize=23, color=drawing.PAPER, markeredgecolor=drawing.INK, zorder=2)
            axes.text(x, y, name + str(k).translate(_SUBSCRIPTS), ha="center", va="center", zorder=3)
    top = (max(d, q) - 1) / 2 + 0.75
    for x, word in (
        (0.0, t("inputs", "输入")),
        (1.3, t("weights", "权重")),
        (2.6, t("scores", "得分")),
        (5.0, t("probabilities", "概率")),
    ):
        axes.text(x, top, word, ha="center", va="center", color=drawing.SOFT)
    axes.set(xlim=(-0.7, 5.8), ylim=(-top + 0.25, top + 0.25))
    axes.set_axis_off()
    words = t(
        "Softmax regression as a network: each of {d} inputs is joined to each of {q} scores, {n} weights in all, and "
        "a softmax turns the {q} scores into {q} probabilities.",
        "画成神经网络的 softmax 回归：{d} 个输入中的每一个都与 {q} 个得分相连，共 {n} 个权重；"
        "softmax 再把这 {q} 个得分变成 {q} 个概率。",
    )
    return Drawing(figure, words.format(d=d, q=q, n=d * q))


def weight_images(weights: NDArray, names: tuple[str, ...], t: Words) -> Drawing:
    """Draw the weights of each of ten classes as an image: blue above 0, red below, the deeper the larger."""
    figure, axes = drawing.figure(2, 5, height=2.9)
    reach = float(np.quantile(np.abs(weights), 0.995))
    for axis, each, name in zip(axes.flat, weights, names, strict=True):
        axis.imshow(_tinted(each.reshape(28, 28) / reach))
        axis.set_title(name, fontsize=8.5)
        axis.set_axis_off()
    words = t(
        "All {n} weights after training, as ten images: blue where a bright pixel speaks for the class, red where it "
        "speaks against it.",
        "训练得到的全部 {n} 个权重，画成十张图：蓝色表示该处的亮像素支持这一类，红色表示反对。",
    )
    return Drawing(figure, words.format(n=f"{weights.size:,}"))


def _tinted(values: NDArray) -> NDArray:
    """Return pixels of red, green, blue and opacity, which goes with the size of the value."""
    blue, vermilion = (np.array(tuple(bytes.fromhex(c[1:]))) / 255 for c in (drawing.BLUE, drawing.VERMILION))
    colors = np.where((values > 0)[..., None], blue, vermilion)
    return np.concatenate([colors, np.abs(values).clip(0, 1)[..., None]], axis=-1)

"""The temperature of a softmax: scores divided by T before they become probabilities."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from onelayer.course import scratch
from onelayer.course.book import drawing
from onelayer.course.book.page import Drawing
from onelayer.course.book.words import Words
from onelayer.report.numbers import percent

_TEMPERATURES = np.geomspace(0.05, 50, 81)


class Example(NamedTuple):
    """A test image, its label, and the scores that a model gives it."""

    image: NDArray
    label: int
    scores: NDArray

    def at(self, temperature: float) -> NDArray:
        """Return the probabilities softmax(s/T).

        Examples
        --------
        >>> Example(np.zeros((28, 28)), 0, np.array([2.0, 0.0])).at(2.0).round(3)
        array([0.731, 0.269])
        """
        return scratch.softmax(torch.as_tensor(self.scores)[None] / temperature).numpy()[0]

    @property
    def exponentials(self) -> NDArray:
        """The scores through the exponential, from which the probabilities differ by a factor."""
        return np.exp(self.scores)

    @property
    def probabilities(self) -> NDArray:
        """The probabilities as the model gives them, at temperature 1."""
        return self.at(1.0)


def bars(example: Example, temperature: float, names: tuple[str, ...], t: Words) -> Drawing:
    """Draw the probabilities of all classes at temperature 1 and at another one, and the image."""
    figure, axes = drawing.figure(height=3.4)
    one, other = example.probabilities, example.at(temperature)
    places = np.arange(len(names))
    axes.barh(places, one, height=0.62, color=drawing.BLUE, label="T = 1")
    axes.plot(other, places, "D", color=drawing.VERMILION, label=f"T = {temperature:g}")
    axes.set(yticks=places, yticklabels=names, xlim=(-0.02, 1.02))
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.legend(loc="lower right")
    axes.set_xlabel(t("probability", "概率"), loc="right")
    inset = axes.inset_axes((0.68, 0.42, 0.3, 0.5))
    inset.imshow(example.image.reshape(28, 28), cmap="gray_r", vmin=0, vmax=255)
    inset.set_axis_off()
    words = t(
        "Probabilities of the classes for one image, {name}, at temperature 1 and at {T}: the largest are {one} "
        "and {other}.",
        "一张图像（{name}）属于各类别的概率，温度为 1 和 {T}：最大的概率分别是 {one} 和 {other}。",
    )
    numbers = {"one": percent(float(one.max())), "other": percent(float(other.max()))}
    return Drawing(figure, words.format(name=names[example.label], T=f"{temperature:g}", **numbers))


def curves(example: Example, temperature: float, names: tuple[str, ...], t: Words) -> Drawing:
    """Draw how the probabilities of the likeliest classes move with the temperature."""
    figure, axes = drawing.figure(height=3.4)
    each = np.array([example.at(T) for T in _TEMPERATURES])
    best = np.argsort(-example.scores, kind="stable")[:4]
    for k, color, style in zip(best, drawing.SERIES, drawing.STYLES, strict=False):
        axes.semilogx(_TEMPERATURES, each[:, k], color=color, linestyle=style, label=names[k])
    axes.axvline(temperature, color=drawing.SOFT, linewidth=1, linestyle="--")
    axes.legend(loc="upper right")
    axes.set(xticks=[0.1, 1, 10], xticklabels=["0.1", "1", "10"], ylim=(-0.02, 1.02))
    axes.minorticks_off()
    drawing.label_axes(axes, t("temperature T", "温度 T"), t("probability", "概率"))
    words = t(
        "Probabilities of the four likeliest classes against the temperature: the largest goes from {cold} at "
        "T = {low} to {hot} at T = {high}.",
        "最可能的四个类别的概率随温度的变化：最大的概率从 T = {low} 时的 {cold} 变到 T = {high} 时的 {hot}。",
    )
    low, high = (f"{T:g}" for T in _TEMPERATURES[[0, -1]])
    cold, hot = (percent(float(row.max())) for row in each[[0, -1]])
    return Drawing(figure, words.format(low=low, high=high, cold=cold, hot=hot))

"""Finding the temperature: the cross-entropy of held-out images at each, and the surprise that the model expects.

The lowest point of the first is where the two are equal. With β = 1/T and the sums taken over the classes, the loss of
a row is log Σ exp βsₖ − βs_y, its entropy log Σ exp βsₖ − βΣ pₖsₖ; the difference of their means is β times the slope
of the mean loss in β.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onelayer import calibration
from onelayer.course.book import drawing
from onelayer.course.book.page import Drawing
from onelayer.course.book.words import Words
from onelayer.course.pages.calibration import reliability
from onelayer.losses import CrossEntropy

_REACH = 3.0  # how far around 1 and the fitted temperature the curves go, as a factor


def surprise(scores: NDArray, y: NDArray, temperature: float) -> float:
    """Return the mean of −log p of the labels, with p = softmax(s/T): the cross-entropy."""
    return CrossEntropy().value(scores / temperature, y)


def expected_surprise(scores: NDArray, temperature: float) -> float:
    """Return the mean of −Σ pₖ·log pₖ: the surprise to be expected if the probabilities are honest."""
    probabilities = CrossEntropy().probabilities(scores / temperature)
    return CrossEntropy().value(scores / temperature, probabilities)


@dataclass(frozen=True, eq=False)
class TemperatureFit:
    """A temperature fitted on held-out images, and what it was chosen by.

    Attributes
    ----------
    temperature : float
    standard_error : float
        How far it is off by chance, with so many images.
    temperatures : (n,) array
    surprises, expected : (n,) arrays
        Cross-entropy and entropy of the held-out images at each temperature.
    untouched, lowest : float
        The cross-entropy at temperature 1 and at the fitted one.
    """

    temperature: float
    standard_error: float
    temperatures: NDArray
    surprises: NDArray
    expected: NDArray
    untouched: float
    lowest: float

    @classmethod
    def of(cls, scores: NDArray, y: NDArray) -> TemperatureFit:
        """Fit the temperature of these scores, (n, n_classes), to the labels y."""
        T = calibration.temperature(y, scores)
        temperatures = np.geomspace(min(1.0, T) / _REACH, max(1.0, T) * _REACH, 61)
        return cls(
            T,
            standard_error(scores, y, T),
            temperatures,
            np.array([surprise(scores, y, each) for each in temperatures]),
            np.array([expected_surprise(scores, each) for each in temperatures]),
            surprise(scores, y, 1.0),
            surprise(scores, y, T),
        )


def standard_error(scores: NDArray, y: NDArray, temperature: float) -> float:
    """Return the standard error of a fitted temperature, from the spread of the rows' slopes in β = 1/T.

    The likeliest β is off by sd(g)/(√n·h), with the slopes g of the rows and the mean curvature h, which is the
    mean variance of a row's scores under its probabilities; T = 1/β is off by T² times that (van der Vaart,
    *Asymptotic Statistics*, theorem 5.23).
    """
    probabilities = CrossEntropy().probabilities(scores / temperature)
    mean = (probabilities * scores).sum(axis=1)
    slopes = mean - scores[np.arange(len(y)), y]
    curvature = (probabilities * (scores - mean[:, None]) ** 2).sum(axis=1).mean()
    return float(temperature**2 * slopes.std() / (np.sqrt(len(y)) * curvature))


def draw(fit: TemperatureFit, t: Words) -> Drawing:
    """Draw both curves against the temperature, and the point where they meet."""
    figure, axes = drawing.figure(height=reliability.HEIGHT)
    axes.semilogx(fit.temperatures, fit.surprises, color=drawing.BLUE, label=t("cross-entropy", "交叉熵"))
    axes.plot(
        fit.temperatures,
        fit.expected,
        color=drawing.GREEN,
        linestyle=drawing.STYLES[1],
        label=t("entropy: what is expected", "熵：预期的交叉熵"),
    )
    axes.vlines(1, 0, fit.untouched, color=drawing.SOFT, linewidth=1, linestyle=drawing.STYLES[2])
    axes.plot(fit.temperature, fit.lowest, "*", color=drawing.VERMILION, markersize=12)
    axes.annotate(
        f"T = {fit.temperature:.2f}",
        (fit.temperature, fit.lowest),
        (6, -14),
        textcoords="offset points",
    )
    ticks = [
        tick for tick in (0.1, 0.2, 0.5, 1, 2, 5, 10) if fit.temperatures[0] <= tick <= fit.temperatures[-1]
    ]
    axes.set(xticks=ticks, xticklabels=[f"{tick:g}" for tick in ticks])
    axes.set_ylim(0, 1.05 * max(fit.surprises.max(), fit.expected.max()))
    axes.minorticks_off()
    axes.legend(loc="upper center")
    drawing.label_axes(axes, t("temperature T", "温度 T"), t("nats, held-out images", "奈特，留出的图像"))
    words = t(
        "Cross-entropy of the held-out images against the temperature: {one} at T = 1, and {lowest} at its lowest "
        "point, T = {T}, where the curve of the entropy crosses it from below.",
        "留出图像的交叉熵随温度的变化：T = 1 时为 {one}，最低点在 T = {T}，为 {lowest}；"
        "熵的曲线正是在这里从下方穿过它。",
    )
    return Drawing.of(figure, words, 3, one=fit.untouched, lowest=fit.lowest, T=fit.temperature)

"""Reliability of the probability of each class, as small pictures side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from onelayer.calibration import BinnedForecasts, ReliabilityCurve
from onelayer.plots import canvas
from onelayer.plots.colors import BLUE

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def least_calibrated(forecasts: BinnedForecasts, n_classes: int) -> list[tuple[int, ReliabilityCurve]]:
    """Return the classes with the largest calibration errors, and their curves, in the order of the classes.

    Examples
    --------
    >>> proba = [[0.5, 0.25, 0.25], [0.75, 0.0, 0.25]]
    >>> forecasts = BinnedForecasts.of_classes([0, 0], proba)
    >>> [k for k, _ in least_calibrated(forecasts, 2)]
    [0, 2]
    """
    curves = [ReliabilityCurve.of(forecasts, k) for k in range(len(forecasts.counts))]
    errors = np.array([curve.expected_calibration_error for curve in curves])
    chosen = np.sort(np.argsort(-errors, kind="stable")[:n_classes])
    return [(k, curves[k]) for k in chosen.tolist()]


class ClassReliabilityDisplay:
    """For each class, how often rows are of it at each probability that it was given.

    On the diagonal the probability is calibrated; whiskers hold the true frequency of their bin with a probability of
    at least 95 %.

    Parameters
    ----------
    forecasts : BinnedForecasts
        A column for each class, as ``BinnedForecasts.of_classes`` has them.
    class_names : sequence of str
    n_classes : int
        How many to draw at most: those with the largest calibration errors.

    Attributes
    ----------
    curves : list of (int, ReliabilityCurve)
        Index and curve of each class that is drawn.
    ax_, figure_
        Where it was drawn.
    axes_ : list of axes, one for each class

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> proba = [[0.75, 0.25], [0.75, 0.25]]
    >>> display = ClassReliabilityDisplay.from_predictions(["cat", "dog"], proba, classes=["cat", "dog"])
    >>> [part.get_title() for part in display.axes_]
    ['cat 0.250', 'dog 0.250']
    """

    def __init__(
        self, forecasts: BinnedForecasts, class_names: Sequence[Any], *, n_classes: int = 12
    ) -> None:
        self.curves = least_calibrated(forecasts, n_classes)
        self.class_names = class_names

    @classmethod
    def from_estimator(
        cls,
        model: Any,
        X: Any,
        y: Any,
        *,
        n_bins: int = 10,
        class_names: Sequence[str] | None = None,
        n_classes: int = 12,
        ax: Axes | None = None,
    ) -> ClassReliabilityDisplay:
        """Draw the classes of a fitted classifier on the rows X with labels y."""
        forecasts = BinnedForecasts.from_estimator(model, X, y, n_bins=n_bins)
        names = model.classes_ if class_names is None else class_names
        return cls(forecasts, names, n_classes=n_classes).plot(ax)

    @classmethod
    def from_predictions(
        cls,
        y: Any,
        proba: Any,
        *,
        classes: Any = None,
        n_bins: int = 10,
        n_classes: int = 12,
        ax: Axes | None = None,
    ) -> ClassReliabilityDisplay:
        """Draw the classes of (n_rows, n_classes) probabilities of ``classes``, by default 0, 1, 2, …"""
        forecasts = BinnedForecasts.of_classes(y, proba, classes=classes, n_bins=n_bins)
        names = range(len(forecasts.counts)) if classes is None else classes
        return cls(forecasts, names, n_classes=n_classes).plot(ax)

    def plot(self, ax: Axes | None = None, *, n_columns: int = 4) -> ClassReliabilityDisplay:
        """Draw on ``ax``, or on a new figure, with ``n_columns`` classes side by side."""
        rows, columns = canvas.grid(len(self.curves), n_columns)
        self.ax_ = canvas.axes(ax, figsize=(2.2 * columns, 2.5 * rows))
        self.figure_ = self.ax_.figure
        self.axes_ = canvas.tiles(self.ax_, len(self.curves), n_columns, caption=0.25)
        for part, (k, curve) in zip(self.axes_, self.curves, strict=True):
            filled = curve.counts > 0
            at, (low, high) = curve.probability[filled], curve.interval()
            part.set_axis_on()
            part.plot([0, 1], [0, 1], "--", color="gray", linewidth=1)
            part.vlines(at, low[filled], high[filled], color=BLUE, linewidth=1)
            part.plot(at, curve.frequency[filled], "o-", color=BLUE, markersize=3, linewidth=1)
            part.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
            part.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
            part.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
            part.tick_params(labelsize="small")
            part.set_title(f"{self.class_names[k]} {curve.expected_calibration_error:.3f}", fontsize="small")
        return self

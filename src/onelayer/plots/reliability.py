"""Reliability diagram: accuracy against confidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from onelayer.calibration import ReliabilityCurve, reliability_curve, top_label
from onelayer.evaluation import predict_classes
from onelayer.plots import canvas
from onelayer.plots.colors import BLUE

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class ReliabilityDisplay:
    """How often the predicted class was right, at each confidence; on the diagonal the model is calibrated.

    Whiskers hold the true accuracy of their bin with a probability of at least 95 %: a bin whose whisker crosses the
    diagonal may be calibrated. (scikit-learn's ``CalibrationDisplay`` is for two classes; each class by itself is drawn
    by :class:`onelayer.plots.ClassReliabilityDisplay`.)

    Parameters
    ----------
    curve : ReliabilityCurve
        See :func:`onelayer.calibration.reliability_curve`.

    Attributes
    ----------
    ax_, figure_
        Where it was drawn.
    bars_ : matplotlib bars, one for each bin that holds predictions
    whiskers_ : matplotlib collection
        See :meth:`onelayer.calibration.ReliabilityCurve.interval`.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> display = ReliabilityDisplay.from_predictions([0, 0, 0, 1], [[0.8, 0.2]] * 4)
    >>> display.ax_.get_title()
    'Expected calibration error 0.050'
    """

    def __init__(self, curve: ReliabilityCurve) -> None:
        self.curve = curve

    @classmethod
    def from_estimator(
        cls, model: Any, X: Any, y: Any, *, n_bins: int = 15, ax: Axes | None = None
    ) -> ReliabilityDisplay:
        """Draw the reliability of a fitted classifier on the rows X with labels y."""
        predictions = predict_classes(model, X, y)
        return cls(reliability_curve(predictions.correct, predictions.confidence, n_bins=n_bins)).plot(ax)

    @classmethod
    def from_predictions(
        cls, y: Any, proba: Any, *, classes: Any = None, n_bins: int = 15, ax: Axes | None = None
    ) -> ReliabilityDisplay:
        """Draw the reliability of (n_rows, n_classes) probabilities of ``classes``, by default 0, 1, 2, …"""
        return cls(reliability_curve(*top_label(y, proba, classes=classes), n_bins=n_bins)).plot(ax)

    def plot(self, ax: Axes | None = None) -> ReliabilityDisplay:
        """Draw on ``ax``, or on a new figure."""
        self.ax_ = canvas.axes(ax, figsize=(5.2, 5.2))
        self.figure_ = self.ax_.figure
        filled = self.curve.counts > 0
        self.bars_ = self.ax_.bar(
            self.curve.edges[:-1][filled],
            self.curve.frequency[filled],
            width=1 / len(self.curve.counts),
            align="edge",
            color=BLUE,
            alpha=0.35,
            edgecolor=BLUE,
        )
        at, (low, high) = self.curve.probability[filled], self.curve.interval()
        self.whiskers_ = self.ax_.vlines(at, low[filled], high[filled], color=BLUE, linewidth=1.2)
        self.ax_.plot(at, self.curve.frequency[filled], "o", color=BLUE, markersize=4)
        self.ax_.plot([0, 1], [0, 1], "--", color="gray", label="calibrated")
        error = self.curve.expected_calibration_error
        self.ax_.set(xlabel="Confidence", ylabel="Accuracy", xlim=(0, 1), ylim=(0, 1), aspect="equal")
        self.ax_.set_title(f"Expected calibration error {error:.3f}", fontsize="medium")
        self.ax_.legend(frameon=False, loc="upper left")
        return self

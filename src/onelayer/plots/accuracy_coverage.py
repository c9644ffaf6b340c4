"""Accuracy against coverage: what is gained by leaving out the rows that a model is least sure of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from onelayer.calibration import AccuracyCoverageCurve, accuracy_coverage_curve, top_label
from onelayer.evaluation import predict_classes
from onelayer.plots import canvas
from onelayer.plots.colors import BLUE

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class AccuracyCoverageDisplay:
    """Accuracy on the rows that a model is surest of, against the share of all rows that these are.

    Parameters
    ----------
    curve : AccuracyCoverageCurve
        See :func:`onelayer.calibration.accuracy_coverage_curve`.

    Attributes
    ----------
    ax_, figure_
        Where it was drawn.
    line_ : matplotlib line

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> proba = [[0.9, 0.1], [0.8, 0.2], [0.6, 0.4]]
    >>> display = AccuracyCoverageDisplay.from_predictions([0, 0, 1], proba)
    >>> display.line_.get_ydata().round(3)
    array([1.   , 1.   , 0.667])
    """

    def __init__(self, curve: AccuracyCoverageCurve) -> None:
        self.curve = curve

    @classmethod
    def from_estimator(cls, model: Any, X: Any, y: Any, *, ax: Axes | None = None) -> AccuracyCoverageDisplay:
        """Draw the curve of a fitted classifier on the rows X with labels y."""
        found = predict_classes(model, X, y)
        return cls(accuracy_coverage_curve(found.correct, found.log_confidence)).plot(ax)

    @classmethod
    def from_predictions(
        cls, y: Any, proba: Any, *, classes: Any = None, ax: Axes | None = None
    ) -> AccuracyCoverageDisplay:
        """Draw the curve of (n_rows, n_classes) probabilities of ``classes``, by default 0, 1, 2, …"""
        return cls(accuracy_coverage_curve(*top_label(y, proba, classes=classes))).plot(ax)

    def plot(self, ax: Axes | None = None) -> AccuracyCoverageDisplay:
        """Draw on ``ax``, or on a new figure."""
        self.ax_ = canvas.axes(ax)
        self.figure_ = self.ax_.figure
        accuracy = self.curve.accuracy
        (self.line_,) = self.ax_.plot(self.curve.coverage, accuracy, color=BLUE)
        self.ax_.axhline(accuracy[-1], linestyle="--", color="gray", label="all rows")
        self.ax_.set(xlabel="Coverage", ylabel="Accuracy", xlim=(0, 1))
        self.ax_.set_title(f"Area under 1 − accuracy {self.curve.area:.3f}", fontsize="medium")
        self.ax_.legend(frameon=False)
        return self

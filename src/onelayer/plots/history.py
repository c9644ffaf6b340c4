"""Loss and score, epoch by epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.plots import canvas
from onelayer.plots.colors import BLUE, VERMILION

if TYPE_CHECKING:
    from matplotlib.axes import Axes

QUANTITIES = {"loss": ("train_loss", "val_loss"), "score": ("val_score",)}

_LOOKS: dict[str, dict[str, Any]] = {
    "train_loss": {"label": "training", "color": BLUE, "marker": "o", "linestyle": "-"},
    "val_loss": {"label": "validation", "color": VERMILION, "marker": "s", "linestyle": "--"},
    "val_score": {"label": "validation", "color": VERMILION, "marker": "s", "linestyle": "--"},
}


@dataclass(frozen=True)
class Series:
    """One curve of a history: the epochs that have a value, and the values."""

    name: str
    epochs: list[int]
    values: list[float]


def series(history: Sequence[dict[str, Any]], quantity: str) -> list[Series]:
    """Return the curves of ``history_`` that show a quantity, leaving out what was not recorded or is not finite.

    Parameters
    ----------
    history : list of dict
        As ``history_`` of a fitted model.
    quantity : {"loss", "score"}

    Examples
    --------
    >>> series([{"epoch": 1, "train_loss": 0.6, "val_loss": None}], "loss")
    [Series(name='train_loss', epochs=[1], values=[0.6])]
    """
    if quantity not in QUANTITIES:
        raise InvalidParameterError(f"quantity must be 'loss' or 'score', not {quantity!r}")
    curves = []
    for name in QUANTITIES[quantity]:
        points = {entry["epoch"]: entry[name] for entry in history if _is_recorded(entry.get(name))}
        if points:
            curves.append(Series(name, list(points), list(points.values())))
    return curves


def _is_recorded(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


class HistoryDisplay:
    """Training and validation loss, or the validation score, over the epochs.

    Parameters
    ----------
    history : list of dict
        As ``history_`` of a fitted model.
    quantity : {"loss", "score"}
        The mean loss (nats for cross-entropy), or accuracy or R².

    Attributes
    ----------
    ax_, figure_
        Where it was drawn.
    lines_ : list of matplotlib lines

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> history = [{"epoch": 1, "train_loss": 0.6, "val_loss": 0.5}]
    >>> len(HistoryDisplay(history).plot().lines_)
    2
    """

    def __init__(self, history: Sequence[dict[str, Any]], *, quantity: str = "loss") -> None:
        self.history = history
        self.quantity = quantity

    @classmethod
    def from_estimator(cls, model: Any, *, quantity: str = "loss", ax: Axes | None = None) -> HistoryDisplay:
        """Draw the history of a fitted model.

        Raises
        ------
        InvalidDataError
            The model recorded no such values: it was not fitted in epochs, or without a validation set.
        """
        return cls(model.history_, quantity=quantity).plot(ax)

    def plot(self, ax: Axes | None = None) -> HistoryDisplay:
        """Draw on ``ax``, or on a new figure."""
        curves = series(self.history, self.quantity)
        if not curves:
            raise InvalidDataError(
                f"the model's history holds no {self.quantity}; fit it with X_val and y_val"
            )
        self.ax_ = canvas.axes(ax)
        self.figure_ = self.ax_.figure
        self.lines_ = [
            self.ax_.plot(curve.epochs, curve.values, markersize=4, **_LOOKS[curve.name])[0]
            for curve in curves
        ]
        self.ax_.set(xlabel="Epoch", ylabel=self.quantity.capitalize())
        self.ax_.locator_params(axis="x", integer=True)
        self.ax_.grid(alpha=0.3)
        self.ax_.legend(frameon=False)
        return self

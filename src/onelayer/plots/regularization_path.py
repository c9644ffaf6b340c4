"""Coefficients along a path of penalties, and how good each of its models is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from onelayer.errors import InvalidParameterError
from onelayer.estimators.regularization_path import RegularizationPath
from onelayer.plots import canvas
from onelayer.plots.colors import BLUE, VERMILION

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_LINES, _MOST_NAMED = 30, 10


class RegularizationPathDisplay:
    """Coefficients of one output against α on a logarithmic scale, and the validation score, where there is one.

    Of more than 30 features it is the norm of the coefficients of each output, ‖coef‖, instead.

    Parameters
    ----------
    path : RegularizationPath
        See :func:`onelayer.regularization_path`; an α of 0, which such a scale does not have, is left out.
    output : int
        Place of the class or the target.

    Attributes
    ----------
    ax_, figure_
        Where it was drawn.
    lines_ : list of matplotlib lines
        Coefficients or norms.
    score_line_ : matplotlib line or None
        The validation score, on an axis of its own at the right.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from onelayer import LinearRegression, regularization_path
    >>> X, y = np.eye(4)[:, :2], [3.0, 1.0, 0.0, 0.0]
    >>> path = regularization_path(LinearRegression(), X, y, alphas=[1.0, 0.1])
    >>> display = RegularizationPathDisplay(path).plot()
    >>> len(display.lines_), display.ax_.get_xscale()
    (2, 'log')
    """

    def __init__(self, path: RegularizationPath, *, output: int = 0) -> None:
        self.path = path
        self.output = output

    def plot(self, ax: Axes | None = None) -> RegularizationPathDisplay:
        """Draw on ``ax``, or on a new figure."""
        n_outputs, n_features = self.path.coefs.shape[1:]
        if not 0 <= self.output < n_outputs:
            raise InvalidParameterError(f"output={self.output!r}: expected one of 0 to {n_outputs - 1}")
        shown = self.path.alphas > 0
        alphas = self.path.alphas[shown]
        if n_features > _MOST_LINES:
            values, label = np.linalg.norm(self.path.coefs, axis=2), "‖coefficients‖"
            names = [f"output {k}" for k in range(n_outputs)]
        else:
            values, label = self.path.coefs[:, self.output], "Coefficient"
            names = list(self.path.names)
        self.ax_ = canvas.axes(ax)
        self.figure_ = self.ax_.figure
        self.lines_ = self.ax_.plot(alphas, values[shown], marker="o", markersize=3, color=None)
        if len(self.lines_) == 1:
            self.lines_[0].set_color(BLUE)
        for line, name in zip(self.lines_, names, strict=True):
            line.set_label(name)
        self.ax_.set(xlabel="α", ylabel=label, xscale="log")
        self.ax_.invert_xaxis()
        self.ax_.axhline(0, color="gray", linewidth=0.8)
        if 1 < len(self.lines_) <= _MOST_NAMED:
            self.ax_.legend(frameon=False)
        self.score_line_ = None
        if self.path.val_scores is not None:
            right = self.ax_.twinx()
            (self.score_line_,) = right.plot(
                alphas, self.path.val_scores[shown], color=VERMILION, linestyle="--", marker="s", markersize=4
            )
            right.set_ylabel("Validation score (dashed)")
        return self

"""Why a row was taken for its class and not for another: bars of its features, or a picture of its pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from onelayer.errors import InvalidDataError
from onelayer.explanation import RowExplanation
from onelayer.plots import canvas
from onelayer.plots.colors import BLUE, VERMILION

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def contribution_image(contributions: Any, image_shape: Sequence[int]) -> np.ndarray:
    """Return the contributions of pixels as a (height, width) image; those of colour channels are added up.

    Raises
    ------
    InvalidDataError
        The shape does not have as many pixels as there are features.

    Examples
    --------
    >>> contribution_image([1.0, -2.0, 0.5, 0.0], (1, 2, 2))
    array([[-1. ,  0.5]])
    """
    contributions = np.asarray(contributions, dtype=np.float64)
    if len(image_shape) not in (2, 3) or np.prod(image_shape) != len(contributions):
        raise InvalidDataError(
            f"{len(contributions)} features are not an image of shape {tuple(image_shape)}"
        )
    height, width = image_shape[:2]
    return contributions.reshape(height, width, -1).sum(axis=-1)


class ExplanationDisplay:
    """What the features of one row add to the score of one class over that of another.

    Blue speaks for the class, vermilion for the other one. Of a table the largest contributions are bars; of an image
    each pixel has the colour of its own, white where it does nothing.

    Parameters
    ----------
    explained : RowExplanation
        See :meth:`onelayer.explanation.Explanation.row`.
    image_shape : (height, width) or (height, width, channels), optional
        Draws a picture in place of bars.
    n_features : int
        How many bars to draw at most; one more has the sum of all others.

    Attributes
    ----------
    ax_, figure_
        Where it was drawn.
    bars_ : matplotlib bars
        Of a row of a table.
    im_ : matplotlib image
        Of an image.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from sklearn.datasets import load_iris
    >>> from onelayer import SoftmaxRegression
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> model = SoftmaxRegression(epochs=200, random_state=0).fit(X, y)
    >>> display = ExplanationDisplay.from_estimator(model, X, row=0, reference=X, n_features=2)
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['petal length (cm) = 1.4', 'sepal length (cm) = 5.1', 'all others', 'reference']
    """

    def __init__(
        self,
        explained: RowExplanation,
        *,
        image_shape: Sequence[int] | None = None,
        n_features: int = 10,
    ) -> None:
        self.explained = explained
        self.image_shape = image_shape
        self.n_features = n_features

    @classmethod
    def from_estimator(
        cls,
        model: Any,
        X: Any,
        *,
        row: int = 0,
        label: Any = None,
        over: Any = None,
        reference: Any = None,
        image_shape: Sequence[int] | None = None,
        n_features: int = 10,
        class_names: Sequence[str] | None = None,
        ax: Axes | None = None,
    ) -> ExplanationDisplay:
        """Draw a row of X.

        Parameters
        ----------
        model : SoftmaxRegression, or TableModel of one, fitted
        X : rows as the model takes them
        row : int
            Counted from 0.
        label, over : class labels, optional
            The predicted class and its competitor by default.
        reference : optional
            As for ``SoftmaxRegression.explain``.
        image_shape : (height, width) or (height, width, channels), optional
        n_features : int
        class_names : sequence of str, optional
            A name for each of ``model.classes_``, which are used by default.
        ax : matplotlib axes, optional
        """
        explained = model.explain(X, reference=reference).row(row, label, over)
        if class_names is not None:
            named = dict(zip(model.classes_.tolist(), class_names, strict=True))
            explained = replace(explained, label=named[explained.label], over=named[explained.over])
        return cls(explained, image_shape=image_shape, n_features=n_features).plot(ax)

    def plot(self, ax: Axes | None = None) -> ExplanationDisplay:
        """Draw on ``ax``, or on a new figure."""
        if self.image_shape is None:
            self._plot_bars(ax)
        else:
            self._plot_image(ax, self.image_shape)
        self.figure_ = self.ax_.figure
        found = self.explained
        self.ax_.set_title(f"{found.label} over {found.over}, margin {found.margin:.3g}", fontsize="medium")
        return self

    def _plot_image(self, ax: Axes | None, image_shape: Sequence[int]) -> None:
        image = contribution_image(self.explained.contributions, image_shape)
        limit = float(np.abs(image).max()) or 1.0
        self.ax_ = canvas.axes(ax, figsize=(4.4, 4.0))
        self.ax_.set_axis_off()
        self.im_ = self.ax_.imshow(image, cmap=canvas.diverging(), vmin=-limit, vmax=limit)
        self.ax_.figure.colorbar(self.im_, ax=self.ax_, label="contribution to the margin")

    def _plot_bars(self, ax: Axes | None) -> None:
        shown = self.explained.largest(self.n_features)
        names = [f"{each.name} = {each.value:.3g}" for each in shown]
        amounts = [each.amount for each in shown]
        if len(shown) < np.count_nonzero(self.explained.contributions):
            names, amounts = [*names, "all others"], [*amounts, self.explained.rest(self.n_features)]
        if self.explained.baseline:
            names, amounts = [*names, "reference"], [*amounts, self.explained.baseline]
        rows = np.arange(len(names))
        self.ax_ = canvas.axes(ax, figsize=(6.4, 1.2 + 0.3 * len(rows)))
        self.bars_ = self.ax_.barh(
            rows, amounts, color=[BLUE if amount > 0 else VERMILION for amount in amounts]
        )
        self.ax_.axvline(0, color="gray", linewidth=1)
        self.ax_.set_yticks(rows, names)
        self.ax_.invert_yaxis()
        self.ax_.set_xlabel("Contribution to the margin")

"""Three classes of points in the plane, and what the squared loss and cross-entropy make of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from onelayer.course.book import drawing
from onelayer.estimators.linear_regression import LinearRegression
from onelayer.estimators.softmax_regression import SoftmaxRegression

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LAYOUTS = ("row", "triangle")
LEVELS = (0.5, 0.7, 0.9)
COLORS = (drawing.BLUE, drawing.VERMILION, drawing.GREEN)
_CENTRES = {
    "row": ((-3.6, -1.2), (0.0, 0.0), (3.6, 1.2)),
    "triangle": ((-3.0, -1.2), (0.0, 2.4), (3.0, -1.2)),
}
_SPREAD = 0.9
_POINTS = 60  # of each class
_EPOCHS = 300


@dataclass(frozen=True, eq=False)
class ThreeClasses:
    """Points, and two models of one linear layer trained on them.

    Attributes
    ----------
    centres : (3, 2) array
    X : (n, 2) array
    y : (n,) int array
    squared : LinearRegression
        Trained with the squared loss on one-hot labels.
    softmax : SoftmaxRegression
    """

    centres: NDArray
    X: NDArray
    y: NDArray
    squared: LinearRegression
    softmax: SoftmaxRegression

    @classmethod
    def of(cls, layout: str, seed: int) -> ThreeClasses:
        """Draw points around three centres, in a row or in a triangle, and train both models.

        Examples
        --------
        >>> classes = ThreeClasses.of("triangle", seed=0)
        >>> bool(classes.right_squared.min() > 0.9 and classes.right_softmax.min() > 0.9)
        True
        """
        random_state = np.random.RandomState(seed)
        centres = np.array(_CENTRES[layout])
        y = np.repeat(np.arange(3), _POINTS)
        X = centres[y] + _SPREAD * random_state.standard_normal((len(y), 2))
        squared = LinearRegression(epochs=_EPOCHS, random_state=seed).fit(X, np.eye(3)[y])
        softmax = SoftmaxRegression(epochs=_EPOCHS, random_state=seed).fit(X, y)
        return cls(centres, X, y, squared, softmax)

    @cached_property
    def right_squared(self) -> NDArray:
        """Share of the points of each class for which the largest output of the squared loss is the right one."""
        return self._right(self.squared.predict(self.X).argmax(axis=1))

    @cached_property
    def right_softmax(self) -> NDArray:
        """Share of the points of each class that softmax regression gets right."""
        return self._right(self.softmax.predict(self.X))

    def _right(self, predicted: NDArray) -> NDArray:
        return np.array([(predicted[self.y == k] == k).mean() for k in range(3)])

    def walk(self, n: int = 101) -> tuple[NDArray, NDArray]:
        """Return points on a straight line through the first and the last centre, and how far along it they lie."""
        share = np.linspace(-0.4, 1.4, n)
        return self.centres[0] + share[:, None] * (self.centres[2] - self.centres[0]), share


def draw_regions(
    axes: Axes,
    classes: ThreeClasses,
    scores: Callable[[NDArray], NDArray],
    probabilities: Callable[[NDArray], NDArray] | None = None,
) -> None:
    """Colour the plane by the class with the largest score, deeper where its probability passes each of ``LEVELS``."""
    low, high = classes.X.min(axis=0) - 0.7, classes.X.max(axis=0) + 0.7
    across, up = np.linspace(low[0], high[0], 91), np.linspace(low[1], high[1], 61)
    grid = np.stack(np.meshgrid(across, up), axis=-1)
    points = grid.reshape(-1, 2)
    outputs = scores(points)
    for k, color in enumerate(COLORS):
        lead = (outputs[:, k] - np.delete(outputs, k, axis=1).max(axis=1)).reshape(grid.shape[:2])
        if lead.max() > 0:
            axes.contourf(across, up, lead, levels=[0, np.inf], colors=[color], alpha=0.16)
        if probabilities is not None:
            each = probabilities(points)[:, k].reshape(grid.shape[:2])
            for level in LEVELS:
                axes.contourf(across, up, each, levels=[level, np.inf], colors=[color], alpha=0.13)
        mine = classes.X[classes.y == k]
        axes.plot(
            *mine.T,
            color=color,
            marker=drawing.MARKERS[k],
            markersize=3.6,
            linestyle="none",
            markeredgewidth=0,
        )
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    axes.grid(visible=False)

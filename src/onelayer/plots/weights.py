"""What a linear model of images looks for: the weights of each class as an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from onelayer.errors import InvalidDataError
from onelayer.plots import canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def weight_images(coef: Any, image_shape: Sequence[int]) -> tuple[np.ndarray, float]:
    """Return the weights as images, and the weight that has the full colour.

    The scale is common to all classes and symmetric about zero; it ends at the 99.5th percentile of the
    absolute weights, so that a few extreme pixels do not fade the rest. Colour channels are averaged.

    Parameters
    ----------
    coef : (n_outputs, n_features) or (n_features,) float
    image_shape : (height, width) or (height, width, channels)

    Returns
    -------
    images : (n_outputs, height, width) float64
    limit : float

    Raises
    ------
    InvalidDataError
        The shape does not have as many pixels as the model has features.

    Examples
    --------
    >>> images, limit = weight_images([[0.0, 1.0, -2.0, 0.0]], (2, 2))
    >>> images[0]
    array([[ 0.,  1.],
           [-2.,  0.]])
    >>> round(limit, 3)
    1.985
    """
    coef = np.atleast_2d(np.asarray(coef, dtype=np.float64))
    if len(image_shape) not in (2, 3) or np.prod(image_shape) != coef.shape[1]:
        raise InvalidDataError(f"{coef.shape[1]} features are not an image of shape {tuple(image_shape)}")
    height, width = image_shape[:2]
    images = coef.reshape(len(coef), height, width, -1).mean(axis=-1)
    return images, float(np.percentile(np.abs(images), 99.5))


class WeightsDisplay:
    """The weight image of each class: blue pixels speak for the class, vermilion ones against it.

    Parameters
    ----------
    images : (n_classes, height, width) float
        See :func:`weight_images`.
    limit : float
        The absolute weight that has the full colour.
    class_names : sequence of str

    Attributes
    ----------
    ax_, figure_
        Where it was drawn.
    axes_ : list of axes, one for each class

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> images, limit = weight_images([[0.0, 1.0, -2.0, 0.0], [0.0, -1.0, 2.0, 0.0]], (2, 2))
    >>> display = WeightsDisplay(images, limit, ["vertical", "diagonal"]).plot()
    >>> [part.get_title() for part in display.axes_]
    ['vertical', 'diagonal']
    """

    def __init__(self, images: np.ndarray, limit: float, class_names: Sequence[str]) -> None:
        self.images = images
        self.limit = limit
        self.class_names = class_names

    @classmethod
    def from_estimator(
        cls,
        model: Any,
        *,
        image_shape: Sequence[int],
        class_names: Sequence[str] | None = None,
        ax: Axes | None = None,
    ) -> WeightsDisplay:
        """Draw the weights of a fitted classifier.

        Parameters
        ----------
        model : SoftmaxRegression, fitted
        image_shape : (height, width) or (height, width, channels)
            As ``image_shape`` of a data set.
        class_names : sequence of str, optional
            A name for each of ``model.classes_``, which are used by default. With two classes there is one
            image, which speaks for the second.
        ax : matplotlib axes, optional
        """
        names = model.classes_ if class_names is None else class_names
        images, limit = weight_images(model.coef_, image_shape)
        return cls(images, limit, names[-len(images) :]).plot(ax)

    def plot(self, ax: Axes | None = None, *, n_columns: int = 5) -> WeightsDisplay:
        """Draw on ``ax``, or on a new figure, with ``n_columns`` images side by side."""
        rows, columns = canvas.grid(len(self.images), n_columns)
        self.ax_ = canvas.axes(ax, figsize=(1.6 * columns, 1.8 * rows))
        self.figure_ = self.ax_.figure
        self.axes_ = canvas.tiles(self.ax_, len(self.images), n_columns, caption=0.16)
        for part, image, name in zip(self.axes_, self.images, self.class_names, strict=True):
            part.imshow(image, cmap=canvas.diverging(), vmin=-self.limit, vmax=self.limit)
            part.set_title(str(name), fontsize="medium")
        return self

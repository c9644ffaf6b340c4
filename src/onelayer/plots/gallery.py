"""Images with what the model makes of them: right, wrong, most and least certain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.evaluation import ClassPredictions, predict_classes
from onelayer.plots import canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KINDS = ("wrong", "least_certain", "right", "most_certain")

_CLASSES_SHOWN = 3


@dataclass(frozen=True)
class Example:
    """One image of a gallery.

    Attributes
    ----------
    row : int
        Row of X.
    pixels : (height, width) or (height, width, channels) uint8
    true, predicted : int
        Indices of classes.
    probabilities : list of (int, float)
        The most probable classes and their probabilities, in falling order; the true class is among them.
    """

    row: int
    pixels: np.ndarray
    true: int
    predicted: int
    probabilities: list[tuple[int, float]]


def gallery_rows(predictions: ClassPredictions, kind: str, n_images: int) -> np.ndarray:
    """Choose the rows that a gallery shows; the same predictions always give the same rows.

    Parameters
    ----------
    predictions : ClassPredictions
    kind : {"wrong", "least_certain", "right", "most_certain"}
        The most confident mistakes; the predictions with the lowest confidence, right or wrong, or with the
        highest; or right predictions evenly spread from the least to the most confident.
    n_images : int
        At most so many; fewer where there are fewer.

    Returns
    -------
    (n,) int64
    """
    if kind not in KINDS:
        raise InvalidParameterError(f"kind must be one of {', '.join(map(repr, KINDS))}, not {kind!r}")
    rising = np.argsort(predictions.log_confidence, kind="stable")
    if kind == "wrong":
        return rising[~predictions.correct[rising]][::-1][:n_images]
    if kind == "right":
        right = rising[predictions.correct[rising]]
        n_images = min(n_images, len(right))
        return right[((np.arange(n_images) + 0.5) * len(right) / max(n_images, 1)).astype(int)]
    return rising[:n_images] if kind == "least_certain" else rising[::-1][:n_images]


def examples(
    model: Any,
    X: np.ndarray,
    predictions: ClassPredictions,
    image_shape: Sequence[int],
    *,
    kind: str,
    n_images: int = 10,
) -> list[Example]:
    """Return the images of one gallery.

    Parameters
    ----------
    model : SoftmaxRegression, fitted
    X : (n_rows, n_features)
    predictions : ClassPredictions
        Of ``model`` on the rows of X.
    image_shape : (height, width) or (height, width, channels)
    kind, n_images
        See :func:`gallery_rows`.

    Raises
    ------
    InvalidDataError
        The shape does not have as many pixels as X has columns.
    """
    rows = gallery_rows(predictions, kind, n_images)
    if not len(rows):
        return []
    shown = np.asarray(X[rows])
    proba = model.predict_proba(shown)
    found = []
    for row, pixels, p in zip(rows, grey_levels(shown, image_shape), proba, strict=True):
        true, predicted = int(predictions.true[row]), int(predictions.predicted[row])
        likely = np.argsort(-p, kind="stable")[:_CLASSES_SHOWN].tolist()
        if true not in likely:
            likely[-1] = true
        found.append(Example(int(row), pixels, true, predicted, [(k, float(p[k])) for k in likely]))
    return found


def grey_levels(X: np.ndarray, image_shape: Sequence[int]) -> np.ndarray:
    """Return rows as uint8 images: uint8 as they are, others stretched from their least to their largest.

    Examples
    --------
    >>> grey_levels(np.array([[0.0, 0.5, 1.0, 0.0]]), (2, 2))[0]
    array([[  0, 127],
           [255,   0]], dtype=uint8)
    """
    if len(image_shape) not in (2, 3) or np.prod(image_shape) != X.shape[1]:
        raise InvalidDataError(f"rows of {X.shape[1]} values are not images of shape {tuple(image_shape)}")
    images = X.reshape(len(X), *image_shape)
    if images.dtype == np.uint8:
        return images
    images = images.astype(np.float64)
    low, high = images.min(), images.max()
    return ((images - low) * (255 / ((high - low) or 1.0))).astype(np.uint8)


class GalleryDisplay:
    """Images with the predicted class, its probability, and the true class where that is another one.

    Parameters
    ----------
    examples : list of Example
        See :func:`examples`.
    class_names : sequence of str

    Attributes
    ----------
    ax_, figure_
        Where it was drawn.
    axes_ : list of axes, one for each image

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from sklearn.linear_model import LogisticRegression
    >>> X, y = np.eye(4, dtype=np.uint8) * 255, [0, 0, 1, 1]
    >>> model = LogisticRegression().fit(X, y)
    >>> display = GalleryDisplay.from_estimator(model, X, y, image_shape=(2, 2), kind="right", n_images=3)
    >>> len(display.axes_)
    3
    """

    def __init__(self, examples: Sequence[Example], class_names: Sequence[Any]) -> None:
        self.examples = examples
        self.class_names = class_names

    @classmethod
    def from_estimator(
        cls,
        model: Any,
        X: Any,
        y: Any,
        *,
        image_shape: Sequence[int],
        kind: str = "wrong",
        n_images: int = 10,
        class_names: Sequence[str] | None = None,
        ax: Axes | None = None,
    ) -> GalleryDisplay:
        """Choose images among the rows X with labels y, and draw them.

        Parameters
        ----------
        model : SoftmaxRegression, fitted
        X : (n_rows, n_features)
        y : (n_rows,) labels
        image_shape : (height, width) or (height, width, channels)
        kind : {"wrong", "least_certain", "right", "most_certain"}
            See :func:`gallery_rows`.
        n_images : int
        class_names : sequence of str, optional
            A name for each of ``model.classes_``, which are used by default.
        ax : matplotlib axes, optional

        Raises
        ------
        InvalidDataError
            As ``evaluate``, or no row is of that kind.
        """
        predictions = predict_classes(model, X, y)
        chosen = examples(model, X, predictions, image_shape, kind=kind, n_images=n_images)
        return cls(chosen, model.classes_ if class_names is None else class_names).plot(ax)

    def plot(self, ax: Axes | None = None, *, n_columns: int = 5) -> GalleryDisplay:
        """Draw on ``ax``, or on a new figure, with ``n_columns`` images side by side."""
        if not self.examples:
            raise InvalidDataError(
                "there is no such prediction among these rows, so there is nothing to show"
            )
        rows, columns = canvas.grid(len(self.examples), n_columns)
        self.ax_ = canvas.axes(ax, figsize=(1.7 * columns, 2.2 * rows))
        self.figure_ = self.ax_.figure
        self.axes_ = canvas.tiles(self.ax_, len(self.examples), n_columns, caption=0.3)
        for part, example in zip(self.axes_, self.examples, strict=True):
            part.imshow(example.pixels, cmap="gray", vmin=0, vmax=255)
            part.set_title(self._caption(example), fontsize="small")
        return self

    def _caption(self, example: Example) -> str:
        """Name the predicted class with its probability, and the true one if it is another."""
        probabilities = dict(example.probabilities)
        lines = [f"{self.class_names[example.predicted]} {probabilities[example.predicted]:.2f}"]
        if example.true != example.predicted:
            lines.append(f"not {self.class_names[example.true]} {probabilities[example.true]:.2f}")
        return "\n".join(lines)

"""Fashion-MNIST for the pages: as many training images as an experiment wants, loaded once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from onelayer.data import datasets
from onelayer.data.dataset import ClassNames

SUBSET_ROWS = 6_000


@dataclass(frozen=True, eq=False)
class LabelledImages:
    """Images with their labels.

    Attributes
    ----------
    X : (n_images, height · width) array of uint8
    y : (n_images,) array of int64
    shape : (int, int)
        Height and width of an image in pixels.
    classes : ClassNames
    """

    X: NDArray
    y: NDArray
    shape: tuple[int, int]
    classes: ClassNames


def fashion_mnist(n_train: int = 60_000) -> tuple[LabelledImages, LabelledImages]:
    """Return the first ``n_train`` training images, in the order of the set, which is random, and the test images.

    Up to 6,000 come from the bundled subset, with its 1,000 test images, on every machine alike; more from the whole
    set, or, where that is neither on the machine nor to be downloaded, from the subset after all, with a warning.

    Examples
    --------
    >>> train, test = fashion_mnist(100)
    >>> train.X.shape, test.X.shape, test.shape
    ((100, 784), (1000, 784), (28, 28))
    """
    train, test = _loaded(n_train <= SUBSET_ROWS)
    return replace(train, X=train.X[:n_train], y=train.y[:n_train]), test


@cache
def _loaded(subset: bool) -> tuple[LabelledImages, LabelledImages]:
    train, test = datasets.fashion_mnist(subset=subset)
    assert train.classes is not None
    classes = train.classes

    def labelled(X: NDArray, y: NDArray | None) -> LabelledImages:
        return LabelledImages(X, np.asarray(y, dtype=np.int64), (28, 28), classes)

    return labelled(train.X, train.y), labelled(test.X, test.y)

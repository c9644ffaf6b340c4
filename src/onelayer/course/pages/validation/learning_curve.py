"""Accuracy in training and on new images, against the number of images trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onelayer.estimators.softmax_regression import SoftmaxRegression
from onelayer.evaluation import evaluate

_FEWEST = 100
_SEEN, _FEWEST_EPOCHS, _MOST_EPOCHS = 150_000, 10, 200


def sizes(most: int) -> list[int]:
    """Return 100, 300, 1000, … up to ``most``, and ``most`` itself.

    Examples
    --------
    >>> sizes(60_000)
    [100, 300, 1000, 3000, 10000, 30000, 60000]
    """
    steps = [digit * 10**power for power in range(2, 6) for digit in (1, 3)]
    return [size for size in steps if _FEWEST <= size < most] + [most]


def epochs_for(n: int) -> int:
    """Return how many epochs to train: few images need many, to be seen often enough."""
    return int(np.clip(_SEEN // n, _FEWEST_EPOCHS, _MOST_EPOCHS))


@dataclass(frozen=True)
class LearningCurve:
    """Models trained on more and more images, without a penalty.

    Attributes
    ----------
    sizes : list of int
    train, test : (n_sizes,) arrays
        Accuracies.
    """

    sizes: list[int]
    train: NDArray
    test: NDArray

    @property
    def gaps(self) -> NDArray:
        """How much more accurate each model is in training than on new images."""
        return self.train - self.test

    @classmethod
    def of(cls, X: NDArray, y: NDArray, X_test: NDArray, y_test: NDArray, most: int) -> LearningCurve:
        """Train on the first rows, and on more and more of them."""
        pairs = []
        for n in sizes(most):
            model = SoftmaxRegression(alpha=0.0, epochs=epochs_for(n), random_state=0).fit(X[:n], y[:n])
            pairs.append([evaluate(model, *each).accuracy for each in ((X[:n], y[:n]), (X_test, y_test))])
        return cls(sizes(most), *np.array(pairs).T)

"""How far the gradient of a minibatch lies from the gradient of all rows: measured, and by formula.

The mean of b draws has s/√b of the spread s of a single one. Of b different rows out of n it has less, by the finite
population correction √((n − b)/(n − 1)), which is zero for all rows (Cochran, *Sampling Techniques*, 1977, theorem
2.2).

>>> predicted_noise(2.0, np.array([1, 100]), 100)
array([2., 0.])
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onelayer.losses import CrossEntropy

_DRAWS = 16, 400  # minibatches of each size, at least and at most


@dataclass(frozen=True)
class Batch:
    """Rows of softmax regression with the parameters at which their gradient is wanted.

    Attributes
    ----------
    X : (n_rows, n_features) array
    y : (n_rows,) array
        Class numbers.
    W : (n_features, n_classes) array
    b : (n_classes,) array
    """

    X: NDArray
    y: NDArray
    W: NDArray
    b: NDArray

    def __len__(self) -> int:
        return len(self.X)

    def rows(self, chosen: Any) -> Batch:
        """Return some of the rows, at the same parameters."""
        return Batch(self.X[chosen], self.y[chosen], self.W, self.b)


def gradient(batch: Batch) -> NDArray:
    """Return the gradient of the mean cross-entropy of these rows in all of W and b, as one long vector."""
    slopes = CrossEntropy().gradient(batch.X @ batch.W + batch.b, batch.y)
    return np.append(batch.X.T @ slopes / len(batch), slopes.mean(axis=0))


def measured_noise(batch: Batch, size: int, draws: int, random_state: np.random.RandomState) -> float:
    """Return the root mean square of ‖g_B − g‖ over random minibatches B of so many rows."""
    full = gradient(batch)
    squares = []
    for _ in range(draws):
        drawn = random_state.permutation(len(batch))[:size]
        squares.append(np.sum((gradient(batch.rows(drawn)) - full) ** 2))
    return float(np.sqrt(np.mean(squares)))


def spread(batch: Batch) -> float:
    """Return s, the root mean square of ‖gᵢ − g‖ over single rows i.

    The gradient of a row is the outer product of its inputs, with a 1 for the bias, and its slopes in the scores, so
    that ‖gᵢ‖² is a product of two squared lengths and no gᵢ is ever written down.

    Examples
    --------
    >>> W, b = np.zeros((1, 2)), np.zeros(2)
    >>> spread(Batch(np.array([[1.0], [1.0]]), np.array([0, 1]), W, b))
    1.0
    """
    slopes = CrossEntropy().gradient(batch.X @ batch.W + batch.b, batch.y)
    squares = (np.sum(batch.X**2, axis=1) + 1) * np.sum(slopes**2, axis=1)
    return float(np.sqrt(max(0.0, np.mean(squares) - np.sum(gradient(batch) ** 2))))


def predicted_noise(spread: float, size: Any, n_rows: int) -> Any:
    """Return s/√b · √((n − b)/(n − 1)), for minibatches of b different rows out of n."""
    return spread / np.sqrt(size) * np.sqrt((n_rows - size) / (n_rows - 1))


@dataclass(frozen=True)
class Noise:
    """The gradient at one point of a training, and its noise for several sizes of minibatch.

    Attributes
    ----------
    length : float
        ‖g‖, the length of the gradient of all rows.
    spread : float
        Root mean square distance of a single row's gradient from it.
    n_rows : int
    sizes, measured : arrays
    """

    length: float
    spread: float
    n_rows: int
    sizes: NDArray
    measured: NDArray

    @classmethod
    def of(cls, batch: Batch, sizes: Sequence[int], drawn: int, random_state: np.random.RandomState) -> Noise:
        """Measure minibatches of several sizes, each fewer than all rows, on so many drawn rows each."""
        measured = [
            measured_noise(batch, size, int(np.clip(drawn // size, *_DRAWS)), random_state) for size in sizes
        ]
        length = float(np.linalg.norm(gradient(batch)))
        return cls(length, spread(batch), len(batch), np.array(sizes), np.array(measured))

    @property
    def predicted(self) -> NDArray:
        """What the formula says of these sizes."""
        return predicted_noise(self.spread, self.sizes, self.n_rows)

    @property
    def misfit(self) -> float:
        """The largest relative distance of the measured from the predicted noise."""
        return float(np.abs(self.measured / self.predicted - 1).max())

    @property
    def balance(self) -> float:
        """The size of minibatch whose gradient's noise is as long as the gradient itself."""
        return self.spread**2 * self.n_rows / ((self.n_rows - 1) * self.length**2 + self.spread**2)


@dataclass(frozen=True)
class Copies:
    """The gradient of one row against that of many copies of it.

    Attributes
    ----------
    difference : float
        Their distance, as a share of their length: 0 but for rounding.
    one, all : float
        Seconds that each takes.
    """

    difference: float
    one: float
    all: float

    @classmethod
    def of(cls, batch: Batch, copies: int) -> Copies:
        """Copy the first row so many times."""
        one, everything = batch.rows([0]), batch.rows(np.zeros(copies, np.int64))
        expected, found = gradient(one), gradient(everything)
        difference = float(np.linalg.norm(found - expected) / np.linalg.norm(expected))
        return cls(difference, _seconds_of_gradient(one), _seconds_of_gradient(everything))


def _seconds_of_gradient(batch: Batch) -> float:
    """Return the median of five times."""
    seconds = []
    for _ in range(5):
        began = time.perf_counter()
        gradient(batch)
        seconds.append(time.perf_counter() - began)
    return float(np.median(seconds))

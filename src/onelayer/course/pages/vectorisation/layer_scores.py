"""The scores of a linear layer, XWᵀ + b, by a loop, by NumPy and by onelayer's kernel, and the time that they take.

>>> X, W, b = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, -1.0]]), np.array([0.5])
>>> by_loop(X.tolist(), W.tolist(), b.tolist())
[[-0.5], [-0.5]]
>>> at_once(X, W, b).tolist() == by_kernel(X, W, b).tolist() == [[-0.5], [-0.5]]
True
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onelayer.course.experiments.stopwatch import seconds
from onelayer.matrices import Dense

Scores = Callable[[NDArray, NDArray, NDArray], NDArray]


def by_loop(X: list[list[float]], W: list[list[float]], b: list[float]) -> list[list[float]]:
    """Take row by row, output by output, number by number."""
    scores = []
    for x in X:
        row = []
        for w, total in zip(W, b, strict=True):
            for j in range(len(x)):
                total += x[j] * w[j]
            row.append(total)
        scores.append(row)
    return scores


def at_once(X: NDArray, W: NDArray, b: NDArray) -> NDArray:
    """Leave all loops to NumPy."""
    return X.astype(W.dtype, copy=False) @ W.T + b


def by_kernel(X: NDArray, W: NDArray, b: NDArray) -> NDArray:
    """Leave all loops to the kernel, on one core."""
    return Dense(X).scores(W, b, n_threads=1)


def row_by_row(scores: Scores, X: NDArray, W: NDArray, b: NDArray) -> NDArray:
    """Make a call for each row."""
    return np.vstack([scores(X[i : i + 1], W, b) for i in range(len(X))])


METHODS: dict[str, Scores] = {"numpy": at_once, "kernel": by_kernel}
KINDS = ("float64", "float32", "uint8")


@dataclass(frozen=True)
class Curve:
    """Time per row against the size of the batch.

    Attributes
    ----------
    method : str
    kind : str
        Type of the numbers in X.
    row_bytes : int
    row_operations : int
        Multiplications and additions for a row.
    sizes : (n,) array
        Rows in a batch.
    seconds : (n,) array
        Seconds of a call, divided by the rows.
    """

    method: str
    kind: str
    row_bytes: int
    row_operations: int
    sizes: NDArray
    seconds: NDArray

    @property
    def overhead(self) -> float:
        """Seconds of the quickest call, which is one for few rows: all but a little of it is the call itself."""
        return float((self.sizes * self.seconds).min())

    @property
    def floor(self) -> float:
        """Seconds per row with the best size of batch."""
        return float(self.seconds.min())

    @property
    def half(self) -> float:
        """The size of batch for which the call itself costs as much as all its rows."""
        return self.overhead / self.floor

    @property
    def model(self) -> NDArray:
        """Seconds per row if every call cost the overhead, and every row the floor."""
        return self.overhead / self.sizes + self.floor


def curves(pixels: NDArray, W: NDArray, b: NDArray) -> Iterator[Curve]:
    """Time batches of 1, 2, 4, … rows of the pixels, as numbers of each type, with each method."""
    sizes = 2 ** np.arange(int(np.log2(len(pixels))) + 1)
    for method, scores in METHODS.items():
        for kind in KINDS:
            X = pixels.astype(kind)
            number = np.float64 if kind == "float64" else np.float32
            w, c = W.astype(number), b.astype(number)
            per_row = np.array([seconds(scores, X[:n], w, c) / n for n in sizes])
            yield Curve(method, kind, X[0].nbytes, 2 * W.size, sizes, per_row)

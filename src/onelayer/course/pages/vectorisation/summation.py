"""What the order of its terms does to a sum of rounded numbers.

>>> float(one_after_the_other(np.array([1.0, 1e-16, 1e-16])))
1.0
>>> float(one_after_the_other(np.array([1e-16, 1e-16, 1.0])))
1.0000000000000002
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onelayer.course.pages.vectorisation.layer_scores import METHODS


def one_after_the_other(values: NDArray) -> np.floating:
    """Add from left to right, and round after each addition."""
    return np.add.accumulate(values)[-1]


def in_pairs(values: NDArray) -> np.floating:
    """Add neighbours, then neighbouring sums, until one is left; the length is a power of two."""
    while len(values) > 1:
        values = values[0::2] + values[1::2]
    return values[0]


@dataclass(frozen=True)
class Errors:
    """Relative errors of sums of float32 numbers from 0 to 1; the median of several draws for each length.

    Attributes
    ----------
    lengths : (n,) array
    sequential, pairs, numpy : (n,) arrays
        Added from left to right, in pairs, and by ``numpy.sum``.
    """

    lengths: NDArray
    sequential: NDArray
    pairs: NDArray
    numpy: NDArray


def errors(largest: int, random_state: np.random.RandomState, trials: int = 15) -> Errors:
    """Add ever more numbers, and compare with ``math.fsum``, which rounds only once, at the end."""
    lengths = 2 ** np.arange(3, int(np.log2(largest)) + 1)
    ways: tuple[Callable[[NDArray], np.floating], ...] = (one_after_the_other, in_pairs, np.sum)
    found = np.empty((len(lengths), trials, len(ways)))
    for i, n in enumerate(lengths):
        for trial in range(trials):
            values = random_state.random_sample(n).astype(np.float32)
            exact = math.fsum(values.tolist())
            for k, add in enumerate(ways):
                found[i, trial, k] = abs(float(add(values)) - exact) / exact
    return Errors(lengths, *np.median(found, axis=1).T)


def score_errors(X: NDArray, W: NDArray) -> dict[str, float]:
    """Return the largest error of a float32 score Σⱼ xⱼwⱼ for each way to add, as a share of Σⱼ |xⱼwⱼ|.

    A product of two float32 numbers is exact in float64, so ``math.fsum`` of the products is the true score, but for
    one rounding.
    """
    products = X.astype(np.float64)[:, None, :] * W.astype(np.float64)
    exact = np.array([[math.fsum(terms) for terms in row] for row in products.tolist()])
    rounded = X[:, None, :] * W
    ways = {
        "sequential": np.add.accumulate(rounded, axis=-1)[..., -1],
        **{method: scores(X, W, np.zeros_like(W[:, 0])) for method, scores in METHODS.items()},
    }
    size = np.abs(products).sum(axis=-1)
    return {way: float((np.abs(scores - exact) / size).max()) for way, scores in ways.items()}

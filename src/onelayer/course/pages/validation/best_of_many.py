"""Choosing the best of many equally good models by a few rows: how much better it looks than it is.

>>> accuracies = best_of_many(100, 100, 0.84, 500, np.random.RandomState(0))
>>> bool(accuracies.mean() > 0.9)
True
>>> round(expected_best(100, 100, 0.84), 3)
0.925

One row and two models, each right with probability ½: the better one is wrong only if both are.

>>> expected_best(2, 1, 0.5)
0.75
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom


def best_of_many(
    models: int, rows: int, accuracy: float, repetitions: int, random_state: np.random.RandomState
) -> NDArray:
    """Judge equally good models on some rows, many times; return how good the best one looks each time."""
    right = random_state.binomial(rows, accuracy, size=(repetitions, models))
    return right.max(axis=1) / rows


def expected_best(models: int, rows: int, accuracy: float) -> float:
    """Return how good the best looks on average: all m have at most k rows right with probability F(k)ᵐ."""
    at_most = binom.cdf(np.arange(rows), rows, accuracy)
    return float((1 - at_most**models).sum() / rows)


@dataclass(frozen=True)
class Optimism:
    """How good the best of m equally good models looks, for several m.

    Attributes
    ----------
    rows : int
        Rows that judge them.
    models : (n,) int array
    simulated, exact : (n,) arrays
        Mean accuracy of the best.
    """

    rows: int
    models: NDArray
    simulated: NDArray
    exact: NDArray

    @classmethod
    def of(
        cls,
        models: Sequence[int],
        rows: int,
        accuracy: float,
        repetitions: int,
        random_state: np.random.RandomState,
    ) -> Optimism:
        """Simulate and compute the accuracy that the best seems to have."""
        means = [best_of_many(m, rows, accuracy, repetitions, random_state).mean() for m in models]
        exact = [expected_best(m, rows, accuracy) for m in models]
        return cls(rows, np.array(models), np.array(means), np.array(exact))

"""The house sales of King County for the pages: some columns, split into sales to train on and sales to test on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from onelayer.data import datasets
from onelayer.data.dataset import Dataset


@dataclass(frozen=True)
class Houses:
    """Sales with their prices.

    Attributes
    ----------
    names : tuple of str
        The columns of X.
    X, X_test : (n_sales, n_columns) float64 arrays
    y, y_test : (n_sales,) float64 arrays
        Prices in dollars.
    """

    names: tuple[str, ...]
    X: NDArray
    y: NDArray
    X_test: NDArray
    y_test: NDArray


def houses(columns: Sequence[str], *, rows: int | None = None, test: float = 0.2, seed: int = 0) -> Houses:
    """Return sales in random order, a share of them held out.

    Parameters
    ----------
    columns : sequence of str
        Names of columns of ``datasets.house_prices()``.
    rows : int, optional
        How many sales to take in all; every one of the 21,613 by default.
    test : float
        Share of the sales that is held out.
    seed : int
        The same seed gives the same split.

    Examples
    --------
    >>> sales = houses(["sqft_living", "grade"], rows=1000)
    >>> sales.X.shape, sales.X_test.shape
    ((800, 2), (200, 2))
    """
    data = _loaded()
    assert data.y is not None
    assert data.feature_names is not None
    order = np.random.RandomState(seed).permutation(len(data.X))[:rows]
    held_out, kept = np.split(order, [round(test * len(order))])
    X = data.X[:, [data.feature_names.index(name) for name in columns]]
    return Houses(tuple(columns), X[kept], data.y[kept], X[held_out], data.y[held_out])


@cache
def _loaded() -> Dataset:
    return datasets.house_prices()

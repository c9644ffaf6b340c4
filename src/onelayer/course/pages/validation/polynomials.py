"""House prices as polynomials of the latitude, of every degree at once; and which degree to take.

The logarithm of the price is fitted, since prices differ by factors; an error of 0.5 is a factor of exp 0.5, about 1.6.
Features are Legendre polynomials. They span the same polynomials as 1, x, x², …, but their columns are far from
collinear, so that no digits are lost.

>>> features(np.array([SOUTH, NORTH]), 3).round(12).tolist()
[[1.0, -1.0, 1.0, -1.0], [1.0, 1.0, 1.0, 1.0]]

References
----------
Hastie, Tibshirani and Friedman, *The Elements of Statistical Learning*, chapter 7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.polynomial.legendre import legvander
from numpy.typing import NDArray

from onelayer.course.experiments.houses import houses

SOUTH, NORTH = 47.15, 47.78  # of the county, in degrees of latitude


def features(latitude: NDArray, degree: int) -> NDArray:
    """Return the Legendre polynomials of degree 0 to ``degree``, one in each column."""
    return legvander(2 * (latitude - SOUTH) / (NORTH - SOUTH) - 1, degree)


def fits(X: NDArray, y: NDArray) -> NDArray:
    """Return the least-squares weights of every degree d from 1 on: in row d − 1, with zeros after them."""
    W = np.zeros((X.shape[1] - 1, X.shape[1]))
    for degree in range(1, X.shape[1]):
        W[degree - 1, : degree + 1] = np.linalg.lstsq(X[:, : degree + 1], y, rcond=None)[0]
    return W


def errors(W: NDArray, X: NDArray, y: NDArray) -> NDArray:
    """Return the root of the mean squared error of every degree on some rows."""
    return np.sqrt(((X @ W.T - y[:, None]) ** 2).mean(axis=0))


def k_fold(n_rows: int, k: int, random_state: np.random.RandomState) -> list[tuple[NDArray, NDArray]]:
    """Deal the rows into k parts at random; return (rows to train on, rows to validate on) for each."""
    parts = np.array_split(random_state.permutation(n_rows), k)
    return [(np.concatenate(parts[:i] + parts[i + 1 :]), parts[i]) for i in range(k)]


def validate(X: NDArray, y: NDArray, folds: list[tuple[NDArray, NDArray]]) -> NDArray:
    """Train on each fold's one part, and return the errors on its other, shape (n_folds, n_degrees)."""
    return np.array([errors(fits(X[train], y[train]), X[held], y[held]) for train, held in folds])


def together(fold_errors: NDArray) -> NDArray:
    """Return one error for each degree from those of the folds: the root of the mean of their squares."""
    return np.sqrt((fold_errors**2).mean(axis=0))


@dataclass(frozen=True)
class Draw:
    """A few sales, fitted with every degree.

    Attributes
    ----------
    rows : (n_sales,) int array
        Which of the sales.
    W : (n_degrees, n_degrees + 1) array
    train, held_out : (n_degrees,) arrays
        Errors on these sales, and on others.
    between : (n_degrees,) array
        Errors on those of the others that lie between the southernmost and the northernmost of these.
    folds : (n_folds, n_degrees) array
        Errors on each fold of a cross-validation among these sales.
    """

    rows: NDArray
    W: NDArray
    train: NDArray
    held_out: NDArray
    between: NDArray
    folds: NDArray

    @property
    def cross_validated(self) -> NDArray:
        """The error of each degree by k-fold cross-validation."""
        return together(self.folds)

    @property
    def choices(self) -> dict[str, int]:
        """The degree chosen by each way of choosing; only the last one uses sales that nobody has in practice."""
        by = {
            "training": self.train,
            "split": self.folds[0],
            "folds": self.cross_validated,
            "oracle": self.held_out,
        }
        return {name: int(np.argmin(each)) + 1 for name, each in by.items()}


@dataclass(frozen=True)
class Sales:
    """Sales to draw from, and sales that are held out.

    Attributes
    ----------
    X, X_held : (n, degree + 1) arrays
    y, y_held : (n,) arrays
        Logarithms of prices.
    """

    X: NDArray
    y: NDArray
    X_held: NDArray
    y_held: NDArray

    @classmethod
    def of(cls, degree: int) -> Sales:
        """Return all sales of the county, a fifth of them held out."""
        split = houses(["lat"])
        X, X_held = (features(each[:, 0], degree) for each in (split.X, split.X_test))
        return cls(X, np.log(split.y), X_held, np.log(split.y_test))

    def draw(self, n_sales: int, k: int, random_state: np.random.RandomState) -> Draw:
        """Take a few sales at random, fit every degree to them, and cross-validate with k folds."""
        rows = random_state.choice(len(self.y), n_sales, replace=False)
        X, y = self.X[rows], self.y[rows]
        W = fits(X, y)
        held_out = errors(W, self.X_held, self.y_held)
        place, low, high = self.X_held[:, 1], X[:, 1].min(), X[:, 1].max()  # column 1 is the scaled latitude
        inner = (low <= place) & (place <= high)
        between = errors(W, self.X_held[inner], self.y_held[inner])
        folds = validate(X, y, k_fold(n_sales, k, random_state))
        return Draw(rows, W, errors(W, X, y), held_out, between, folds)

    def curves(
        self, sizes: Sequence[int], repetitions: int, random_state: np.random.RandomState
    ) -> tuple[NDArray, NDArray]:
        """Return the median errors in training and on sales held out, each of shape (n_sizes, n_degrees)."""
        medians = []
        for size in sizes:
            pairs = []
            for _ in range(repetitions):
                rows = random_state.choice(len(self.y), size, replace=False)
                W = fits(self.X[rows], self.y[rows])
                pairs.append((errors(W, self.X[rows], self.y[rows]), errors(W, self.X_held, self.y_held)))
            medians.append(np.median(pairs, axis=0))
        train, held_out = np.swapaxes(medians, 0, 1)
        return train, held_out

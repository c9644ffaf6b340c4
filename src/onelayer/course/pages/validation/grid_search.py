"""A search for the best learning rate and penalty among a grid of them, by the loss on images set aside."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onelayer.errors import DivergenceError
from onelayer.estimators.softmax_regression import SoftmaxRegression
from onelayer.evaluation import Evaluation, evaluate, predict_classes

RATES = (0.01, 0.03, 0.1, 0.3, 1.0)
ALPHAS = (0.0, 0.0003, 0.001, 0.003, 0.01, 0.03)
BATCH = 32


def train(X: NDArray, y: NDArray, learning_rate: float, alpha: float, epochs: int) -> SoftmaxRegression:
    """Train with one pair of hyperparameters; all the rest is the same for all pairs."""
    model = SoftmaxRegression(
        learning_rate=learning_rate,
        alpha=alpha,
        epochs=epochs,
        batch_size=BATCH,
        schedule="cosine",
        random_state=0,
        n_threads=1,  # minibatches this small are not worth a second one
    )
    return model.fit(X, y)


def row_losses(model: SoftmaxRegression, X: NDArray, y: NDArray) -> NDArray:
    """Return the cross-entropy of each row."""
    return -predict_classes(model, X, y).log_likelihood


@dataclass(frozen=True)
class Grid:
    """The losses of a grid of models on images that none of them was trained on.

    Attributes
    ----------
    losses : (n_alphas, n_rates, n_rows) array
        NaN for a model whose training diverged.
    seconds : float
        How long the whole search took.
    """

    losses: NDArray
    seconds: float

    @property
    def means(self) -> NDArray:
        """The loss of each model, shape (n_alphas, n_rates)."""
        return self.losses.mean(axis=2)

    @property
    def trained(self) -> int:
        """How many models there are; the others diverged."""
        return int(np.isfinite(self.means).sum())

    @property
    def best(self) -> tuple[int, int]:
        """Row and column of the smallest loss."""
        row, column = np.unravel_index(np.nanargmin(self.means), self.means.shape)
        return int(row), int(column)

    @property
    def alpha(self) -> float:
        """The penalty of the best model."""
        return ALPHAS[self.best[0]]

    @property
    def rate(self) -> float:
        """The learning rate of the best model."""
        return RATES[self.best[1]]

    @property
    def smallest(self) -> float:
        """The smallest loss."""
        return float(self.means[self.best])

    @property
    def standard_error(self) -> float:
        """The standard error of the smallest loss, as far as it comes from the images there happen to be."""
        losses = self.losses[self.best]
        return float(losses.std(ddof=1) / np.sqrt(len(losses)))

    @property
    def best_alphas(self) -> list[tuple[float, float]]:
        """Each learning rate with the penalty that suits it best, where any model was trained."""
        return [
            (rate, ALPHAS[int(np.nanargmin(column))])
            for rate, column in zip(RATES, self.means.T, strict=True)
            if np.isfinite(column).any()
        ]

    @property
    def at_edge(self) -> bool:
        """Whether the best might lie outside: it is of the largest penalty, or at an end of the rates that work."""
        row, column = self.best
        working = np.flatnonzero(np.isfinite(self.means).any(axis=0))
        return row == len(ALPHAS) - 1 or column == 0 or column == working[-1] == len(RATES) - 1

    @property
    def rivals(self) -> int:
        """How many other models are within two standard errors of the best, compared image by image."""
        ahead = self.losses - self.losses[self.best]
        error = ahead.std(axis=2, ddof=1) / np.sqrt(ahead.shape[2])
        return int((ahead.mean(axis=2) <= 2 * error).sum()) - 1


def search(X: NDArray, y: NDArray, X_val: NDArray, y_val: NDArray, epochs: int) -> Grid:
    """Train a model with each pair of the grid, and measure each on the validation set."""
    losses = np.full((len(ALPHAS), len(RATES), len(y_val)), np.nan)
    began = time.perf_counter()
    for i, alpha in enumerate(ALPHAS):
        for j, rate in enumerate(RATES):
            with suppress(DivergenceError):
                losses[i, j] = row_losses(train(X, y, rate, alpha, epochs), X_val, y_val)
    return Grid(losses, time.perf_counter() - began)


@dataclass(frozen=True)
class Tuned:
    """A search, and the one test at its end.

    Attributes
    ----------
    n_train, n_validation, n_test : int
    grid : Grid
    winner : Evaluation
        The best of the grid, on the validation set.
    test : Evaluation
        A model with its hyperparameters, trained on both parts, on the test set.
    """

    n_train: int
    n_validation: int
    n_test: int
    grid: Grid
    winner: Evaluation
    test: Evaluation

    @property
    def validation_error(self) -> float:
        """The standard error of the winner's accuracy on the validation set."""
        return _standard_error(self.winner)

    @property
    def test_error(self) -> float:
        """The standard error of the accuracy on the test set."""
        return _standard_error(self.test)

    @classmethod
    def of(cls, X: NDArray, y: NDArray, X_test: NDArray, y_test: NDArray, epochs: int) -> Tuned:
        """Set a third of the rows aside, search, train on all rows with what was found, and test once."""
        n = 2 * len(y) // 3
        grid = search(X[:n], y[:n], X[n:], y[n:], epochs)
        winner = evaluate(train(X[:n], y[:n], grid.rate, grid.alpha, epochs), X[n:], y[n:])
        final = train(X, y, grid.rate, grid.alpha, epochs)
        return cls(n, len(y) - n, len(y_test), grid, winner, evaluate(final, X_test, y_test))


def _standard_error(measured: Evaluation) -> float:
    """Return √(a(1 − a)/n), the standard error of an accuracy a on n rows."""
    assert measured.accuracy is not None
    return float(np.sqrt(measured.accuracy * (1 - measured.accuracy) / measured.n_rows))

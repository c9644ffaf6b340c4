"""Training runs of softmax regression with several sizes of minibatch and several learning rates."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import onelayer as ol
from onelayer.errors import DivergenceError

RATES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
MOST_EPOCHS = 60


def losses(X: NDArray, y: NDArray, epochs: int, batch_size: int, rate: float) -> NDArray:
    """Return the loss of all rows after each epoch of a training; a single NaN if it diverged."""
    model = ol.SoftmaxRegression(
        epochs=epochs, batch_size=batch_size, learning_rate=rate, alpha=0.0, random_state=0, n_threads=1
    )
    with suppress(DivergenceError):
        return np.array([epoch["val_loss"] for epoch in model.fit(X, y, X_val=X, y_val=y).history_])
    return np.array([np.nan])


@dataclass(frozen=True)
class Race:
    """A training run with one size of minibatch, and the rate that suited it best: the loss after each epoch."""

    size: int
    rate: float
    seconds_per_epoch: float
    losses: NDArray

    @property
    def epochs(self) -> NDArray:
        """The numbers of the epochs."""
        return np.arange(1, len(self.losses) + 1)

    @property
    def seconds(self) -> NDArray:
        """The time at the end of each."""
        return self.epochs * self.seconds_per_epoch

    @property
    def end(self) -> float:
        """The mean loss of the last fifth of the epochs."""
        return float(self.losses[-max(1, len(self.losses) // 5) :].mean())

    @classmethod
    def of(
        cls, X: NDArray, y: NDArray, size: int, reached: NDArray, seconds_per_epoch: float, seconds: float
    ) -> Race:
        """Train for so many seconds with the rate that reached least, or the one below if it ends better."""
        epochs = int(np.clip(seconds / seconds_per_epoch, 1, MOST_EPOCHS))
        best = int(np.nanargmin(reached))
        rates = RATES[max(0, best - 1) : best + 1]
        runs = [cls(size, rate, seconds_per_epoch, losses(X, y, epochs, size, rate)) for rate in rates]
        return min(runs, key=lambda run: float(np.nan_to_num(run.end, nan=np.inf)))

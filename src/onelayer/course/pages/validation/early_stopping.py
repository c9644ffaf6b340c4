"""Stopping when the validation loss has not fallen for some epochs, and going back to the best of them.

>>> stop([0.9, 0.6, 0.7, 0.65, 0.5], patience=2)
(4, 2)
>>> stop([0.9, 0.6, 0.7, 0.65, 0.5], patience=3)
(5, 5)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onelayer.estimators.softmax_regression import SoftmaxRegression
from onelayer.evaluation import predict_classes


def stop(losses: Sequence[float] | NDArray, patience: int) -> tuple[int, int]:
    """Return the epoch, from 1, after which training stops, and the best one up to there, which is kept."""
    best = 1
    for epoch, loss in enumerate(losses, start=1):
        if loss < losses[best - 1]:
            best = epoch
        if epoch - best >= patience:
            break
    return epoch, best


@dataclass(frozen=True)
class EarlyStopping:
    """One training to the end, and the same with early stopping.

    Attributes
    ----------
    train, validation, accuracy : (n_epochs,) arrays
        Loss on the images trained on, loss and accuracy on the validation set after each epoch.
    stopped, best : int
        The epoch after which training stops, and the one whose model is kept, from 1.
    engine_stopped : int
        The epoch after which the engine stopped of itself.
    engine_loss : float
        The validation loss of the model that it returned.
    n_validation : int
        Images of the validation set.
    wrong_kept, wrong_end : float
        Mean probability that the model kept, and the one at the end, give to a wrong class that they name.
    """

    train: NDArray
    validation: NDArray
    accuracy: NDArray
    stopped: int
    best: int
    engine_stopped: int
    engine_loss: float
    n_validation: int
    wrong_kept: float
    wrong_end: float

    @property
    def lowest(self) -> int:
        """The epoch with the smallest validation loss of all, from 1."""
        return int(np.argmin(self.validation)) + 1

    @property
    def rise(self) -> float:
        """How much greater the validation loss is at the end than where training would have stopped."""
        return float(self.validation[-1] - self.validation[self.best - 1])

    @property
    def accuracy_moved(self) -> float:
        """How far the accuracy at the end is from that of the epoch kept, up or down."""
        return float(abs(self.accuracy[-1] - self.accuracy[self.best - 1]))

    @property
    def accuracy_error(self) -> float:
        """The standard error of the accuracy of the epoch kept: √(a(1 − a)/n) with n images."""
        a = self.accuracy[self.best - 1]
        return float(np.sqrt(a * (1 - a) / self.n_validation))

    def kept(self, patience: int) -> tuple[int, int, float]:
        """Return where training would stop with another patience, the epoch kept, and its validation loss."""
        stopped, best = stop(self.validation, patience)
        return stopped, best, float(self.validation[best - 1])

    @classmethod
    def of(
        cls, X: NDArray, y: NDArray, X_val: NDArray, y_val: NDArray, epochs: int, patience: int
    ) -> EarlyStopping:
        """Train twice on the same images in the same order, without a penalty and with a constant rate."""
        same: dict[str, Any] = {
            "alpha": 0.0,
            "schedule": "constant",
            "batch_size": 64,
            "epochs": epochs,
            "random_state": 0,
            "n_threads": 1,  # minibatches this small are not worth a second one
        }
        whole = SoftmaxRegression(**same).fit(X, y, X_val=X_val, y_val=y_val)
        early = SoftmaxRegression(**same, early_stopping=True, n_iter_no_change=patience)
        early.fit(X, y, X_val=X_val, y_val=y_val)
        names = ("train_loss", "val_loss", "val_score")
        train, validation, accuracy = (
            np.array([epoch[name] for epoch in whole.history_], dtype=float) for name in names
        )
        stopped, best = stop(validation, patience)
        kept, end = (predict_classes(model, X_val, y_val) for model in (early, whole))
        return cls(
            train,
            validation,
            accuracy,
            stopped,
            best,
            early.n_iter_,
            kept.evaluation().loss,
            len(y_val),
            *(float(each.confidence[~each.correct].mean()) for each in (kept, end)),
        )

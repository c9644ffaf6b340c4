"""An order of rows in which those of a minibatch that are alike lie together: the compiled loop skips their zeros."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onelayer.labels import are_soft
from onelayer.objective import Objective

_CHUNK = 1 << 22
_FEW = 0.05  # share of zeros below which there is nothing to skip


class AlikeRows:
    """Sorts the rows of each minibatch by their likeliest class and by how many of their values are not zero.

    A minibatch stays the same set of rows; only the order in which its sums are taken changes.

    Parameters
    ----------
    objective : Objective
    standardised : bool
        Whether rows are centred, so that zeros are none.
    """

    def __init__(self, objective: Objective, standardised: bool) -> None:
        self._rank: NDArray[np.int64] | None = None
        X = objective.X.array
        if standardised or X.size == 0:
            return
        step = max(1, _CHUNK // X.shape[1])
        counts = [np.count_nonzero(X[i : i + step], axis=1) for i in range(0, len(X), step)]
        filled = np.concatenate(counts)
        if filled.sum() > (1 - _FEW) * X.size:
            return
        classes = np.zeros(len(X))
        if objective.loss.name == "cross-entropy":
            soft = are_soft(objective.targets)
            classes = objective.targets.argmax(axis=1) if soft else objective.targets[:, 0]
        self._rank = np.empty(len(X), np.int64)
        self._rank[np.lexsort((filled, classes))] = np.arange(len(X))

    def arranged(self, order: NDArray[np.int64], batch_size: int) -> NDArray[np.int64]:
        """Return the order with each minibatch sorted."""
        if self._rank is None:
            return order
        batch = np.arange(len(order)) // batch_size
        return order[np.argsort(batch * len(self._rank) + self._rank[order])]

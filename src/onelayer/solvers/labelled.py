"""Rows with targets and weights, and room for those that come and go."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onelayer.matrices import ArrayBuffer, Matrix


@dataclass(frozen=True)
class Labelled:
    """Rows that have been checked.

    Attributes
    ----------
    X : Matrix
    targets : (n_rows, n_outputs) float, or (n_rows, 1) class indices
    weights : (n_rows,) float64, or None for equal weights
    """

    X: Matrix
    targets: NDArray
    weights: NDArray | None

    def __len__(self) -> int:
        return self.X.shape[0]

    def part(self, rows: NDArray | slice) -> Labelled:
        """Return some of the rows; those of a slice may share memory."""
        weights = None if self.weights is None else self.weights[rows]
        return Labelled(self.X.part(rows), self.targets[rows], weights)


class LabelledBuffer:
    """Rows with targets and weights, copied as they come.

    Parameters
    ----------
    like : Labelled
        Rows of the kind that will come; none of them is taken.
    """

    def __init__(self, like: Labelled) -> None:
        self._X = like.X.buffer()
        self.targets, self._weights = ArrayBuffer(like.targets), ArrayBuffer(np.empty(0))

    def __len__(self) -> int:
        return len(self.targets)

    def put(self, rows: Labelled) -> None:
        """Copy rows to the end."""
        self._X.put(rows.X)
        self.targets.put(rows.targets)
        self._weights.put(np.ones(len(rows)) if rows.weights is None else rows.weights)

    def keep(self, places: NDArray[np.intp]) -> None:
        """Keep the rows of these places, in this order."""
        self._X.keep(places)
        self.targets.keep(places)
        self._weights.keep(places)

    def clear(self) -> None:
        """Leave all rows out; their room stays."""
        self.keep(np.arange(0))

    def leave_out(self, places: NDArray[np.intp]) -> None:
        """Leave these rows out; the last of those that stay take their places."""
        n_kept = len(self) - len(places)
        stays = np.ones(len(self), bool)
        stays[places] = False
        kept = np.arange(n_kept)
        kept[~stays[:n_kept]] = n_kept + np.flatnonzero(stays[n_kept:])
        self.keep(kept)

    def rows(self) -> Labelled:
        """Return the rows where they lie, good until some come or go; weights that are all 1 are none."""
        weights = self._weights.rows
        return Labelled(self._X.matrix(), self.targets.rows, None if (weights == 1).all() else weights)

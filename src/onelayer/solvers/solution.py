"""What every solver returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from onelayer.matrices import Moments
from onelayer.solvers.events import Epoch


class Stopped(StrEnum):
    """Why a run ended."""

    FINISHED = "finished"
    EARLY = "early stopping"
    CALLBACK = "callback"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Stream:
    """What automatic rates remember of the rows of earlier runs: their moments and the largest curvature."""

    moments: Moments
    curvature: float

    def columns(self) -> NDArray:
        """Return what is known of each column: mean, square, low and high, shape (4, n_features)."""
        return np.stack([self.moments.mean, self.moments.square, self.moments.low, self.moments.high])

    def numbers(self) -> list[float | None]:
        """Return what is known beside the columns: the weight of the rows, their shared unit, the curvature."""
        return [self.moments.total, self.moments.shared, self.curvature]

    @classmethod
    def of(cls, columns: NDArray, numbers: Sequence[float | None]) -> Stream:
        """Return the stream of ``columns()`` and ``numbers()``."""
        total, shared, curvature = numbers
        if total is None or curvature is None:
            raise ValueError("a stream has a weight and a curvature")
        mean, square, low, high = columns
        return cls(Moments(total, mean, square, low, high, shared), curvature)


@dataclass
class Solution:
    """The outcome of a run.

    Attributes
    ----------
    coef : (n_outputs, n_features)
        Weights in units of X as stored.
    intercept : (n_outputs,)
    converged : bool
        Whether the solver's own criterion was met.
    stopped : Stopped
    epochs : list of Epoch
        One entry per epoch.
    stream : Stream or None
        What a later run over more rows goes on from.
    """

    coef: NDArray
    intercept: NDArray
    converged: bool
    stopped: Stopped
    epochs: list[Epoch] = field(default_factory=list)
    stream: Stream | None = None

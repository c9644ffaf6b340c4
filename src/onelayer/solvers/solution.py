"""What every solver returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

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

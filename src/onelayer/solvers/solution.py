"""What every solver returns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

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
    SEPARABLE = "separable classes"


@dataclass(frozen=True)
class Stream:
    """What automatic rates remember of the rows of earlier runs.

    Attributes
    ----------
    moments : Moments
    curvature : float
        The largest one so far.
    scale : (n_outputs,) float64 or None
        Typical size of the errors of each output, where the rate depends on it.
    """

    moments: Moments
    curvature: float
    scale: NDArray | None = None

    def columns(self) -> NDArray:
        """Return what is known of each column: mean, square, low and high, shape (4, n_features)."""
        return np.stack([self.moments.mean, self.moments.square, self.moments.low, self.moments.high])

    def numbers(self) -> list[float | None]:
        """Return what else is known: the weight of the rows, their shared unit, the curvature, and any scale."""
        scale = [] if self.scale is None else self.scale.tolist()
        return [self.moments.total, self.moments.shared, self.curvature, *scale]

    @classmethod
    def of(cls, columns: NDArray, numbers: Sequence[float | None]) -> Stream:
        """Return the stream of ``columns()`` and ``numbers()``."""
        total, shared, curvature, *scale = numbers
        if total is None or curvature is None or None in scale:
            raise ValueError("a stream has a weight and a curvature")
        mean, square, low, high = columns
        moments = Moments(total, mean, square, low, high, shared)
        return cls(moments, curvature, np.array(scale, np.float64) if scale else None)


@dataclass(frozen=True)
class Part:
    """One of several fits that a solution joins, with an output for each.

    Attributes
    ----------
    n_iter : int
        Epochs or iterations.
    converged : bool
    gap : float or None
        As those of ``Solution``.
    others_loss, others_val_loss : float
        What the outputs of the other fits add to the losses of its epochs, on training and on validation data.
    """

    n_iter: int
    converged: bool
    gap: float | None
    others_loss: float
    others_val_loss: float

    def record(self) -> dict[str, Any]:
        """Return what the record of a training holds of it; a gap that is not finite is None."""
        known = self.gap is not None and math.isfinite(self.gap)
        return {**asdict(self), "gap": self.gap if known else None}


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
    gap : float or None
        How far the objective is above its least value at most, relative to it; None where that is not known.
    objective : float or None
        F of the parameters, where the solver knows it.
    scale : float, (n_outputs,) array, or None
        Scale of the noise, where it was estimated with the parameters; of several outputs each has its own.
    rank : int or None
        Of the columns, centred if there is an intercept; below their number, many coefficients fit alike, and these are
        the ones of least norm. None where it is not known, or a penalty leaves but one solution.
    parts : list of Part
        Of several fits joined, one for each output, their epochs one after the other; else empty.
    known : object or None
        What the solver knows of the rows, with which it goes on to another penalty.
    """

    coef: NDArray
    intercept: NDArray
    converged: bool
    stopped: Stopped
    epochs: list[Epoch] = field(default_factory=list)
    stream: Stream | None = None
    gap: float | None = None
    objective: float | None = None
    scale: float | NDArray | None = None
    rank: int | None = None
    parts: list[Part] = field(default_factory=list)
    known: Any = field(default=None, repr=False)

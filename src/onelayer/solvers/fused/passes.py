"""What a compiled loop needs to be told of rows, and where it keeps its parameters."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onelayer.solvers.loop import Setting


class Pass(ABC):
    """The arrays of one compiled loop.

    Attributes
    ----------
    layer : NamedTuple of arrays
        Everything that a pass changes; W and b among it.
    rows : NamedTuple of arrays
        What it reads.
    """

    layer: Any
    rows: Any

    @abstractmethod
    def __init__(self, setting: Setting, targets: NDArray, weights: NDArray) -> None:
        """Take the rows of the setting with their targets and weights, both in the type of computation."""

    @abstractmethod
    def work(
        self, order: NDArray[np.int64], loss: Any, rate: float, n_threads: int, state: NDArray[np.int64]
    ) -> Callable[[int], tuple[int, float]]:
        """Return what each thread is to call with its number: it returns how the pass ended, and the sum of losses."""

    @abstractmethod
    def parameters(self) -> tuple[NDArray, NDArray]:
        """Return W (n_outputs, n_features) and b (n_outputs,), for the loop's inputs and outputs."""

"""Where the rows of an epoch come from: all of them from memory, or from anything else block by block."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from onelayer.matrices import Moments
from onelayer.objective import Objective


class Block(NamedTuple):
    """Rows in memory, and which of them are trained on, in which order."""

    objective: Objective
    order: NDArray[np.int64]


class Source(ABC):
    """Rows for epochs.

    Attributes
    ----------
    n_rows : int
        Rows of an epoch, as far as that is known.
    repeatable : bool
        Whether they can be gone through more than once.
    weight_scale : float or None
        n_rows / Σw, by which weights are multiplied, where a block has not all of them.
    moments : Moments or None
        Of the columns, where they are known before.
    """

    n_rows: int
    repeatable: bool
    weight_scale: float | None
    moments: Moments | None

    @abstractmethod
    def epoch(
        self, objective: Objective, random_state: np.random.RandomState
    ) -> Generator[Block, None, None]:
        """Yield the rows of one epoch in random order, each in one block; a block is good until the next is asked for.

        Parameters
        ----------
        objective : Objective
            That of a run; the blocks are the same over other rows.
        random_state : RandomState
            Order of the rows: the same state gives the same order.
        """


class InMemory(Source):
    """The rows of the objective itself."""

    repeatable = True
    weight_scale = moments = None

    def __init__(self, n_rows: int) -> None:
        self.n_rows = n_rows

    def epoch(
        self, objective: Objective, random_state: np.random.RandomState
    ) -> Generator[Block, None, None]:
        """Yield all rows in one block."""
        yield Block(objective, random_state.permutation(self.n_rows))

"""How far a run has come: its epochs, and the best parameters so far where a validation loss is watched."""

from __future__ import annotations

from typing import Protocol

from numpy.typing import NDArray

from onelayer.solvers.events import Epoch
from onelayer.solvers.solution import Solution, Stopped, Stream


class _Running(Protocol):
    """What a ``Run`` is asked for."""

    stream: Stream | None

    def solution(self) -> tuple[NDArray, NDArray]: ...


class Progress:
    """The epochs of a run, and which of them was the best.

    Parameters
    ----------
    run : Run
    patience : int or None
        After how many epochs without a lower validation loss the run is over; its result is then the best epoch's.
    """

    def __init__(self, run: _Running, patience: int | None) -> None:
        self.run, self.patience = run, patience
        self.epochs: list[Epoch] = []
        self._best: tuple[float, int, tuple[NDArray, NDArray]] | None = None

    def take(self, epoch: Epoch) -> None:
        """Note an epoch that has just been finished."""
        self.epochs.append(epoch)
        watched = self.patience is not None and epoch.val_loss is not None
        if watched and (self._best is None or epoch.val_loss < self._best[0]):  # type: ignore[operator]
            self._best = epoch.val_loss, len(self.epochs), self.run.solution()  # type: ignore[assignment]

    @property
    def exhausted(self) -> bool:
        """Whether the patience is."""
        return (
            self.patience is not None
            and self._best is not None
            and len(self.epochs) - self._best[1] >= self.patience
        )

    @property
    def kept(self) -> Epoch:
        """The epoch whose parameters are the result."""
        return self.epochs[-1 if self._best is None else self._best[1] - 1]

    def solution(self, stopped: Stopped) -> Solution:
        """Return the outcome of a run that has ended for this reason."""
        coef, intercept = self.run.solution() if self._best is None else self._best[2]
        return Solution(coef, intercept, stopped is Stopped.EARLY, stopped, self.epochs, self.run.stream)

"""What a solver tells while it runs: one Epoch per pass over the data or iteration, to every callback."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from onelayer.errors import InvalidParameterError


@dataclass(frozen=True)
class Epoch:
    """One finished epoch, or iteration of an exact solver.

    Attributes
    ----------
    epoch, epochs : int
        Number of this epoch, from 1, and of the epochs planned.
    seconds : float
        Time this epoch took, in seconds, validation not included.
    train_loss : float
        Mean loss of the epoch's rows, each taken just before the update by its own minibatch (nats for
        cross-entropy); of an exact solver, the mean loss after the iteration. The penalty is not included.
    val_loss, val_score : float or None
        Mean loss, and accuracy or R², on the validation set after the epoch; None without one.
    learning_rate : float or None
        Learning rate of this epoch; None for a solver that has none.
    rows_per_second : float
        Rows trained on per second.

    Examples
    --------
    >>> Epoch(1, 10, 0.5, 0.61, None, None, 0.1, 120000.0).record()["train_loss"]
    0.61
    """

    epoch: int
    epochs: int
    seconds: float
    train_loss: float
    val_loss: float | None
    val_score: float | None
    learning_rate: float | None
    rows_per_second: float

    def record(self) -> dict[str, int | float | None]:
        """Return the entry of ``history_``: every field but ``epochs``."""
        entry = dict(vars(self))
        del entry["epochs"]
        return entry


class Callback:
    """What listens to a run. Every method does nothing unless overridden.

    ``on_start`` is called once before the first epoch, ``on_epoch`` after each, and ``on_end`` always, also when the
    run fails or is interrupted. A solver that takes its rows from batches calls ``on_rows`` after each of them.
    """

    def on_start(self, epochs: int, rows: int) -> None:
        """Hear that a run of ``epochs`` passes over ``rows`` rows begins."""

    def on_rows(self, rows: int) -> None:
        """Hear that ``rows`` rows of this pass have been read; another pass begins with a smaller number."""

    def on_epoch(self, epoch: Epoch) -> bool | None:
        """Hear of a finished epoch; return True to stop the run."""
        return None

    def on_end(self) -> None:
        """Hear that the run is over."""


class FunctionCallback(Callback):
    """A plain function that is called with each epoch."""

    def __init__(self, function: Callable[[Epoch], bool | None]) -> None:
        self.function = function

    def on_epoch(self, epoch: Epoch) -> bool | None:
        """Call the function."""
        return self.function(epoch)


def listeners(callbacks: Sequence[Callback | Callable[[Epoch], bool | None]]) -> list[Callback]:
    """Return every callback as a Callback; refuse what is neither one nor a function."""
    heard = []
    for callback in callbacks:
        if isinstance(callback, type) or not (isinstance(callback, Callback) or callable(callback)):
            raise InvalidParameterError(
                f"callbacks has {callback!r}: expected a Callback object or a function of an epoch"
            )
        heard.append(callback if isinstance(callback, Callback) else FunctionCallback(callback))
    return heard

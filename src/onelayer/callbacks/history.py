"""The records of every epoch."""

from __future__ import annotations

from onelayer.solvers.events import Callback, Epoch


class History(Callback):
    """Keep the records of every epoch, as ``history_`` does, across as many fits as it is given to.

    Attributes
    ----------
    records : list of dict
        One record per epoch: epoch, seconds, train_loss, val_loss, val_score, learning_rate, rows_per_second.

    Examples
    --------
    >>> history = History()
    >>> history.on_epoch(Epoch(1, 10, 0.05, 0.61, None, None, 0.1, 1_200_000.0))
    >>> [record["train_loss"] for record in history.records]
    [0.61]
    """

    def __init__(self) -> None:
        self.records: list[dict[str, int | float | None]] = []

    def on_epoch(self, epoch: Epoch) -> None:
        """Keep the record of a finished epoch."""
        self.records.append(epoch.record())

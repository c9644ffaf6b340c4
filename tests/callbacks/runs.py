"""What the tests of callbacks share: two epochs, and a run that consists of them."""

from __future__ import annotations

from onelayer.solvers.events import Callback, Epoch

FIRST = Epoch(1, 12, 0.05, 0.61234, 0.52, 0.8123, 0.1, 1_200_000.4)
SECOND = Epoch(2, 12, 0.04, 0.51, None, None, 0.1, 1_500_000.0)


def run(callback: Callback, *epochs: Epoch) -> None:
    """Do to a callback what a fit does."""
    callback.on_start(epochs=12, rows=60_000)
    for epoch in epochs:
        assert not callback.on_epoch(epoch)
    callback.on_end()

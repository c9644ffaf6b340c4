"""The history: every record, across fits."""

from __future__ import annotations

from onelayer.callbacks import History

from .runs import FIRST, SECOND, run


def test_history_keeps_the_records() -> None:
    history = History()
    run(history, FIRST, SECOND)
    run(history, FIRST)
    assert history.records == [FIRST.record(), SECOND.record(), FIRST.record()]

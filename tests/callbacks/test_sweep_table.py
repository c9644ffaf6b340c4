"""The candidates of a sweep on a terminal and as lines."""

from __future__ import annotations

import io

from onelayer.callbacks import SweepTable
from onelayer.estimators.sweep.race import Standing

from .terminal import Terminal

STANDINGS = [
    Standing(0, {"alpha": 0.1}, "stopped", 1, 10, 1.5, 1.4, 0.5),
    Standing(1, {"alpha": 0.01}, "running", 3, 10, 0.7, 0.6, 0.8125),
    Standing(2, {"alpha": 1e30}, "diverged"),
    Standing(3, {"alpha": 1e-3}, "running", 3, 10, 0.8, 0.7, 0.75),
    Standing(4, {"alpha": 1e-4}),
]


def test_a_line_for_each_epoch():
    file = io.StringIO()
    with SweepTable(file, score="accuracy") as table:
        table(STANDINGS)
    assert file.getvalue() == (
        "epoch   3/10   2 running, 2 ended   best: alpha=0.01  val loss 0.6000  val accuracy 0.8125\n"
    )


def test_a_table_on_a_terminal():
    terminal = Terminal()
    with SweepTable(terminal.file, score="accuracy") as table:
        table(STANDINGS)
        table([*STANDINGS, *(Standing(5 + i, {"alpha": 2.0}) for i in range(20))])
    output = terminal.output()
    assert "val accuracy" in output
    places = [output.rindex(word) for word in ("0.8125", "0.7500", "0.5000")]
    assert places == sorted(places)
    assert "and 5 more" in output

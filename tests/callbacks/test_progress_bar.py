"""The progress bar: what it shows on a terminal and in a pipe."""

from __future__ import annotations

import dataclasses
import io
import sys

import pytest

from onelayer.callbacks import ProgressBar
from onelayer.errors import MissingDependencyError
from onelayer.solvers.events import Epoch

from .runs import FIRST, SECOND, run
from .terminal import Terminal


def test_a_pipe_gets_one_plain_line_per_epoch() -> None:
    file = io.StringIO()
    run(ProgressBar(file, score="accuracy"), FIRST, SECOND)
    first, second = file.getvalue().splitlines()
    assert first.startswith("epoch  1/12  loss 0.6123  val accuracy 0.8123  1,200,000 rows/s  ")
    assert second.startswith("epoch  2/12  loss 0.5100  1,500,000 rows/s  ")
    assert second.endswith(" left")
    assert "\x1b" not in file.getvalue()


def test_standard_error_is_looked_up_when_the_fit_begins(capsys: pytest.CaptureFixture[str]) -> None:
    run(ProgressBar(), FIRST)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("epoch  1/12  loss 0.6123  val score 0.8123")


def test_time_left_is_the_mean_epoch_times_those_to_come(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.StringIO()
    times = iter([100.0, 1100.0, 1101.0, 1104.0])
    monkeypatch.setattr("time.perf_counter", lambda: next(times))
    run(ProgressBar(file), *(dataclasses.replace(SECOND, epoch=number, seconds=2.0) for number in (1, 2, 3)))
    left = [line.split("  ")[-1] for line in file.getvalue().splitlines()]
    assert left == [
        "0:22 left",  # 11 × the 2 s of the first, without the 998 s of preparation
        "0:10 left",  # 10 × 1 s
        "0:18 left",  # 9 × (1 s + 3 s)/2
    ]


def test_a_terminal_gets_a_bar_drawn_in_one_place(terminal: Terminal) -> None:
    run(ProgressBar(terminal.file, score="accuracy"), FIRST, SECOND)
    output = terminal.output()
    assert "epoch 1/12" in output
    assert "loss 0.6123  val accuracy 0.8123  1,200,000 rows/s" in output
    assert "epoch 2/12" in output
    assert "━" in output
    assert output.count("\n") == 1
    assert output.endswith("\x1b[?25h"), "the cursor is shown again"


def test_a_bar_fits_into_eighty_columns(terminal: Terminal) -> None:
    run(ProgressBar(terminal.file, score="accuracy"), FIRST)
    output = terminal.output()
    assert " left" in output
    assert "…" not in output


def test_a_terminal_that_cannot_redraw_gets_lines(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    run(ProgressBar(terminal.file), FIRST, SECOND)
    output = terminal.output()
    assert "\x1b" not in output
    assert output.count("\n") == 2


def test_rich_is_asked_for_on_a_terminal_only(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich.progress", None)
    run(ProgressBar(io.StringIO()), FIRST)
    bar = ProgressBar(terminal.file)
    with pytest.raises(MissingDependencyError, match=r"onelayer\[app\]"):
        bar.on_start(12, 60_000)
    bar.on_end()


def iterations(*numbers: int) -> list[Epoch]:
    """Return iterations of an exact solver."""
    return [
        dataclasses.replace(SECOND, epoch=number, learning_rate=None, val_score=0.5) for number in numbers
    ]


def test_iterations_are_shown_on_ever_fewer_lines_and_the_last() -> None:
    file = io.StringIO()
    run(ProgressBar(file, score="R²"), *iterations(*range(1, 124)))
    lines = file.getvalue().splitlines()
    assert [int(line.split()[1]) for line in lines] == [1, 2, 5, 10, 20, 50, 100, 123]
    assert lines[0] == "iteration   1  loss 0.5100  val R² 0.5000"


def test_a_last_iteration_that_was_shown_is_not_shown_again() -> None:
    file = io.StringIO()
    bar = ProgressBar(file)
    run(bar, *iterations(1, 2, 3, 4, 5))
    run(bar, *iterations(1, 2, 3))
    assert [int(line.split()[1]) for line in file.getvalue().splitlines()] == [1, 2, 5, 1, 2, 3]


def test_a_bar_of_iterations_is_full_in_the_end(terminal: Terminal) -> None:
    run(ProgressBar(terminal.file), *iterations(1, 2, 3))
    output = terminal.output()
    assert "iteration 3" in output
    assert " left" not in output
    assert output.count("\n") == 1

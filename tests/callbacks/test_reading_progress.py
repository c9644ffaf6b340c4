"""Progress of a long reading: what it shows on a terminal and in a pipe."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from onelayer.callbacks import ReadingProgress

from .terminal import Terminal


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """A clock that shows the time in its only entry."""
    now = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])
    return now


def read(
    progress: ReadingProgress, clock: list[float], *states: tuple[float, int], total: int = 1000
) -> None:
    """Begin at second 0, and have read so many rows at each of some times."""
    clock[0] = 0.0
    progress.on_start(1, total)
    for time, rows in states:
        clock[0] = time
        progress.on_rows(rows)
    progress.on_end()


def test_a_pipe_gets_a_line_for_each_tenth_of_the_rows(clock: list[float]) -> None:
    file = io.StringIO()
    read(ReadingProgress(file), clock, *((0.02 * rows, rows) for rows in range(50, 1001, 50)))
    lines = file.getvalue().splitlines()
    assert lines[0] == "100 of 1,000 rows  50 rows/s  0:18 left"
    assert lines[-1] == "1,000 of 1,000 rows  50 rows/s  0:00 left"
    assert len(lines) == 10
    assert "\x1b" not in file.getvalue()


def test_nothing_within_the_first_two_seconds_and_where_the_number_of_rows_is_not_known(
    clock: list[float],
) -> None:
    file = io.StringIO()
    read(ReadingProgress(file), clock, (0.3, 300), (1.9, 1000))
    read(ReadingProgress(file), clock, (3.0, 300), (9.0, 1000), total=0)
    assert file.getvalue() == ""


def test_of_two_passes_at_once_the_second_is_shown(clock: list[float]) -> None:
    file = io.StringIO()
    progress = ReadingProgress(file)
    progress.on_start(1, 10)
    read(progress, clock, (3.0, 1000))
    progress.on_rows(10)
    progress.on_end()
    assert file.getvalue().count("\n") == 1


def test_a_second_reading_counts_from_the_beginning(clock: list[float]) -> None:
    file = io.StringIO()
    read(ReadingProgress(file), clock, (2.0, 500), (4.0, 1000), (5.0, 250), (7.0, 500), (9.0, 1000))
    assert [line.split("  ")[0] for line in file.getvalue().splitlines()] == [
        "500 of 1,000 rows",
        "1,000 of 1,000 rows",
        "500 of 1,000 rows",
        "1,000 of 1,000 rows",
    ]
    assert file.getvalue().splitlines()[-1].endswith("250 rows/s  0:00 left")


def test_a_terminal_gets_a_bar_that_goes_away(terminal: Terminal, clock: list[float]) -> None:
    read(ReadingProgress(terminal.file), clock, (2.0, 400), (2.01, 410), (3.0, 600))
    shown = terminal.output()
    assert "400 of 1,000 rows  200 rows/s  0:03 left" in shown
    assert "410 of" not in shown
    assert "600 of 1,000 rows  200 rows/s  0:02 left" in shown
    assert shown.rstrip().endswith("\x1b[2K")  # the line is empty


def test_the_bar_takes_the_line_of_another(terminal: Terminal, clock: list[float]) -> None:
    terminal.file.write("epoch 1/2")
    read(ReadingProgress(terminal.file), clock, (2.0, 400), (3.0, 600))
    assert terminal.output().startswith("epoch 1/2\r\x1b[K")


def test_a_terminal_gets_nothing_of_a_short_reading(terminal: Terminal, clock: list[float]) -> None:
    read(ReadingProgress(terminal.file), clock, (0.5, 1000))
    assert terminal.output() == ""

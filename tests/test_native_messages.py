"""Messages of compiled code: passed on in the end, or dropped with a failure, for any number of threads."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterator
from typing import TextIO

import pytest

from onelayer.native_messages import native_messages_held_back, past_holding


def write(text: str) -> None:
    """Write to standard error as compiled code does."""
    os.write(2, text.encode())


def test_they_are_passed_on_at_the_end(capfd: pytest.CaptureFixture[str]) -> None:
    with native_messages_held_back():
        write("careful\n")
        assert capfd.readouterr().err == ""
    write("after\n")
    assert capfd.readouterr().err == "careful\nafter\n"


def test_a_failure_drops_them(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        write("panicked\n")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), native_messages_held_back():
        fail()
    write("after\n")
    assert capfd.readouterr().err == "after\n"


def test_one_inside_another(capfd: pytest.CaptureFixture[str]) -> None:
    with native_messages_held_back():
        with native_messages_held_back():
            write("inner\n")
        assert capfd.readouterr().err == ""
    assert capfd.readouterr().err == "inner\n"


def test_blocks_of_threads_that_overlap(capfd: pytest.CaptureFixture[str]) -> None:
    begun, ended = threading.Event(), threading.Event()

    def other() -> None:
        with native_messages_held_back():
            begun.set()
            ended.wait()
            write("other\n")

    thread = threading.Thread(target=other)
    with native_messages_held_back():
        thread.start()
        begun.wait()
    ended.set()
    thread.join()
    write("after\n")
    assert capfd.readouterr().err == "other\nafter\n"


def test_a_closed_standard_error_stays_closed() -> None:
    kept = os.dup(2)
    os.close(2)
    try:
        with native_messages_held_back():
            pass
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(2)
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@pytest.fixture
def standard_error() -> Iterator[TextIO]:
    """Standard error as Python has it where nothing captures it."""
    with open(2, "w", encoding="utf-8", closefd=False) as file:
        yield file


def test_what_a_thread_shows_meanwhile_is_seen_at_once(
    capfd: pytest.CaptureFixture[str], standard_error: TextIO
) -> None:
    for begin_before in (True, False):
        if begin_before:
            shown = past_holding(standard_error)
        with native_messages_held_back():
            if not begin_before:
                shown = past_holding(standard_error)
            write("from below\n")
            with shown:
                print("half,", file=shown)
                assert capfd.readouterr().err == "half,\n"
        assert capfd.readouterr().err == "from below\n"
    write("still open\n")
    assert capfd.readouterr().err == "still open\n"


def test_other_files_are_left_alone() -> None:
    text, closed = io.StringIO(), io.StringIO()
    closed.close()
    assert past_holding(text) is text
    assert past_holding(closed) is closed

"""Reading ahead keeps the order, holds two parts at a time, and passes exceptions on where they belong."""

from __future__ import annotations

import threading

import pytest

from onelayer.data.tables.read_ahead import read_ahead


def test_the_parts_in_their_order() -> None:
    assert list(read_ahead(iter(range(100)))) == list(range(100))
    assert list(read_ahead([])) == []


def test_one_part_is_made_ahead_and_no_more() -> None:
    made: list[int] = []
    second_made = threading.Event()

    def parts():
        for part in range(4):
            made.append(part)
            if part == 1:
                second_made.set()
            yield part

    ahead = read_ahead(parts())
    assert next(ahead) == 0
    assert second_made.wait(10)
    assert made == [0, 1]
    assert list(ahead) == [1, 2, 3]


def test_parts_are_made_in_another_thread() -> None:
    makers = set(read_ahead(threading.get_ident() for _ in range(3)))
    assert len(makers) == 1
    assert threading.get_ident() not in makers


def test_an_exception_comes_where_its_part_would_have() -> None:
    def parts():
        yield 1
        raise ValueError("no second part")

    ahead = read_ahead(parts())
    assert next(ahead) == 1
    with pytest.raises(ValueError, match="no second part"):
        next(ahead)


def test_a_caller_may_have_enough() -> None:
    closed = []

    def parts():
        try:
            while True:
                yield 0
        finally:
            closed.append(True)

    made = parts()
    ahead = read_ahead(made)
    assert next(ahead) == 0
    ahead.close()
    made.close()
    assert closed == [True]

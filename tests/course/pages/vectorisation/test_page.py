"""What the page says of loops, calls and batches, but for the times, which are the machine's."""

from __future__ import annotations

import numpy as np
import pytest

from onelayer.course.book.parameters import settings
from onelayer.course.pages.vectorisation import page as vectorisation
from onelayer.kernels.tiles import lanes

PAGE = vectorisation.PAGE


@pytest.fixture(scope="module")
def found():
    return PAGE.run(settings(PAGE.parameters, PAGE.small))


def test_the_ways_to_add_two_vectors_agree():
    a, b = np.random.RandomState(0).standard_normal((2, 50))
    expected = [x + y for x, y in zip(a.tolist(), b.tolist(), strict=True)]
    assert vectorisation.add_by_loop(a, b).tolist() == expected
    assert vectorisation.add_lists(a.tolist(), b.tolist()) == expected
    assert vectorisation.add_at_once(a, b).tolist() == expected


def test_a_time_for_each_way(found):
    assert set(found.adding) == {"loop", "lists", "once"}
    assert set(found.batches) == {"numpy", "kernel"}
    times = [*found.adding.values(), found.loop]
    times += [time for batch in found.batches.values() for time in (batch.together, batch.singly)]
    assert np.isfinite(times).all()
    assert min(times) > 0


def test_curves_of_both_methods_and_all_types(found):
    for method in ("numpy", "kernel"):
        for kind, row_bytes in (("uint8", 20), ("float32", 80), ("float64", 160)):
            curve = found.curve(method, kind)
            assert curve.row_bytes == row_bytes
            assert curve.row_operations == 2 * 20 * 10
            assert curve.sizes.tolist() == [1, 2, 4, 8, 16]


def test_a_register_holds_twice_as_many_numbers_of_half_the_size(found):
    assert found.vector_bytes // 4 == lanes(4) == 2 * lanes(8) == 2 * (found.vector_bytes // 8)


def test_scores_are_right_but_for_rounding(found):
    unit = float(np.finfo(np.float32).eps) / 2
    assert max(found.score_errors.values()) <= 21 * unit


def test_numbers_added_in_another_order_give_another_sum():
    assert (0.1 + 0.2) + 0.3 != 0.1 + (0.2 + 0.3)
    assert np.float32(2**24) + np.float32(1) == 2**24

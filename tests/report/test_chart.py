import math
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from onelayer.report import chart

FINITE = st.floats(-1e9, 1e9, allow_subnormal=False)


@given(FINITE, FINITE, st.integers(4, 12), st.booleans())
def test_ticks_are_few_round_numbers_inside_the_range(low, high, most, whole):
    low, high = min(low, high), max(low, high)
    assume(high - low > 1e-6 * max(abs(low), abs(high), 1e-300))
    assume(high - low >= 1 or not whole)
    ticks = chart.tick_values(low, high, most=most, whole=whole)
    span = high - low
    assert len(ticks) <= most
    assert all(low - 1e-6 * span <= tick <= high + 1e-6 * span for tick in ticks)
    if whole:
        assert all(tick == round(tick) for tick in ticks)
    else:
        assert len(ticks) >= 1
    gaps = [b - a for a, b in pairwise(ticks)]
    assert all(math.isclose(gap, gaps[0], rel_tol=1e-3, abs_tol=1e-9 * span) for gap in gaps)


@given(FINITE, FINITE, st.booleans(), st.booleans())
def test_an_axis_holds_its_values_between_its_ends(a, b, whole, snug):
    low, high = min(a, b), max(a, b)
    axis = chart.vertical(low, high, "loss", whole=whole, snug=snug)
    assert axis.low < axis.high
    for value in (low, high):
        assert chart.TOP - 0.01 <= axis.place(value) <= chart.HEIGHT - chart.BOTTOM + 0.01
    texts = [text for _, text in axis.ticks]
    assert len(set(texts)) == len(texts)


def test_places_by_hand():
    axis = chart.horizontal(0, 2, "epoch")
    assert axis.place(0) == chart.LEFT
    assert axis.place(1) == (chart.LEFT + chart.WIDTH - chart.RIGHT) / 2
    assert axis.place(2) == chart.WIDTH - chart.RIGHT


def test_a_single_epoch_has_a_place():
    axis = chart.horizontal(1, 1, "epoch", whole=True)
    assert axis.ticks == [(axis.place(1), "1")]
    y = chart.vertical(0.5, 0.5, "loss")
    assert y.low < 0.5 < y.high
    line = chart.line("first", axis, y, [1], [0.5])
    assert line.markers == [(axis.place(1), y.place(0.5))]


@pytest.mark.parametrize("n", [1, 40, 41, 400, 401, 10_000])
def test_long_curves_are_thinned_out_and_keep_their_ends(n):
    x, y = chart.horizontal(0, n, "epoch"), chart.vertical(0, 1, "loss")
    line = chart.line("first", x, y, list(range(n)), [i / n for i in range(n)])
    points = line.points.split()
    assert len(points) <= 401
    assert points[0] == f"{x.place(0):g},{y.place(0):g}"
    assert points[-1] == f"{x.place(n - 1):g},{y.place((n - 1) / n):g}"
    assert len(line.markers) == (n if n <= 40 else 0)


def test_bars_stand_on_zero_and_empty_ones_are_left_out():
    x, y = chart.horizontal(0, 1, "confidence"), chart.vertical(0, 1, "accuracy")
    first, last = chart.bars(x, y, [0, 0.25, 0.75, 1], [0.5, math.nan, 1.0], str)
    assert (first.words, last.words) == ("0", "2")
    assert first.y == y.place(0.5)
    assert first.y + first.height == pytest.approx(y.place(0))
    assert last.x + last.width < x.place(1)


def test_a_band_goes_along_the_upper_edge_and_back_along_the_lower_one_and_stays_inside():
    x, y = chart.horizontal(0, 2, "x"), chart.vertical(0, 10, "y", snug=True)
    band = chart.band(x, y, [0, 1, 2], [-5, 2, 3], [4, 5, 1e9])
    expected = [(0, 4), (1, 5), (2, 10), (2, 3), (1, 2), (0, 0)]
    assert band == " ".join(f"{x.place(a):g},{y.place(b):g}" for a, b in expected)


def test_a_line_has_markers_only_if_they_are_wanted():
    x, y = chart.horizontal(0, 2, "x"), chart.vertical(0, 1, "y")
    assert chart.line("first", x, y, [0, 1], [0, 1], marked=False).markers == []

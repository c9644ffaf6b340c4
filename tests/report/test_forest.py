import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from onelayer.report.forest import forest


def made(estimates, low, high):
    n = len(estimates)
    return forest(
        [f"f{j}" for j in range(n)],
        np.array(estimates, dtype=float),
        np.array(low, dtype=float),
        np.array(high, dtype=float),
        looks=[""] * n,
        figures=[[]] * n,
        header=[],
        label="effect",
    )


def test_places_by_hand():
    """From −2 to 6 with a margin of 0.24 at both ends: a length of 8.48 in all."""
    drawn = made([3.0, -1.0], [0.0, -2.0], [6.0, 0.0])
    assert drawn.zero == pytest.approx(100 * 2.24 / 8.48, abs=0.01)
    first, second = drawn.rows
    assert (first.at, first.low, first.high) == pytest.approx((61.79, 26.42, 97.17), abs=0.01)
    assert (second.at, second.low, second.high) == pytest.approx((14.62, 2.83, 26.42), abs=0.01)
    assert [text for _, text in drawn.ticks] == ["0", "5"]
    assert drawn.ticks[0][0] == drawn.zero


def test_without_an_interval_there_is_none():
    drawn = made([3.0, -1.0], [np.nan, -2.0], [np.nan, 0.0])
    assert (drawn.rows[0].low, drawn.rows[0].high) == (None, None)
    assert drawn.rows[1].low is not None


def test_an_interval_that_the_data_hardly_determine_does_not_hide_the_others():
    drawn = made([1.0, 2.0], [0.9, -1e6], [1.1, 1e6])
    assert (drawn.rows[1].low, drawn.rows[1].high) == (0.0, 100.0)
    assert drawn.rows[0].high - drawn.rows[0].low > 3


NUMBERS = st.floats(-1e9, 1e9, allow_subnormal=False)


@given(st.lists(st.tuples(NUMBERS, st.floats(0, 1e9), st.floats(0, 1e9)), min_size=1, max_size=9))
@example([(0.0, 0.0, 5e-324)])
@example([(0.0, 1e-310, 0.0), (2e-308, 0.0, 0.0)])
def test_zero_and_every_estimate_lie_on_the_scale_in_their_order(values):
    estimates = [value for value, _, _ in values]
    drawn = made(estimates, [v - a for v, a, _ in values], [v + b for v, _, b in values])
    assert 0 <= drawn.zero <= 100
    for value, row in zip(estimates, drawn.rows, strict=True):
        assert 0 <= row.low <= row.at <= row.high <= 100
        assert (row.at - drawn.zero) * np.sign(value) >= 0
    order = np.argsort(estimates, kind="stable")
    assert (np.diff([drawn.rows[j].at for j in order]) >= 0).all()
    assert len(drawn.ticks) <= 5
    assert all(0 <= place <= 100 for place, _ in drawn.ticks)

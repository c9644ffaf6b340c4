"""The line search against the exact minimum of piecewise quadratic functions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onelayer.solvers.newton.line_search import step_length


@settings(deadline=None, max_examples=300)
@given(
    kinks=st.lists(
        st.tuples(st.floats(-12, 12), st.floats(-12, 12), st.floats(1e-3, 1e3)), min_size=1, max_size=6
    )
)
def test_the_slope_that_is_left_is_small_or_jumps(kinks):
    """Slopes that rise by a height around a place, within a width: φ″ = height/width there."""
    places = np.array([10.0**place for place, _, _ in kinks])
    widths = places * np.array([min(1.0, 10.0**width) for _, width, _ in kinks])
    heights = np.array([height for _, _, height in kinks])

    def derivatives(a):
        share = np.clip((a - places) / widths, -0.5, 0.5)
        return -0.25 * heights.sum() + heights @ share, (heights / widths)[np.abs(share) < 0.5].sum()

    at_start = derivatives(0.0)[0]
    length = step_length(derivatives, at_start, derivatives(1.0))
    before, after = derivatives(length * (1 - 1e-12))[0], derivatives(length * (1 + 1e-12))[0]
    assert before <= 2e-3 * -at_start
    assert after >= 2e-3 * at_start


def test_a_longest_step_is_kept():
    assert step_length(lambda a: (-1.0, 0.0), -1.0, (-1.0, 0.0), 0.25) == 0.25
    assert step_length(lambda a: (-1.0, 0.0), -1.0, (-1.0, 0.0), 7.0) == pytest.approx(7.0)

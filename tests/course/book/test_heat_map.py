"""A table of numbers as a picture."""

from __future__ import annotations

import numpy as np

from onelayer.course.book import drawing
from onelayer.course.book.heat_map import heat_map


def test_cells_are_where_a_table_has_them_and_as_deep_as_their_shares():
    _, axes = drawing.figure()
    heat_map(
        axes,
        np.array([[0.0, 1.0, 0.5], [np.nan, 0.2, 0.0]]),
        [["a", "b", "c"], ["×", "e", "f"]],
        marked=(1, 1),
    )
    assert {text.get_text(): text.get_position() for text in axes.texts} == {
        "a": (0, 0), "b": (1, 0), "c": (2, 0), "×": (0, 1), "e": (1, 1), "f": (2, 1)
    }  # fmt: skip
    *cells, frame = axes.patches
    depths = {cell.get_xy(): cell.get_alpha() for cell in cells}
    assert depths[(0.5, -0.5)] == 2 * depths[(1.5, -0.5)] == 5 * depths[(0.5, 0.5)]
    assert len(cells) == 3
    assert frame.get_xy() == (0.5, 0.5)
    assert axes.get_ylim() == (1.5, -0.5)  # the first row is at the top

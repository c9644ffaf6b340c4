import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import pyplot

from onelayer.plots import canvas
from onelayer.plots.colors import BLUE, VERMILION


def test_axes_are_the_given_ones_or_new_ones():
    ax = pyplot.figure().subplots()
    assert canvas.axes(ax) is ax
    new = canvas.axes(None, figsize=(3, 2))
    assert new is not ax
    assert tuple(new.figure.get_size_inches()) == (3, 2)


@given(st.integers(1, 200), st.integers(1, 20))
def test_a_grid_has_room_for_all_and_no_empty_row(n_tiles, n_columns):
    rows, columns = canvas.grid(n_tiles, n_columns)
    assert columns <= n_columns
    assert (rows - 1) * columns < n_tiles <= rows * columns


def test_tiles_lie_row_by_row_inside_the_axes_and_apart():
    ax = pyplot.figure().subplots()
    parts = canvas.tiles(ax, 5, 3, caption=0.25)
    boxes = [part.get_position() for part in parts]
    whole = ax.get_position()
    assert boxes[0].x0 == pytest.approx(whole.x0)
    assert boxes[0].x1 < boxes[1].x0 < boxes[2].x0 < whole.x1
    assert boxes[3].x0 == pytest.approx(boxes[0].x0)
    assert boxes[3].y1 < boxes[0].y0
    assert not ax.axison


def test_the_colours_of_signed_values():
    from matplotlib.colors import to_rgba

    colors = canvas.diverging()
    assert colors(0.0) == pytest.approx(to_rgba(VERMILION))
    assert colors(1.0) == pytest.approx(to_rgba(BLUE))
    assert min(colors(0.5)) > 0.98

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onelayer.report import chart
from onelayer.report.hexagons import hexagons

X = chart.horizontal(0, 1, "x")
Y = chart.vertical(0, 1, "y", snug=True)
WIDTH, HEIGHT = math.sqrt(3) * 4.5, 3 * 4.5  # of the two lattices of centres


def centers(cells):
    """Return the centre of each hexagon: 4.5 below its upper corner, where its path starts."""
    starts = [re.findall(r"M(\S+) ([^\sl]+)l", path) for _, path in cells]
    return np.array([[float(a), float(b) + 4.5] for each in starts for a, b in each])


@given(st.integers(1, 300), st.integers(0, 1000))
def test_every_row_lies_within_a_hexagon_and_every_hexagon_holds_a_row(n, seed):
    xs, ys = np.random.RandomState(seed).uniform(0, 1, (2, n))
    found = hexagons(X, Y, xs, ys)
    places = np.column_stack([[X.place(v) for v in xs], [Y.place(v) for v in ys]])
    distance = np.hypot(*np.moveaxis(places[:, None] - centers(found.cells)[None], 2, 0))
    assert distance.min(axis=1).max() <= 4.5 + 0.1  # centres are written with one decimal
    assert distance.min(axis=0).max() <= 4.5 + 0.1


def test_centres_are_of_two_lattices():
    xs, ys = np.random.RandomState(0).uniform(0, 1, (2, 3000))
    found = centers(hexagons(X, Y, xs, ys).cells)
    column, row = found[:, 0] / WIDTH, found[:, 1] / HEIGHT
    shift = np.abs(row - np.round(row)) > 0.25
    np.testing.assert_allclose(column - 0.5 * shift, np.round(column - 0.5 * shift), atol=0.01)
    np.testing.assert_allclose(row - 0.5 * shift, np.round(row - 0.5 * shift), atol=0.01)
    assert len({tuple(center) for center in found.tolist()}) == len(found)


def test_the_fullest_is_the_strongest_and_a_single_row_the_faintest():
    xs = np.array([0.2] * 500 + [0.8])
    found = hexagons(X, Y, xs, np.full(501, 0.5))
    assert found.most == 500
    faint, strong = found.cells
    assert (faint[0], strong[0]) == (0.16, 1.0)
    assert centers([strong])[0][0] == pytest.approx(X.place(0.2), abs=WIDTH / 2 + 0.1)
    assert centers([faint])[0][0] == pytest.approx(X.place(0.8), abs=WIDTH / 2 + 0.1)


def test_one_row():
    found = hexagons(X, Y, np.array([0.5]), np.array([0.5]))
    assert found.most == 1
    assert [strength for strength, _ in found.cells] == [1.0]

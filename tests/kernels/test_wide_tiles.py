"""The tiles for many outputs against NumPy, for every width and both types."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from onelayer.kernels.tiles import lanes
from onelayer.kernels.wide_tiles import DEPTH, LOOK, WIDEST, aligned, append, nonzero, transpose, wide_tile


@njit
def run_tile(X, origin, along, across, places, count, B, out, row):
    wide_tile(X, origin, along, across, places, count, B, out, row)


@njit
def run_transpose(A, row, column, B, top, left):
    transpose(A, row, column, B, top, left)


@njit
def run_nonzero(x, position, bits):
    return nonzero(x, position, bits)


@njit
def run_append(places, count, first, mask):
    return append(places, count, first, mask)


@pytest.mark.parametrize("number", [np.float32, np.float64])
@pytest.mark.parametrize("vectors", range(1, WIDEST + 1))
@pytest.mark.parametrize("transposed", [False, True])
def test_a_tile_adds_the_products_at_its_places(number, vectors, transposed):
    random, width = np.random.RandomState(vectors), vectors * lanes(np.dtype(number).itemsize)
    X = random.randint(-4, 5, (7, 9)).astype(number)  # whole numbers, so that every order of sums is exact
    B = random.randint(-4, 5, (9, width)).astype(number)
    places = np.array([0, 3, 4, 8], np.int32)[: 3 if transposed else 4]
    out = np.ones((2 + DEPTH, width), number)
    along, across = (X.shape[1], 1) if transposed else (1, X.shape[1])
    places = np.minimum(places, 6) if transposed else places
    run_tile(X, 2 if transposed else X.shape[1], along, across, places, len(places), B, out, 2)
    rows = X.T[2 : 2 + DEPTH] if transposed else X[1 : 1 + DEPTH]
    np.testing.assert_array_equal(out[2:], 1 + rows[:, places] @ B[places])
    np.testing.assert_array_equal(out[:2], 1)


@pytest.mark.parametrize("number", [np.float32, np.float64])
def test_transpose(number):
    n = lanes(np.dtype(number).itemsize)
    A, B = np.arange(2.0 * n * 3 * n).reshape(2 * n, 3 * n).astype(number), np.zeros((n + 1, n + 2), number)
    run_transpose(A, n, 2 * n, B, 1, 2)
    np.testing.assert_array_equal(B[1:, 2:], A[n:, 2 * n :].T)
    assert not B[0].any()
    assert not B[:, :2].any()


@given(st.lists(st.booleans(), min_size=LOOK, max_size=LOOK), st.integers(0, 5))
def test_what_is_not_zero_is_found_and_noted(filled, first):
    for x in (np.where(filled, -0.5, -0.0).astype(np.float32), np.where(filled, np.nan, 0.0)):
        mask = run_nonzero(np.concatenate([[1], x]).astype(x.dtype), 1, np.uint16(0))
        assert mask == sum(1 << i for i in range(LOOK) if filled[i])
    places = np.full(5 + LOOK, -1, np.int32)
    count = run_append(places, 2, first, np.uint16(mask))
    assert places[2:count].tolist() == [first + i for i in range(LOOK) if filled[i]]
    assert places[:2].tolist() == [-1, -1]


def test_of_integers_only_the_bits_asked_for_count():
    x = (np.arange(LOOK) % 4).astype(np.uint16)
    assert run_nonzero(x, 0, np.uint16(2)) == sum(1 << i for i in range(LOOK) if i % 4 >= 2)


def test_aligned():
    for shape in ((1,), (3, 16), (5, 2, 3)):
        array = aligned(shape, np.dtype(np.float64))
        assert array.shape == shape
        assert not array.any()
        assert array.ctypes.data % 64 == 0

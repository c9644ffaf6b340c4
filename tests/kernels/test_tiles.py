"""Register tiles against plain NumPy, in every shape."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from onelayer.kernels.tiles import (
    GRADIENT_WIDTH,
    GROUP,
    SCORES_WIDTH,
    depth,
    gradient_tile,
    lanes,
    scores_tile,
)

DTYPES = [(np.uint8, np.float32), (np.uint8, np.float64), (np.float32, np.float32), (np.float64, np.float64)]


@njit
def write_scores(X, index, first, last, W, output, width, S, lane):
    scores_tile(X, index, first, last, W, output, width, 0, W.shape[1], S, lane)


@njit
def add_gradient(X, index, first, n_rows, D, output, width, column, vectors, G):
    gradient_tile(X, index, first, n_rows, D, output, width, column, vectors, G, column)


def numbers(random, dtype, *shape):
    return random.integers(0, 9, shape).astype(dtype)


@pytest.mark.parametrize(("of_rows", "of_sums"), DTYPES)
def test_scores(of_rows, of_sums):
    random = np.random.default_rng(0)
    n_columns = 3 * lanes(4)
    X, W = numbers(random, of_rows, 40, n_columns), numbers(random, of_sums, 7, n_columns)
    index = random.permutation(40)
    for width in range(1, SCORES_WIDTH + 1):
        size = depth(width)
        for output, lane, first, last in [(0, 0, 3, 39), (7 - width, GROUP - size, 20, 21)]:
            S = np.full((7, GROUP), -1, of_sums)
            expected = S.copy()
            rows = index[np.minimum(np.arange(first, first + size), last)]
            outputs = slice(output, output + width)
            expected[outputs, lane : lane + size] = W[outputs] @ X[rows].T.astype(of_sums)
            write_scores(X, index, first, last, W, output, width, S, lane)
            np.testing.assert_array_equal(S, expected)  # of whole numbers: exact


@pytest.mark.parametrize(("of_rows", "of_sums"), DTYPES)
def test_gradients(of_rows, of_sums):
    random = np.random.default_rng(1)
    n_columns = 9 * lanes(4)
    X, index = numbers(random, of_rows, 40, n_columns), random.permutation(40)
    D = numbers(random, of_sums, 2, 12, GROUP)
    step = lanes(np.dtype(of_sums).itemsize)
    for width in range(1, GRADIENT_WIDTH + 1):
        for vectors in (1, depth(width)):
            for output, column, first, n_rows in [(0, 0, 3, 20), (12 - width, step, 30, 1), (0, 0, 0, 0)]:
                G = numbers(random, of_sums, 12, n_columns)
                expected = G.copy()
                slopes = np.concatenate([D[0], D[1]], axis=1)[:, :n_rows]
                outputs, place = slice(output, output + width), slice(column, column + vectors * step)
                rows = X[index[first : first + n_rows]][:, place].astype(of_sums)
                expected[outputs, place] += slopes[outputs] @ rows
                add_gradient(X, index, first, n_rows, D, output, width, column, vectors, G)
                np.testing.assert_array_equal(G, expected)

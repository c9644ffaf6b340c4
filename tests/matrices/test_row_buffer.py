"""Rows that come and go: those that NumPy's own indexing leaves."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from onelayer.columnar import Columnar
from onelayer.matrices import ArrayBuffer, matrix_of
from onelayer.solvers.labelled import Labelled, LabelledBuffer

ROWS = np.random.RandomState(0).randint(0, 3, (40, 5)) * 1.5
KINDS = {
    "float32": ROWS.astype(np.float32),
    "uint8": ROWS.astype(np.uint8),
    "Fortran order": np.asfortranarray(ROWS),
    "columns": Columnar(list(ROWS.T.copy())),
    "csr": csr_array(ROWS),
}


def dense(matrix):
    return matrix.sample(np.arange(matrix.shape[0]))


@pytest.mark.parametrize("X", KINDS.values(), ids=KINDS)
@given(cuts=st.lists(st.integers(0, 40), max_size=5), seed=st.integers(0, 99))
def test_what_is_put_and_kept_is_there(X, cuts, seed):
    matrix = matrix_of(X)
    expected = dense(matrix)
    buffer, held = matrix.buffer(), np.empty((0, 5))
    random = np.random.RandomState(seed)
    edges = [0, *sorted(cuts), 40]
    for start, stop in pairwise(edges):
        if start == stop:
            continue
        buffer.put(matrix.part(slice(start, stop)))
        held = np.vstack([held, expected[start:stop]])
        np.testing.assert_array_equal(dense(buffer.matrix()), held)
        places = random.permutation(len(held))[: random.randint(1, len(held) + 1)]
        buffer.keep(places)
        held = held[places]
        np.testing.assert_array_equal(dense(buffer.matrix()), held)
    assert buffer.matrix().dtype == matrix.dtype


@pytest.mark.parametrize("X", KINDS.values(), ids=KINDS)
def test_what_is_put_is_a_copy(X):
    values = np.array(ROWS, dtype=X.dtype)
    given = csr_array(values) if isinstance(X, csr_array) else values
    buffer = matrix_of(given).buffer()
    buffer.put(matrix_of(given))
    (given.data if isinstance(X, csr_array) else given)[:] = 7
    np.testing.assert_array_equal(dense(buffer.matrix()), np.array(ROWS, dtype=X.dtype))


@given(st.lists(st.integers(0, 39), unique=True, max_size=40))
def test_rows_that_are_left_out_are_gone_and_the_others_stay_whole(places):
    weights = np.arange(40.0) + 2
    buffer = LabelledBuffer(Labelled(matrix_of(ROWS), ROWS[:, :1], None))
    buffer.put(Labelled(matrix_of(np.arange(200.0).reshape(40, 5)), np.arange(0, 200.0, 5)[:, None], weights))
    buffer.leave_out(np.array(places, dtype=np.intp))
    rows = buffer.rows()
    first = rows.X.array[:, 0]
    assert sorted(first / 5) == sorted(set(range(40)) - set(places))
    np.testing.assert_array_equal(rows.targets[:, 0], first)
    if places != list(range(40)) and len(first):
        np.testing.assert_array_equal(rows.weights, first / 5 + 2)


def test_room_grows_no_faster_than_twice():
    buffer = ArrayBuffer(np.empty((0, 3)))
    for turn in range(100):
        buffer.put(np.full((7, 3), turn))
    assert len(buffer) == 700
    np.testing.assert_array_equal(buffer.rows[:, 1], np.repeat(np.arange(100.0), 7))


@pytest.mark.parametrize("X", [KINDS["float32"], KINDS["uint8"], KINDS["columns"], KINDS["csr"]])
def test_extremes_are_those_of_numpy(X):
    low, high = matrix_of(X).extremes()
    values = X.toarray() if isinstance(X, csr_array) else np.asarray(X)
    np.testing.assert_array_equal(low, values.min(axis=0))
    np.testing.assert_array_equal(high, values.max(axis=0))

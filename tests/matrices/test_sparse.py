"""Sparse rows against the same rows with their zeros."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, csr_matrix

from onelayer.errors import InvalidDataError
from onelayer.matrices import Dense, Sparse, matrix_of

from .sparse_rows import sparse_rows


def unordered(coo):
    """Return the CSR matrix whose rows hold what the COO matrix does, duplicates too, in the order given."""
    order = np.argsort(coo.row, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(coo.row, minlength=coo.shape[0]))])
    return csr_matrix((coo.data[order], coo.col[order], starts), shape=coo.shape)


@settings(max_examples=60, deadline=None)
@given(sparse_rows(), st.integers(1, 20), st.integers(1, 3))
def test_scores_are_those_of_the_filled_rows(rows, n_outputs, n_threads):
    coo, filled = rows
    random = np.random.RandomState(0)
    coef, intercept = (
        random.randint(-5, 5, (n_outputs, filled.shape[1])) * 1.0,
        random.randint(-5, 5, n_outputs),
    )
    X = Sparse(unordered(coo))
    assert np.array_equal(X.scores(coef, intercept, n_threads), filled @ coef.T + intercept)
    assert np.array_equal(X.transposed_product(filled @ coef.T), (filled @ coef.T).T @ filled)


@settings(max_examples=60, deadline=None)
@given(sparse_rows(), st.randoms(use_true_random=False), st.booleans())
def test_moments_count_the_zeros_that_are_not_stored(rows, random, weighted):
    coo, filled = rows
    weights = None
    if weighted:
        weights = np.array([random.choice([0.0, 1.0, 2.5]) for _ in filled])
        weights[random.randrange(len(weights))] = 1.5
    share = np.ones(len(filled)) if weights is None else weights
    found = Sparse(unordered(coo)).moments(weights)
    mean = share @ filled / share.sum()
    np.testing.assert_allclose(found.mean, mean, rtol=1e-14, atol=1e-14)
    np.testing.assert_allclose(found.square, share @ np.square(filled - mean), rtol=1e-13, atol=1e-12)
    assert np.array_equal(found.low, filled[share > 0].min(axis=0))
    assert np.array_equal(found.high, filled[share > 0].max(axis=0))
    assert found.total == share.sum()


@settings(max_examples=40, deadline=None)
@given(sparse_rows())
def test_the_matrix_that_was_given_stays_as_it_is(rows):
    given_matrix = unordered(rows[0])
    before = [array.copy() for array in (given_matrix.data, given_matrix.indices, given_matrix.indptr)]
    X = Sparse(given_matrix)
    X.moments(None)
    X.design(np.arange(X.shape[0]), np.zeros(X.shape[1]), np.full(X.shape[1], 7.0), True)
    for array, earlier in zip(
        (given_matrix.data, given_matrix.indices, given_matrix.indptr), before, strict=True
    ):
        assert np.array_equal(array, earlier)


@settings(max_examples=40, deadline=None)
@given(sparse_rows(), st.booleans())
def test_parts_samples_blocks_and_designs(rows, intercept):
    coo, filled = rows
    X, some = Sparse(unordered(coo)), np.arange(len(filled))[::-2]
    assert np.array_equal(X.sample(some), filled[some])
    assert np.array_equal(X.part(some).sample(np.arange(len(some))), filled[some])
    scale = 1.0 + np.arange(filled.shape[1])
    ones = np.full((len(some), 1), float(intercept))
    assert np.array_equal(
        X.design(some, np.zeros(0), scale, intercept).toarray(), np.hstack([filled[some] * scale, ones])
    )
    assert np.array_equal(np.vstack([block for _, block in X.blocks]), filled)


def test_blocks_cover_all_rows_in_order(monkeypatch):
    monkeypatch.setattr("onelayer.matrices.sparse._BLOCK_ELEMENTS", 12)
    filled = np.arange(35.0).reshape(7, 5)
    blocks = list(Sparse(csr_array(filled)).blocks)
    assert [rows.start for rows, _ in blocks] == [0, 2, 4, 6]
    assert np.array_equal(np.vstack([block for _, block in blocks]), filled)


def test_values_that_are_in_order_are_not_copied():
    given_matrix = csr_array(np.eye(3))
    assert np.shares_memory(Sparse(given_matrix).values, given_matrix.data)
    wide = csr_matrix(given_matrix)
    wide.indices, wide.indptr = wide.indices.astype(np.int64), wide.indptr.astype(np.int64)
    assert np.shares_memory(Sparse(wide).values, wide.data)
    assert Sparse(wide).scores(np.ones((1, 3)), np.zeros(1)).tolist() == [[1.0], [1.0], [1.0]]


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_types_are_those_of_an_array(dtype):
    filled = np.array([[0, 3, 0], [255, 0, 1]], dtype)
    sparse, dense = matrix_of(csr_array(filled)), matrix_of(filled)
    assert (type(sparse), type(dense)) == (Sparse, Dense)
    assert (sparse.number, sparse.unit, sparse.dtype) == (dense.number, dense.unit, dense.dtype)
    coef, intercept = np.array([[1.0, 2.0, 3.0]], sparse.number), np.array([0.5])
    assert sparse.scores(coef, intercept).dtype == sparse.number
    assert np.array_equal(sparse.scores(coef, intercept), dense.scores(coef, intercept))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_named_by_place(value):
    filled = np.zeros((50, 8))
    filled[3, 1], filled[41, 6] = 1.0, value
    with pytest.raises(InvalidDataError, match=r"X_val contains .* in row 41, column 6 \(six\)"):
        Sparse(csr_array(filled)).check_finite("X_val", ["", "", "", "", "", "", "six", ""])
    Sparse(csr_array(np.full((2, 2), 1e308))).check_finite("X")


def test_indices_that_the_shape_does_not_have_are_refused():
    for column in (-1, 3):
        bad = csr_matrix(np.eye(3))
        bad.indices[1] = column
        with pytest.raises(InvalidDataError, match=rf"of 3 columns with the column index {column} in row 1"):
            Sparse(bad)
    for starts in ([0, 2, 1, 3], [1, 1, 2, 3], [0, 1, 2, 9]):
        bad = csr_matrix(np.eye(3))
        bad.indptr = np.array(starts, np.int32)
        with pytest.raises(InvalidDataError, match="indptr"):
            Sparse(bad)
    wide = csr_matrix((1, 2**31), dtype=np.float64)
    with pytest.raises(InvalidDataError, match=r"2,147,483,648 columns.*up to 2,147,483,647"):
        Sparse(wide)


def test_what_needs_every_value_says_so():
    with pytest.raises(InvalidDataError, match=r"X is sparse.*X.toarray\(\)"):
        Sparse(csr_array(np.eye(2))).array

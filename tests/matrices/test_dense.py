"""X behind one interface: any order in memory, columns apart, and copies only where they must be."""

from __future__ import annotations

import numpy as np
import pytest

from onelayer.columnar import Columnar
from onelayer.matrices import Dense


@pytest.fixture
def X():
    return np.arange(12.0).reshape(4, 3)


def test_columns_apart_are_an_array_to_whoever_asks(X):
    apart = Columnar([X[:, j].copy() for j in range(3)])
    assert apart.shape == X.shape
    assert apart.dtype == X.dtype
    assert len(apart) == 4
    assert np.array_equal(np.asarray(apart), X)
    assert np.asarray(apart, dtype=np.float32).dtype == np.float32
    assert np.array_equal(apart[1:3], X[1:3])
    assert np.array_equal(apart[np.array([3, 0])], X[[3, 0]])
    held = np.empty_like(X)
    held[:] = apart
    assert np.array_equal(held, X)


def test_places_are_where_the_columns_begin(X):
    turned = np.asfortranarray(X)
    assert np.diff(Columnar.of(turned).places).tolist() == [turned.strides[1]] * 2
    assert all(np.shares_memory(column, turned) for column in Columnar.of(turned).columns)


@pytest.mark.parametrize("order", ["C", "F"])
def test_no_copy_of_either_order(X, order):
    given = np.array(X, order=order)
    stored = Dense(given).stored
    held = stored if order == "C" else stored.columns[1]
    assert np.shares_memory(held, given)
    assert np.array_equal(Dense(given).array, X)
    assert Dense(given).array.flags.c_contiguous


def test_a_copy_of_any_other_order(X):
    assert Dense(X[::2, ::2]).stored.flags.c_contiguous


def test_scores_and_products_are_those_of_the_array(X):
    for given in (np.asfortranarray(X), Columnar([*X.T.copy()])):
        matrix = Dense(given)
        assert np.array_equal(
            matrix.scores(np.array([[1.0, 2.0, 3.0]]), np.array([1.0]))[:, 0], X @ [1, 2, 3] + 1
        )
        assert np.array_equal(matrix.transposed_product(np.ones((4, 1)))[0], X.sum(axis=0))
        assert matrix.moments(None).mean.tolist() == X.mean(axis=0).tolist()
        assert np.array_equal(matrix.sample(np.array([2])), X[[2]])

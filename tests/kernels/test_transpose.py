"""Column by column instead of row by row, against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array, random_array

from onelayer.kernels import transpose


def check(X, n_threads):
    values, rows, starts = transpose.transposed(
        X.data, X.indices.astype(np.int32), X.indptr.astype(np.int64), X.shape[1], n_threads
    )
    expected = X.tocsc()
    np.testing.assert_array_equal(values, expected.data)
    np.testing.assert_array_equal(rows, expected.indices)
    np.testing.assert_array_equal(starts, expected.indptr)
    assert values.dtype == X.dtype


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("n_threads", [1, 2, 5])
@pytest.mark.parametrize("block", [transpose._BLOCK, 100])
@pytest.mark.parametrize("shape", [(300, 1000), (1000, 30), (1, 7), (5, 0), (0, 5)])
def test_it_is_the_transpose(dtype, n_threads, block, shape, monkeypatch):
    monkeypatch.setattr(transpose, "_BRIEF", 0)
    monkeypatch.setattr(transpose, "_BLOCK", block)
    monkeypatch.setattr(transpose, "_FEWEST", 1)
    X = random_array(shape, density=0.1, rng=np.random.default_rng(0), format="csr")
    X.data = (X.data * 200 + 1).astype(dtype)
    X.sort_indices()
    check(X, n_threads)


@given(seed=st.integers(0, 1000), n_threads=st.integers(1, 4))
def test_most_values_in_one_column(seed, n_threads):
    """Bounds between the threads may fall together."""
    dense = np.random.RandomState(seed).rand(40, 6) * (np.random.RandomState(seed + 1).rand(6) < 0.3)
    dense[:, 2] += 1
    check(csr_array(dense), n_threads)

"""Sparse matrices for the tests, any that hypothesis can think of."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.sparse import coo_array


@st.composite
def sparse_rows(draw, dtype=np.float64):
    """Draw (COO matrix, the same as an array): empty rows and columns, duplicates, explicit zeros, any order."""
    n_rows, n_features = draw(st.integers(1, 9)), draw(st.integers(1, 12))
    nnz = draw(st.integers(0, 40))
    rows = draw(arrays.arrays(np.int64, nnz, elements=st.integers(0, n_rows - 1)))
    columns = draw(arrays.arrays(np.int64, nnz, elements=st.integers(0, n_features - 1)))
    values = draw(arrays.arrays(np.int64, nnz, elements=st.integers(-4, 4))).astype(dtype)
    filled = np.zeros((n_rows, n_features), dtype)
    np.add.at(filled, (rows, columns), values)
    return coo_array((values, (rows, columns)), shape=(n_rows, n_features)), filled

"""X behind one interface, so that an objective and a solver are written once.

A matrix keeps its rows as they were given, uint8 and CSR too, and says in which type to compute and by which ``unit`` a
value enters the scores: 1/255 for uint8, else 1.

``matrix``      what every matrix can do
``dense``       rows of which every value is stored: arrays in any order, and columns that lie apart
``sparse``      rows of which the zeros are not stored: CSR
``principal_axes``  rows turned until their columns hardly correlate
``row_buffer``  rows that come in parts, and of which some leave again
``moments``     means, spreads and ranges of columns, and how these are standardised
"""

from __future__ import annotations

from typing import Any

from scipy.sparse import issparse

from onelayer.matrices.dense import Dense
from onelayer.matrices.matrix import Matrix
from onelayer.matrices.moments import Moments, spread
from onelayer.matrices.principal_axes import PrincipalAxes
from onelayer.matrices.row_buffer import ArrayBuffer, RowBuffer
from onelayer.matrices.sparse import Sparse

__all__ = [
    "ArrayBuffer",
    "Dense",
    "Matrix",
    "Moments",
    "PrincipalAxes",
    "RowBuffer",
    "Sparse",
    "matrix_of",
    "spread",
]


def matrix_of(X: Any) -> Matrix:
    """Return an array, columns, or a CSR matrix as a matrix: the one place where it is decided which.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> type(matrix_of(csr_array([[0.0, 1.0]]))).__name__
    'Sparse'
    """
    return Sparse(X) if issparse(X) else Dense(X)

"""The rows of a design, a block at a time: [1, x − mean] in float64, never a copy of X as a whole."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from onelayer.errors import InvalidDataError

_ELEMENTS = 1 << 17


def design_rows(X: NDArray, mean: NDArray) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """Yield blocks of the rows [1, x − mean] of a design, each with its place.

    The mean is taken off before anything is multiplied, so that an offset that is wide for its column's spread, as of a
    year or a timestamp, costs no digits. The block is a buffer that the next one overwrites.

    Parameters
    ----------
    X : (n_rows, n_features) float32, float64 or uint8
    mean : (n_features,) float64
        Of the columns; zeros for a fit without an intercept.

    Raises
    ------
    InvalidDataError
        X has another number of columns.

    Examples
    --------
    >>> for rows, Z in design_rows(np.array([[1990], [2010]], dtype=np.float32), np.array([2000.0])):
    ...     print(rows, Z.tolist())
    slice(0, 2, None) [[1.0, -10.0], [1.0, 10.0]]
    """
    if X.ndim != 2 or X.shape[1] != len(mean):
        raise InvalidDataError(f"X has shape {X.shape}; the model was fitted to {len(mean)} columns")
    size = max(1, min(len(X), _ELEMENTS // (len(mean) + 1)))
    buffer = np.ones((size, len(mean) + 1))
    for start in range(0, len(X), size):
        rows = slice(start, min(start + size, len(X)))
        Z = buffer[: rows.stop - start]
        np.subtract(X[rows], mean, out=Z[:, 1:])
        yield rows, Z

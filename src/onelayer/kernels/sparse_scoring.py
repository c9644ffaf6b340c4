"""Scores of sparse rows: S[r, k] = Σⱼ X[r, j]·W[j, k] over the values that are stored."""

from __future__ import annotations

import numpy as np

from onelayer.kernels import lines
from onelayer.kernels.scoring import writeable
from onelayer.kernels.sparse_pass import product


def predict(
    values: np.ndarray,
    columns: np.ndarray,
    starts: np.ndarray,
    coef: np.ndarray,
    intercept: np.ndarray,
    n_threads: int | None = None,
) -> np.ndarray:
    """Return X·coefᵀ + intercept, shape (n_rows, n_outputs), in the type of ``coef``, which is that of X or wider.

    The same to the bit for any number of threads; None for as many as there are cores.
    """
    entries = lines.Entries(writeable(values), writeable(columns), starts, np.ones(1, coef.dtype))
    return product(entries, lines.of(coef), n_threads)[:, : len(coef)] + intercept.astype(coef.dtype)

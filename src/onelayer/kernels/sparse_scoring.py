"""Scores of sparse rows: S[r, k] = Σⱼ X[r, j]·W[j, k] over the values that are stored."""

from __future__ import annotations

import numpy as np
from numba import njit

from onelayer.kernels import lines, source_digest, threads
from onelayer.kernels.lines import row_scores
from onelayer.kernels.scoring import writeable

_SMALL = 1 << 20  # multiplications below which a second thread costs more than it brings
_PIECE = 64  # rows


def _compile(source):
    """Return the compiled loop of ``predict``; ``source`` is part of the key of its cached machine code."""

    @njit(nogil=True, cache=True, error_model="numpy")
    def run(thread, n_threads, entries, W, b, out):
        source  # noqa: B018
        n_rows, n_outputs = out.shape
        S = np.zeros((1, W.shape[1]), W.dtype)
        for piece in range(thread, -(-n_rows // _PIECE), n_threads):
            for row in range(piece * _PIECE, min((piece + 1) * _PIECE, n_rows)):
                row_scores(entries, row, W, S, 0)
                for k in range(n_outputs):
                    out[row, k] = S[0, k] + b[k]

    return run


_run = _compile(source_digest())


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
    number, (n_rows, n_outputs) = coef.dtype, (len(starts) - 1, len(coef))
    small = len(values) * n_outputs < _SMALL
    n_threads = 1 if small else n_threads or threads.available()
    entries = lines.Entries(writeable(values), writeable(columns), starts, np.ones(1, number))
    W, b, out = lines.of(coef), intercept.astype(number), np.empty((n_rows, n_outputs), number)

    def work(thread: int) -> None:
        _run(thread, n_threads, entries, W, b, out)

    threads.run(n_threads, work, brief=small)
    return out

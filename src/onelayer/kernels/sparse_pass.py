"""One pass over all rows of a sparse matrix: the sum of the losses, and the gradient in W and b.

Scores go along the rows, each non-zero reading the line of W of its column; the gradient goes along the columns, each
non-zero reading the line of slopes of its row. So X is held twice, by rows and by columns, and no two threads ever write
the same number. Every sum is taken in the order of the rows or columns: the same bits for any number of threads.

Cost: 4·nnz·n_outputs operations, and n_features·n_outputs numbers read and written.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from onelayer.kernels import barrier, source_digest, threads
from onelayer.kernels.row_losses import RowLoss, row_loss
from onelayer.kernels.scoring import share
from onelayer.kernels.tiles import GROUP, internal

_TASKS = 256
_BRIEF = 1 << 19
_SMALL = 1 << 20


class Compressed(NamedTuple):
    """A sparse matrix by rows (or, of its transpose, by columns), as SciPy's ``csr_array`` holds it."""

    data: np.ndarray
    indices: np.ndarray
    indptr: np.ndarray


class Labelled(NamedTuple):
    """What belongs to each row: targets (n_rows, n_outputs or 1), and weights (n_rows,), or none for equal ones."""

    targets: np.ndarray
    weights: np.ndarray


@internal
def _add_multiple(total, factor, line):
    for k in range(total.size):
        total[k] += factor * line[k]


@internal
def _task(indptr, task, tasks):
    """Return the range of lines of one task; tasks hold about the same number of non-zeros."""
    nnz, n = np.int64(indptr[-1]), indptr.size - 1
    begin = 0 if task == 0 else np.searchsorted(indptr, nnz * task // tasks)
    end = n if task == tasks - 1 else np.searchsorted(indptr, nnz * (task + 1) // tasks)
    return min(begin, n), min(end, n)


@internal
def _score_rows(X, labelled, loss, W, first, n_rows, line, S, targets, weights, scratch, slopes):
    """Write the slopes of one group of rows and return its loss."""
    n_features, n_outputs = W.shape[0] - 1, W.shape[1]
    for r in range(GROUP):
        if r < n_rows:
            row = first + r
            for k in range(n_outputs):
                line[k] = W[n_features, k]
            for i in range(X.indptr[row], X.indptr[row + 1]):
                _add_multiple(line, X.data[i], W[X.indices[i]])
            weights[r] = 1 if labelled.weights.size == 0 else labelled.weights[row]
            for t in range(targets.shape[0]):
                targets[t, r] = labelled.targets[row, t]
        else:
            weights[r] = 0
        for k in range(n_outputs):
            S[k, r] = line[k]
    total = row_loss(loss, S, targets, weights, scratch)
    for r in range(n_rows):
        for k in range(n_outputs):
            slopes[first + r, k] = S[k, r]
    return total


def _compile(source):
    """Return the compiled pass; ``source`` is part of the key under which its machine code is cached."""

    @njit(nogil=True, cache=True, error_model="numpy")
    def run(thread, n_threads, state, X, XT, labelled, loss, W, tasks, losses, slopes, G):
        source  # noqa: B018
        n, n_outputs, number = slopes.shape[0], W.shape[1], W.dtype
        S, line = np.zeros((n_outputs, GROUP), number), np.zeros(n_outputs, number)
        targets, weights = np.zeros((labelled.targets.shape[1], GROUP), number), np.zeros(GROUP, number)
        scratch, total = np.zeros((4, GROUP), number), np.zeros(n_outputs)
        for task in range(thread, tasks, n_threads):
            begin, end = share(-(-n // GROUP), task, tasks)
            loss_of_task = 0.0
            for first in range(begin * GROUP, min(end * GROUP, n), GROUP):
                in_group = min(GROUP, n - first)
                loss_of_task += _score_rows(
                    X, labelled, loss, W, first, in_group, line, S, targets, weights, scratch, slopes
                )
            losses[task] = loss_of_task
        barrier.wait(state, n_threads)
        for task in range(thread, tasks, n_threads):
            begin, end = _task(XT.indptr, task, tasks)
            for column in range(begin, end):
                for k in range(n_outputs):
                    total[k] = 0
                for i in range(XT.indptr[column], XT.indptr[column + 1]):
                    _add_multiple(total, XT.data[i], slopes[XT.indices[i]])
                for k in range(n_outputs):
                    G[column, k] = total[k]

    return run


_run = _compile(source_digest())


def sparse_pass(
    X: Compressed,
    XT: Compressed,
    labelled: Labelled,
    loss: RowLoss,
    theta: np.ndarray,
    n_threads: int | None = None,
) -> tuple[float, np.ndarray]:
    """Return Σ w·ℓ, and its gradient in θ in float64.

    Parameters
    ----------
    X, XT : Compressed
        The rows, and the columns.
    labelled : Labelled
    loss : RowLoss
    theta : (n_features + 1, n_outputs) float32 or float64
        W, and b in the last line; in the type in which to compute.
    n_threads : int or None
    """
    n_rows, (lines, n_outputs) = len(X.indptr) - 1, theta.shape
    work = len(X.data) * n_outputs
    n_threads = 1 if work < _SMALL else n_threads or threads.available()
    tasks = max(1, min(_TASKS, n_rows // GROUP))
    losses, slopes, G = np.zeros(tasks), np.zeros((n_rows, n_outputs), theta.dtype), np.zeros((lines, n_outputs))
    state = barrier.new()

    def work_of(thread: int) -> None:
        _run(thread, n_threads, state, X, XT, labelled, loss, theta, tasks, losses, slopes, G)

    threads.run(n_threads, work_of, state, brief=work < _BRIEF)
    G[-1] = slopes.sum(axis=0, dtype=np.float64)
    return float(np.add.reduce(losses)), G

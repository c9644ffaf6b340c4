"""One pass over all rows of a sparse matrix: the sum of the losses, and the gradient in W and b.

Scores go along the rows, each value reading the line of W of its column; the gradient goes along the columns, each
value reading the line of slopes of its row: the same loop, of the matrix and of its transpose. So X is held twice, and
no two threads ever write the same number. Every sum is taken in the order of the rows or columns: the same bits for any
number of threads.

Cost: 4·nnz·n_outputs operations, and n_features·n_outputs numbers read and written.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from onelayer.kernels import barrier, lines, source_digest, threads
from onelayer.kernels.lines import Entries, row_scores
from onelayer.kernels.row_losses import RowLoss, row_loss
from onelayer.kernels.scoring import share
from onelayer.kernels.tiles import GROUP, internal

_TASKS = 256
_BRIEF = 1 << 19  # multiplications that take about the time that it takes to start a thread
_SMALL = 1 << 20  # and below which a second thread costs more than it brings


class Labelled(NamedTuple):
    """What belongs to each row: targets (n_rows, n_outputs or 1), and weights (n_rows,), or none for equal ones."""

    targets: np.ndarray
    weights: np.ndarray


@internal
def _task(starts, task, tasks):
    """Return the range of rows of one task; tasks hold about the same number of values."""
    nnz, n = starts[-1], starts.size - 1
    begin = 0 if task == 0 else np.searchsorted(starts, nnz * task // tasks)
    end = n if task == tasks - 1 else np.searchsorted(starts, nnz * (task + 1) // tasks)
    return min(begin, n), min(end, n)


@internal
def _score_rows(X, labelled, loss, W, b, first, n_rows, line, S, targets, weights, scratch, slopes):
    """Write the slopes of one group of rows and return its loss."""
    n_outputs = b.size
    for r in range(n_rows):
        row = first + r
        row_scores(X, row, W, line, 0)
        for k in range(n_outputs):
            S[k, r] = line[0, k] + b[k]
        weights[r] = 1 if labelled.weights.size == 0 else labelled.weights[row]
        for t in range(targets.shape[0]):
            targets[t, r] = labelled.targets[row, t]
    for r in range(n_rows, GROUP):
        weights[r] = 0
        for k in range(n_outputs):
            S[k, r] = 0
    total = row_loss(loss, S, targets, weights, scratch)
    for r in range(n_rows):
        for k in range(n_outputs):
            slopes[first + r, k] = S[k, r]
    return total


def _compile(source):
    """Return the compiled pass; ``source`` is part of the key under which its machine code is cached."""

    @njit(nogil=True, cache=True, error_model="numpy")
    def run(thread, n_threads, state, X, XT, labelled, loss, W, b, tasks, losses, slopes, G):
        source  # noqa: B018
        n, n_outputs, number = slopes.shape[0], b.size, W.dtype
        S, line = np.zeros((n_outputs, GROUP), number), np.zeros((1, W.shape[1]), number)
        targets, weights = np.zeros((labelled.targets.shape[1], GROUP), number), np.zeros(GROUP, number)
        scratch = np.zeros((4, GROUP), number)
        for task in range(thread, tasks, n_threads):
            begin, end = share(-(-n // GROUP), task, tasks)
            loss_of_task = 0.0
            for first in range(begin * GROUP, min(end * GROUP, n), GROUP):
                in_group = min(GROUP, n - first)
                loss_of_task += _score_rows(
                    X, labelled, loss, W, b, first, in_group, line, S, targets, weights, scratch, slopes
                )
            losses[task] = loss_of_task
        barrier.wait(state, n_threads)
        for task in range(thread, tasks, n_threads):
            begin, end = _task(XT.starts, task, tasks)
            for column in range(begin, end):
                row_scores(XT, column, slopes, line, 0)
                for k in range(n_outputs):
                    G[column, k] = line[0, k]

    return run


_run = _compile(source_digest())


def sparse_pass(
    X: Entries,
    XT: Entries,
    labelled: Labelled,
    loss: RowLoss,
    theta: np.ndarray,
    n_threads: int | None = None,
) -> tuple[float, np.ndarray]:
    """Return Σ w·ℓ, and its gradient in θ in float64.

    Parameters
    ----------
    X, XT : Entries
        The rows, and the columns: those of the transpose.
    labelled : Labelled
        In the type in which to compute.
    loss : RowLoss
    theta : (n_features + 1, n_outputs) float64
        W, and b in the last line.
    n_threads : int or None
    """
    n_rows, (n_lines, n_outputs), number = len(X.starts) - 1, theta.shape, labelled.targets.dtype
    work = len(X.values) * n_outputs
    n_threads = 1 if work < _SMALL else n_threads or threads.available()
    tasks = max(1, min(_TASKS, n_rows // GROUP))
    W, slopes = (lines.empty(n, n_outputs, number) for n in (n_lines - 1, n_rows))
    W[:, :n_outputs] = theta[:-1]
    losses, G, b, state = (
        np.zeros(tasks),
        np.zeros((n_lines, n_outputs)),
        theta[-1].astype(number),
        barrier.new(),
    )

    def work_of(thread: int) -> None:
        _run(thread, n_threads, state, X, XT, labelled, loss, W, b, tasks, losses, slopes, G)

    threads.run(n_threads, work_of, state, brief=work < _BRIEF)
    G[-1] = slopes[:, :n_outputs].sum(axis=0, dtype=np.float64)
    return float(np.add.reduce(losses)), G

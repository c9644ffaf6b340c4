"""A pass over all rows of a sparse matrix in three parts: scores, losses and their slopes, gradient.

Scores go along the rows, each value reading the line of W of its column; the gradient goes along the columns, each
value reading the line of slopes of its row: the same product, of the matrix and of its transpose. So X is held twice,
and no two threads ever write the same number. Every sum is taken in the order of the rows or columns: the same bits for
any number of threads.

Cost: 4·nnz·n_outputs operations, and n_features·n_outputs numbers read and written.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from onelayer.kernels import lines, source_digest, threads
from onelayer.kernels.lines import Entries, scores_of
from onelayer.kernels.row_losses import RowLoss, row_loss
from onelayer.kernels.scoring import share
from onelayer.kernels.tiles import GROUP, internal

_TASKS = 256
_LINE_COST = 16  # values in the time that a row takes beside its own
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


def _compile(source):
    """Return the compiled loops; ``source`` is part of the key under which their machine code is cached."""

    @njit(nogil=True, cache=True, error_model="numpy")
    def multiply(thread, n_threads, X, W, tasks, out):
        source  # noqa: B018
        for task in range(thread, tasks, n_threads):
            begin, end = _task(X.starts, task, tasks)
            scores_of(X, begin, end, W, out, begin)

    @njit(nogil=True, cache=True, error_model="numpy")
    def judge(thread, n_threads, scores, b, labelled, loss, totals):
        source  # noqa: B018
        n, n_outputs, number = scores.shape[0], b.size, scores.dtype
        S = np.zeros((n_outputs, GROUP), number)
        targets, weights = np.zeros((labelled.targets.shape[1], GROUP), number), np.zeros(GROUP, number)
        tasks = totals.size
        for task in range(thread, tasks, n_threads):
            begin, end = share(-(-n // GROUP), task, tasks)
            total = 0.0
            for first in range(begin * GROUP, min(end * GROUP, n), GROUP):
                n_rows = min(GROUP, n - first)
                for r in range(GROUP):
                    row = first + min(r, n_rows - 1)
                    for k in range(n_outputs):
                        S[k, r] = scores[row, k] + b[k]
                    for t in range(targets.shape[0]):
                        targets[t, r] = labelled.targets[row, t]
                    weights[r] = 1 if labelled.weights.size == 0 else labelled.weights[row]
                for r in range(n_rows, GROUP):
                    weights[r] = 0
                total += row_loss(loss, S, targets, weights, 0)
                for r in range(n_rows):
                    for k in range(n_outputs):
                        scores[first + r, k] = S[k, r]
            totals[task] = total

    @njit(nogil=True, cache=True, error_model="numpy", fastmath={"reassoc", "contract"})
    def square_length(X, weights):
        source  # noqa: B018
        total = 0.0
        for row in range(weights.size):
            square = 0.0
            for value in X.values[X.starts[row] : X.starts[row + 1]]:
                square += np.float64(value) * np.float64(value)
            total += weights[row] * square
        return total

    return multiply, judge, square_length


_multiply, _judge, _square_length = _compile(source_digest())


def product(
    X: Entries, W: np.ndarray, n_threads: int | None = None, out: np.ndarray | None = None
) -> np.ndarray:
    """Return X·W as lines, for W as lines (``kernels.lines``), in their type; in ``out`` if there is one."""
    n_rows, width = len(X.starts) - 1, W.shape[1]
    out = lines.empty(n_rows, width, W.dtype) if out is None else out
    work = (len(X.values) + _LINE_COST * n_rows) * width
    n_threads = 1 if work < _SMALL else n_threads or threads.available()
    tasks = max(1, min(_TASKS, n_rows // GROUP))
    threads.run(n_threads, lambda thread: _multiply(thread, n_threads, X, W, tasks, out), brief=work < _BRIEF)
    return out


def losses(
    scores: np.ndarray, b: np.ndarray, labelled: Labelled, loss: RowLoss, n_threads: int | None = None
) -> float:
    """Return Σ w·ℓ of the scores with intercepts b; w·∂ℓ/∂s takes the place of the scores.

    Parameters
    ----------
    scores : (n_rows, at least n_outputs) array
    b : (n_outputs,) array
    labelled : Labelled
    loss : RowLoss
    n_threads : int or None
    """
    work = 32 * len(scores) * len(b)
    n_threads = 1 if work < _SMALL else n_threads or threads.available()
    totals = np.zeros(max(1, min(_TASKS, len(scores) // GROUP)))
    threads.run(
        n_threads,
        lambda thread: _judge(thread, n_threads, scores, b, labelled, loss, totals),
        brief=work < _BRIEF,
    )
    return float(np.add.reduce(totals))


def square_length(X: Entries, weights: np.ndarray) -> float:
    """Return Σ w·‖x‖² of the rows, without the scale, in float64. Cost: a look at each value."""
    return _square_length(X, weights)

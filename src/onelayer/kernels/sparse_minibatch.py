"""One multi-threaded pass of minibatch gradient descent over sparse rows.

The steps are those of ``minibatch``, to rounding, but the cost of a minibatch is that of its stored values: columns
that none of its rows has are not touched. A step is V ← μV + pW + G and W ← s·(W − rV), with the momentum μ, the
penalty p, the shrinking s, the rate r and the gradient G. Without G it is linear in (V, W), so n of them are the n-th
power of a matrix of two by two, which a column is given just before it is next read. G enters ahead of the step it
belongs to, as G/μ in V, or without momentum as −r·G/(1 − rp) in W: the step makes of it what it should be.

Rows of a minibatch are dealt out to the threads for the scores and the loss, columns for the gradient and the steps: in
a row columns are in order, so each thread finds its own by bisection, and no two threads write the same number. A
column sums its entries in the order of the rows. Hence the result is the same to the bit for any number of threads.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from onelayer.kernels import barrier, source_digest
from onelayer.kernels.lines import Entries, add_to_line, scores_of
from onelayer.kernels.minibatch import DIVERGED, FINISHED, STOPPED
from onelayer.kernels.row_losses import row_loss
from onelayer.kernels.scoring import share
from onelayer.kernels.tiles import GROUP, internal


class Rows(NamedTuple):
    """The data of a pass.

    Attributes
    ----------
    entries : Entries
        Their ``scale`` brings them into the coordinates of W.
    targets, weights, order
        As those of ``scoring.Rows``.
    cuts : (pieces + 1,) int64
        Where the columns are cut into pieces with about as many entries each; a piece belongs to one thread.
    """

    entries: Entries
    targets: np.ndarray
    weights: np.ndarray
    order: np.ndarray
    cuts: np.ndarray


class Layer(NamedTuple):
    """What is trained, changed in place.

    Attributes
    ----------
    W, V : (n_features, width) float
        Weights and their velocities, as ``lines``; V has no lines where there is no momentum.
    b, v : (n_outputs,) float
    taken : (n_features,) int64
        How many steps of the pass a column has behind it; zeros between passes.
    """

    W: np.ndarray
    V: np.ndarray
    b: np.ndarray
    v: np.ndarray
    taken: np.ndarray


class Step(NamedTuple):
    """How a step is taken.

    Attributes
    ----------
    rate, momentum, penalty : float64
    kept : float64
        1 − rate·penalty; where that is 0, as little as makes no difference.
    shrink : (n_features or 1, n_outputs or 1) float64
        Factors of W after the step; one row stands for all columns, one column for all outputs.
    fit_intercept : bool
    limit : float
        A minibatch whose mean loss is not at most that ends the pass.
    """

    rate: float
    momentum: float
    penalty: float
    kept: float
    shrink: np.ndarray
    fit_intercept: bool
    limit: float


class Work(NamedTuple):
    """Buffers that the threads share: scores, then gradients of a minibatch's rows, and the loss of each group.

    Attributes
    ----------
    D : (batch_size, width) float
    losses : (groups,) float64
    """

    D: np.ndarray
    losses: np.ndarray


def balanced(columns: np.ndarray, n_features: int, pieces: int) -> np.ndarray:
    """Return where to cut the columns into pieces that have about as many entries each.

    Examples
    --------
    >>> balanced(np.array([0, 0, 0, 1, 2, 3], np.int32), 4, 2).tolist()
    [0, 1, 4]
    """
    reached = np.cumsum(np.bincount(columns, minlength=n_features))
    inner = np.searchsorted(reached, len(columns) * np.arange(1, pieces) / pieces) + 1
    return np.concatenate([[0], np.minimum(inner, n_features), [n_features]]).astype(np.int64)


@internal
def _power(x, n):
    """Return xⁿ."""
    result = 1.0
    while n > 0:
        if n & 1:
            result *= x
        x *= x
        n >>= 1
    return result


@internal
def _matrix_power(a, b, c, d, n):
    """Return the n-th power of a matrix of two by two."""
    e, f, g, h = 1.0, 0.0, 0.0, 1.0
    while n > 0:
        if n & 1:
            e, f, g, h = a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h
        a, b, c, d = a * a + b * c, a * b + b * d, c * a + d * c, c * b + d * d
        n >>= 1
    return e, f, g, h


@internal
def _steps(step, shrink, n):
    """Return the matrix of n steps without a gradient: (V, W) becomes (aV + bW, cV + dW)."""
    kept = step.kept * shrink
    if step.momentum == 0:
        return 0.0, 0.0, 0.0, _power(kept, n)
    return _matrix_power(step.momentum, step.penalty, -step.rate * step.momentum * shrink, kept, n)


@internal
def _advance(layer, step, j, until):
    """Take the steps of column j that are left to take, up to a step."""
    n = until - layer.taken[j]
    layer.taken[j] = until
    shrink, w, number = step.shrink[min(j, step.shrink.shape[0] - 1)], layer.W[j], layer.W.dtype
    a, b, c, d = _steps(step, shrink[0], n)
    if step.momentum == 0 and shrink.size == 1:
        factor = number.type(d)
        for k in range(w.size):
            w[k] *= factor
        return
    for k in range(layer.b.size):
        if shrink.size > 1:
            a, b, c, d = _steps(step, shrink[k], n)
        weight = w[k]
        if step.momentum == 0:
            w[k] = d * weight
        else:
            velocity = layer.V[j, k]
            layer.V[j, k] = a * velocity + b * weight
            w[k] = c * velocity + d * weight


@internal
def _first_at_least(columns, start, stop, column):
    """Return the first place in [start, stop) with at least this column, or stop."""
    while start < stop:
        middle = (start + stop) // 2
        if columns[middle] < column:
            start = middle + 1
        else:
            stop = middle
    return start


@internal
def _score(thread, n_threads, rows, loss, layer, work, first, n_rows, tile):
    """Leave the gradients of the losses in ``work.D`` and the loss of each group in ``work.losses``."""
    D, n_outputs = work.D, layer.b.size
    S, targets, weights = tile
    scale = S.dtype.type(1 / n_rows)
    begin, end = share(-(-n_rows // GROUP), thread, n_threads)
    for group in range(begin, end):
        place = group * GROUP
        in_group = min(GROUP, n_rows - place)
        for r in range(GROUP):
            weights[r] = 0
            if r < in_group:
                row = rows.order[first + place + r]
                scores_of(rows.entries, row, row + 1, layer.W, D, place + r)
                weights[r] = scale if rows.weights.size == 0 else scale * rows.weights[row]
                for t in range(targets.shape[0]):
                    targets[t, r] = rows.targets[row, t]
                for k in range(n_outputs):
                    S[k, r] = D[place + r, k] + layer.b[k]
            else:
                for k in range(n_outputs):
                    S[k, r] = layer.b[k]
        work.losses[group] = row_loss(loss, S, targets, weights, 0)
        for r in range(in_group):
            for k in range(n_outputs):
                D[place + r, k] = S[k, r]


@internal
def _add_gradient(rows, work, first, n_rows, start, stop, factor, lines):
    """Add factor·Σᵣ xᵣⱼ·Dᵣ to the lines of the columns [start, stop)."""
    entries = rows.entries
    columns, number = entries.columns, lines.dtype
    for r in range(n_rows):
        row = rows.order[first + r]
        i = _first_at_least(columns, entries.starts[row], entries.starts[row + 1], start)
        while i < entries.starts[row + 1] and columns[i] < stop:
            j = columns[i]
            scale = factor * entries.scale[j if entries.scale.size > 1 else 0]
            add_to_line(number.type(entries.values[i]) * scale, work.D, r, lines, j)
            i += 1


@internal
def _prepare(rows, layer, step, first, n_rows, start, stop, taken):
    """Bring those of the columns [start, stop) up to date that the rows of the next minibatch have."""
    entries = rows.entries
    for r in range(n_rows):
        row = rows.order[first + r]
        i = _first_at_least(entries.columns, entries.starts[row], entries.starts[row + 1], start)
        while i < entries.starts[row + 1] and entries.columns[i] < stop:
            if layer.taken[entries.columns[i]] < taken:
                _advance(layer, step, entries.columns[i], taken)
            i += 1


@internal
def _update_intercept(layer, step, work, n_rows):
    """Take the step of b."""
    for k in range(layer.b.size):
        gradient = layer.b.dtype.type(0)
        for r in range(n_rows):
            gradient += work.D[r, k]
        layer.v[k] = step.momentum * layer.v[k] + gradient
        layer.b[k] -= step.rate * layer.v[k]


def _compile(source):
    """Return the compiled pass; ``source`` is part of the key under which its machine code is cached."""

    @njit(nogil=True, cache=True, error_model="numpy")
    def run(thread, n_threads, state, rows, loss, layer, step, batch, work):
        source  # noqa: B018
        n, number, pieces = rows.order.size, layer.W.dtype, rows.cuts.size - 1
        tile = (
            np.zeros((layer.b.size, GROUP), number),
            np.zeros((rows.targets.shape[1], GROUP), number),
            np.zeros(GROUP, number),
        )
        idle = step.momentum == 0 and step.kept == 1 and step.shrink.size == 1 and step.shrink[0, 0] == 1
        total, taken, status = 0.0, 0, FINISHED
        begin, end = share(pieces, thread, n_threads)
        start, stop = rows.cuts[begin], rows.cuts[end]
        for first in range(0, n, batch):
            n_rows = min(batch, n - first)
            _score(thread, n_threads, rows, loss, layer, work, first, n_rows, tile)
            barrier.wait(state, n_threads)
            loss_of_batch = 0.0
            for group in range(-(-n_rows // GROUP)):
                loss_of_batch += work.losses[group]
            if not loss_of_batch <= step.limit:
                status = DIVERGED
                break
            total += loss_of_batch * n_rows
            if step.momentum == 0:
                factor = number.type(-step.rate / step.kept)
                _add_gradient(rows, work, first, n_rows, start, stop, factor, layer.W)
            else:
                factor = number.type(1 / step.momentum)
                _add_gradient(rows, work, first, n_rows, start, stop, factor, layer.V)
            taken += 1
            if thread == 0:
                if step.fit_intercept:
                    _update_intercept(layer, step, work, n_rows)
                barrier.decide(state)
            upcoming = first + n_rows
            if not idle and upcoming < n:
                _prepare(rows, layer, step, upcoming, min(batch, n - upcoming), start, stop, taken)
            barrier.wait(state, n_threads)
            if state[barrier.DECISION] or state[barrier.ABORT]:
                status = STOPPED
                break
        if not idle:
            for j in range(start, stop):
                _advance(layer, step, j, taken)
                layer.taken[j] = 0
        return status, total

    return run


run = _compile(source_digest())

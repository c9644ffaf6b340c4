"""One pass over all rows: the sum of the losses, and the gradient in W and b.

Segments of rows are cut by the shape of the problem alone, and each is summed by one thread in the order of its rows:
the same bits for any number of threads. Within a panel of rows sums are of the type of computation; panels are added up
in float64.

Few outputs are computed with the register tiles of the minibatch loop. With many, both products of a panel are those
of ordinary matrices, which the BLAS does best; it is held to one thread, so that each call gives the same bits.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import NamedTuple

import numpy as np
from numba import njit

from onelayer.kernels import blas, source_digest, threads
from onelayer.kernels.minibatch import DEPTHS, add_gradient
from onelayer.kernels.row_losses import RowLoss, row_loss
from onelayer.kernels.scoring import Rows, gather, group_scores, padded, share
from onelayer.kernels.tiles import GRADIENT_WIDTH, GROUP, internal, lanes

WIDE = 24  # outputs from which on the BLAS is faster than register tiles
_SEGMENTS = 32
_FEWEST_ROWS = 256  # of a segment, beside which it costs little to add its sums to the others
_SUM_BYTES = 1 << 28
_PANEL_BYTES = 1 << 18
_PANEL_ROWS = 256
_LOSS_COST = 32  # multiplications in the time that the loss of one output takes
_BRIEF = 1 << 21  # multiplications that take about the time that it takes to start a thread
_SMALL = 1 << 21  # and below which a second thread costs more than it brings


class Sums(NamedTuple):
    """What each segment adds up: losses (segments,), G (segments, n_outputs, columns), g (segments, n_outputs)."""

    losses: np.ndarray
    G: np.ndarray
    g: np.ndarray


class Plan(NamedTuple):
    """How the rows are gone through: a function of the problem's shape and of nothing else.

    Attributes
    ----------
    panel : int
        Rows at a time, a multiple of ``GROUP``.
    segments : int
    columns : int
        Of W: whole vectors.
    stride : int
        Numbers of a row in the buffer of the tiles; 0 where they read X itself, or are not used.
    raw : bool
        Whether the buffer holds the rows in the type of X.
    wide : bool
    width : int
        Columns of one block of the gradient.
    """

    panel: int
    segments: int
    columns: int
    stride: int
    raw: bool
    wide: bool
    width: int


def plan(X: np.ndarray, n_outputs: int, standardised: bool, number: np.dtype) -> Plan:
    """Return how rows of X, standardised or as they are, are gone through with W of this type."""
    n_rows, n_features = X.shape
    columns, wide = padded(n_features, number), n_outputs >= WIDE
    raw = not standardised and X.dtype.kind == "u"
    itemsize = X.dtype.itemsize if raw else number.itemsize
    direct = not standardised and columns == n_features and n_features * X.itemsize % 4096 != 0
    direct = direct and (raw or X.dtype == number)
    lines = -(-columns * itemsize // 64) | 1
    panel = max(1, min(_PANEL_ROWS, _PANEL_BYTES // max(1, columns * itemsize), n_rows + GROUP - 1) // GROUP)
    most = max(1, _SUM_BYTES // (n_outputs * max(1, columns) * 8))
    few = max(1, min(_SEGMENTS, most, n_rows // _FEWEST_ROWS))
    segments = 1 << (few.bit_length() - 1)  # as many for each of two, four or eight threads
    width = lanes(number.itemsize) * DEPTHS[n_outputs // -(-n_outputs // GRADIENT_WIDTH)]
    stride = 0 if direct or wide else lines * 64 // itemsize
    return Plan(panel * GROUP, segments, columns, stride, raw, wide, width)


@internal
def _group_losses(rows, loss, b, first, n_rows, S, targets, weights, g):
    """Turn the sums of one group into gradients of the loss in the scores, add these to g, and return the loss."""
    for k in range(S.shape[0]):
        for r in range(GROUP):
            S[k, r] = S[k, r] * rows.unit + b[k]
    for r in range(n_rows, GROUP):
        weights[r] = 0
    for r in range(n_rows):
        row = rows.order[first + r]
        weights[r] = 1 if rows.weights.size == 0 else rows.weights[row]
        for t in range(rows.targets.shape[1]):
            targets[t, r] = rows.targets[row, t]
    total = row_loss(loss, S, targets, weights, 0)
    for k in range(S.shape[0]):
        gradient = 0.0
        for r in range(GROUP):
            gradient += S[k, r]
        g[k] += gradient
    return total


class _Own(NamedTuple):
    """Buffers that each thread has for itself.

    Attributes
    ----------
    Z : (panel, columns) array
        The rows of a panel, where the BLAS multiplies them.
    S : (groups, n_outputs, GROUP) array
    flat : (n_outputs, panel) array
        Scores where the BLAS multiplies them.
    part : (n_outputs, columns) array
        The gradient of a panel.
    targets, weights : (n_targets, GROUP), (GROUP,) array
        Those of one group.
    """

    Z: np.ndarray
    S: np.ndarray
    flat: np.ndarray
    part: np.ndarray
    targets: np.ndarray
    weights: np.ndarray


@internal
def _narrow_panel(rows, loss, W, b, plan, own, X, index, place, first, n_rows, vector, g):
    """Go through a panel with register tiles: leave its gradient in ``own.part``, return the sum of its losses."""
    S, part, n, columns, total = own.S, own.part, rows.order.size, W.shape[1], 0.0
    for group in range(-(-n_rows // GROUP)):
        start = group * GROUP
        in_group = min(GROUP, n_rows - start)
        group_scores(rows, n, X, index, place + start, in_group, W, 0, columns, S[group])
        total += _group_losses(rows, loss, b, first + start, in_group, S[group], own.targets, own.weights, g)
    for k in range(part.shape[0]):
        for j in range(columns):
            part[k, j] = 0
    for column in range(0, columns, plan.width):
        upto = min(column + plan.width, columns)
        add_gradient(X, index, place, n_rows, S, column, upto, vector, part, column)
    return total


@internal
def _wide_losses(rows, loss, b, own, first, n_rows, g):
    """Turn the scores in ``own.flat`` into gradients, return the sum of the losses."""
    flat, s, total = own.flat, own.S[0], 0.0
    for start in range(0, flat.shape[1], GROUP):
        in_group = max(0, min(GROUP, n_rows - start))
        for k in range(flat.shape[0]):
            for r in range(GROUP):
                s[k, r] = flat[k, start + r]
        if in_group > 0:
            total += _group_losses(rows, loss, b, first + start, in_group, s, own.targets, own.weights, g)
        for k in range(flat.shape[0]):
            for r in range(GROUP):
                flat[k, start + r] = s[k, r] if in_group > 0 else 0
    return total


@internal
def _add(part, G):
    """Add the gradient of a panel to a sum in float64."""
    for k in range(part.shape[0]):
        for j in range(part.shape[1]):
            G[k, j] += part[k, j]


def _compile(source):
    """Return the compiled pass; ``source`` is part of the key under which its machine code is cached."""

    @njit(nogil=True, cache=True, error_model="numpy")
    def run(thread, n_threads, rows, loss, W, b, plan, buffer, places, matrix, vector, sums):
        source  # noqa: B018
        n, n_outputs, columns, number = rows.order.size, W.shape[0], W.shape[1], W.dtype
        panel, gathered = plan.panel, places.size > 0
        own = _Own(
            matrix[thread * panel : (thread + 1) * panel] if plan.wide else matrix,
            np.zeros((1 if plan.wide else panel // GROUP, n_outputs, GROUP), number),
            np.zeros((n_outputs, panel if plan.wide else 0), number),
            np.zeros((n_outputs, columns), number),
            np.zeros((rows.targets.shape[1], GROUP), number),
            np.zeros(GROUP, number),
        )
        X = buffer[thread * panel : (thread + 1) * panel] if gathered else buffer
        n_segments = sums.losses.size
        for segment in range(thread, n_segments, n_threads):
            begin, end = share(-(-n // GROUP), segment, n_segments)
            stop, total, G, g = min(end * GROUP, n), 0.0, sums.G[segment], sums.g[segment]
            for first in range(begin * GROUP, stop, panel):
                n_rows = min(panel, stop - first)
                if plan.wide:
                    gather(rows, first, n_rows, 0, columns, own.Z, 0)
                    np.dot(W, own.Z.T, own.flat)
                    total += _wide_losses(rows, loss, b, own, first, n_rows, g)
                    np.dot(own.flat, own.Z, own.part)
                elif gathered:
                    gather(rows, first, n_rows, 0, columns, X, 0)
                    total += _narrow_panel(
                        rows, loss, W, b, plan, own, X, places, 0, first, n_rows, vector, g
                    )
                else:
                    total += _narrow_panel(
                        rows, loss, W, b, plan, own, X, rows.order, first, first, n_rows, vector, g
                    )
                _add(own.part, G)
            sums.losses[segment] = total

    return run


_run = _compile(source_digest())


def full_pass(
    rows: Rows,
    loss: RowLoss,
    W: np.ndarray,
    b: np.ndarray,
    cut: Plan,
    n_threads: int | None = None,
) -> tuple[float, np.ndarray, np.ndarray]:
    """Return Σ w·ℓ, and its gradients in W and b, in float64.

    Parameters
    ----------
    rows : Rows
        ``order`` is 0, 1, 2, …
    loss : RowLoss
    W, b : (n_outputs, n_features), (n_outputs,)
        For the rows as they are seen: centred and scaled if they are, in units of ``rows.unit`` else.
    cut : Plan
        That of these rows and of the type in which to compute.
    n_threads : int or None
    """
    n_outputs, n_features = W.shape
    number = rows.unit.dtype
    wide = np.zeros((n_outputs, cut.columns), number)
    wide[:, :n_features] = W
    work = len(rows.order) * (n_outputs * (n_features + _LOSS_COST) + n_features)
    n_threads = 1 if work < _SMALL else n_threads or threads.available()
    sums = Sums(
        np.zeros(cut.segments),
        np.zeros((cut.segments, n_outputs, cut.columns)),
        np.zeros((cut.segments, n_outputs)),
    )
    size, kind = n_threads * cut.panel, rows.X.dtype if cut.raw else number
    matrix = np.zeros((size if cut.wide else 0, cut.columns), number)
    buffer = matrix if cut.wide else np.zeros((size, cut.stride), kind) if cut.stride else rows.X
    places = np.arange(cut.panel if cut.stride else 0)
    intercept, vector = b.astype(number), lanes(number.itemsize)

    def work_of(thread: int) -> None:
        _run(thread, n_threads, rows, loss, wide, intercept, cut, buffer, places, matrix, vector, sums)

    with blas.one_thread() if cut.wide else nullcontext():
        threads.run(n_threads, work_of, brief=work < _BRIEF)
    unit = float(rows.unit)
    G = np.add.reduce(sums.G, axis=0)[:, :n_features] * unit
    return float(np.add.reduce(sums.losses)), G, np.add.reduce(sums.g, axis=0)

"""Minibatch gradient descent for many layers at once, side by side as the outputs of one: rows are read once for all.

It is the loop of ``minibatch`` with vectors along the outputs in place of the rows, so that it pays from two vectors of
outputs on: each value of X is loaded once for all layers, and zeros of X that lie together cost nothing
(``wide_tiles``). The rows of a minibatch are gathered into a buffer, converted and, where a centre is given, centred
and scaled; a mask of what is not zero goes with them.

==================  =================================================================================
scores and loss     groups of ``GROUP`` rows
gradient, update    blocks of ``LOOK`` columns
==================  =================================================================================

Both are dealt out to threads, with two waits a minibatch; every number is computed by one thread in an order that is
written here, so the result is the same to the bit for any number of threads. Layers share nothing but the rows: one
that runs away is left where it is and spoils no other.

Softmax has one score too many: gradients add up to zero over the classes. So a layer has an output less, its scores
those of the classes less that of the last, which is 0: V_k = W_k − W_K goes by the gradient D_k − D_K.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from onelayer.kernels import barrier, source_digest
from onelayer.kernels.minibatch import DIVERGED, FINISHED, STOPPED
from onelayer.kernels.row_losses import CROSS_ENTROPY
from onelayer.kernels.scoring import gather, prefetch_rows, share
from onelayer.kernels.tiles import GROUP, VECTOR_BYTES, internal
from onelayer.kernels.wide_losses import SCRATCH, wide_loss
from onelayer.kernels.wide_tiles import (
    DEPTH,
    EVERY,
    LOOK,
    aligned,
    append,
    nonzero,
    strips_of,
    transpose,
    wide_tile,
)

_PANEL_BYTES = 1 << 22
_QUADS = LOOK // DEPTH
_TOGETHER = 8  # groups of rows that go over a strip of W while it is in the second cache


class WideLayer(NamedTuple):
    """What is trained, changed in place: W (strips, columns, width), b (strips, width), velocities V and v.

    Output k of layer c is lane k·layers + c of all strips' lanes one after the other; lanes left over stay 0.
    """

    W: np.ndarray
    b: np.ndarray
    V: np.ndarray
    v: np.ndarray


class WideStep(NamedTuple):
    """How a step is taken, lane by lane; as ``minibatch.Step``.

    Attributes
    ----------
    rate, momentum, penalty : (strips, width) float
    shrink : (strips, columns or 1, width) float
        Factors of W after the step; one row stands for all columns.
    fit_intercept : bool
    limit : float
        A layer with a minibatch whose mean loss is not at most that takes no more steps.
    """

    rate: np.ndarray
    momentum: np.ndarray
    penalty: np.ndarray
    shrink: np.ndarray
    fit_intercept: bool
    limit: float


class WideWork(NamedTuple):
    """Buffers that the threads share.

    Attributes
    ----------
    Z : (panel, stride) float
        Rows gathered.
    filled : (blocks, panel) uint16
        Bit i says whether column LOOK·block + i of a row is not zero.
    S : (strips, panel, width) float
        Scores, then the gradients of the losses in them.
    G : (strips, columns, width) float
        Sums of the gradient over panels; empty where one panel is all.
    losses : (groups, layers) float64
    lost : (layers,) bool
        Which layers have run away.
    """

    Z: np.ndarray
    filled: np.ndarray
    S: np.ndarray
    G: np.ndarray
    losses: np.ndarray
    lost: np.ndarray


def new_layer(n_features: int, n_lanes: int, number: np.dtype) -> WideLayer:
    """Return layers of zeros."""
    strips, width = strips_of(n_lanes, number)
    columns = -(-n_features // DEPTH) * DEPTH
    shapes = ((strips, columns, width), (strips, width)) * 2
    return WideLayer(*(aligned(shape, number) for shape in shapes))


def new_work(layer: WideLayer, n_layers: int, batch_size: int) -> WideWork:
    """Return the buffers for minibatches of this size."""
    (strips, columns, width), number = layer.W.shape, layer.W.dtype
    blocks = -(-columns // LOOK)
    row = max(blocks * LOOK, strips * width) * number.itemsize
    panel = max(1, min(_PANEL_BYTES // row, batch_size + GROUP - 1) // GROUP) * GROUP
    return WideWork(
        aligned((panel, (blocks | 1) * LOOK), number),
        np.zeros((blocks, panel), np.uint16),
        aligned((strips, panel, width), number),
        aligned((strips, columns if batch_size > panel else 0, width), number),
        np.zeros((panel // GROUP, n_layers)),
        np.zeros(n_layers, np.bool_),
    )


@internal
def _gather_group(rows, first, n_rows, work, place):
    """Copy a group of rows to ``place`` of the buffer, zeros where there are less, and note what is not zero."""
    n_features = rows.X.shape[1]
    gather(rows, first, n_rows, 0, n_features, work.Z, place)
    for r in range(place + n_rows, place + GROUP):
        work.Z[r, :n_features] = 0
    for r in range(place, place + GROUP):
        for block in range(work.filled.shape[0]):
            work.filled[block, r] = nonzero(work.Z[r], block * LOOK, EVERY)


@internal
def _score_groups(layer, work, place, n_groups, places, counts):
    """Write the sums Σⱼ Z[r, j]·W[j, k] of some groups of rows to ``work.S``."""
    stride = work.Z.shape[1]
    for quad in range(n_groups * GROUP // DEPTH):
        first, count = place + quad * DEPTH, 0
        for block in range(work.filled.shape[0]):
            mask = work.filled[block, first]
            for r in range(1, DEPTH):
                mask |= work.filled[block, first + r]
            count = append(places[quad], count, block * LOOK, mask)
        counts[quad] = count
    for strip in range(layer.W.shape[0]):
        S, W = work.S[strip], layer.W[strip]
        S[place : place + n_groups * GROUP] = 0
        for quad in range(n_groups * GROUP // DEPTH):
            first = place + quad * DEPTH
            wide_tile(work.Z, first * stride, 1, stride, places[quad], counts[quad], W, S, first)


@internal
def _turn_group(S, place, T, back):
    """Write a group of rows of all strips to T, lane by lane; or from T ``back``."""
    strips, _, width = S.shape
    for strip in range(strips):
        for first in range(0, width, VECTOR_BYTES // T.itemsize):
            for r in range(0, GROUP, VECTOR_BYTES // T.itemsize):
                if back:
                    transpose(T, strip * width + first, r, S[strip], place + r, first)
                else:
                    transpose(S[strip], place + r, first, T, strip * width + first, r)


@internal
def _repeat(lanes):
    """Write the first ``GROUP`` numbers again and again over the others."""
    for first in range(GROUP, lanes.size, GROUP):
        for r in range(GROUP):
            lanes[first + r] = lanes[r]


@internal
def _losses(rows, loss, layer, n_outputs, group, first, n_rows, scale, work, tile):
    """Turn the sums of a group of rows into gradients of the losses, for all layers; note the losses."""
    T, layers = tile.S, work.lost.size
    lanes = n_outputs * layers if loss.code != CROSS_ENTROPY else (n_outputs - 1) * layers
    tile.weights[:GROUP] = 0
    for r in range(n_rows):
        row = rows.order[first + r]
        tile.weights[r] = scale if rows.weights.size == 0 else scale * rows.weights[row]
        for t in range(rows.targets.shape[1]):
            tile.targets[t, r] = rows.targets[row, t]
    _repeat(tile.weights)
    for t in range(rows.targets.shape[1]):
        _repeat(tile.targets[t])
    _turn_group(work.S, group * GROUP, T, False)
    intercept, unit = layer.b.ravel(), rows.unit
    for k in range(lanes):
        for r in range(GROUP):
            T[k, r] = T[k, r] * unit + intercept[k]
    T[lanes : n_outputs * layers] = 0
    totals, S = work.losses[group], T[: n_outputs * layers]
    wide_loss(loss, S, n_outputs, tile.targets, tile.weights, tile.scratch, tile.losses, totals)
    for c in range(layers):
        if work.lost[c]:
            totals[c] = np.inf
            for k in range(n_outputs):
                T[k * layers + c] = 0
    if lanes < n_outputs * layers:
        last = T[lanes : lanes + layers]
        for k in range(0, lanes, layers):
            for c in range(layers):
                for r in range(GROUP):
                    T[k + c, r] -= last[c, r]
    _turn_group(work.S, group * GROUP, T, True)


@internal
def _step(w, velocity, gradient, unit, rate, momentum, penalty, shrink):
    """Take one step in one row of W: V = μV + G + penalty·W, then W = shrink·(W − rate·V)."""
    for k in range(w.size):
        velocity[k] = momentum[k] * velocity[k] + (gradient[k] * unit + penalty[k] * w[k])
        w[k] = (w[k] - rate[k] * velocity[k]) * shrink[k]


@internal
def _plain_step(w, gradient, unit, rate, penalty, shrink):
    """Take the same step without momentum."""
    for k in range(w.size):
        w[k] = (w[k] - rate[k] * (gradient[k] * unit + penalty[k] * w[k])) * shrink[k]


@internal
def _gradient_block(layer, step, unit, work, block, n_rows, moving, is_first, is_last, places, G, Z):
    """Add up the gradient of the columns of a block over a panel, and after the last panel take the step."""
    columns, fused, filled = layer.W.shape[1], work.G.shape[1] == 0, work.filled[block]
    for r in range(n_rows):
        row = work.Z[r, block * LOOK : (block + 1) * LOOK]
        for quad in range(_QUADS):
            for i in range(DEPTH):
                Z[quad, r, i] = row[quad * DEPTH + i]
    for quad in range(_QUADS):
        column = block * LOOK + quad * DEPTH
        if column >= columns:
            break
        count, bits = 0, np.uint16(((1 << DEPTH) - 1) << (quad * DEPTH))
        for r in range(0, n_rows, LOOK):
            count = append(places, count, r, nonzero(filled, r, bits))
        for strip in range(layer.W.shape[0]):
            total, row = (G, 0) if fused else (work.G[strip], column)
            if is_first:
                total[row : row + DEPTH] = 0
            wide_tile(Z[quad], 0, DEPTH, 1, places, count, work.S[strip], total, row)
            if is_last:
                rate, momentum, penalty = step.rate[strip], step.momentum[strip], step.penalty[strip]
                for j in range(DEPTH):
                    w = layer.W[strip, column + j]
                    shrink = step.shrink[strip, min(column + j, step.shrink.shape[1] - 1)]
                    if moving:
                        velocity = layer.V[strip, column + j]
                        _step(w, velocity, total[row + j], unit, rate, momentum, penalty, shrink)
                    else:
                        _plain_step(w, total[row + j], unit, rate, penalty, shrink)


@internal
def _update_intercept(layer, step, work, n_rows, bias, is_last):
    """Add the gradient of a panel to ``bias``, and after the last panel take the step."""
    for strip in range(bias.shape[0]):
        total = bias[strip]
        for r in range(n_rows):
            row = work.S[strip, r]
            for k in range(total.size):
                total[k] += row[k]
        if is_last:
            b, velocity = layer.b[strip], layer.v[strip]
            rate, momentum = step.rate[strip], step.momentum[strip]
            for k in range(b.size):
                velocity[k] = momentum[k] * velocity[k] + total[k]
                b[k] -= rate[k] * velocity[k]


class _Tile(NamedTuple):
    """Buffers that each thread has for itself, for the loss of a group of rows."""

    S: np.ndarray
    targets: np.ndarray
    weights: np.ndarray
    scratch: np.ndarray
    losses: np.ndarray
    Z: np.ndarray


def _compile(source):
    """Return the compiled pass; ``source`` is part of the key under which its machine code is cached."""

    @njit(nogil=True, cache=True, error_model="numpy")
    def run(thread, n_threads, state, rows, loss, n_outputs, layer, step, batch_size, work, totals):
        source  # noqa: B018
        n, number, n_layers = rows.order.size, layer.W.dtype, work.lost.size
        panel, blocks = work.Z.shape[0], work.filled.shape[0]
        lanes = n_layers * GROUP
        tile = _Tile(
            np.zeros((layer.b.size + n_layers, GROUP), number),
            np.zeros((rows.targets.shape[1], lanes), number),
            np.zeros(lanes, number),
            np.zeros((SCRATCH, lanes), number),
            np.zeros(lanes, number),
            np.zeros((_QUADS, panel, DEPTH), number),
        )
        G = np.zeros((DEPTH, layer.b.shape[1]), number)
        bias = np.zeros_like(layer.b)
        quads = min(_TOGETHER * GROUP, panel) // DEPTH
        places = np.zeros((quads, max(blocks * LOOK, panel) + LOOK), np.int32)
        counts = np.zeros(quads, np.int64)
        of_batch = np.zeros(n_layers)
        moving = step.momentum.any()
        for batch in range(0, n, batch_size):
            n_batch = min(batch_size, n - batch)
            scale = number.type(1 / n_batch)
            bias[:] = 0
            of_batch[:] = 0
            for start in range(0, n_batch, panel):
                n_rows, first = min(panel, n_batch - start), batch + start
                groups, is_last = -(-n_rows // GROUP), start + panel >= n_batch
                begin, end = share(groups, thread, n_threads)
                for group in range(begin, end, _TOGETHER):
                    stop = min(group + _TOGETHER, end)
                    for g in range(group, stop):
                        row = first + g * GROUP
                        _gather_group(rows, row, min(GROUP, n_rows - g * GROUP), work, g * GROUP)
                        upcoming = row + GROUP if g + 1 < end else first + n_rows + begin * GROUP
                        prefetch_rows(rows, upcoming, GROUP, 0, rows.X.shape[1])
                    _score_groups(layer, work, group * GROUP, stop - group, places, counts)
                    for g in range(group, stop):
                        in_group = min(GROUP, n_rows - g * GROUP)
                        _losses(
                            rows, loss, layer, n_outputs, g, first + g * GROUP, in_group, scale, work, tile
                        )
                barrier.wait(state, n_threads)
                begin, end = share(blocks, thread, n_threads)
                for block in range(begin, end):
                    _gradient_block(
                        layer,
                        step,
                        rows.unit,
                        work,
                        block,
                        groups * GROUP,
                        moving,
                        start == 0,
                        is_last,
                        places[0],
                        G,
                        tile.Z,
                    )
                if thread == 0:
                    for group in range(groups):
                        for c in range(n_layers):
                            of_batch[c] += work.losses[group, c]
                    for c in range(n_layers):
                        if not of_batch[c] <= step.limit:
                            work.lost[c] = True
                    if step.fit_intercept:
                        _update_intercept(layer, step, work, groups * GROUP, bias, is_last)
                    barrier.decide(state)
                barrier.wait(state, n_threads)
            if thread == 0:
                for c in range(n_layers):
                    totals[c] += of_batch[c] * n_batch
            if state[barrier.DECISION] or state[barrier.ABORT]:
                return STOPPED
            if work.lost.all():
                return DIVERGED
        return FINISHED

    return run


run = _compile(source_digest())

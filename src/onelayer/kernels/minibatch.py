"""One fused, multi-threaded pass of minibatch gradient descent: gather, scores, loss, gradient, update.

Every thread calls the same compiled function with its own number and goes through the whole epoch in step with the
others. Two waits a minibatch suffice: the rows of a minibatch are dealt out for the scores and the loss, the columns of
W for the gradient and the update, so that no two threads ever write the same number. How the work is cut into pieces
depends on the shape of the problem alone, never on the number of threads, and every sum is taken in a fixed
order; hence the result is the same to the bit for any number of threads.

========================  ===========================================================================
rows of a minibatch       in panels, so that the gathered rows stay in the cache
scores and loss           groups of ``GROUP`` rows × chunks of columns (one chunk unless rows are very long)
gradient and update       blocks of columns × chunks of rows (one chunk unless rows are very short)
========================  ===========================================================================

X is read as it is (uint8 too), where it lies; or its rows are gathered into a padded buffer, centred and scaled when a
centre is given.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from onelayer.kernels import barrier, source_digest
from onelayer.kernels.row_losses import row_loss
from onelayer.kernels.scoring import gather, group_scores, padded, share
from onelayer.kernels.tiles import GRADIENT_WIDTH, GROUP, depth, gradient_tile, internal, lanes

_PANEL_BYTES = 1 << 20
_COLUMN_CHUNK = 8192
_ROW_CHUNK = 1024
_MANY_BLOCKS = 8
_STRIP_BYTES = 1 << 15
DEPTHS = (0, *(depth(width) for width in range(1, GRADIENT_WIDTH + 1)))


FINISHED, STOPPED, DIVERGED = 0, 1, 2


class Layer(NamedTuple):
    """What is trained, changed in place: W (n_outputs, columns), b (n_outputs,) and their velocities V and v."""

    W: np.ndarray
    b: np.ndarray
    V: np.ndarray
    v: np.ndarray


class Step(NamedTuple):
    """How a step is taken; see ``_update``.

    Attributes
    ----------
    rate, momentum : float
    penalty : (columns,) float
    shrink : (n_outputs or 1, columns) float
        Factors of W after the step; one row stands for all outputs.
    fit_intercept : bool
    limit : float
        A minibatch whose mean loss is not at most that ends the pass.
    """

    rate: np.floating
    momentum: np.floating
    penalty: np.ndarray
    shrink: np.ndarray
    fit_intercept: bool
    limit: float


class Cuts(NamedTuple):
    """How a minibatch is cut into pieces: a function of the problem's shape and of nothing else.

    Attributes
    ----------
    batch : int
        Rows of a minibatch.
    panel : int
        Rows gathered at a time, a multiple of ``GROUP``.
    chunk : int
        Columns that are added up at a time for the scores.
    width : int
        Columns of one block of the gradient.
    strip : int
        Columns of W that are updated together, a whole number of blocks.
    vector : int
        Numbers in a vector.
    """

    batch: int
    panel: int
    chunk: int
    width: int
    strip: int
    vector: int


class Work(NamedTuple):
    """Buffers that the threads share.

    Attributes
    ----------
    source : (n_rows or panel, stride)
        Where the tiles read rows: X itself where its rows can serve as they are, else a buffer into which they are
        gathered, padded with zero columns to whole vectors and to an odd number of cache lines, so that rows do not
        share a cache set.
    places : (panel,) int64, or empty
        The places in the buffer, in order; empty where X serves itself.
    S : (chunks, groups, n_outputs, GROUP) float
        Scores, then the gradients of the loss in them.
    G : (row_chunks, n_outputs, columns) float
        Sums of the gradient, where it cannot be used up at once.
    losses : (groups,) float64
    """

    source: np.ndarray
    places: np.ndarray
    S: np.ndarray
    G: np.ndarray
    losses: np.ndarray


class Tile(NamedTuple):
    """Buffers that each thread has for itself: targets and weights of a group, one block of G."""

    targets: np.ndarray
    weights: np.ndarray
    G: np.ndarray


def cut(
    X: np.ndarray, n_outputs: int, batch_size: int, standardised: bool, number: np.dtype
) -> tuple[Cuts, Work]:
    """Return the cuts and the buffers for the data, whether its rows are standardised, and the type of W.

    X serves itself where its rows are used as they are, are whole vectors, and not all in the same cache sets.
    """
    n_features, buffer = X.shape[1], number if standardised else X.dtype
    vector, columns = lanes(number.itemsize), padded(n_features, number)
    lines = -(-columns * buffer.itemsize // 64) | 1
    row_bytes = max(lines * 64, n_outputs * number.itemsize)
    panel = max(1, min(_PANEL_BYTES // row_bytes, batch_size + GROUP - 1) // GROUP) * GROUP
    groups, chunk = panel // GROUP, min(columns, _COLUMN_CHUNK)
    width = vector * DEPTHS[n_outputs // -(-n_outputs // GRADIENT_WIDTH)]
    strip = max(1, _STRIP_BYTES // (n_outputs * number.itemsize * width)) * width
    row_chunks = 1 if -(-columns // width) >= _MANY_BLOCKS else min(_MANY_BLOCKS, -(-panel // _ROW_CHUNK))
    fused = row_chunks == 1 and batch_size <= panel
    direct = not standardised and columns == n_features and (n_features * X.itemsize) % 4096 != 0
    work = Work(
        X if direct else np.zeros((panel, lines * 64 // buffer.itemsize), buffer),
        np.arange(0 if direct else panel),
        np.zeros((-(-columns // chunk), groups, n_outputs, GROUP), number),
        np.zeros((row_chunks, n_outputs, 0 if fused else columns), number),
        np.zeros(groups),
    )
    return Cuts(batch_size, panel, chunk, width, strip, vector), work


@internal
def _clear(A, start, stop):
    """Set the columns [start, stop) of A to zero."""
    for k in range(A.shape[0]):
        row = A[k, start:stop]
        for j in range(row.size):
            row[j] = 0


@internal
def _add(A, B, start, stop):
    """Add the columns [start, stop) of B to those of A."""
    for k in range(A.shape[0]):
        a, b = A[k, start:stop], B[k, start:stop]
        for j in range(a.size):
            a[j] += b[j]


@internal
def add_gradient(X, index, first, n_rows, D, column, stop, vector, G, position):
    """Add Σᵣ D[k, r]·X[index[first + r], j] to G, for the columns j in [column, stop)."""
    n_outputs = G.shape[0]
    tiles = -(-n_outputs // GRADIENT_WIDTH)
    for tile in range(tiles):
        output, after = share(n_outputs, tile, tiles)
        several = DEPTHS[after - output]
        j = column
        while j < stop:
            vectors = several if j + several * vector <= stop else 1
            gradient_tile(
                X, index, first, n_rows, D, output, after - output, j, vectors, G, position + j - column
            )
            j += vectors * vector


@internal
def _finish_scores(rows, loss, b, first, n_rows, scale, S, tile):
    """Turn the sums of one group into scores, and these into gradients of the loss; return the loss."""
    for k in range(S.shape[0]):
        for r in range(GROUP):
            S[k, r] = S[k, r] * rows.unit + b[k]
    for r in range(n_rows, GROUP):
        tile.weights[r] = 0
    for r in range(n_rows):
        row = rows.order[first + r]
        tile.weights[r] = scale if rows.weights.size == 0 else scale * rows.weights[row]
        for t in range(rows.targets.shape[1]):
            tile.targets[t, r] = rows.targets[row, t]
    return row_loss(loss, S, tile.targets, tile.weights, 0)


@internal
def _places(rows, work, first):
    """Return the index of ``work.source``, and the place in it, of the rows of a panel."""
    if work.places.size > 0:
        return work.places, 0
    return rows.order, first


@internal
def _score_panel(thread, n_threads, state, rows, loss, layer, cuts, work, tile, first, n_rows, scale):
    """Leave the gradients of a panel's losses in ``work.S[0]`` and the loss of each group in ``work.losses``."""
    S = work.S
    index, place = _places(rows, work, first)
    groups, chunks, columns = -(-n_rows // GROUP), S.shape[0], layer.W.shape[1]
    begin, end = share(groups * chunks, thread, n_threads)
    for task in range(begin, end):
        group, c = task % groups, task // groups
        start, stop = c * cuts.chunk, min((c + 1) * cuts.chunk, columns)
        in_group = min(GROUP, n_rows - group * GROUP)
        upcoming = first + ((group + 1) * GROUP if task + 1 < end else n_rows + begin % groups * GROUP)
        if work.places.size > 0:
            gather(rows, first + group * GROUP, in_group, start, stop, work.source, group * GROUP)
        group_scores(
            rows,
            upcoming,
            work.source,
            index,
            place + group * GROUP,
            in_group,
            layer.W,
            start,
            stop,
            S[c, group],
        )
        if chunks == 1:
            row = first + group * GROUP
            work.losses[group] = _finish_scores(rows, loss, layer.b, row, in_group, scale, S[0, group], tile)
    if chunks > 1:
        barrier.wait(state, n_threads)
        begin, end = share(groups, thread, n_threads)
        for group in range(begin, end):
            for c in range(1, chunks):
                _add(S[0, group], S[c, group], 0, GROUP)
            row, in_group = first + group * GROUP, min(GROUP, n_rows - group * GROUP)
            work.losses[group] = _finish_scores(rows, loss, layer.b, row, in_group, scale, S[0, group], tile)
    barrier.wait(state, n_threads)


@internal
def _gradient_panel(thread, n_threads, rows, cuts, work, first, n_rows, columns, is_first):
    """Add the gradient of a panel to ``work.G``, one sum for each chunk of rows."""
    index, place = _places(rows, work, first)
    groups, blocks, chunks = -(-n_rows // GROUP), -(-columns // cuts.width), work.G.shape[0]
    begin, end = share(blocks * chunks, thread, n_threads)
    for task in range(begin, end):
        chunk, block = task // blocks, task % blocks
        low, high = share(groups, chunk, chunks)
        start, stop = block * cuts.width, min((block + 1) * cuts.width, columns)
        in_chunk = min(n_rows, high * GROUP) - low * GROUP
        G = work.G[chunk]
        if is_first:
            _clear(G, start, stop)
        D, row = work.S[0, low:], place + low * GROUP
        add_gradient(work.source, index, row, in_chunk, D, start, stop, cuts.vector, G, start)


@internal
def _update(layer, step, unit, G, position, start, stop):
    """Take one step in the columns [start, stop): V = μV + G + penalty·W, then W = shrink·(W − rate·V)."""
    penalty = step.penalty[start:stop]
    for k in range(layer.W.shape[0]):
        w, velocity = layer.W[k, start:stop], layer.V[k, start:stop]
        shrink = step.shrink[min(k, step.shrink.shape[0] - 1), start:stop]
        gradient = G[k, position : position + stop - start]
        if step.momentum == 0:
            for j in range(w.size):
                w[j] = (w[j] - step.rate * (gradient[j] * unit + penalty[j] * w[j])) * shrink[j]
        else:
            for j in range(w.size):
                velocity[j] = step.momentum * velocity[j] + (gradient[j] * unit + penalty[j] * w[j])
                w[j] = (w[j] - step.rate * velocity[j]) * shrink[j]


@internal
def _update_fused(thread, n_threads, rows, layer, step, cuts, work, tile, first, n_rows):
    """Gradient and step, strip by strip, so that the gradient never leaves the cache."""
    columns, strip = layer.W.shape[1], tile.G.shape[1]
    index, place = _places(rows, work, first)
    begin, end = share(-(-columns // cuts.width), thread, n_threads)
    last = min(end * cuts.width, columns)
    for start in range(begin * cuts.width, last, strip):
        stop = min(start + strip, last)
        _clear(tile.G, 0, stop - start)
        add_gradient(work.source, index, place, n_rows, work.S[0], start, stop, cuts.vector, tile.G, 0)
        _update(layer, step, rows.unit, tile.G, 0, start, stop)


@internal
def _update_from_sums(thread, n_threads, rows, layer, step, cuts, work):
    """Add up the gradients of the chunks of rows, in order, and take the step."""
    columns, G = layer.W.shape[1], work.G
    begin, end = share(-(-columns // cuts.width), thread, n_threads)
    for block in range(begin, end):
        start, stop = block * cuts.width, min((block + 1) * cuts.width, columns)
        for chunk in range(1, G.shape[0]):
            _add(G[0], G[chunk], start, stop)
        _update(layer, step, rows.unit, G[0], start, start, stop)


@internal
def _update_intercept(layer, step, work, n_rows, bias, is_last):
    """Add the gradient of a panel to ``bias``, lane by lane, and after the last panel take the step."""
    for group in range(-(-n_rows // GROUP)):
        _add(bias, work.S[0, group], 0, GROUP)
    if is_last:
        for k in range(layer.b.size):
            gradient = bias[k, 0]
            for r in range(1, GROUP):
                gradient += bias[k, r]
            layer.v[k] = step.momentum * layer.v[k] + gradient
            layer.b[k] -= step.rate * layer.v[k]


def _compile(source):
    """Return the compiled pass; ``source`` is part of the key under which its machine code is cached."""

    @njit(nogil=True, cache=True, error_model="numpy")
    def run(thread, n_threads, state, rows, loss, layer, step, cuts, work):
        source  # noqa: B018
        W, n = layer.W, rows.order.size
        n_outputs, columns, number = W.shape[0], W.shape[1], W.dtype
        tile = Tile(
            np.zeros((rows.targets.shape[1], GROUP), number),
            np.zeros(GROUP, number),
            np.zeros((n_outputs, cuts.strip), number),
        )
        bias = np.zeros((n_outputs, GROUP), number)
        total = 0.0
        for batch in range(0, n, cuts.batch):
            n_batch = min(cuts.batch, n - batch)
            scale = number.type(1 / n_batch)
            fused = work.G.shape[0] == 1 and n_batch <= cuts.panel
            loss_of_batch = 0.0
            _clear(bias, 0, GROUP)
            for start in range(0, n_batch, cuts.panel):
                n_rows, is_last = min(cuts.panel, n_batch - start), start + cuts.panel >= n_batch
                first = batch + start
                _score_panel(
                    thread, n_threads, state, rows, loss, layer, cuts, work, tile, first, n_rows, scale
                )
                for group in range(-(-n_rows // GROUP)):
                    loss_of_batch += work.losses[group]
                if not loss_of_batch <= step.limit:
                    return DIVERGED, total
                if fused:
                    _update_fused(thread, n_threads, rows, layer, step, cuts, work, tile, first, n_rows)
                else:
                    _gradient_panel(thread, n_threads, rows, cuts, work, first, n_rows, columns, start == 0)
                if thread == 0:
                    if step.fit_intercept:
                        _update_intercept(layer, step, work, n_rows, bias, is_last)
                    barrier.decide(state)
                barrier.wait(state, n_threads)
            if not fused:
                _update_from_sums(thread, n_threads, rows, layer, step, cuts, work)
                barrier.wait(state, n_threads)
            total += loss_of_batch * n_batch
            if state[barrier.DECISION] or state[barrier.ABORT]:
                return STOPPED, total
        return FINISHED, total

    return run


run = _compile(source_digest())

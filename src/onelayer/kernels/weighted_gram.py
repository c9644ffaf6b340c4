"""The Gram matrix Σᵢ cᵢwᵢ·uᵢuᵢᵀ of chosen rows, read where they lie; c is 1, 0 or −1.

Rows are those of ``residual_pass``, u = [(x − center)·scale, 1]; or their products with a basis, which keeps the digits
that a Gram matrix of nearly collinear columns loses. They are gathered into panels, and the upper triangle is summed by
``tiles.gradient_tile``.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from onelayer.kernels import source_digest, threads
from onelayer.kernels.residual_pass import Source, add_products, columns, load, segments, threads_for
from onelayer.kernels.scoring import share
from onelayer.kernels.tiles import GRADIENT_WIDTH, GROUP, SCORES_WIDTH, depth, internal, lanes, scores_tile

_PANEL_BYTES = 1 << 17
_SUM_BYTES = 1 << 26  # of all segments together
_BRIEF = 1 << 21  # multiplications that one thread is through with in a millisecond
_ROW_COST = 8  # multiplications that would take as long as to look at a row
_VECTOR = lanes(8)
_DEPTHS = (0, *(depth(width) for width in range(1, SCORES_WIDTH + 1)))


@internal
def _multiply(Z, places, basis, S):
    """Write S[k, r] = Σⱼ Z[r, j]·basis[k, j] for one group of rows."""
    n_outputs = basis.shape[0]
    tiles = -(-n_outputs // SCORES_WIDTH)
    for tile in range(tiles):
        output, after = share(n_outputs, tile, tiles)
        for row in range(0, GROUP, _DEPTHS[after - output]):
            scores_tile(Z, places, row, GROUP - 1, basis, output, after - output, 0, basis.shape[1], S, row)


@internal
def _flush(U, places, n_rows, D, G):
    """Add the products of a panel: the upper triangle, and what of the lower one its vectors hold."""
    tiles = -(-D.shape[1] // GRADIENT_WIDTH)
    for tile in range(tiles):
        first, after = share(D.shape[1], tile, tiles)
        add_products(U, places, n_rows, D, first, after - first, first // _VECTOR * _VECTOR, G)


def _compile(source_of_kernels):
    @njit(nogil=True, cache=True, error_model="numpy")
    def run(thread, n_threads, source, basis, choice, panel, out):
        source_of_kernels  # noqa: B018
        n, n_segments = source.X.shape[0], out.shape[0]
        size, width = out.shape[1], out.shape[2]
        plain = basis.shape[0] == 0
        Z = np.zeros((GROUP, basis.shape[1]))
        S = np.zeros((size, GROUP))
        U, D = np.zeros((panel, width)), np.zeros((panel // GROUP, size, GROUP))
        weights, places = np.zeros(GROUP), np.arange(panel)
        for segment in range(thread, n_segments, n_threads):
            first, last = share(n, segment, n_segments)
            row = first
            while row < last:
                filled = 0
                while row < last and filled < panel:
                    inside = 0
                    while row < last and inside < GROUP:
                        if choice[row] != 0:
                            weight = source.weights[row] if source.weights.size > 0 else 1.0 / n
                            weights[inside] = choice[row] * weight
                            if plain:
                                load(source, row, U, filled + inside)
                            else:
                                load(source, row, Z, inside)
                            inside += 1
                        row += 1
                    group = filled // GROUP
                    if not plain:
                        _multiply(Z, places, basis, S)
                        for i in range(inside):
                            for k in range(size):
                                U[filled + i, k] = S[k, i]
                    for i in range(inside):
                        for k in range(size):
                            D[group, k, i] = weights[i] * U[filled + i, k]
                    filled += inside
                    if inside < GROUP:
                        break
                if filled > 0:
                    _flush(U, places, filled, D, out[segment])

    return run


_run = _compile(source_digest())


def weighted_gram(
    source: Source, choice: np.ndarray, basis: np.ndarray | None = None, n_threads: int | None = None
) -> np.ndarray:
    """Return Σᵢ cᵢwᵢ·uᵢuᵢᵀ, symmetric, in float64.

    The same to the bit for any number of threads. Cost: n·k² multiplications for n chosen rows and k columns, and as
    many again for each of a basis.

    Parameters
    ----------
    source : Source
    choice : (n_rows,) int8
        cᵢ.
    basis : (n_features + intercept, rank) float64, optional
        uᵢ is multiplied by it.
    n_threads : int or None
    """
    n_rows, n_features = source.X.shape
    whole = n_features + source.intercept
    size = whole if basis is None else basis.shape[1]
    width = columns(size, False)
    turned = np.zeros((0, 0))
    if basis is not None:
        turned = np.zeros((size, columns(n_features, source.intercept)))
        turned[:, :whole] = basis.T
    panel = max(1, _PANEL_BYTES // (8 * width * GROUP)) * GROUP
    n_segments = max(1, min(segments(n_rows), _SUM_BYTES // (8 * width * max(1, size))))
    out = np.zeros((n_segments, size, width))
    n_threads = threads_for(source.X.size, n_threads)
    steps = n_rows * (size * (size + whole * (basis is not None)) + _ROW_COST)
    threads.run(
        n_threads,
        lambda thread: _run(thread, n_threads, source, turned, choice, panel, out),
        brief=steps <= _BRIEF,
    )
    total = np.triu(out.sum(axis=0)[:, :size])
    return total + np.triu(total, 1).T

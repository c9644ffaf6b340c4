"""The Gram matrix Σᵢ cᵢwᵢ·uᵢuᵢᵀ of chosen rows, read where they lie; c is 1, 0 or −1.

Rows are those of ``residual_pass``, u = [(x − center)·scale, 1]; or their products with a basis, which keeps the digits
that a Gram matrix of nearly collinear columns loses. The chosen ones are gathered into panels of groups of columns.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numba.core import types
from numba.extending import intrinsic

from onelayer.kernels import source_digest, threads
from onelayer.kernels.gram_tiles import BLOCK, LANES, Tile
from onelayer.kernels.residual_pass import Source, columns, load, threads_for
from onelayer.kernels.scoring import share
from onelayer.kernels.tiles import GROUP, SCORES_WIDTH, _at, depth, internal, scores_tile, zeros_on_lines
from onelayer.kernels.triangle import add_tile, tiles_across, total, unpacked, zero_sums

_PANEL_BYTES = 1 << 17
_SEGMENTS, _SEGMENT_STEPS = 32, 1 << 16  # at most, and rows times pairs of groups of one at least
_SUM_BYTES = 1 << 26  # of all segments together
_AHEAD = 8  # rows that are asked of the memory before their turn
_BRIEF = 1 << 21  # multiplications that one thread is through with in a millisecond
_ROW_COST = 8  # multiplications that would take as long as to look at a row
_DEPTHS = (0, *(depth(width) for width in range(1, SCORES_WIDTH + 1)))


@intrinsic
def _load_group(typingctx, x, row, group, center, scale, weight, left, right, place):
    """Write z = (x[row] − center)·scale of a group of columns into right[group, place], and weight·z into left."""
    integer = types.int64
    signature = types.void(x, integer, integer, center, scale, types.float64, left, right, integer)

    def codegen(context, builder, sig, args):
        x, center, scale, left, right = (
            context.make_array(sig.args[k])(context, builder, args[k]) for k in (0, 3, 4, 6, 7)
        )
        row, group, weight, place = (args[k] for k in (1, 2, 5, 8))
        tile = Tile(builder)
        column = builder.mul(group, tile.index(LANES))
        given = tile.load(_at(builder, x, row, column), context.get_data_type(sig.args[0].dtype))
        tile.prefetch(_at(builder, x, builder.add(row, tile.index(_AHEAD)), column))
        shift, factor = (tile.load(_at(builder, part, column), tile.number) for part in (center, scale))
        value = builder.fmul(builder.fsub(given, shift), factor)
        tile.store(value, _at(builder, right, group, place, tile.index(0)))
        product = builder.fmul(tile.broadcast(weight), value)
        tile.store(product, _at(builder, left, group, place, tile.index(0)))
        return context.get_dummy_value()

    return signature, codegen


@internal
def _load(source, row, weight, left, right, place):
    """Write one row of the design into the groups of a panel, in ``left`` times its weight."""
    p = source.X.shape[1]
    groups = p // LANES
    for group in range(groups):
        _load_group(source.X, row, group, source.center, source.scale, weight, left, right, place)
    for k in range(p - groups * LANES):
        j = groups * LANES + k
        z = (source.X[row, j] - source.center[j]) * source.scale[j]
        left[groups, place, k], right[groups, place, k] = weight * z, z
    if source.intercept:
        k = p - groups * LANES
        left[groups, place, k], right[groups, place, k] = weight, 1


@internal
def _turn(Z, places, n_rows, basis, S, weights, left, right, place):
    """Write the products of some rows with the basis, Σⱼ Z[r, j]·basis[k, j], into the groups of a panel."""
    n_outputs = basis.shape[0]
    tiles = -(-n_outputs // SCORES_WIDTH)
    for tile in range(tiles):
        output, after = share(n_outputs, tile, tiles)
        for row in range(0, GROUP, _DEPTHS[after - output]):
            scores_tile(Z, places, row, GROUP - 1, basis, output, after - output, 0, basis.shape[1], S, row)
    for i in range(n_rows):
        for k in range(n_outputs):
            right[k // LANES, place + i, k % LANES] = S[k, i]
            left[k // LANES, place + i, k % LANES] = weights[i] * S[k, i]


def _compile(source_of_kernels):
    @njit(nogil=True, cache=True, error_model="numpy")
    def run(thread, n_threads, source, basis, choice, panel, sums):
        source_of_kernels  # noqa: B018
        n, n_segments = source.X.shape[0], sums.shape[0]
        plain = basis.shape[0] == 0
        size = source.X.shape[1] + source.intercept if plain else basis.shape[0]
        groups = -(-size // LANES)
        tiles = tiles_across(groups)
        Z, S, places = np.zeros((GROUP, basis.shape[1])), np.zeros((size, GROUP)), np.arange(GROUP)
        shape = groups, panel, LANES
        left = zeros_on_lines(groups * panel * LANES).reshape(shape)
        right = zeros_on_lines(groups * panel * LANES).reshape(shape)
        weights = np.zeros(GROUP)
        for segment in range(thread, n_segments, n_threads):
            row, last = share(n, segment, n_segments)
            while row < last:
                filled = 0
                while row < last and filled < panel:
                    if choice[row] != 0:
                        weight = source.weights[row] if source.weights.size > 0 else 1.0 / n
                        weight *= choice[row]
                        if plain:
                            _load(source, row, weight, left, right, filled)
                            filled += 1
                        else:
                            place = filled % GROUP
                            load(source, row, Z, place)
                            weights[place] = weight
                            filled += 1
                            if place == GROUP - 1:
                                _turn(Z, places, GROUP, basis, S, weights, left, right, filled - GROUP)
                    row += 1
                more = filled % GROUP
                if not plain and more > 0:
                    _turn(Z, places, more, basis, S, weights, left, right, filled - more)
                for start in range(0, filled, BLOCK):
                    for tile in range(tiles):
                        first, after = share(groups, tile, tiles)
                        stop = min(start + BLOCK, filled)
                        add_tile(left, right, first, after, start, stop, sums[segment])

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
    if size == 0:  # the kernel takes a basis without columns for none
        return np.zeros((0, 0))
    turned = np.zeros((0, 0))
    if basis is not None:
        turned = np.zeros((size, columns(n_features, source.intercept)))
        turned[:, :whole] = basis.T
    groups = -(-size // LANES)
    block_bytes = 2 * groups * BLOCK * LANES * 8
    panel = BLOCK * max(1, min(_PANEL_BYTES // block_bytes, -(-n_rows // BLOCK)))
    pairs = groups * (groups + 1) // 2
    parts = np.count_nonzero(choice) * pairs // _SEGMENT_STEPS
    sums = zero_sums(max(1, min(_SEGMENTS, _SUM_BYTES // (16 * pairs * LANES * LANES), parts)), groups)
    n_threads = threads_for(source.X.size, n_threads)
    steps = n_rows * (size * (size + whole * (basis is not None)) + _ROW_COST)
    threads.run(
        n_threads,
        lambda thread: _run(thread, n_threads, source, turned, choice, panel, sums),
        brief=steps <= _BRIEF,
    )
    return unpacked(total(sums)[0], np.arange(size))

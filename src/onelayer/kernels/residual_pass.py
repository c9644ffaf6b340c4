"""One pass over the rows for a loss with bounded slopes: residuals, loss, gradient, and who is inside.

The loss of a residual r is h(r) = max over the slopes d in [low, high] of d·r − κd²/2: with bounds ±1 Huber's loss with
δ = κ, divided by δ; with κ = 0 the absolute loss; with bounds q − 1 and q the quantile loss, smoothed by κ. A row is
*inside* where no bound holds, |h″| = 1/κ.

The rows are read where they lie, as [(x − center)·scale, 1], in float64. Segments of rows are cut by the number of rows
alone and each is summed by one thread in the order of the rows: the same bits for any number of threads.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numba import njit

from onelayer.kernels import source_digest, threads
from onelayer.kernels.scoring import share, writeable
from onelayer.kernels.tiles import GROUP, depth, gradient_tile, internal, lanes, scores_tile

SEGMENTS = 64
_SMALL = 1 << 16  # numbers below which a second thread costs more than it brings
_ROW_COST = 8  # numbers whose work a row takes beside that of its columns
_BRIEF = 1 << 18  # numbers that one thread is through with in a millisecond
_VECTOR = lanes(8)
_SCORES_DEPTH, _GRADIENT_DEPTH = depth(1), depth(2)


class Source(NamedTuple):
    """The rows of a design, and how they are seen.

    Attributes
    ----------
    X : (n_rows, n_features) uint8, float32 or float64
    center, scale : (n_features,) float64
    intercept : bool
        Whether a column of ones follows.
    weights : (n_rows,) float64, or empty
        Share of each row in the mean loss, with sum 1; empty for equal shares.
    """

    X: np.ndarray
    center: np.ndarray
    scale: np.ndarray
    intercept: bool
    weights: np.ndarray


class Slopes(NamedTuple):
    """The bounds of the slope, and the smoothing: κ for the gradient, and ``target`` for the loss that is sought."""

    low: float
    high: float
    kappa: float
    target: float


class Sums(NamedTuple):
    """What a pass adds up, beside the residuals.

    Attributes
    ----------
    target_loss : float
        Σ w·h(r) with the smoothing ``target``.
    loss : float
        Σ w·h(r) with κ.
    slope_square : float
        Σ w·d².
    inside_square : float
        Σ w·r² of the rows inside.
    inside, outside : (columns,) float64
        Σ w·d·u of the rows u inside, and of those at a bound.
    """

    target_loss: float
    loss: float
    slope_square: float
    inside_square: float
    inside: np.ndarray
    outside: np.ndarray


def source(
    X: np.ndarray, center: np.ndarray, scale: np.ndarray, intercept: bool, weights: np.ndarray | None
) -> Source:
    """Return the source of X, copied if it is not in C order; weights with sum 1, or None for equal ones."""
    weights = np.zeros(0) if weights is None else weights
    return Source(writeable(np.ascontiguousarray(X)), center, scale, intercept, weights)


def load_rows(source: Source, size: int) -> Iterator[np.ndarray]:
    """Yield √w·[(x − center)·scale, 1] of the rows with a weight, some ``size`` rows at a time, in float64."""
    n_rows = source.X.shape[0]
    for start in range(0, n_rows, size):
        rows = (source.X[start : start + size] - source.center) * source.scale
        if source.intercept:
            rows = np.hstack([rows, np.ones((len(rows), 1))])
        if source.weights.size == 0:
            yield rows / np.sqrt(n_rows)
        else:
            root = np.sqrt(source.weights[start : start + size])
            yield rows[root > 0] * root[root > 0, None]


def columns(n_features: int, intercept: bool) -> int:
    """Return how many numbers a row takes in a buffer: whole vectors, and an odd number of cache lines."""
    return (-(-(n_features + intercept) // 8) | 1) * 8


def segments(n_rows: int) -> int:
    """Return into how many segments the rows are cut."""
    return max(1, min(SEGMENTS, n_rows // (4 * GROUP)))


@internal
def slope(residual, low, high, kappa):
    """Return (d, inside) of one residual."""
    if kappa > 0:
        d = residual / kappa
        if d >= high:
            return high, False
        if d <= low:
            return low, False
        return d, True
    if residual > 0:
        return high, False
    if residual < 0:
        return low, False
    return 0.0, True


@internal
def load(source, row, buffer, position):
    """Write one row of the design into the buffer; columns beyond it are left as they are."""
    x, u = source.X[row], buffer[position]
    for j in range(x.size):
        u[j] = (x[j] - source.center[j]) * source.scale[j]
    if source.intercept:
        u[x.size] = 1


@internal
def add_gradients(buffer, places, n_rows, D, G):
    """Add Σᵣ D[k, r]·buffer[r, j] to G[k, j], of the rows inside (k = 0) and at a bound (k = 1)."""
    stop, j = G.shape[1], 0
    while j < stop:
        vectors = _GRADIENT_DEPTH if j + _GRADIENT_DEPTH * _VECTOR <= stop else 1
        gradient_tile(buffer, places, 0, n_rows, D, 0, 2, j, vectors, G, j)
        j += vectors * _VECTOR


def _compile(source_of_kernels):
    @njit(nogil=True, cache=True, error_model="numpy")
    def run(thread, n_threads, source, y, theta, slopes, residuals, sides, totals, gradients):
        source_of_kernels  # noqa: B018
        n, width, n_segments = source.X.shape[0], theta.shape[1], totals.shape[0]
        buffer, places = np.zeros((GROUP, width)), np.arange(GROUP)
        S, D = np.zeros((1, GROUP)), np.zeros((1, 2, GROUP))
        for segment in range(thread, n_segments, n_threads):
            begin, end = share(-(-n // GROUP), segment, n_segments)
            target_loss = loss = slope_square = inside_square = 0.0
            for group in range(begin, end):
                first = group * GROUP
                n_rows = min(GROUP, n - first)
                for i in range(n_rows):
                    load(source, first + i, buffer, i)
                for i in range(0, GROUP, _SCORES_DEPTH):
                    scores_tile(buffer, places, i, GROUP - 1, theta, 0, 1, 0, width, S, i)
                for i in range(n_rows):
                    row = first + i
                    r = (y[row] if y.size > 0 else 0.0) - S[0, i]
                    weight = source.weights[row] if source.weights.size > 0 else 1.0 / n
                    residuals[row] = r
                    d, inside = slope(r, slopes.low, slopes.high, slopes.kappa)
                    inside = inside and weight > 0
                    sides[row] = inside
                    D[0, 0, i] = weight * d if inside else 0.0
                    D[0, 1, i] = 0.0 if inside else weight * d
                    sought, _ = slope(r, slopes.low, slopes.high, slopes.target)
                    target_loss += weight * (sought * (r - 0.5 * slopes.target * sought))
                    loss += weight * (d * (r - 0.5 * slopes.kappa * d))
                    slope_square += weight * d * d
                    if inside:
                        inside_square += weight * r * r
                add_gradients(buffer, places, n_rows, D, gradients[segment])
            totals[segment, 0] = target_loss
            totals[segment, 1] = loss
            totals[segment, 2] = slope_square
            totals[segment, 3] = inside_square

    return run


_run = _compile(source_digest())


def residual_pass(
    source: Source,
    y: np.ndarray,
    theta: np.ndarray,
    slopes: Slopes,
    n_threads: int | None,
    residuals: np.ndarray,
    sides: np.ndarray,
) -> Sums:
    """Write the residuals y − [z, 1]·θ and whether each row is inside, and return the sums of the pass.

    Parameters
    ----------
    source : Source
    y : (n_rows,) float64, or empty for zeros
    theta : (n_features + intercept,) float64
    slopes : Slopes
    n_threads : int or None
        None for as many as there are cores; the result is the same.
    residuals : (n_rows,) float64
    sides : (n_rows,) int8
        1 for a row inside, 0 for one at a bound or of weight 0.
    """
    n_rows, n_features = source.X.shape
    width = columns(n_features, source.intercept)
    padded = np.zeros((1, width))
    padded[0, : len(theta)] = theta
    totals, gradients = np.zeros((segments(n_rows), 4)), np.zeros((segments(n_rows), 2, width))
    n_threads = threads_for(source.X.size, n_threads)
    slopes = Slopes(*map(float, slopes))
    threads.run(
        n_threads,
        lambda thread: _run(
            thread, n_threads, source, y, padded, slopes, residuals, sides, totals, gradients
        ),
        brief=n_rows * (n_features + _ROW_COST) <= _BRIEF,
    )
    with np.errstate(over="ignore", invalid="ignore"):
        inside, outside = gradients.sum(axis=0)[:, : len(theta)]
        target_loss, loss, slope_square, inside_square = totals.sum(axis=0).tolist()
    return Sums(target_loss, loss, slope_square, inside_square, inside, outside)


def threads_for(size: int, n_threads: int | None) -> int:
    """Return how many threads to use on so many numbers."""
    return (n_threads or threads.available()) if size >= _SMALL else 1


def _compile_slope(source_of_kernels):
    @njit(nogil=True, cache=True, error_model="numpy")
    def run(thread, n_threads, start, end, weights, slopes, length, totals):
        source_of_kernels  # noqa: B018
        n, n_segments = start.size, totals.shape[0]
        for segment in range(thread, n_segments, n_threads):
            first, last = share(n, segment, n_segments)
            along = curvature = square = 0.0
            for row in range(first, last):
                step = start[row] - end[row]
                d, inside = slope(start[row] - length * step, slopes.low, slopes.high, slopes.kappa)
                weight = weights[row] if weights.size > 0 else 1.0 / n
                along -= weight * d * step
                square += weight * d * d
                if inside:
                    curvature += weight * step * step
            totals[segment, 0] = along
            totals[segment, 1] = curvature / slopes.kappa
            totals[segment, 2] = square

    return run


_run_slope = _compile_slope(source_digest())


def slope_along(
    start: np.ndarray,
    end: np.ndarray,
    weights: np.ndarray,
    slopes: Slopes,
    length: float,
    n_threads: int | None,
) -> tuple[float, float, float]:
    """Return the derivatives at a of Σ w·h(start + a·(end − start)) with smoothing κ > 0, first and second, and Σ w·d².

    ``start`` and ``end`` are the residuals before a step and after the whole of it.
    """
    totals = np.zeros((segments(len(start)), 3))
    n_threads = threads_for(len(start), n_threads)
    slopes = Slopes(*map(float, slopes))
    threads.run(
        n_threads,
        lambda thread: _run_slope(thread, n_threads, start, end, weights, slopes, float(length), totals),
        brief=len(start) * _ROW_COST <= _BRIEF,
    )
    with np.errstate(over="ignore", invalid="ignore"):
        along, curvature, square = totals.sum(axis=0)
    return float(along), float(curvature), float(square)

"""Losses over one group of rows: scores in, gradients in the scores out, in place.

The formulas are those of ``onelayer.losses``, against which these loops are tested; here they run over ``GROUP`` rows
side by side, so that the compiler can use vectors. A loss is chosen by its code, so that one compiled loop serves all.
"""

from __future__ import annotations

import math

from numba import njit

from onelayer.kernels.exponential import exponential
from onelayer.kernels.tiles import GROUP

SQUARED, CROSS_ENTROPY = 0, 1


@njit(nogil=True)
def squared(S, targets, weights):
    """Half squared error: S becomes w·(s − y); returns Σ w·½(s − y)²."""
    total = 0.0
    for k in range(S.shape[0]):
        for r in range(GROUP):
            residual = S[k, r] - targets[k, r]
            S[k, r] = weights[r] * residual
            total += 0.5 * residual * S[k, r]
    return total


@njit(nogil=True)
def cross_entropy(S, targets, weights, scratch):
    """Cross-entropy from scores: S becomes w·(p − onehot(y)); returns Σ w·(log Σₖ exp sₖ − s_y).

    The largest score of a row is taken out of the sum, log Σₖ exp sₖ = m + log1p(Σ_{k ≠ argmax} exp(sₖ − m)), so that
    nothing overflows and the loss of a certain and right prediction keeps its digits.
    """
    largest, winner, rest = scratch[0], scratch[1], scratch[2]
    n_outputs = S.shape[0]
    for r in range(GROUP):
        largest[r] = S[0, r]
        winner[r] = 0
        rest[r] = 0
    for k in range(1, n_outputs):
        for r in range(GROUP):
            above = S[k, r] > largest[r]
            largest[r] = S[k, r] if above else largest[r]
            winner[r] = k if above else winner[r]
    total = 0.0
    margin = scratch[3]
    for r in range(GROUP):
        margin[r] = largest[r] - S[int(targets[0, r]), r]
    for k in range(n_outputs):
        for r in range(GROUP):
            e = exponential(S[k, r] - largest[r])
            S[k, r] = e
            rest[r] += e if winner[r] != k else e - e
    for r in range(GROUP):
        total += weights[r] * (margin[r] + math.log1p(rest[r]))
        largest[r] = weights[r] / (1 + rest[r])
    for k in range(n_outputs):
        for r in range(GROUP):
            S[k, r] *= largest[r]
    for r in range(GROUP):
        label = int(targets[0, r])
        S[label, r] = -rest[r] * largest[r] if winner[r] == label else S[label, r] - weights[r]
    return total


@njit(nogil=True)
def row_loss(loss, S, targets, weights, scratch):
    """Turn the scores of one group into gradients and return the weighted sum of the losses.

    Parameters
    ----------
    loss : int
        ``SQUARED`` or ``CROSS_ENTROPY``.
    S : (outputs, GROUP) float
    targets : (outputs or 1, GROUP) float
        Target values, or class indices (exact in floating point).
    weights : (GROUP,) float
        Weight of each row; 0 for a lane that holds no row.
    scratch : (4, GROUP) float
    """
    if loss == CROSS_ENTROPY:
        return cross_entropy(S, targets, weights, scratch)
    return squared(S, targets, weights)

"""Losses over one group of rows: scores in, gradients in the scores out, in place.

The formulas are those of ``onelayer.losses``, against which these loops are tested; here they run over ``GROUP`` rows
side by side, so that the compiler can use vectors. A loss is chosen by its code, so that one compiled loop serves all.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from onelayer.kernels.exponential import exponential
from onelayer.kernels.tiles import GROUP

SQUARED, CROSS_ENTROPY, ABSOLUTE, HUBER, QUANTILE = range(5)


class RowLoss(NamedTuple):
    """Which loss a loop has.

    Attributes
    ----------
    code : int
        ``SQUARED``, ``CROSS_ENTROPY``, ``ABSOLUTE``, ``HUBER`` or ``QUANTILE``.
    parameter : float
        δ of Huber's loss, q of the quantile loss; 0 for the others.
    scale : (n_outputs,) float, or empty
        Factors of the outputs: the loss of scores s is ℓ(scale·s, y). Ones if empty.
    """

    code: int
    parameter: np.floating
    scale: np.ndarray


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
def absolute(S, targets, weights):
    """Absolute error: S becomes w·sign(s − y); returns Σ w·|s − y|."""
    one, nothing = S.dtype.type(1), S.dtype.type(0)
    total = 0.0
    for k in range(S.shape[0]):
        for r in range(GROUP):
            error = S[k, r] - targets[k, r]
            S[k, r] = weights[r] * ((one if error > 0 else nothing) - (one if error < 0 else nothing))
            total += S[k, r] * error
    return total


@njit(nogil=True)
def huber(S, targets, weights, delta):
    """Huber's loss: S becomes w·ψ(e), the error e = s − y cut off at ±δ; returns Σ w·|ψ|(|e| − ½|ψ|)."""
    total = 0.0
    for k in range(S.shape[0]):
        for r in range(GROUP):
            error = S[k, r] - targets[k, r]
            cut = max(-delta, min(delta, error))
            S[k, r] = weights[r] * cut
            total += S[k, r] * (error - 0.5 * cut)
    return total


@njit(nogil=True)
def quantile(S, targets, weights, q):
    """Quantile loss: S becomes w·(1 − q) above the target and −w·q below it; returns Σ w·ρ(s − y)."""
    above, below, nothing = S.dtype.type(1 - q), S.dtype.type(q), S.dtype.type(0)
    total = 0.0
    for k in range(S.shape[0]):
        for r in range(GROUP):
            error = S[k, r] - targets[k, r]
            S[k, r] = weights[r] * ((above if error > 0 else nothing) - (below if error < 0 else nothing))
            total += S[k, r] * error
    return total


@njit(nogil=True)
def _find_largest(S, largest, winner, rest):
    """Write the largest score of each row and its class; clear ``rest``."""
    for r in range(GROUP):
        largest[r] = S[0, r]
        winner[r] = 0
        rest[r] = 0
    for k in range(1, S.shape[0]):
        for r in range(GROUP):
            above = S[k, r] > largest[r]
            largest[r] = S[k, r] if above else largest[r]
            winner[r] = k if above else winner[r]


@njit(nogil=True)
def cross_entropy(S, targets, weights, scratch):
    """Cross-entropy from scores: S becomes w·(p − onehot(y)); returns Σ w·(log Σₖ exp sₖ − s_y).

    The largest score of a row is taken out of the sum, log Σₖ exp sₖ = m + log1p(Σ_{k ≠ argmax} exp(sₖ − m)), so that
    nothing overflows and the loss of a certain and right prediction keeps its digits.
    """
    largest, winner, rest = scratch[0], scratch[1], scratch[2]
    n_outputs = S.shape[0]
    _find_largest(S, largest, winner, rest)
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
def soft_cross_entropy(S, targets, weights, scratch):
    """Cross-entropy of soft labels q: S becomes w·(p·Σq − q); returns Σ w·Σₖ qₖ·(log Σⱼ exp sⱼ − sₖ).

    Of the class with the largest score both 1 − p and Σq − q are sums of the others, so that a gradient near zero keeps
    its digits.
    """
    largest, winner, rest, share = scratch[0], scratch[1], scratch[2], scratch[3]
    n_outputs = S.shape[0]
    _find_largest(S, largest, winner, rest)
    for r in range(GROUP):
        share[r] = 0
    for k in range(n_outputs):
        for r in range(GROUP):
            below = largest[r] - S[k, r]
            e = exponential(-below)
            S[k, r] = e
            rest[r] += e if winner[r] != k else e - e
            share[r] += targets[k, r] * below
    total = 0.0
    for r in range(GROUP):
        total += weights[r] * share[r]
        share[r] = 0
    for k in range(n_outputs):
        for r in range(GROUP):
            share[r] += targets[k, r] if winner[r] != k else rest[r] - rest[r]
    for r in range(GROUP):
        total += weights[r] * (share[r] + targets[int(winner[r]), r]) * math.log1p(rest[r])
        largest[r] = weights[r] / (1 + rest[r])
    for k in range(n_outputs):
        for r in range(GROUP):
            q = targets[k, r]
            apart = share[r] - q * rest[r]
            if winner[r] != k:
                apart = S[k, r] * (share[r] + targets[int(winner[r]), r]) - q * (1 + rest[r])
            S[k, r] = apart * largest[r]
    return total


@njit(nogil=True)
def multiply(S, scale):
    """Multiply the scores of each output by its factor."""
    for k in range(scale.size):
        for r in range(GROUP):
            S[k, r] *= scale[k]


@njit(nogil=True)
def row_loss(loss, S, targets, weights, scratch):
    """Turn the scores of one group into gradients and return the weighted sum of the losses.

    Parameters
    ----------
    loss : RowLoss
    S : (outputs, GROUP) float
    targets : (outputs or 1, GROUP) float
        Target values or soft labels, or class indices (exact in floating point).
    weights : (GROUP,) float
        Weight of each row; 0 for a lane that holds no row.
    scratch : (4, GROUP) float
    """
    multiply(S, loss.scale)
    if loss.code == CROSS_ENTROPY and targets.shape[0] == 1:
        total = cross_entropy(S, targets, weights, scratch)
    elif loss.code == CROSS_ENTROPY:
        total = soft_cross_entropy(S, targets, weights, scratch)
    elif loss.code == SQUARED:
        total = squared(S, targets, weights)
    elif loss.code == ABSOLUTE:
        total = absolute(S, targets, weights)
    elif loss.code == HUBER:
        total = huber(S, targets, weights, loss.parameter)
    else:
        total = quantile(S, targets, weights, loss.parameter)
    multiply(S, loss.scale)
    return total

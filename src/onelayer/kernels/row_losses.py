"""Losses over one group of rows: scores in, gradients in the scores out, in place.

The formulas are those of ``onelayer.losses``, against which these loops are tested; here they run over ``GROUP`` rows
side by side, so that the compiler can use vectors; cross-entropy, which needs more than it does by itself, is in
``loss_tiles``. A loss is chosen by its code, so that one compiled loop serves all.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from onelayer.kernels.loss_tiles import cross_entropy, soft_cross_entropy
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


@njit(nogil=True, error_model="numpy")
def squared(S, targets, weights, lane):
    """Half squared error: S becomes w·(s − y); returns Σ w·½(s − y)²."""
    total = 0.0
    for k in range(S.shape[0]):
        for r in range(GROUP):
            residual = S[k, lane + r] - targets[k, r]
            S[k, lane + r] = weights[r] * residual
            total += 0.5 * residual * S[k, lane + r]
    return total


@njit(nogil=True, error_model="numpy")
def absolute(S, targets, weights, lane):
    """Absolute error: S becomes w·sign(s − y); returns Σ w·|s − y|."""
    one, nothing = S.dtype.type(1), S.dtype.type(0)
    total = 0.0
    for k in range(S.shape[0]):
        for r in range(GROUP):
            error = S[k, lane + r] - targets[k, r]
            S[k, lane + r] = weights[r] * ((one if error > 0 else nothing) - (one if error < 0 else nothing))
            total += S[k, lane + r] * error
    return total


@njit(nogil=True, error_model="numpy")
def huber(S, targets, weights, lane, delta):
    """Huber's loss: S becomes w·ψ(e), the error e = s − y cut off at ±δ; returns Σ w·|ψ|(|e| − ½|ψ|)."""
    total = 0.0
    for k in range(S.shape[0]):
        for r in range(GROUP):
            error = S[k, lane + r] - targets[k, r]
            cut = max(-delta, min(delta, error))
            S[k, lane + r] = weights[r] * cut
            total += S[k, lane + r] * (error - 0.5 * cut)
    return total


@njit(nogil=True, error_model="numpy")
def quantile(S, targets, weights, lane, q):
    """Quantile loss: S becomes w·(1 − q) above the target and −w·q below it; returns Σ w·ρ(s − y)."""
    above, below, nothing = S.dtype.type(1 - q), S.dtype.type(q), S.dtype.type(0)
    total = 0.0
    for k in range(S.shape[0]):
        for r in range(GROUP):
            error = S[k, lane + r] - targets[k, r]
            S[k, lane + r] = weights[r] * (
                (above if error > 0 else nothing) - (below if error < 0 else nothing)
            )
            total += S[k, lane + r] * error
    return total


@njit(nogil=True, error_model="numpy")
def multiply(S, lane, scale):
    """Multiply the scores of each output by its factor."""
    for k in range(scale.size):
        for r in range(GROUP):
            S[k, lane + r] *= scale[k]


@njit(nogil=True, error_model="numpy")
def row_loss(loss, S, targets, weights, lane):
    """Turn the scores of one group into gradients and return the weighted sum of the losses.

    Parameters
    ----------
    loss : RowLoss
    S : (outputs, lanes) float
    targets : (outputs or 1, GROUP) float
        Target values or soft labels, or class indices (exact in floating point).
    weights : (GROUP,) float
        Weight of each row; 0 for a lane that holds no row.
    lane : int
        The first of the ``GROUP`` lanes of S that these rows take.
    """
    multiply(S, lane, loss.scale)
    if loss.code == CROSS_ENTROPY and targets.shape[0] == 1:
        total = cross_entropy(S, targets, weights, lane)
    elif loss.code == CROSS_ENTROPY:
        total = soft_cross_entropy(S, targets, weights, lane)
    elif loss.code == SQUARED:
        total = squared(S, targets, weights, lane)
    elif loss.code == ABSOLUTE:
        total = absolute(S, targets, weights, lane)
    elif loss.code == HUBER:
        total = huber(S, targets, weights, lane, loss.parameter)
    else:
        total = quantile(S, targets, weights, lane, loss.parameter)
    multiply(S, lane, loss.scale)
    return total

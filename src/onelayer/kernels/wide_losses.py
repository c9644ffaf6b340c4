"""Losses of many layers at once over one group of rows: scores in, gradients in the scores out, in place.

The scores of a group lie as (outputs, layers·GROUP), so that the loops over lanes are long. Cross-entropy of classes,
of which most of the work is exponentials, goes over all layers together; that of soft labels and the other losses are
those of ``row_losses``, layer by layer.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from onelayer.kernels.exponential import exponential
from onelayer.kernels.logarithm import log1p
from onelayer.kernels.row_losses import CROSS_ENTROPY, row_loss
from onelayer.kernels.tiles import GROUP

SCRATCH = 4


@njit(nogil=True, error_model="numpy", fastmath={"contract"})
def _cross_entropy(S, labels, weights, scratch, losses):
    """Cross-entropy as in ``row_losses``, with a lane for each row of each layer; the loss of each lane is written.

    Parameters
    ----------
    S : (outputs, lanes) float
    labels, weights, losses : (lanes,) float
    scratch : (SCRATCH, lanes) float
    """
    largest, winner, rest, chosen = scratch[0], scratch[1], scratch[2], scratch[3]
    zero, one = S.dtype.type(0), S.dtype.type(1)
    lanes, n_outputs = labels.size, S.shape[0]
    for r in range(lanes):
        largest[r] = S[0, r]
        winner[r] = zero
        rest[r] = zero
        chosen[r] = S[0, r]
    for k in range(1, n_outputs):
        scores, number = S[k], S.dtype.type(k)
        for r in range(lanes):
            score, best, before, picked, label = scores[r], largest[r], winner[r], chosen[r], labels[r]
            largest[r] = max(score, best)
            winner[r] = number if score > best else before
            chosen[r] = score if label == number else picked
    for k in range(n_outputs):
        scores, number = S[k], S.dtype.type(k)
        for r in range(lanes):
            e = exponential(scores[r] - largest[r])
            scores[r] = e
            rest[r] += zero if winner[r] == number else e
    for r in range(lanes):
        losses[r] = weights[r] * (largest[r] - chosen[r] + log1p(rest[r]))
        largest[r] = weights[r] / (one + rest[r])
    for k in range(n_outputs):
        scores, number = S[k], S.dtype.type(k)
        for r in range(lanes):
            gradient = scores[r] * largest[r]
            sure, mistaken = -rest[r] * largest[r], gradient - weights[r]
            right = sure if winner[r] == number else mistaken
            scores[r] = right if labels[r] == number else gradient


@njit(nogil=True)
def wide_loss(loss, S, n_outputs, targets, weights, scratch, losses, totals):
    """Turn the scores of one group into gradients and write the weighted sum of the losses of each layer.

    Parameters
    ----------
    loss : RowLoss
    S : (n_outputs · layers, GROUP) float
        Score k of layer c in row k·layers + c.
    n_outputs : int
    targets : (n_outputs or 1, layers·GROUP) float
        Those of the group, once for each layer.
    weights : (layers·GROUP,) float
    scratch : (SCRATCH, layers·GROUP) float
    losses : (layers·GROUP,) float
    totals : (layers,) float64
    """
    layers = totals.size
    if loss.code == CROSS_ENTROPY and targets.shape[0] == 1:
        _cross_entropy(S.reshape(n_outputs, layers * GROUP), targets[0], weights, scratch, losses)
        for c in range(layers):
            totals[c] = 0
            for r in range(c * GROUP, (c + 1) * GROUP):
                totals[c] += losses[r]
    else:
        for c in range(layers):
            own = np.empty((n_outputs, GROUP), S.dtype)
            for k in range(n_outputs):
                own[k] = S[k * layers + c]
            totals[c] = row_loss(loss, own, targets[:, :GROUP], weights[:GROUP], scratch[:, :GROUP])
            for k in range(n_outputs):
                S[k * layers + c] = own[k]

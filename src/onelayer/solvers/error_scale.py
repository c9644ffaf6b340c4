"""How large the errors of each output are, for losses of which the rate depends on that."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onelayer.losses import Quantile, Squared
from onelayer.matrices import spread
from onelayer.objective import Objective

_ELEMENTS = 1 << 20
_SHARE = 0.75


def error_scale(objective: Objective, coef: NDArray, intercept: NDArray) -> NDArray[np.float64]:
    """Return the mean size of each output's errors |s − y|, in which the largest quarter counts as the rest's largest.

    Unlike the mean it is of the order of most errors when some are far off, and unlike the median it is above zero when
    most are zero; only where three quarters are zero it is the mean of all.

    Parameters
    ----------
    objective : Objective
    coef, intercept : (n_outputs, n_features), (n_outputs,)
        In units of X as stored.

    Returns
    -------
    (n_outputs,) float64
        In units of the targets; 0 for an output without errors. Of long data some rows are taken, evenly spread.
    """
    X, weights = objective.X, objective.sample_weight
    rows = np.arange(X.shape[0]) if weights is None else np.flatnonzero(weights)
    rows = rows[spread(len(rows), max(1, _ELEMENTS // X.row_size))]
    weights = None if weights is None else weights[rows]
    with np.errstate(over="ignore", invalid="ignore"):
        errors = np.abs(
            X.part(rows).scores(coef.astype(X.number), intercept, objective.n_threads)
            - objective.targets[rows]
        )
    errors = np.nan_to_num(errors.astype(np.float64), nan=np.inf, posinf=np.finfo(np.float64).max)
    limit = Quantile(_SHARE).constant(errors, weights, objective.n_outputs)
    size = Squared().constant(np.minimum(errors, limit), weights, objective.n_outputs)
    return np.where(size > 0, size, Squared().constant(errors, weights, objective.n_outputs))


def merged(earlier: NDArray, later: NDArray, share: float) -> NDArray[np.float64]:
    """Return the geometric mean of two scales, the later one with this weight; one that is 0 tells nothing.

    The logarithm keeps single far rows of a stream, each of which may be a part of its own, from deciding.

    Examples
    --------
    >>> merged(np.array([1.0, 0.0]), np.array([100.0, 5.0]), 0.5).round(9).tolist()
    [10.0, 5.0]
    """
    known = (earlier > 0) & (later > 0)
    logarithms = (1 - share) * np.log(np.where(known, earlier, 1)) + share * np.log(np.where(known, later, 1))
    return np.where(known, np.exp(logarithms), np.maximum(earlier, later))

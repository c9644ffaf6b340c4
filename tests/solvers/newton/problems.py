"""Problems for the solver, and their optimum by linear programming."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog

from onelayer.losses import Absolute, Huber, Quantile
from onelayer.matrices import Dense
from onelayer.objective import Objective

LOSSES = [Absolute(), Quantile(0.1), Quantile(0.5), Quantile(0.93), Huber(0.05), Huber(1.35), Huber(30.0)]
PIECEWISE_LINEAR = [loss for loss in LOSSES if loss.name != "huber"]


def objective(loss, X, y, weights=None, alpha=0.0, fit_intercept=True):
    y = np.asarray(y, dtype=float)
    y = y[:, None] if y.ndim == 1 else y
    return Objective(Dense(np.asarray(X)), y, loss, y.shape[1], alpha, weights, fit_intercept)


def noisy(
    loss, dtype=np.float64, n_rows=300, n_features=4, weighted=False, alpha=0.0, fit_intercept=True, seed=0
):
    """Return a problem with heavy tails, columns of different scale, and some rows of weight 0."""
    random = np.random.RandomState(seed)
    X = random.rand(n_rows, n_features) * 255
    if dtype != np.uint8:
        X = (X / 255 - 0.3) * 10.0 ** np.arange(n_features)
    X = X.astype(dtype)
    y = 3 + (X / X.astype(float).std(axis=0)).sum(axis=1) + random.standard_t(2, n_rows)
    weights = random.rand(n_rows) * (random.rand(n_rows) < 0.8) if weighted else None
    return objective(loss, X, y, weights, alpha, fit_intercept)


def least_value(F):
    """Return the least value of a piecewise linear objective of one output without penalty, by HiGHS."""
    X = F.X.array.astype(float)
    columns = np.hstack([X, np.ones((len(X), 1))]) if F.fit_intercept else X
    columns = columns / np.where(np.abs(columns).max(axis=0) > 0, np.abs(columns).max(axis=0), 1)
    y = F.targets[:, 0]
    size = np.abs(y).max() or 1.0
    share = np.ones(len(y)) if F.sample_weight is None else F.sample_weight
    share = share / share.sum()
    above = {"absolute": 1.0, "quantile": getattr(F.loss, "q", 1.0)}[F.loss.name]
    below = 1.0 if F.loss.name == "absolute" else 1 - above
    n_rows, n_columns = columns.shape
    result = linprog(
        np.concatenate([np.zeros(n_columns), above * share, below * share]),
        A_eq=np.hstack([columns, np.eye(n_rows), -np.eye(n_rows)]),
        b_eq=y / size,
        bounds=[(None, None)] * n_columns + [(0, None)] * (2 * n_rows),
        method="highs",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    assert result.status == 0
    return result.fun * size

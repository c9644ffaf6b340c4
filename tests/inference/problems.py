"""Problems for inference."""

import numpy as np

from onelayer.solvers.closed_form.least_squares import solve
from onelayer.solvers.closed_form.statistics import Statistics


def table(n_rows=60, n_features=4, *, seed=0, weighted=False, dtype=np.float64, n_outputs=1):
    """Return X, targets and weights: correlated columns off zero, noise that grows with the first column."""
    random = np.random.RandomState(seed)
    X = random.standard_normal((n_rows, n_features)) @ random.uniform(-1, 1, (n_features, n_features))
    X = (X * random.uniform(0.5, 3, n_features) + random.uniform(-4, 4, n_features)).astype(dtype)
    signal = X.astype(np.float64) @ random.uniform(-2, 2, (n_features, n_outputs)) + 3
    noise = random.standard_normal((n_rows, n_outputs)) * (0.5 + np.abs(X[:, :1].astype(np.float64)))
    weights = random.uniform(0.2, 3, n_rows) if weighted else None
    return X, signal + noise, weights


def least_squares(X, targets, weights=None, fit_intercept=True, alpha=0.0):
    return solve(Statistics.of(X, targets, weights), alpha, fit_intercept)

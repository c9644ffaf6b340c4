"""Problems of softmax regression, and their optimum by Newton's method with the whole Hessian."""

from __future__ import annotations

import numpy as np

from onelayer.losses import CrossEntropy
from onelayer.matrices import matrix_of
from onelayer.objective import Objective


def rows(n_rows=90, n_features=5, n_outputs=4, dtype=np.float64, seed=0, *, spread=1.0, kind="labels"):
    """Return X and targets; classes overlap."""
    random = np.random.RandomState(seed)
    X = random.randn(n_rows, n_features) * np.geomspace(1, spread, n_features) + random.randn(n_features)
    if dtype == np.uint8:
        X = np.clip(128 + 60 * X, 0, 255)
    X = X.astype(dtype)
    scores = (X - X.mean(axis=0)) / X.std(axis=0) @ random.randn(n_features, n_outputs) + random.gumbel(
        size=(n_rows, n_outputs)
    )
    if kind == "soft":
        raw = np.exp(scores - scores.max(axis=1, keepdims=True))
        return X, raw / raw.sum(axis=1, keepdims=True)
    labels = scores.argmax(axis=1)
    labels[:n_outputs] = np.arange(n_outputs)  # each class has a row
    return X, labels[:, None].astype(float)


def objective(X, targets, alpha, n_outputs=None, weights=None, *, fit_intercept=True):
    """Return the objective of cross-entropy."""
    n_outputs = n_outputs or (targets.shape[1] if targets.shape[1] > 1 else int(targets.max()) + 1)
    return Objective(matrix_of(X), targets, CrossEntropy(), n_outputs, alpha, weights, fit_intercept)


def dense(F):
    """Return the inputs of the objective in float64, zeros too."""
    return F.X.sample(np.arange(F.X.shape[0])).astype(float) * F.X.unit


def value(F, W, b):
    """Return F of W in units of the objective's inputs, in float64."""
    weights = np.ones(F.X.shape[0]) if F.sample_weight is None else F.sample_weight
    return F.loss.value(dense(F) @ W.T + b, F.targets, weights) + 0.5 * F.alpha * np.vdot(W, W)


def hessian(F, theta):
    """Return gradient and Hessian of F in θ = (W, b), shape (n_outputs, n_features + 1), in float64."""
    Z = np.hstack([dense(F), np.full((F.X.shape[0], 1), float(F.fit_intercept))])
    weights = np.ones(len(Z)) if F.sample_weight is None else F.sample_weight
    share = weights / weights.sum()
    scores = Z @ theta.T
    penalty = np.append(np.full(F.X.shape[1], F.alpha), 0.0)
    gradient = (F.loss.gradient(scores, F.targets) * share[:, None]).T @ Z + penalty * theta
    C = F.loss.curvature(scores, F.targets) * share[:, None, None]
    H = np.einsum("nkl,ni,nj->kilj", C, Z, Z)
    K, p = theta.shape
    for k in range(K):
        H[k, range(p), k, range(p)] += penalty
    return gradient.ravel(), H.reshape(K * p, K * p)


def optimum(F):
    """Return the optimal (W, b), and F there, by damped Newton steps with pseudo-inverses until rounding ends them."""
    K, p = F.n_outputs, F.X.shape[1] + 1
    theta = np.zeros((K, p))
    best = value(F, theta[:, :-1], theta[:, -1])
    for _ in range(100):
        gradient, H = hessian(F, theta)
        step = -np.linalg.lstsq(H, gradient, rcond=1e-13)[0].reshape(K, p)
        if -np.vdot(gradient, step) < 1e-28:
            break
        length = 1.0
        while length > 1e-6:
            trial = theta + length * step
            there = value(F, trial[:, :-1], trial[:, -1])
            if there <= best + 1e-15 * abs(best):
                theta, best = trial, there
                break
            length /= 2
        else:
            break
    theta = theta - theta.mean(axis=0)
    return theta[:, :-1], theta[:, -1], best

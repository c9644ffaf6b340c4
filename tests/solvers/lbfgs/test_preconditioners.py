"""What stands for the Hessian, against the Hessian taken row by row."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from onelayer.solvers.lbfgs import whole_hessian
from onelayer.solvers.lbfgs.coupling import Coupling
from onelayer.solvers.lbfgs.designs import kind_of
from onelayer.solvers.lbfgs.diagonal import Diagonal
from onelayer.solvers.lbfgs.factor import Factor, share_out
from onelayer.solvers.lbfgs.kronecker import Kronecker
from onelayer.solvers.lbfgs.whole_hessian import WholeHessian

from .problems import hessian, objective, rows

DOUBLE = np.dtype(np.float64)


def turned(F, design, theta):
    """Return the Hessian of F at θ in the coordinates of the design, as one of (lines, outputs)."""
    coef, intercept = design.parameters(theta)
    W = coef / F.X.unit
    H = hessian(F, np.hstack([W, intercept[:, None]]))[1]
    K, p = F.n_outputs, F.X.shape[1] + 1
    to_given = np.zeros((K, p, p, K))  # from θ, (lines, outputs), to (outputs, lines)
    scale = design.scale / F.X.unit
    for k in range(K):
        to_given[k, range(p - 1), range(p - 1), k] = scale
        to_given[k, p - 1, range(p - 1), k] = -design.center * design.scale
        to_given[k, p - 1, p - 1, k] = 1
    T = to_given.reshape(K * p, p * K)
    return T.T @ H @ T


def sums_to_zero(design, seed=0):
    """Return a random gradient as there can be."""
    gradient = np.random.RandomState(seed).randn(design.n_features + 1, design.n_outputs)
    gradient -= gradient.mean(axis=1, keepdims=True)
    if not design.intercept:
        gradient[-1] = 0
    return gradient


def start(F, theta_scale, seed=0):
    """Return the design and a θ in it."""
    design = kind_of(F, True)(F, DOUBLE)
    theta = theta_scale * sums_to_zero(design, seed + 1)
    return design, theta


@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("n_outputs", [2, 5])
@pytest.mark.parametrize("sparse", [False, True])
def test_whole_hessian_is_the_hessian(dtype, weighted, fit_intercept, n_outputs, sparse):
    X, targets = rows(dtype=dtype, n_outputs=n_outputs)
    weights = np.random.RandomState(1).randint(0, 4, len(X)).astype(float) if weighted else None
    F = objective(
        csr_array(X) if sparse else X, targets, 0.01, n_outputs, weights, fit_intercept=fit_intercept
    )
    design, theta = start(F, 0.5)
    gradient = sums_to_zero(design)
    step = WholeHessian.build(design, theta).solve(gradient)
    np.testing.assert_allclose(step.sum(axis=1), 0, atol=1e-12 * np.abs(step).max())
    back = (turned(F, design, theta) @ step.ravel()).reshape(step.shape)
    if not fit_intercept:
        back[-1] = 0
    np.testing.assert_allclose(back, gradient, atol=3e-5)


def test_small_probabilities_left_out_leave_it_positive(monkeypatch):
    """In float32, without probabilities below a hundredth: near the Hessian, and a direction that falls."""
    monkeypatch.setattr(whole_hessian, "_DOUBLE", 0)
    X, targets = rows(400, 7, 6)
    F = objective(X, targets, 1e-3)
    design, theta = start(F, 1.5)
    gradient = sums_to_zero(design)
    step = WholeHessian.build(design, theta).solve(gradient)
    exact = turned(F, design, theta)
    assert np.vdot(step, gradient) > 0
    quotient = step.ravel() @ exact @ step.ravel() / np.vdot(step, gradient)
    assert 0.9 < quotient < 1.3


@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("spread", [1.0, 1e5])
def test_kronecker_is_the_hessian_at_zero(fit_intercept, weighted, spread):
    X, targets = rows(spread=spread)
    weights = np.random.RandomState(1).randint(0, 4, len(X)).astype(float) if weighted else None
    F = objective(X, targets, 0.01, 4, weights, fit_intercept=fit_intercept)
    design, theta = start(F, 0.0)
    gradient = sums_to_zero(design)
    step = Kronecker.build(design, theta).solve(gradient)
    back = (turned(F, design, theta) @ step.ravel()).reshape(step.shape)
    if not fit_intercept:
        back[-1] = 0
    np.testing.assert_allclose(back, gradient, atol=1e-7 if spread == 1 else 1e-3)  # eigenvalues 1e10 apart


@pytest.mark.parametrize("fit_intercept", [False, True])
def test_kronecker_of_fewer_rows_than_columns_is_the_hessian_at_zero(fit_intercept):
    X, targets = rows(12, 30, 3, seed=1)
    F = objective(X, targets, 0.1, fit_intercept=fit_intercept)
    design, theta = start(F, 0.0)
    theta[:] = 0
    gradient = sums_to_zero(design)
    step = Kronecker.build(design, theta).solve(gradient)
    back = (turned(F, design, theta) @ step.ravel()).reshape(step.shape)
    np.testing.assert_allclose(back, gradient, atol=1e-6 if fit_intercept else 1e-9)


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_diagonal_is_the_hessian_of_columns_that_are_uncorrelated(sparse, fit_intercept):
    signs = np.array([[1.0, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) * [1.0, 3.0, 0.2]
    X = np.tile(signs + (2.0 if fit_intercept else 0.0), (5, 1))
    targets = np.random.RandomState(0).randint(0, 3, (len(X), 1)).astype(float)
    F = objective(csr_array(X) if sparse else X, targets, 0.05, 3, fit_intercept=fit_intercept)
    design, theta = start(F, 0.0)
    gradient = sums_to_zero(design)
    step = Diagonal.build(design, theta).solve(gradient)
    back = (turned(F, design, theta) @ step.ravel()).reshape(step.shape)
    if not fit_intercept:
        back[-1] = 0
    np.testing.assert_allclose(back, gradient, atol=1e-9)


@pytest.mark.parametrize("kind", [Diagonal, Kronecker, WholeHessian])
def test_solve_is_linear_and_symmetric(kind):
    X, targets = rows(200, 6, 4)
    design, theta = start(objective(X, targets, 0.01), 1.0)
    M = kind.build(design, theta)
    a, b = sums_to_zero(design, 1), sums_to_zero(design, 2)
    np.testing.assert_allclose(M.solve(a + 2 * b), M.solve(a) + 2 * M.solve(b), rtol=1e-7, atol=1e-9)
    assert np.vdot(b, M.solve(a)) == pytest.approx(np.vdot(a, M.solve(b)), rel=1e-7)
    assert np.vdot(a, M.solve(a)) > 0


def test_coupling():
    P = np.random.RandomState(0).dirichlet(np.ones(4), 50)
    weights = np.full(50, 0.02)
    coupling = Coupling.of(P, weights)
    C = sum(0.02 * (np.diag(p) - np.outer(p, p)) for p in P)
    np.testing.assert_allclose(coupling.U * coupling.c @ coupling.U.T, C, atol=1e-15)
    of_classes = np.array([1.0, -3.0, 0.5, 1.5])
    np.testing.assert_allclose(C @ coupling.solve(of_classes), of_classes, atol=1e-12)


@pytest.mark.parametrize("n", [1, 5, 100])
@pytest.mark.parametrize("n_threads", [1, 3])
def test_factor(n, n_threads, monkeypatch):
    for size in ("_SMALLEST", "_LARGEST"):
        monkeypatch.setattr(f"onelayer.solvers.lbfgs.factor.{size}", 8)
    A = np.random.RandomState(0).randn(n, 3 * n)
    H = A @ A.T
    factor = Factor.of(lambda: np.tril(H), n_threads)
    b = np.arange(n) + 1.0
    np.testing.assert_allclose(H @ factor.solve(b), b, rtol=1e-4, atol=1e-4)
    one = Factor.of(lambda: np.tril(H), 1)
    assert (one.solve(b) == factor.solve(b)).all()


def test_factor_of_a_matrix_that_is_barely_positive():
    A = np.random.RandomState(0).randn(6, 2)
    factor = Factor.of(lambda: np.tril(A @ A.T - 1e-8 * np.eye(6)), 1)
    assert np.isfinite(factor.solve(np.ones(6))).all()
    with pytest.raises(np.linalg.LinAlgError):
        Factor.of(lambda: -np.array([[1.0, 2.0], [2.0, 1.0]]) + 5 * np.ones((2, 2)) * [[0, 0], [9, 0]], 1)


def test_tasks_are_shared_out_once_each():
    done = []
    share_out(3, [lambda k=k: done.append(k) for k in range(50)])
    assert sorted(done) == list(range(50))
    with pytest.raises(ZeroDivisionError):
        share_out(2, [lambda: 1 // 0, lambda: None])

"""What stands for the Hessian, against the Hessian taken row by row."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from onelayer.solvers.lbfgs import class_hessian, leading_hessian, whole_hessian
from onelayer.solvers.lbfgs.coupling import Coupling
from onelayer.solvers.lbfgs.designs import kind_of
from onelayer.solvers.lbfgs.diagonal import Diagonal
from onelayer.solvers.lbfgs.factor import Factor
from onelayer.solvers.lbfgs.kronecker import Kronecker
from onelayer.solvers.lbfgs.ladder import Ladder
from onelayer.solvers.lbfgs.leading_hessian import LeadingHessian
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


def multiplied(F, design, theta, step):
    """Return the Hessian of F at θ times a step; without an intercept, zeros for it."""
    back = (turned(F, design, theta) @ step.ravel()).reshape(step.shape)
    if not design.intercept:
        back[-1] = 0
    return back


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
    back = multiplied(F, design, theta, step)
    np.testing.assert_allclose(back, gradient, atol=3e-5)


def quotients(M, F, design, theta):
    """Return the eigenvalues of M⁻¹·H: ones where M is the Hessian."""
    lines, K = design.n_features + 1, design.n_outputs
    apart = np.kron(np.eye(lines), np.linalg.svd(np.eye(K) - 1 / K)[0][:, : K - 1])
    inverse = np.array([M.solve(column.reshape(lines, K)).ravel() @ apart for column in apart.T])
    return np.linalg.eigvals(inverse @ apart.T @ turned(F, design, theta) @ apart).real


@pytest.mark.parametrize("scale", [0.5, 1.5, 4.0])
def test_small_probabilities_left_out_leave_it_near_the_hessian(scale, monkeypatch):
    """In float32, with probabilities below a hundredth by their mean."""
    monkeypatch.setattr(whole_hessian, "_DOUBLE", 0)
    X, targets = rows(400, 7, 6)
    F = objective(X, targets, 1e-3)
    design, theta = start(F, scale)
    found = quotients(WholeHessian.build(design, theta), F, design, theta)
    assert found.min() > 0.7
    assert found.max() < 1.3


def test_rows_that_are_sure_of_their_class_still_count(monkeypatch):
    """All but two rows are so sure that nothing of them is kept; no direction that they hold is taken for flat."""
    monkeypatch.setattr(whole_hessian, "_DOUBLE", 0)
    X, targets = rows(400, 3, 3)
    design, theta = start(objective(X, targets, 1e-9), 2.0)
    sure = np.sort(design.probabilities(theta, np.arange(len(X))), axis=1)[:, -2] < 1e-4
    chosen = np.append(np.flatnonzero(sure), np.flatnonzero(~sure)[:2])
    F = objective(X[chosen], targets[chosen], 1e-9)
    other = kind_of(F, True)(F, DOUBLE)
    theta = other.start(design.parameters(theta))
    found = quotients(WholeHessian.build(other, theta), F, other, theta)
    assert found.min() > 0.1
    assert found.max() < 30


def leading(monkeypatch, count):
    """Have the Hessian in so many directions."""
    monkeypatch.setattr(leading_hessian, "_n_leading", lambda design: count)


@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_outputs", [2, 5])
def test_the_hessian_in_all_directions_is_the_hessian(fit_intercept, weighted, n_outputs, monkeypatch):
    leading(monkeypatch, 5)
    monkeypatch.setattr(class_hessian, "_NEGLIGIBLE", 0.0)
    X, targets = rows(300, 5, n_outputs)
    weights = np.random.RandomState(1).randint(0, 4, len(X)).astype(float) if weighted else None
    F = objective(X, targets, 0.01, n_outputs, weights, fit_intercept=fit_intercept)
    design, theta = start(F, 0.2)
    gradient = sums_to_zero(design)
    step = LeadingHessian.build(design, theta).solve(gradient)
    back = multiplied(F, design, theta, step)
    np.testing.assert_allclose(back, gradient, atol=1e-3)


@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("spread", [1.0, 30.0])
@pytest.mark.parametrize("count", [1, 4])
def test_the_hessian_in_some_directions_is_the_hessian_at_zero(fit_intercept, spread, count, monkeypatch):
    """Where the product of classes and columns is exact, it does not matter which of the two stands where."""
    leading(monkeypatch, count)
    X, targets = rows(spread=spread)
    F = objective(X, targets, 0.01, fit_intercept=fit_intercept)
    design, theta = start(F, 0.0)
    gradient = sums_to_zero(design)
    step = LeadingHessian.build(design, theta).solve(gradient)
    back = multiplied(F, design, theta, step)
    np.testing.assert_allclose(back, gradient, atol=1e-3)


def test_the_hessian_in_leading_directions_is_nearer_than_a_product(monkeypatch):
    """Columns that vary less and less, and classes that need the curvature of different rows."""
    leading(monkeypatch, 4)
    X, targets = rows(2000, 10, 4)
    X = X * 0.5 ** np.arange(10)
    F = objective(X, targets, 1e-2)
    design, theta = start(F, 2.0)
    product = Kronecker.build(design, theta)
    M = LeadingHessian.build(design, theta, product)
    near, far = (np.log(quotients(each, F, design, theta)).std() for each in (M, product))
    assert near < 0.7 * far


def test_directions_are_those_of_the_product_before(monkeypatch):
    leading(monkeypatch, 3)
    X, targets = rows(200, 6, 3)
    design, theta = start(objective(X, targets, 0.01), 0.5)
    product = Kronecker.build(design, 0 * theta)
    M = LeadingHessian.build(design, theta, product)
    assert M._kronecker is product


def test_many_rows_are_taken_in_parts(monkeypatch):
    leading(monkeypatch, 3)
    X, targets = rows(9000, 6, 3)
    design, theta = start(objective(X, targets, 0.01), 0.5)
    whole = LeadingHessian.build(design, theta).solve(sums_to_zero(design))
    monkeypatch.setattr(leading_hessian, "_AT_A_TIME", 10_000)
    np.testing.assert_allclose(
        LeadingHessian.build(design, theta).solve(sums_to_zero(design)), whole, rtol=1e-3, atol=1e-3
    )


def test_as_many_directions_as_a_dozen_passes_pay_for():
    X, targets = rows(3000, 200, 4)
    design, _ = start(objective(X, targets, 0.01), 0.0)
    count = leading_hessian._n_leading(design)
    assert 16 <= count <= 200
    assert LeadingHessian.cost(design) <= 12 * design.work
    few, _ = start(objective(X[:, :8], targets, 0.01), 0.0)
    assert LeadingHessian.cost(few) == np.inf


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
    back = multiplied(F, design, theta, step)
    np.testing.assert_allclose(back, gradient, atol=1e-7 if spread == 1 else 1e-3)  # eigenvalues 1e10 apart


@pytest.mark.parametrize("fit_intercept", [False, True])
def test_kronecker_of_fewer_rows_than_columns_is_the_hessian_at_zero(fit_intercept):
    X, targets = rows(12, 30, 3, seed=1)
    F = objective(X, targets, 0.1, fit_intercept=fit_intercept)
    design, theta = start(F, 0.0)
    theta[:] = 0
    gradient = sums_to_zero(design)
    step = Kronecker.build(design, theta).solve(gradient)
    back = multiplied(F, design, theta, step)
    np.testing.assert_allclose(back, gradient, atol=1e-6 if fit_intercept else 1e-9)


@pytest.mark.parametrize("kind", ["sparse", "dense", "principal"])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_diagonal_is_the_hessian_of_columns_that_are_uncorrelated(kind, fit_intercept):
    """And so is the product of classes and columns, made from the diagonal alone where columns are principal axes."""
    signs = np.array([[1.0, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) * [1.0, 3.0, 0.2]
    X = np.tile(signs + (2.0 if fit_intercept else 0.0), (5, 1))
    targets = np.random.RandomState(0).randint(0, 3, (len(X), 1)).astype(float)
    F = objective(csr_array(X) if kind == "sparse" else X, targets, 0.05, 3, fit_intercept=fit_intercept)
    F.X.principal = kind == "principal"
    design, theta = start(F, 0.0)
    gradient = sums_to_zero(design)
    step = (Kronecker if F.X.principal else Diagonal).build(design, theta).solve(gradient)
    back = multiplied(F, design, theta, step)
    np.testing.assert_allclose(back, gradient, atol=1e-9)


@pytest.mark.parametrize("kind", [Diagonal, Kronecker, LeadingHessian, WholeHessian])
def test_solve_is_linear_and_symmetric(kind, monkeypatch):
    leading(monkeypatch, 4)
    X, targets = rows(200, 6, 4)
    design, theta = start(objective(X, targets, 0.01), 1.0)
    M = kind.build(design, theta)
    a, b = sums_to_zero(design, 1), sums_to_zero(design, 2)
    near = 1e-4 if kind is LeadingHessian else 1e-7  # float32
    np.testing.assert_allclose(M.solve(a + 2 * b), M.solve(a) + 2 * M.solve(b), rtol=near, atol=near)
    assert np.vdot(b, M.solve(a)) == pytest.approx(np.vdot(a, M.solve(b)), rel=near)
    assert np.vdot(a, M.solve(a)) > 0


@pytest.mark.parametrize(
    ("shape", "shared", "dependent", "expected"),
    [
        ((2000, 40), 0.0, 0, True),
        ((2000, 40), 1.0, 0, False),
        ((2000, 40), 0.0, 30, False),
        ((2000, 40), 0.0, 2, True),
        ((50, 40), 0.0, 0, False),
        ((2000, 400), 0.0, 0, True),
        ((700, 400), 0.0, 0, False),
        ((2000, 1), 0.0, 0, True),
        ((1, 3), 0.0, 0, True),
    ],
    ids=["none", "all alike", "many copies", "two copies", "by chance", "some columns", "some rows", "one", "row"],
)  # fmt: skip
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("sparse", [False, True])
def test_whether_columns_correlate(shape, shared, dependent, expected, weighted, sparse):
    """As the variance of the eigenvalues of their correlation matrix, from all rows and columns, says it."""
    random = np.random.RandomState(0)
    Z = random.randn(*shape) + shared * random.randn(shape[0], 1)
    Z[:, 1 : 1 + dependent] = Z[:, :1]
    X = 3 * Z if sparse else 3 * Z + 100
    weights = random.uniform(0.9, 1.1, len(X)) if weighted else None
    F = objective(csr_array(X) if sparse else X, np.zeros((len(X), 1)), 0.1, 3, weights)
    assert start(F, 0.0)[0].uncorrelated is expected
    F.X.principal = True
    assert start(F, 0.0)[0].uncorrelated
    if min(shape) > 1:
        eigenvalues = np.linalg.eigvalsh(np.cov(X.T) / np.outer(*2 * [X.std(axis=0, ddof=1)]))
        assert (eigenvalues.var() <= 0.25) == expected


def test_eigenvectors_are_not_made_of_columns_that_hardly_correlate():
    random = np.random.RandomState(0)
    X = random.randn(1000, 100)
    targets = (X @ random.randn(100, 10) * 0.3 + random.gumbel(size=(1000, 10))).argmax(axis=1)[:, None]
    design, theta = start(objective(X, targets.astype(float), 1e-3, 10), 0.0)
    assert Ladder(design, theta).name == "diagonal"
    mixed = objective(X @ random.randn(100, 100), targets.astype(float), 1e-3, 10)
    design, theta = start(mixed, 0.0)
    assert Ladder(design, theta).name == "kronecker"


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

"""The basis of a design: rank, dependent columns, and nearly dependent ones."""

from __future__ import annotations

import numpy as np
import pytest

from onelayer.kernels.residual_pass import source
from onelayer.losses import Absolute, Huber, Quantile
from onelayer.solvers.newton import Newton
from onelayer.solvers.newton.design import Design

from .problems import objective


def design(X, penalty=0.0, intercept=True):
    p = X.shape[1]
    rows = source(X, X.mean(axis=0) * intercept, np.ones(p), intercept, None)
    return Design(rows, np.array([penalty] * p + [0.0] * intercept), None)


def test_independent_columns_need_no_basis():
    made = design(np.random.RandomState(0).randn(50, 3) * [1e-3, 1.0, 1e3])
    assert made.basis is None
    assert made.rank == 4


@pytest.mark.parametrize(
    ("dependent", "rank"),
    [
        (lambda X: np.hstack([X, X[:, :1]]), 4),
        (lambda X: np.hstack([X, np.full((50, 1), 7.0)]), 4),
        (lambda X: np.hstack([X, X @ [[1.0], [2.0], [-1.0]] + 5]), 4),
        (lambda X: X[:2], 2),
        (lambda X: X[:1], 1),
    ],
    ids=["duplicate", "constant", "combination", "two rows", "one row"],
)
def test_dependent_columns_lower_the_rank(dependent, rank):
    X = dependent(np.random.RandomState(0).randn(50, 3))
    made = design(X)
    assert made.rank == rank
    assert made.null.shape == (X.shape[1] + 1, X.shape[1] + 1 - rank)
    seen = np.hstack([X - X.mean(axis=0), np.ones((len(X), 1))])
    np.testing.assert_allclose(seen @ made.null, 0, atol=1e-12)


def test_a_penalty_gives_every_column_its_part():
    X = np.random.RandomState(0).randn(50, 2)
    assert design(X[:, [0, 1, 0]], penalty=0.5).rank == 4


def test_a_basis_has_orthonormal_columns_on_the_rows():
    X = np.vander(np.linspace(0, 1, 80), 9)[:, :-1]
    made = design(X)
    assert made.basis is not None
    np.testing.assert_allclose(made.gram, np.eye(made.rank), atol=1e-8)


@pytest.mark.parametrize("loss", [Absolute(), Quantile(0.2), Huber(0.01)], ids=str)
def test_polynomials_reach_the_same_optimum_in_any_basis(loss):
    t = np.linspace(-1, 1, 120)
    y = np.sin(5 * t) + 0.1 * np.random.RandomState(0).standard_t(2, 120)
    powers = np.vander((t + 1) / 2 + 3, 8)[:, :-1]
    chebyshev = np.polynomial.chebyshev.chebvander(t, 7)[:, 1:]
    values = []
    for X in (powers, chebyshev):
        F = objective(loss, X, y)
        solution = Newton(tol=1e-7).solve(F)
        assert solution.converged
        values.append(F.value(solution.coef, solution.intercept))
    assert values[0] == pytest.approx(values[1], rel=1e-6)

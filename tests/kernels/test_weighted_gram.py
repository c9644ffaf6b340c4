"""Gram matrices of chosen rows against plain NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from onelayer.kernels.residual_pass import source
from onelayer.kernels.weighted_gram import weighted_gram


def rows(dtype, n_rows, n_features, weighted, intercept):
    random = np.random.RandomState(n_features)
    X = (random.rand(n_rows, n_features) * 255).astype(dtype)
    center, scale = random.rand(n_features) * 100, np.full(n_features, 0.25)
    weights = random.rand(n_rows) if weighted else None
    weights = None if weights is None else weights / weights.sum()
    seen = (X.astype(float) - center) * scale
    seen = np.hstack([seen, np.ones((n_rows, 1))]) if intercept else seen
    share = np.full(n_rows, 1 / n_rows) if weights is None else weights
    return source(X, center, scale, intercept, weights), seen, share


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1, 1), (40, 0), (500, 7), (3000, 31), (200, 130)])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("intercept", [False, True])
def test_sums_against_numpy(dtype, shape, weighted, intercept):
    given, seen, share = rows(dtype, *shape, weighted, intercept)
    random = np.random.RandomState(0)
    for choice in (np.ones(len(seen)), random.randint(-1, 2, len(seen)), np.zeros(len(seen))):
        gram = weighted_gram(given, choice.astype(np.int8), None, 2)
        expected = seen.T @ ((share * choice)[:, None] * seen)
        np.testing.assert_allclose(gram, expected, atol=1e-11 * np.max(seen * seen, initial=1.0))
        np.testing.assert_array_equal(gram, gram.T)


@pytest.mark.parametrize("rank", [0, 1, 5, 12, 33])
def test_rows_in_a_basis(rank):
    given, seen, share = rows(np.float32, 700, 32, True, True)
    basis, choice = np.random.RandomState(1).randn(33, rank), np.arange(700) % 3 - 1
    gram = weighted_gram(given, choice.astype(np.int8), basis)
    turned = seen @ basis
    expected = turned.T @ ((share * choice)[:, None] * turned)
    assert gram.shape == (rank, rank)
    np.testing.assert_allclose(gram, expected, atol=1e-11 * np.max(turned * turned, initial=1.0))


def test_a_basis_keeps_the_digits_that_a_gram_matrix_of_nearly_dependent_columns_loses():
    random = np.random.RandomState(0)
    X = random.randn(400, 1) + [[0.0, 1e-9]] * random.randn(400, 2)
    given = source(X, np.zeros(2), np.ones(2), False, None)
    triangle = np.linalg.qr(X / 20, mode="r")
    gram = weighted_gram(given, np.ones(400, np.int8), np.linalg.inv(triangle))
    np.testing.assert_allclose(gram, np.eye(2), atol=1e-6)


def test_same_bits_for_any_number_of_threads():
    given, _, _ = rows(np.float32, 6000, 20, True, True)
    choice = (np.arange(6000) % 5 > 0).astype(np.int8)
    one, two, five = (weighted_gram(given, choice, None, n_threads) for n_threads in (1, 2, 5))
    np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(one, five)

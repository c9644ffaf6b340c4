"""Rows in their principal axes, against the singular value decomposition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from onelayer.matrices import Dense, PrincipalAxes, matrix_of


def rows(seed=0, shape=(60, 5)):
    random = np.random.RandomState(seed)
    return random.randn(*shape) @ random.randn(shape[1], shape[1]) + 3 * random.randn(shape[1])


@given(seed=st.integers(0, 10_000), centred=st.booleans())
def test_columns_do_not_correlate_and_lengths_stay(seed, centred):
    X = rows(seed)
    axes = PrincipalAxes.of(Dense(X), centred=centred)
    turned = axes.turned(Dense(X))
    origin = X.mean(axis=0) if centred else np.zeros(5)
    s = np.linalg.svd(X - origin, compute_uv=False)
    np.testing.assert_allclose(turned.array.T @ turned.array, np.diag(s**2), atol=1e-10 * s[0] ** 2)
    np.testing.assert_allclose(axes.V.T @ axes.V, np.eye(5), atol=1e-13)
    assert turned.principal
    assert turned.part(np.array([2, 0])).principal
    assert not Dense(X).principal


@given(seed=st.integers(0, 10_000), centred=st.booleans())
def test_parameters_come_back(seed, centred):
    X, random = rows(seed), np.random.RandomState(seed)
    axes = PrincipalAxes.of(Dense(X), centred=centred)
    coef, intercept = random.randn(3, 5), random.randn(3)
    there, shift = axes.back(coef, intercept)
    expected = axes.turned(Dense(X)).array @ coef.T + intercept
    np.testing.assert_allclose(X @ there.T + shift, expected, atol=1e-11)
    np.testing.assert_allclose(np.linalg.norm(there), np.linalg.norm(coef), rtol=1e-13)
    again, first = axes.into(there, shift)
    np.testing.assert_allclose(again, coef, atol=1e-13)
    np.testing.assert_allclose(first, intercept, atol=1e-11)


def test_a_sample_serves_all_rows(monkeypatch):
    monkeypatch.setattr("onelayer.matrices.principal_axes._ROWS_PER_COLUMN", 0)
    X = rows(shape=(5000, 4))
    axes = PrincipalAxes.of(Dense(X), centred=True)
    turned = axes.turned(Dense(X)).array
    assert all((axes.turned(Dense(X), n_threads).array == turned).all() for n_threads in (1, 2, 16))
    correlation = np.corrcoef(turned.T) - np.eye(4)
    assert 0 < np.abs(correlation).max() < 0.3


@pytest.mark.parametrize(
    "X",
    [
        np.zeros((9, 2)),
        rows() * [1, 1, 1, 1, 1e-5],
        rows() * 1e300,
        np.c_[rows()[:, :1], [1e308, -1e308] * 30],
    ],
    ids=["nothing", "small-column", "huge", "overflowing"],
)
def test_none_where_rounding_would_spoil_a_column(X):
    assert PrincipalAxes.of(Dense(X), centred=True) is None


def test_a_constant_column_does_no_harm():
    assert PrincipalAxes.of(Dense(np.c_[rows(), np.full(60, 7.0)]), centred=True) is not None


@pytest.mark.parametrize(
    ("X", "suits"),
    [
        (rows(), True),
        (rows().astype(np.float32), False),
        (np.zeros((9, 2), np.uint8), False),
        (csr_array(rows()), False),
        (rows(shape=(4, 5)), False),
        (np.zeros((2000, 1025)), False),
        (np.zeros((9, 1)), False),
    ],
)
def test_what_can_be_turned(X, suits):
    assert PrincipalAxes.suit(matrix_of(X)) is suits


def test_cost_counts_what_grows():
    small, wide, long = (Dense(np.zeros(shape)) for shape in ((100, 10), (100, 20), (200, 10)))
    assert PrincipalAxes.cost(wide) > 4 * PrincipalAxes.cost(small) > 4 * 100 * 10**2
    assert PrincipalAxes.cost(long) - PrincipalAxes.cost(small) >= 100 * 10**2

"""When sums in float64 are enough: the choice, and that it does no harm."""

from __future__ import annotations

import numpy as np
import pytest

from onelayer.errors import InvalidDataError
from onelayer.solvers.closed_form import Statistics, solve
from onelayer.solvers.closed_form.precision import summed
from onelayer.solvers.closed_form.rows import Rows

N = 1 << 16


def table(correlation, dtype=np.float64, n_rows=N):
    random = np.random.RandomState(0)
    X = (1 - correlation) ** 0.5 * random.randn(n_rows, 6) + correlation**0.5 * random.randn(n_rows, 1) + 0.5
    return X.astype(dtype), X @ np.ones((6, 2)) + random.randn(n_rows, 2)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_float64_where_it_does_no_harm(dtype, weighted, fit_intercept):
    X, y = table(0.1)
    X = (40 * X + 100).clip(0, 255).astype(dtype) - (0 if dtype == np.uint8 else dtype(100))
    weights = np.random.RandomState(1).rand(N) if weighted else None
    if not fit_intercept and dtype == np.uint8:
        X = X * (np.random.RandomState(2).rand(*X.shape) < 0.2).astype(np.uint8)
    fast = summed(X, y, weights, fit_intercept)
    precise = Statistics.of(X, y, weights)
    one, other = (solve(statistics, 0.0, fit_intercept) for statistics in (fast, precise))
    np.testing.assert_allclose(one.coef, other.coef, rtol=2e-15, atol=0)
    np.testing.assert_allclose(one.intercept, other.intercept, rtol=1e-14, atol=1e-14)
    np.testing.assert_allclose(one.residual, other.residual, rtol=1e-12, atol=0)
    assert precise.error == 0
    if dtype != np.uint8:
        assert 0 < fast.error < 1e-15


@pytest.mark.parametrize("correlation", [0.99, 1.0])
def test_doubled_precision_where_columns_are_nearly_collinear(correlation):
    X, y = table(correlation)
    assert summed(X, y, None, True).error == 0


def test_doubled_precision_where_a_few_rows_are_collinear_that_the_sample_misses():
    X, y = table(0.0)
    X[1001] = 1e6
    assert summed(X, y, None, True).error == 0


def test_doubled_precision_for_few_rows():
    X, y = table(0.0, n_rows=N - 1)
    assert summed(X, y, None, True).error == 0


def test_parts_in_float64_merge_with_others():
    X, y = table(0.1)
    first = summed(X, y, None, True)
    assert first.error > 0
    more = np.random.RandomState(3).randn(500, 1) * np.ones(6) * 1e3
    both = first.merge(Statistics.of(more, more[:, :2], None))
    exact = Statistics.of(np.vstack([X, more]), np.vstack([y, more[:, :2]]), None)
    one, other = solve(both), solve(exact)
    assert one.rank == other.rank == 6
    np.testing.assert_allclose(one.coef, other.coef, rtol=1e-12)
    again = Statistics.from_tensors(both.tensors())
    assert again.error == both.error == first.error


def test_the_bound_holds_and_the_bits_do_not_depend_on_threads():
    X, y = table(0.3, np.float32)
    fast, precise = (Statistics.of(X, y, None, precise=precise) for precise in (False, True))
    length = np.sqrt(np.diag(precise.gram.high))
    apart = np.abs((fast.gram - precise.gram).high) / length[:, None] / length
    assert 0 < apart.max() < fast.error
    for n_threads in (1, 3):
        again = Statistics.of(X, y, None, precise=False, n_threads=n_threads)
        assert np.array_equal(again.gram.low, fast.gram.low)


def wide_table(dtype=np.float64):
    """Columns with an offset, with two sizes, and years."""
    random = np.random.RandomState(7)
    X = np.column_stack(
        [random.randn(N, 3) * [1, 1e6, 1e-6], 1900 + random.randint(0, 120, N), random.rand(N) < 0.01]
    )
    return X.astype(dtype), random.randn(N, 1)


def changed(name, X):
    """Rows that the sample of ``summed``, every sixteenth, does not have."""
    row = 16 * 100 + 3
    if name == "as large as the sample's":
        return X
    if name == "a thousand times the largest":
        X[row, 0] = 5e3
    elif name == "beyond every guess":
        X[row, 0] = 1e200
    elif name == "a year that is none":
        X[row, 3] = -4.0
    elif name == "zeros in the sample":
        X[:, 4] = 0
        X[row, 4] = 1.0
    elif name == "tiny where the sample has zeros":
        X[:, 4] = 0
        X[row, 4] = 1e-300
    elif name == "a constant in the sample":
        X[:, 4] = 5.0
        X[row, 4] = 5.0 + 2.0**-40
    elif name == "zeros":
        X[:, 4] = 0
    return X


CHANGES = [
    "as large as the sample's",
    "a thousand times the largest",
    "beyond every guess",
    "a year that is none",
    "zeros in the sample",
    "tiny where the sample has zeros",
    "a constant in the sample",
    "zeros",
]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_guess_from_a_sample_gives_what_a_look_at_all_rows_gives(change, order):
    X, y = wide_table()
    X = np.array(changed(change, X), order=order)
    rows = np.arange(0, N, 16)
    like = Statistics.of(X[rows], y[rows], None, precise=False)
    guessed, looked = (Statistics.of(X, y, None, precise=False, like=each) for each in (like, None))
    assert np.array_equal(guessed.exponent, looked.exponent) or (guessed.shift != looked.shift).any()
    zero = np.zeros_like(looked.shift)
    one, other = (each.moved(zero, looked.exponent, 0).gram for each in (guessed, looked))
    length = np.sqrt(np.diag(other.high))
    length[length == 0] = 1
    assert (np.abs((one - other).high) <= 1e-16 * length[:, None] * length).all()
    assert guessed.error <= 1.1 * looked.error
    assert guessed.n_rows == looked.n_rows == N


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_guess_does_not_hide_what_is_not_finite(value):
    X, y = wide_table()
    like = Statistics.of(X, y, None, precise=False)
    X[40_001, 2] = value
    with pytest.raises(InvalidDataError, match="row 40001, column 2"):
        Statistics.of(X, y, None, precise=False, like=like)


def test_what_is_not_finite_is_named_with_its_row():
    X, y = table(0.1)
    X[0, 3] = np.nan
    with pytest.raises(InvalidDataError, match="X contains NaN in row 0, column 3"):
        summed(X, y, None, True)
    y[40_000, 1], X[0, 3] = np.inf, 0
    with pytest.raises(InvalidDataError, match="y contains inf in row 40000, column 1"):
        summed(X, y, None, True)


def test_a_guess_spares_the_look(monkeypatch):
    X, y = wide_table()
    like = Statistics.of(X[::16], y[::16], None, precise=False)
    monkeypatch.setattr(Rows, "range", lambda *_: pytest.fail("looked"))
    assert Statistics.of(X, y, None, precise=False, like=like).n_rows == N

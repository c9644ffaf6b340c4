"""Sums of products of columns against exact rational arithmetic, and the same bits for any number of threads."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from onelayer.kernels.gram import Columns, gram, survey
from onelayer.kernels.gram_tiles import BLOCK, LANES, fma

NOTHING, BY_ROWS = np.empty(0), np.empty(0, np.uintp)


def by_columns(columns: Columns, X: np.ndarray) -> Columns:
    """The same with X in columns that lie apart; ``X`` must stay alive."""
    places = np.array([X[:, j].ctypes.data for j in range(X.shape[1])], np.uintp)
    assert X.flags.f_contiguous
    return columns._replace(X=np.empty((0, X.shape[1]), X.dtype), places=places)


def product(Z, weights, i, j) -> Fraction:
    """Σ wzᵢzⱼ without rounding."""
    w = weights if weights.size else np.ones(len(Z))
    return sum(
        (Fraction(wk) * Fraction(a) * Fraction(b) for wk, a, b in zip(w, Z[:, i], Z[:, j], strict=True)),
        Fraction(0),
    )


def problem(dtype, n_rows, n_features, n_outputs=1, weighted=False, seed=0):
    """Rows of a wide range of sizes, and the powers of two that bring √w·|x| below 1."""
    random = np.random.RandomState(seed)
    X = random.randn(n_rows, n_features) * np.exp(3 * random.randn(n_rows, n_features))
    X = (np.abs(X) % 256).astype(np.uint8) if dtype == np.uint8 else X.astype(dtype)
    Y, weights = random.randn(n_rows, n_outputs), random.rand(n_rows) * 4 if weighted else NOTHING
    if weighted:
        weights[::7] = 0
    Z = np.hstack([np.ones((n_rows, 1)), X.astype(np.float64), Y])
    root = np.sqrt(weights)[:, None] if weighted else 1.0
    scale = np.ldexp(1.0, -np.frexp(np.abs(root * Z).max(axis=0))[1])
    return Columns(X, BY_ROWS, Y, weights, np.zeros(Z.shape[1]), scale), Z * scale


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("shape", [(1, 1), (BLOCK, 2), (BLOCK + 1, 3), (700, LANES - 1)])
def test_nearly_twenty_eight_digits(dtype, weighted, shape):
    columns, Z = problem(dtype, *shape, weighted=weighted)
    high, low, _ = gram(columns)
    assert np.array_equal(high, high.T)
    m = Z.shape[1]
    length = [product(Z, columns.weights, i, i) for i in range(m)]
    for i in range(m):
        for j in range(i, m, 3):
            error = Fraction(high[i, j]) + Fraction(low[i, j]) - product(Z, columns.weights, i, j)
            assert error**2 <= 4 * Fraction(10) ** -56 * length[i] * length[j]
            assert abs(low[i, j]) <= np.spacing(abs(high[i, j])) / 2


def test_values_that_float64_would_lose():
    """1 + 2⁻⁶⁰ + 2⁻⁹⁰ needs 91 bits."""
    X = np.array([[0.5], [2.0**-31], [2.0**-46]])
    columns = Columns(
        X, BY_ROWS, np.zeros((3, 1)), np.array([4.0, 4.0, 4.0]) / 16, np.zeros(3), np.array([1.0, 1.0, 1.0])
    )
    high, low, _ = gram(columns)
    assert Fraction(high[1, 1]) + Fraction(low[1, 1]) == (1 + Fraction(2) ** -60 + Fraction(2) ** -90) / 16


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_features", [1, LANES, 3 * LANES + 1])
def test_the_same_bits_for_any_number_of_threads(weighted, n_features):
    columns, _ = problem(np.float32, 40_000, n_features, 2, weighted)
    columns.X.flags.writeable = False
    results = [gram(columns, n_threads) for n_threads in (1, 2, 3, 5)]
    for high, low, _ in results[1:]:
        assert np.array_equal(high, results[0][0])
        assert np.array_equal(low, results[0][1])


def test_rows_of_weight_zero_do_not_count():
    columns, _ = problem(np.float64, 500, 5, weighted=True)
    wild = columns.X.copy()
    wild[columns.weights == 0] = 1e300
    for one, other in zip(gram(columns)[:2], gram(columns._replace(X=wild))[:2], strict=True):
        assert np.array_equal(one, other)


def test_shift_and_scale():
    X, Y = np.array([[2000.0], [2001.0], [2003.0]]), np.array([[1.0], [2.0], [4.0]])
    high, low, _ = gram(
        Columns(X, BY_ROWS, Y, NOTHING, np.array([0, 2001.0, 0]), np.array([0.5, 0.25, 0.125]))
    )
    assert high.tolist() == [[0.75, 0.125, 0.4375], [0.125, 0.3125, 0.21875], [0.4375, 0.21875, 0.328125]]
    assert not low.any()


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("doubled", [False, True])
@pytest.mark.parametrize("n_features", [1, LANES - 1, 2 * LANES - 1, 3 * LANES + 2])
def test_the_same_bits_by_rows_and_by_columns(dtype, weighted, doubled, n_features):
    columns, _ = problem(dtype, 2 * BLOCK + LANES + 3, n_features, 2, weighted)
    X = np.asfortranarray(columns.X)
    results = [gram(each, 2, doubled=doubled) for each in (columns, by_columns(columns, X))]
    (one, other) = ([high, low, *seen] for high, low, seen in results)
    for a, b in zip(one, other, strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_features", [1, LANES, 5 * LANES])
def test_float64_within_blocks_and_exact_squares(weighted, n_features):
    columns, Z = problem(np.float32, 4 * BLOCK + 5, n_features, weighted=weighted)
    high, low, _ = gram(columns, doubled=False)
    length = [product(Z, columns.weights, i, i) for i in range(Z.shape[1])]
    for i in range(0, Z.shape[1], 3):
        for j in range(i, Z.shape[1], 2):
            error = Fraction(high[i, j]) + Fraction(low[i, j]) - product(Z, columns.weights, i, j)
            bound = Fraction(10) ** -56 if i == j else Fraction(BLOCK) ** 2 * Fraction(2) ** -106
            assert error**2 <= 4 * bound * length[i] * length[j]


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("n_threads", [1, 2, 5])
@pytest.mark.parametrize("turned", [False, True])
def test_survey(dtype, n_threads, turned):
    random = np.random.RandomState(0)
    X = (random.rand(300_000, 9) * 200 + 1).astype(dtype)
    Y, weights = random.rand(len(X), 1), random.rand(len(X))
    weights[:1000] = 0
    X[3], shift = 255, np.arange(11.0)
    columns, apart = Columns(X, BY_ROWS, Y, weights, shift, np.ones(11)), np.asfortranarray(X)
    columns = by_columns(columns, apart) if turned else columns
    Z = np.hstack([np.ones((len(X), 1)), X.astype(np.float64), Y]) - shift
    seen, rows, root = survey(columns, n_threads), Z[1000:], np.sqrt(weights[1000:, None])
    assert np.array_equal(seen.low, rows.min(axis=0))
    assert np.array_equal(seen.high, rows.max(axis=0))
    assert np.array_equal(seen.size, (root * np.abs(rows)).max(axis=0))
    assert seen.finite
    equal = survey(columns._replace(weights=NOTHING), n_threads)
    assert np.array_equal(equal.high[1:10], 255.0 - shift[1:10])
    assert not equal.size.any()
    summed = gram(columns._replace(scale=np.full(11, 2.0**-12)), n_threads, doubled=False)[2]
    for one, other in zip(summed[:3], seen[:3], strict=True):
        assert np.array_equal(one * 2.0**12, other)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_survey_finds_what_is_not_finite(value, dtype):
    X = np.ones((1000, 3), dtype)
    X[700, 1] = value
    columns = Columns(X, BY_ROWS, np.zeros((1000, 1)), NOTHING, np.zeros(5), np.ones(5))
    assert not survey(columns).finite
    assert not survey(columns._replace(weights=np.where(np.arange(1000) == 700, 0.0, 1.0))).finite
    Y = np.zeros((1000, 1))
    Y[3] = value
    assert not survey(columns._replace(X=np.ones((1000, 3), dtype), Y=Y)).finite


def test_fused_product_and_sum_rounds_once():
    from numba import njit

    a = 1 + 2.0**-30
    assert njit(lambda a, b, c: fma(a, b, c))(a, a, -(a * a)) == 2.0**-60

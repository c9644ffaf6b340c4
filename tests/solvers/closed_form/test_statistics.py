"""Statistics of parts are those of the whole, whatever the parts; and they survive being written down."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import reduce
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onelayer.errors import InvalidDataError
from onelayer.solvers.closed_form import Statistics, solve
from onelayer.solvers.closed_form.statistics import DOUBLED_ERROR

N = 60
RANDOM = np.random.RandomState(0)
WEIGHTS = np.where(RANDOM.rand(N) < 0.2, 0, RANDOM.rand(N))


def table(dtype):
    """Years, a trend, a wide range, a column that is constant for a while, and noise."""
    t = np.arange(N)
    if dtype == np.uint8:
        return RANDOM.randint(0, 256, (N, 4)).astype(dtype)
    columns = [
        1960 + t,
        1e6 * np.exp(t / 10),
        np.maximum(t - 30, 0),
        1.7e9 + 3600 * RANDOM.rand(N),
        RANDOM.randn(N),
    ]
    return np.stack(columns, axis=1).astype(dtype)


TABLES = {dtype: table(dtype) for dtype in (np.uint8, np.float32, np.float64)}
Y = RANDOM.randn(N, 2) + 1e5
CUTS = st.lists(st.integers(0, N), max_size=6).map(lambda cuts: [0, *sorted(cuts), N])


def close(one, other, alpha=0.0, fit_intercept=True):
    first, second = (solve(statistics, alpha, fit_intercept) for statistics in (one, other))
    np.testing.assert_allclose(first.coef, second.coef, rtol=1e-12, atol=0)
    np.testing.assert_allclose(first.intercept, second.intercept, rtol=1e-12, atol=0)
    np.testing.assert_allclose(first.residual, second.residual, rtol=1e-12, atol=0)
    np.testing.assert_allclose(first.mean, second.mean, rtol=1e-15, atol=0)
    assert first.rank == second.rank
    assert first.n_rows == second.n_rows
    assert first.total_weight == pytest.approx(second.total_weight, rel=1e-15)


@pytest.mark.parametrize("dtype", TABLES)
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["equal", "weighted"])
@pytest.mark.parametrize("fit_intercept", [True, False])
@settings(max_examples=20, deadline=None)
@given(cuts=CUTS, alpha=st.sampled_from([0.0, 0.1]))
def test_any_split_of_the_rows_gives_the_same_solution(dtype, weights, fit_intercept, cuts, alpha):
    X = TABLES[dtype]
    parts = [
        Statistics.of(X[a:b], Y[a:b], None if weights is None else weights[a:b]) for a, b in pairwise(cuts)
    ]
    close(reduce(Statistics.merge, parts), Statistics.of(X, Y, weights), alpha, fit_intercept)


def exact_gram(statistics, X, weights):
    """Return the Gram matrix of [1, X, Y] as the statistics keep it, shifted and scaled, in rational arithmetic."""
    units = [Fraction(2) ** int(exponent) for exponent in statistics.exponent]
    shifts = [Fraction(shift) for shift in statistics.shift.tolist()]
    weights = [Fraction(w) / Fraction(2) ** statistics.weight_exponent for w in weights.tolist()]
    rows = np.column_stack([np.ones(len(X)), X.astype(np.float64) * statistics.unit, Y]).tolist()
    Z = [[(Fraction(v) - s) / u for v, s, u in zip(row, shifts, units, strict=True)] for row in rows]
    columns = list(zip(*Z, strict=True))
    return [[sum(map(math.prod, zip(weights, a, b, strict=True))) for b in columns] for a in columns]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("cut", [0, 1, 31])
def test_sums_in_doubled_precision_against_rational_arithmetic(dtype, weighted, cut):
    X = TABLES[dtype]
    weights = np.where(WEIGHTS > 0, WEIGHTS, 0.5) if weighted else np.ones(N)
    parts = [Statistics.of(X[r], Y[r], weights[r] if weighted else None) for r in (slice(cut), slice(cut, N))]
    whole = reduce(Statistics.merge, parts)
    for found in (whole, whole.moved(np.zeros_like(whole.shift), whole.exponent + 40, whole.weight_exponent)):
        exact = exact_gram(found, X, weights)
        for i, j in np.ndindex(found.gram.shape):
            error = Fraction(found.gram.high[i, j]) + Fraction(found.gram.low[i, j]) - exact[i][j]
            assert abs(error) <= DOUBLED_ERROR * math.sqrt(exact[i][i] * exact[j][j])


@settings(max_examples=20, deadline=None)
@given(cuts=st.tuples(st.integers(1, N - 2), st.integers(1, N - 2)), order=st.permutations(range(3)))
def test_merging_is_associative_and_commutative(cuts, order):
    low, high = min(cuts), max(cuts) + 1
    X = TABLES[np.float64]
    parts = [Statistics.of(X[rows], Y[rows], WEIGHTS[rows]) for rows in np.split(np.arange(N), [low, high])]
    a, b, c = parts
    close(a.merge(b).merge(c), a.merge(b.merge(c)))
    close(a.merge(b).merge(c), reduce(Statistics.merge, [parts[k] for k in order]))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=N, max_size=N).filter(lambda counts: sum(map(bool, counts)) > 20))
def test_whole_weights_are_repeated_rows(counts):
    X, repeated = TABLES[np.float64], np.repeat(np.arange(N), counts)
    one, other = (
        solve(Statistics.of(*rows))
        for rows in ((X, Y, np.array(counts, dtype=float)), (X[repeated], Y[repeated], None))
    )
    np.testing.assert_allclose(one.coef, other.coef, rtol=1e-12, atol=0)
    np.testing.assert_allclose(one.intercept, other.intercept, rtol=1e-12, atol=0)
    assert one.total_weight == other.total_weight


def test_rows_of_weight_zero_are_absent_however_wild():
    X, y = TABLES[np.float64].copy(), Y.copy()
    X[WEIGHTS == 0], y[WEIGHTS == 0] = -1e300, 1e200
    kept = WEIGHTS > 0
    close(Statistics.of(X, y, WEIGHTS), Statistics.of(X[kept], y[kept], WEIGHTS[kept]))


def test_parts_of_very_different_scale_and_weight():
    random = np.random.RandomState(1)
    X = np.vstack([random.randn(20, 2) * 1e-180, random.randn(20, 2), random.randn(20, 2) + 1e8])
    y, weights = random.randn(60, 1), np.repeat([1e-200, 1.0, 1e200], 20)
    parts = [Statistics.of(X[rows], y[rows], weights[rows]) for rows in np.split(np.arange(60), 3)]
    whole = Statistics.of(X, y, weights)
    close(reduce(Statistics.merge, parts), whole)
    close(reduce(Statistics.merge, parts[::-1]), whole)


def test_a_part_without_rows_changes_nothing():
    X = TABLES[np.float32]
    whole, nothing = Statistics.of(X, Y, None), Statistics.of(X[:0], Y[:0], None)
    absent = Statistics.of(X[:3], Y[:3], np.zeros(3))
    for empty in (nothing, absent):
        assert empty.n_rows == 0
        assert whole.merge(empty) is whole
        assert empty.merge(whole) is whole


@pytest.mark.parametrize("n_threads", [2, 3, 5])
def test_the_same_bits_for_any_number_of_threads(n_threads):
    random = np.random.RandomState(2)
    X, y, weights = random.randn(30_000, 20).astype(np.float32), random.randn(30_000, 1), random.rand(30_000)
    one, other = (Statistics.of(X, y, weights, n_threads=n).tensors() for n in (1, n_threads))
    assert all(np.array_equal(one[name], other[name]) for name in one)


def test_total_weight_and_means():
    X = np.array([[1.0, 7.0], [3.0, 7.0], [100.0, 7.0]])
    statistics = Statistics.of(X, np.zeros((3, 1)), np.array([1.0, 3.0, 0.0]))
    assert statistics.total_weight == 4
    assert statistics.mean.tolist() == [2.5, 7.0]
    assert (statistics.n_rows, statistics.n_features, statistics.n_outputs) == (2, 2, 1)


@pytest.mark.parametrize("dtype", TABLES)
def test_written_down_and_read_again(dtype):
    X = TABLES[dtype]
    statistics = Statistics.of(X[:40], Y[:40], WEIGHTS[:40] * 1e200)
    again = Statistics.from_tensors(statistics.tensors())
    rest = Statistics.of(X[40:], Y[40:], WEIGHTS[40:] * 1e200)
    one, other = (solve(part.merge(rest)) for part in (statistics, again))
    assert np.array_equal(one.coef, other.coef)
    assert np.array_equal(one.intercept, other.intercept)
    assert (again.unit, again.resolution) == (statistics.unit, statistics.resolution)


def changed(name, change):
    tensors = Statistics.of(TABLES[np.float64], Y, None).tensors()
    tensors[name] = change(tensors[name].copy())
    return tensors


def put(index, value):
    def change(array):
        array[index] = value
        return array

    return change


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("gram", put((0, 1, 1), np.nan), "NaN or infinity in 'gram'"),
        ("gram", put((0, 1, 2), 5.0), "not those of a Gram matrix"),
        ("gram", put((0, 1, 1), -1.0), "not those of a Gram matrix"),
        ("gram", put((0, 0, 0), 0.0), "without weight"),
        ("gram", lambda gram: gram[:1], "sums of shape"),
        ("gram", lambda gram: gram[:, :-1, :-1], "sums of shape"),
        ("gram", lambda gram: gram[0], "array 'gram' of 3 dimensions"),
        ("shift", put(2, np.inf), "NaN or infinity in 'shift'"),
        ("shift", lambda shift: shift[:-1], "sums of shape"),
        ("exponent", lambda exponent: exponent.astype(float), "array 'exponent'"),
        ("exponent", put(1, 10**6), "exponents beyond"),
        ("counts", lambda counts: counts[:3], "four counts"),
        ("counts", put(0, -1), "no rows can have"),
        ("counts", put(2, 0), "no rows can have"),
        ("scales", put(0, 0.0), "no rows can have"),
        ("scales", put(1, -1.0), "no rows can have"),
        ("scales", put(2, -1.0), "no rows can have"),
    ],
)
def test_damaged_statistics_are_refused(name, change, message):
    with pytest.raises(ValueError, match=message):
        Statistics.from_tensors(changed(name, change))


def test_missing_arrays_are_refused():
    tensors = Statistics.of(TABLES[np.float64], Y, None).tensors()
    del tensors["shift"]
    with pytest.raises(ValueError, match="'shift'"):
        Statistics.from_tensors(tensors)


def test_what_is_not_finite_is_named():
    X = TABLES[np.float32].copy()
    X[5, 2] = np.nan
    with pytest.raises(InvalidDataError, match=r"X contains NaN in row 5, column 2 \(rain\)"):
        Statistics.of(X, Y, None, columns=["year", "size", "rain", "time", "noise"])
    with pytest.raises(InvalidDataError, match="y contains inf in row 0, column 1"):
        Statistics.of(TABLES[np.float32], put((0, 1), np.inf)(Y.copy()), None)


def test_statistics_of_other_columns_do_not_merge():
    X = TABLES[np.float64]
    whole = Statistics.of(X, Y, None)
    with pytest.raises(InvalidDataError, match="numbers of features, 5 and 4, cannot be merged"):
        whole.merge(Statistics.of(X[:, :4], Y, None))
    with pytest.raises(InvalidDataError, match="numbers of outputs, 2 and 1, cannot be merged"):
        whole.merge(Statistics.of(X, Y[:, :1], None))
    with pytest.raises(InvalidDataError, match="uint8"):
        Statistics.of(TABLES[np.uint8], Y, None).merge(Statistics.of(X[:, :4], Y, None))

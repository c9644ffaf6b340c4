"""The fit: rank and relations, least norm, ridge, inverse and residuals."""

from __future__ import annotations

import re

import numpy as np
import pytest
import statsmodels.api as sm

from onelayer.solvers.closed_form import Dependency, Statistics, condition_message, rank_message, solve

from .rational import least_squares

RANDOM = np.random.RandomState(0)
BASE = RANDOM.randn(80, 3)
Y = RANDOM.randn(80, 2) + 3
WEIGHTS = RANDOM.rand(80) * 3
ONE_HOT = np.eye(3)[np.arange(80) % 3]


def fit(X, y=Y, weights=None, **settings):
    return solve(Statistics.of(X, y, weights), **settings)


def least_norm(X, y=Y, weights=None):
    """The solution of least norm among all of least squares, by NumPy's pseudoinverse."""
    w = np.ones(len(X)) if weights is None else weights
    mean, mean_y, root = w @ X / w.sum(), w @ y / w.sum(), np.sqrt(w)[:, None]
    coef = (np.linalg.pinv(root * (X - mean), rcond=1e-13) @ (root * (y - mean_y))).T
    return coef, mean_y - coef @ mean


def same(found, expected, tolerance=1e-11):
    coef, intercept = expected
    np.testing.assert_allclose(found.coef, coef, rtol=tolerance, atol=tolerance * np.abs(coef).max(initial=1))
    np.testing.assert_allclose(found.intercept, intercept, rtol=tolerance)


def relations(found):
    return {
        each.column: ({k: round(f, 9) for k, f in each.factors.items()}, round(each.constant, 9))
        for each in found.dependencies
    }


LOST = {
    "duplicate": (BASE[:, [0, 1, 0]], 2),
    "sum": (np.c_[BASE, BASE[:, 0] + BASE[:, 1]], 3),
    "multiple and constant": (np.c_[BASE, 3 - 2 * BASE[:, 1]], 3),
    "one-hot with an intercept": (np.c_[ONE_HOT, BASE], 5),
    "constant": (np.c_[BASE, np.full(80, 7.0)], 3),
    "zeros": (np.c_[np.zeros(80), BASE], 3),
    "constant of many digits": (np.c_[np.full(80, 0.1), BASE], 3),
    "two relations": (np.c_[BASE, BASE @ np.array([1.0, 2.0, 3.0]), BASE[:, 1] - BASE[:, 2]], 3),
    "more columns than rows": (RANDOM.randn(80, 100), 79),
    "scales apart": (np.c_[BASE * 1e8, BASE[:, 0] * 1e-8], 3),
    "years": (np.c_[1960.0 + np.arange(80), np.arange(80) * 12.0, BASE], 4),
}


@pytest.mark.parametrize("name", LOST)
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["equal", "weighted"])
def test_rank_is_found_and_the_solution_of_least_norm_returned(name, weights):
    X, rank = LOST[name]
    found = fit(X, weights=weights)
    assert found.rank == rank
    assert found.condition == np.inf
    assert len(found.dependencies) == X.shape[1] - rank
    same(found, least_norm(X, weights=weights), 1e-8)
    for dependency in found.dependencies:
        determined = sum(factor * X[:, k] for k, factor in dependency.factors.items()) + dependency.constant
        size = np.abs(X[:, dependency.column]).max(initial=1)
        assert np.abs(determined - X[:, dependency.column]).max() <= 1e-8 * size


def test_relations():
    assert relations(fit(np.c_[BASE[:, 0], BASE[:, 1], np.full(80, 7.0)])) == {2: ({}, 7.0)}
    total = relations(fit(np.c_[BASE[:, 0], 3 - 2 * BASE[:, 0]]))
    assert total in ({1: ({0: -2.0}, 3.0)}, {0: ({1: -0.5}, 1.5)})
    ((column, (factors, constant)),) = relations(fit(ONE_HOT)).items()
    assert factors == {k: -1.0 for k in range(3) if k != column}
    assert constant == 1.0


def test_without_an_intercept_one_hot_columns_and_constants_are_independent():
    found = fit(np.c_[ONE_HOT, BASE], fit_intercept=False)
    assert (found.rank, found.dependencies) == (6, ())
    constant = fit(np.full((80, 1), 7.0), fit_intercept=False)
    assert constant.rank == 1
    np.testing.assert_allclose(constant.coef[:, 0], Y.mean(axis=0) / 7, rtol=1e-14)
    assert relations(fit(np.zeros((80, 1)), fit_intercept=False)) == {0: ({}, 0.0)}


@pytest.mark.parametrize("n_rows", [1, 2, 3, 5])
def test_few_rows(n_rows):
    X, y = BASE[:n_rows], Y[:n_rows]
    found = fit(X, y)
    assert found.rank == min(n_rows - 1, 3)
    same(found, least_norm(X, y))


def test_near_dependence_is_not_dependence():
    for distance in (1e-6, 1e-9, 1e-12):
        X = np.c_[BASE, BASE[:, 0] + BASE[:, 1] + distance * RANDOM.randn(80)]
        found = fit(X)
        assert found.rank == 4
        assert 0.1 < found.condition * distance < 10
        assert found.weakest in (0, 1, 3)


def test_sums_that_were_rounded_are_dependence():
    """a + b, rounded to float64, differs from a + b; no fit should rest on that."""
    a, b = RANDOM.rand(1000) * 1e3, RANDOM.rand(1000)
    assert fit(np.c_[a, b, a + b], RANDOM.randn(1000, 1)).rank == 2
    assert fit(np.c_[a, b, 0.1 * a - 0.7 * b + 0.3], RANDOM.randn(1000, 1)).rank == 2
    assert fit(np.c_[a, (a - 32) / 1.8], RANDOM.randn(1000, 1)).rank == 1


def test_float32_has_its_resolution():
    X = BASE.astype(np.float32)
    X = np.c_[X, X[:, 0] + X[:, 1]]
    found = fit(X)
    assert found.rank == 4
    assert found.condition * found.resolution > 1
    assert fit(X.astype(np.float64)).condition * np.finfo(np.float64).eps < 1


def test_condition_is_that_of_numpy():
    X = np.c_[BASE[:, 0], BASE[:, 0] + 0.1 * BASE[:, 1], 1e6 * BASE[:, 2] + 1e7]
    apart = X - X.mean(axis=0)
    assert fit(X).condition == pytest.approx(np.linalg.cond(apart / np.linalg.norm(apart, axis=0)), rel=1e-9)
    assert fit(X, fit_intercept=False).condition == pytest.approx(
        np.linalg.cond(X / np.linalg.norm(X, axis=0)), rel=1e-9
    )


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("alpha", [1e-6, 0.1, 100.0])
@pytest.mark.parametrize("shape", [(80, 3), (20, 40)])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_ridge_makes_the_gradient_of_the_objective_zero(dtype, alpha, shape, fit_intercept):
    X = (np.random.RandomState(1).rand(*shape) * 255).astype(dtype)
    y, w = Y[: len(X)], WEIGHTS[: len(X)]
    found = fit(X, y, w, alpha=alpha, fit_intercept=fit_intercept)
    unit = 1 / 255 if dtype == np.uint8 else 1.0
    W, values = found.coef / unit, X.astype(np.float64) * unit
    errors = (w / w.sum())[:, None] * (values @ W.T + found.intercept - y)
    size = np.abs(values).max() * (np.abs(values) @ np.abs(W.T) + np.abs(y)).max()
    assert np.abs(errors.T @ values + alpha * W).max() <= 1e-12 * size
    if fit_intercept:
        assert np.abs(errors.sum(axis=0)).max() <= 1e-12 * size
    residuals = y - values @ W.T - found.intercept
    np.testing.assert_allclose(
        found.residual, residuals.T @ (w[:, None] * residuals), rtol=1e-9, atol=1e-12 * size
    )
    expected = 0.5 * (w @ np.square(residuals).sum(axis=1)) / w.sum()
    assert found.mean_loss == pytest.approx(expected, rel=1e-9, abs=1e-12 * size)


def test_a_penalty_lost_in_rounding_counts_as_none():
    X = BASE[:, [0, 1, 0]]
    same(fit(X, alpha=1e-300), least_norm(X))


def test_a_small_penalty_tends_to_the_least_norm():
    whole = RANDOM.randint(-9, 9, (80, 3)).astype(np.float64)  # so that the relation is exact
    X = np.c_[whole, whole @ np.array([1.0, 2.0, 3.0])]
    same(fit(X, alpha=1e-12), least_norm(X), 1e-9)


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["equal", "weighted"])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_standard_errors_and_residuals_are_those_of_statsmodels(weights, fit_intercept):
    X = np.c_[BASE * [1e-3, 1, 1e3], 1990 + np.arange(80)]
    Z = sm.add_constant(X) if fit_intercept else X
    peer = sm.WLS(Y[:, 0], Z, weights=1.0 if weights is None else weights).fit()
    found = fit(X, weights=weights, fit_intercept=fit_intercept)
    assert found.residual[0, 0] == pytest.approx(peer.ssr, rel=1e-11)
    inverse = found.inverse if fit_intercept else found.inverse[1:, 1:]
    np.testing.assert_allclose(inverse, peer.normalized_cov_params, rtol=1e-8)
    if fit_intercept:
        assert found.total[0, 0] == pytest.approx(peer.centered_tss, rel=1e-12)
    else:
        assert not found.inverse[0].any()
        assert found.total[0, 0] == pytest.approx(peer.uncentered_tss, rel=1e-12)


@pytest.mark.parametrize("name", LOST)
def test_the_inverse_of_lost_rank_gives_the_coefficients_and_their_covariance(name):
    X, _ = LOST[name]
    found, Z = fit(X, weights=WEIGHTS), np.c_[np.ones(80), X]
    parameters = found.inverse @ (Z.T @ (WEIGHTS[:, None] * Y))
    size = np.abs(found.inverse) @ np.abs(Z.T @ (WEIGHTS[:, None] * Y))
    expected = np.vstack([found.intercept, found.coef.T])
    assert (np.abs(parameters - expected) <= 1e-10 * size).all()
    leverage = np.einsum("ij,jk,ik->i", Z, found.inverse, Z) * WEIGHTS
    assert leverage.sum() == pytest.approx(found.rank + 1, rel=1e-8)


def test_the_inverse_with_a_penalty():
    alpha, Z = 0.3, np.c_[np.ones(80), BASE]
    penalty = np.diag([0.0, 1, 1, 1]) * alpha * WEIGHTS.sum()
    expected = np.linalg.inv(Z.T @ (WEIGHTS[:, None] * Z) + penalty)
    np.testing.assert_allclose(fit(BASE, weights=WEIGHTS, alpha=alpha).inverse, expected, rtol=1e-10)


def test_rank_message():
    def message(dependencies, names, n_rows=9):
        return rank_message(dependencies, names, len(names) - len(dependencies), n_rows, True)

    living = Dependency(2, {0: 1.0, 1: 1.0}, 0.0)
    names = ["sqft_above", "sqft_basement", "sqft_living"]
    assert "1 of 3 columns depends on others (sqft_living = sqft_above + sqft_basement)" in message(
        [living], names
    )
    many = [Dependency(k, {}, float(k)) for k in range(8)]
    text = message(many, [f"c{k}" for k in range(10)], 20)
    assert "c2 = 2 in every row; and 5 more" in text
    assert "c3" not in text
    assert message([living], names, 3) == (
        "3 columns and only 3 rows: many coefficients fit alike, and those of least norm are returned; "
        "give more rows or alpha > 0"
    )
    assert "\n" not in text
    assert message([Dependency(0, {}, 1.0)], ["c0"]).startswith("1 of 1 column depends on others (c0 = 1 in")
    assert message([], ["c0"], 1).startswith("1 column and only 1 row: ")


@pytest.mark.parametrize(
    ("factors", "constant", "expected"),
    [
        ({0: -1.0, 1: 0.5}, -2.0, "c = -a + 0.5·b - 2"),
        ({0: 1.0}, 0.0, "c = a"),
        ({0: -0.001}, 1.5, "c = -0.001·a + 1.5"),
        (dict.fromkeys(range(5), 1.0), 0.0, "c = a combination of 5 other columns"),
    ],
)
def test_relation_in_words(factors, constant, expected):
    assert Dependency(2, factors, constant).relation(["a", "b", "c"]) == expected


def test_condition_message_names_the_column():
    text = condition_message(1e9, 1, ["a", "b"], float(np.finfo(np.float32).eps))
    assert "drop b, or give X as float64" in text
    assert "float64" not in condition_message(1e16, 0, ["a"], float(np.finfo(np.float64).eps)).split(";")[1]


@pytest.mark.parametrize("distance", [1e-9, 1e-12, 3e-13, 1e-13])
def test_ill_conditioned_where_few_digits_survive_rounding(distance):
    """Change each value of X within its rounding: the coefficients move, and the message says by how much."""
    random = np.random.RandomState(5)
    X = np.column_stack([BASE, BASE[:, 0] + BASE[:, 1] + distance * random.randn(80)])
    moved = np.nextafter(X, np.where(random.rand(*X.shape) < 0.5, -np.inf, np.inf))
    one, other = (np.array(least_squares(values, Y[:, 0]), dtype=np.float64) for values in (X, moved))
    found = fit(X)
    assert found.rank == 4
    assert found.ill_conditioned == (distance < 1e-11)
    changed = np.abs(one - other).max() / np.abs(one).max()
    text = condition_message(found.condition, found.weakest, list("abcd"), found.resolution)
    said = int(re.search(r"about (\d+) digits?", text)[1])
    assert abs(-np.log10(changed) - said) <= 1.5


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("weighted", [False, True])
def test_heavy_tails_hide_no_dependence(dtype, weighted):
    """Sums of whole numbers are exact, so the third column is the sum of the others, outliers and all."""
    random = np.random.RandomState(9)
    a, b = (np.minimum(np.floor(1 / random.rand(100_000) ** 1.5), 2.0**22) for _ in range(2))
    a[7], b[8] = 2.0**22, 2.0**22
    X = np.c_[a, b, a + b, random.randn(100_000)].astype(dtype)
    weights = random.rand(100_000) if weighted else None
    found = fit(X, random.randn(100_000, 1), weights)
    assert found.rank == 3
    assert len(found.dependencies[0].factors) == 2
    assert fit(np.c_[a, b, np.sqrt(a + b)].astype(dtype), random.randn(100_000, 1), weights).rank == 3

"""The page on validation: luck, polynomials, folds, patience and a search, held against theory and other libraries."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import PredefinedSplit, cross_val_score

from onelayer.course.book.parameters import settings
from onelayer.course.experiments.images import fashion_mnist
from onelayer.course.pages.validation import grid_search, learning_curve
from onelayer.course.pages.validation.best_of_many import best_of_many, expected_best
from onelayer.course.pages.validation.early_stopping import stop
from onelayer.course.pages.validation.grid_search import ALPHAS, RATES, Grid
from onelayer.course.pages.validation.page import PAGE
from onelayer.course.pages.validation.polynomials import (
    NORTH,
    SOUTH,
    Sales,
    errors,
    features,
    fits,
    k_fold,
    together,
    validate,
)


@pytest.fixture(scope="module")
def p():
    return settings(PAGE.parameters, PAGE.small)


@pytest.fixture(scope="module")
def found(p):
    return PAGE.run(p)


@pytest.fixture(scope="module")
def sales():
    return Sales.of(10)


# the best of many


def test_the_best_of_three_models_on_two_rows_by_counting_every_outcome():
    a, mean = 0.7, 0.0
    for outcome in product([0, 1], repeat=6):
        probability = np.prod([a if right else 1 - a for right in outcome])
        mean += probability * max(sum(outcome[2 * i : 2 * i + 2]) for i in range(3)) / 2
    assert expected_best(3, 2, a) == pytest.approx(mean)


@given(
    models=st.integers(1, 500),
    rows=st.integers(1, 300),
    accuracy=st.floats(0.05, 0.95, allow_subnormal=False),
)
def test_one_model_is_honest_and_every_further_one_flatters(models, rows, accuracy):
    one, some, more = (expected_best(m, rows, accuracy) for m in (1, models, models + 1))
    assert one == pytest.approx(accuracy)
    assert one - 1e-12 <= some <= more + 1e-12
    assert more <= 1 + 1e-12


def test_what_is_drawn_has_the_mean_that_is_computed():
    drawn = best_of_many(30, 50, 0.8, 4000, np.random.RandomState(0))
    error = drawn.std(ddof=1) / np.sqrt(len(drawn))
    assert drawn.mean() == pytest.approx(expected_best(30, 50, 0.8), abs=4 * error)


def test_the_flattery_is_below_the_bound_for_normal_luck(found):
    for each in found.optimism:
        spread = np.sqrt(found.accuracy * (1 - found.accuracy) / each.rows)
        assert (each.exact - found.accuracy <= spread * np.sqrt(2 * np.log(each.models)) + 1e-12).all()
        np.testing.assert_allclose(each.simulated, each.exact, atol=5 * spread / np.sqrt(300))


# polynomials


def test_polynomials_of_the_latitude_are_those_of_numpy():
    random_state = np.random.RandomState(0)
    x, y = random_state.uniform(SOUTH, NORTH, 40), random_state.standard_normal(40)
    W = fits(features(x, 4), y)
    across = np.linspace(SOUTH, NORTH, 9)
    for degree in (1, 2, 3, 4):
        expected = np.polynomial.Polynomial.fit(x, y, degree)(across)
        np.testing.assert_allclose(features(across, 4) @ W[degree - 1], expected, rtol=1e-8)


def test_errors_by_hand():
    W = np.array([[1.0, 0.0], [0.0, 1.0]])
    X, y = np.array([[1.0, 2.0], [1.0, 5.0]]), np.array([1.0, 2.0])
    np.testing.assert_allclose(errors(W, X, y), [np.sqrt(1 / 2), np.sqrt((1 + 9) / 2)])


def test_the_errors_of_noise_are_those_of_the_formula():
    """σ²(1 − p/n) in training and σ²(1 + p/n) for new targets at the same places."""
    random_state = np.random.RandomState(0)
    n, sigma, repetitions = 24, 0.4, 1500
    X = features(random_state.uniform(SOUTH, NORTH, n), 6)
    squares = []
    for _ in range(repetitions):
        old, new = sigma * random_state.standard_normal((2, n))
        W = fits(X, old)
        squares.append([errors(W, X, old) ** 2, errors(W, X, new) ** 2])
    train, fresh = np.mean(squares, axis=0)
    weights = np.arange(2, 8)
    np.testing.assert_allclose(train, sigma**2 * (1 - weights / n), rtol=0.03)
    np.testing.assert_allclose(fresh, sigma**2 * (1 + weights / n), rtol=0.03)


def test_every_degree_fits_its_own_sales_at_least_as_well_as_the_one_before(found):
    for draw in found.draws:
        assert (np.diff(draw.train) <= 1e-12).all()


def test_few_sales_are_overfitted_and_many_are_not(found, sales):
    assert found.overfits
    assert found.underfits
    many = [sales.draw(1000, 2, np.random.RandomState(seed)) for seed in range(5)]
    held_out = np.median([draw.held_out for draw in many], axis=0)
    assert held_out[-1] < held_out[0]
    assert held_out[-1] < 1.02 * held_out.min()


def test_what_exceeds_the_formula_lies_beyond_the_sales_trained_on(sales):
    random_state = np.random.RandomState(0)
    draws = [sales.draw(60, 2, random_state) for _ in range(100)]
    noise = sales.curves([1280], 5, random_state)[1][0, -1]
    formula = noise * np.sqrt(1 + 11 / 60)
    assert np.median([draw.between[-1] for draw in draws]) == pytest.approx(formula, rel=0.05)
    assert np.median([draw.held_out[-1] for draw in draws]) > 1.5 * formula


# folds


@given(n=st.integers(2, 60), k=st.integers(2, 20), seed=st.integers(0, 99))
def test_each_row_validates_once_and_never_a_model_that_saw_it(n, k, seed):
    folds = k_fold(n, min(k, n), np.random.RandomState(seed))
    assert sorted(np.concatenate([held for _, held in folds])) == list(range(n))
    for train, held in folds:
        assert sorted([*train, *held]) == list(range(n))
    sizes = [len(held) for _, held in folds]
    assert max(sizes) - min(sizes) <= 1


def test_cross_validation_is_that_of_scikit_learn(sales):
    X, y = sales.X[:60, :5], sales.y[:60]
    folds = k_fold(60, 5, np.random.RandomState(0))
    number = np.empty(60, dtype=int)
    for i, (_, held) in enumerate(folds):
        number[held] = i
    found = validate(X, y, folds)
    for degree in (1, 4):
        scores = cross_val_score(
            LinearRegression(fit_intercept=False),
            X[:, : degree + 1],
            y,
            cv=PredefinedSplit(number),
            scoring="neg_root_mean_squared_error",
        )
        np.testing.assert_allclose(found[:, degree - 1], -scores, rtol=1e-9)
    np.testing.assert_allclose(together(found) ** 2, (found**2).mean(axis=0))


def test_no_way_of_choosing_beats_knowing_the_answer(found):
    for draw in found.draws:
        assert draw.choices["training"] == found.largest_degree
        best = draw.held_out[draw.choices["oracle"] - 1]
        assert all(draw.held_out[degree - 1] >= best for degree in draw.choices.values())


# early stopping


@given(losses=st.lists(st.floats(0, 1), min_size=1, max_size=30), patience=st.integers(1, 10))
def test_training_stops_when_the_best_is_old_enough(losses, patience):
    ages = [epoch - 1 - int(np.argmin(losses[:epoch])) for epoch in range(1, len(losses) + 1)]
    expected = next((i + 1 for i, age in enumerate(ages) if age >= patience), len(losses))
    assert stop(losses, patience) == (expected, int(np.argmin(losses[:expected])) + 1)


def test_the_engine_stops_where_the_few_lines_do(found):
    run = found.stopping
    assert run.engine_stopped == run.stopped
    assert run.engine_loss == pytest.approx(run.validation[run.best - 1], rel=1e-6)
    assert run.kept(10**6)[1] == run.lowest


# images


def test_few_images_are_learned_by_heart_and_more_of_them_teach_more(found):
    curve = found.images
    assert curve.sizes == [100, 300]
    assert curve.train[0] > 0.99
    assert curve.test[0] < curve.test[-1] < curve.train[-1]
    assert curve.gaps[-1] < curve.gaps[0]


@given(most=st.integers(300, 60_000))
def test_sizes_grow_to_the_largest(most):
    sizes = learning_curve.sizes(most)
    assert sizes[0] == 100
    assert sizes[-1] == most
    assert (np.diff(sizes) > 0).all()


# the search and the test


def test_the_loss_in_a_cell_is_that_of_its_model(found, p):
    train, _ = fashion_mnist(p.images)
    X, y = train.X, np.asarray(train.y)
    tuned = found.tuned
    model = grid_search.train(X[:200], y[:200], tuned.grid.rate, tuned.grid.alpha, p.epochs)
    expected = log_loss(y[200:], model.predict_proba(X[200:]), labels=model.classes_)
    assert (tuned.n_train, tuned.n_validation) == (200, 100)
    assert tuned.grid.smallest == pytest.approx(expected)
    assert tuned.winner.loss == pytest.approx(expected)


def test_the_test_is_of_a_model_trained_on_both_parts(found, p):
    train, test = fashion_mnist(p.images)
    grid = found.tuned.grid
    model = grid_search.train(train.X, np.asarray(train.y), grid.rate, grid.alpha, p.epochs)
    assert found.tuned.test.accuracy == pytest.approx(model.score(test.X, test.y))
    a = found.tuned.test.accuracy
    assert found.tuned.test_error == pytest.approx(np.sqrt(a * (1 - a) / len(test.X)))


def grid_of(means, noise=0.0):
    """Return a grid with given mean losses; the cells differ from row to row by independent noise."""
    random_state = np.random.RandomState(0)
    rows = noise * random_state.standard_normal((*means.shape, 400))
    return Grid(means[..., None] + rows - rows.mean(axis=2, keepdims=True), 1.0)


@pytest.mark.parametrize(
    ("best", "at_edge"),
    [((2, 2), False), ((0, 2), False), ((5, 2), True), ((2, 0), True), ((2, 3), False)],
)
def test_where_the_grid_would_have_to_be_extended(best, at_edge):
    means = np.ones((len(ALPHAS), len(RATES)))
    means[best] = 0.5
    means[:, -1] = np.nan  # diverged: nothing to look for beyond
    grid = grid_of(means)
    assert grid.best == best
    assert (grid.alpha, grid.rate) == (ALPHAS[best[0]], RATES[best[1]])
    assert grid.at_edge == at_edge
    assert grid.trained == 24


def test_the_last_rate_is_an_edge_while_it_still_works():
    means = np.ones((len(ALPHAS), len(RATES)))
    means[1, -1] = 0.5
    assert grid_of(means).at_edge


def test_rivals_are_those_that_chance_could_have_put_first():
    """The difference of two cells has a standard error of √2·0.1/√400, about 0.0071."""
    means = np.ones((len(ALPHAS), len(RATES)))
    means[1, 1], means[2, 2], means[3, 3] = 0.5, 0.51, 0.53
    assert grid_of(means, noise=0.1).rivals == 1

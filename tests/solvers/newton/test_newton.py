"""Robust regression at its optimum: against linear programming, other libraries, and the conditions of optimality."""

from __future__ import annotations

import threading
import warnings
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, lsq_linear, minimize
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import HuberRegressor, QuantileRegressor
from statsmodels.regression.quantile_regression import QuantReg

from onelayer.errors import InvalidParameterError
from onelayer.losses import Absolute, CrossEntropy, Huber, Quantile, Squared
from onelayer.solvers.events import Callback
from onelayer.solvers.newton import Newton
from onelayer.solvers.solution import Stopped

from .problems import LOSSES, PIECEWISE_LINEAR, least_value, noisy, objective


def value(F, solution):
    return F.value(solution.coef / F.X.unit, solution.intercept)


def residuals(F, solution):
    return F.targets - F.X.array.astype(float) @ solution.coef.T - solution.intercept


def assert_optimal(F, solution):
    """Check that 0 is a subgradient of F: the slopes of rows fitted exactly can be chosen so, within their bounds."""
    X = F.X.array.astype(float) * F.X.unit
    r = residuals(F, solution)[:, 0]
    columns = np.hstack([X, np.ones((len(X), 1))]) if F.fit_intercept else X
    pull = F.alpha * np.append(solution.coef[0] / F.X.unit, [0.0] * F.fit_intercept)
    share = np.ones(len(r)) if F.sample_weight is None else F.sample_weight
    columns = columns * (share / share.sum())[:, None]
    known = np.abs(r) > 1e-9 if F.loss.name != "huber" else np.full(len(r), True)
    slopes = -F.loss.gradient(np.zeros((len(r), 1)), r[:, None])[:, 0]
    size = np.abs(columns).sum(axis=0)
    wanted = (pull - columns[known].T @ slopes[known]) / size
    if not known.all():
        free = columns[~known].T / size[:, None]
        bounds = -F.loss.gradient([[0.0], [0.0]], [[-1.0], [1.0]])[:, 0]
        found = lsq_linear(free, wanted, bounds=tuple(bounds), method="bvls", tol=1e-14)
        wanted = wanted - free @ found.x
    np.testing.assert_allclose(wanted, 0, atol=1e-5 if F.alpha else 1e-9)  # a gap of 1e-13 squares to it


@pytest.mark.parametrize("loss", LOSSES, ids=str)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("alpha", [0.0, 0.01, 10.0])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_zero_is_a_subgradient_at_the_solution(loss, dtype, weighted, alpha, fit_intercept):
    F = noisy(loss, dtype, 200, 3, weighted, alpha, fit_intercept)
    solution = Newton(tol=1e-13).solve(F)
    assert solution.converged
    assert 0 <= solution.gap <= 1e-13
    assert_optimal(F, solution)
    if not fit_intercept:
        assert solution.intercept.tolist() == [0.0]


@pytest.mark.parametrize("loss", PIECEWISE_LINEAR, ids=str)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_equals_linear_programming(loss, dtype, weighted, fit_intercept):
    F = noisy(loss, dtype, 150, 4, weighted, 0.0, fit_intercept, seed=1)
    assert value(F, Newton(tol=1e-11).solve(F)) == pytest.approx(least_value(F), rel=1e-9)


@pytest.mark.parametrize("q", [0.05, 0.5, 0.8])
def test_at_least_as_good_as_other_libraries(q):
    F = noisy(Quantile(q), n_rows=400, n_features=3)
    ours = value(F, Newton().solve(F))
    X, y = F.X.array, F.targets[:, 0]
    theirs = QuantileRegressor(quantile=q, alpha=0).fit(X, y)
    assert ours <= F.value(theirs.coef_[None], np.array([theirs.intercept_])) * (1 + 1e-10)
    fitted = QuantReg(y, np.hstack([X, np.ones((len(X), 1))])).fit(q=q).params
    assert ours <= F.value(fitted[None, :-1], fitted[-1:]) * (1 + 1e-10)


@pytest.mark.parametrize("delta", [0.1, 1.35, 100.0])
@pytest.mark.parametrize("alpha", [0.0, 0.3])
def test_huber_with_a_fixed_delta_against_bfgs(delta, alpha):
    F = noisy(Huber(delta), n_rows=200, n_features=1, alpha=alpha)
    solution = Newton(tol=1e-12).solve(F)

    def both(p):
        in_W, in_b = F.gradient(p[None, :1], p[1:])
        return F.value(p[None, :1], p[1:]), np.append(in_W[0], in_b)

    found = minimize(both, np.zeros(2), jac=True, method="BFGS", options={"gtol": 1e-10})
    assert value(F, solution) <= found.fun * (1 + 1e-13)
    np.testing.assert_allclose(np.append(solution.coef, solution.intercept), found.x, rtol=1e-6)


def joint(F, coef, intercept, scale, epsilon):
    """Return scikit-learn's objective of HuberRegressor, over 2·Σw, as its documentation gives it."""
    weights = np.ones(len(F.targets)) if F.sample_weight is None else F.sample_weight
    z = np.abs(F.targets[:, 0] - F.X.array @ coef - intercept) / scale
    each = scale + np.where(z < epsilon, z**2, 2 * epsilon * z - epsilon**2) * scale
    return float(weights @ each / weights.sum() / 2 + F.alpha / 2 * coef @ coef)


@pytest.mark.parametrize("epsilon", [1.1, 1.35, 3.0])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("alpha", [0.0, 0.02])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_scale_found_with_the_parameters_against_scikit_learn(epsilon, weighted, alpha, fit_intercept):
    F = noisy(Huber(epsilon), np.float64, 300, 2, weighted, alpha, fit_intercept)
    solution = Newton(tol=1e-11, scale="auto").solve(F)
    weights = np.ones(300) if F.sample_weight is None else F.sample_weight
    theirs = HuberRegressor(
        epsilon=epsilon, alpha=alpha * weights.sum(), fit_intercept=fit_intercept, max_iter=10000, tol=1e-9
    ).fit(F.X.array, F.targets[:, 0], sample_weight=weights)
    ours = joint(F, solution.coef[0], solution.intercept[0], solution.scale, epsilon)
    assert ours <= joint(F, theirs.coef_, theirs.intercept_, theirs.scale_, epsilon) * (1 + 1e-10)
    assert solution.scale == pytest.approx(theirs.scale_, rel=1e-3)
    r = residuals(F, solution)[:, 0]
    clipped = np.minimum(r**2, (epsilon * solution.scale) ** 2)
    assert solution.scale**2 == pytest.approx(weights @ clipped / weights.sum(), rel=1e-7)


def test_delta_in_units_of_a_given_scale():
    F = noisy(Huber(0.7))
    in_units, fixed = Newton(scale=2.0).solve(F), Newton().solve(noisy(Huber(1.4)))
    np.testing.assert_array_equal(in_units.coef, fixed.coef)
    assert in_units.scale is None


def test_the_scale_is_zero_where_the_majority_is_fitted_perfectly():
    random = np.random.RandomState(0)
    X = random.randn(100, 2)
    y = X @ [1.0, -2.0] + 3
    y[:20] += 10 * random.randn(20)
    solution = Newton(scale="auto").solve(objective(Huber(1.35), X, y))
    np.testing.assert_allclose(solution.coef, [[1.0, -2.0]], rtol=1e-12)
    assert solution.scale == 0
    assert solution.converged


def test_the_scale_is_not_zero_where_a_minority_is_fitted_perfectly():
    random = np.random.RandomState(0)
    X = random.randn(100, 2)
    y = X @ [1.0, -2.0] + 3
    y[20:] += 0.001 * random.randn(80)
    solution = Newton(scale="auto").solve(objective(Huber(1.35), X, y))
    r, scale = residuals(objective(Huber(1.35), X, y), solution), solution.scale
    assert scale**2 == pytest.approx(np.minimum(r**2, (1.35 * scale) ** 2).mean(), rel=1e-6)
    assert 0.0001 < scale < 0.001
    assert solution.converged


@pytest.mark.parametrize("factor", [1e-30, 1e30])
@pytest.mark.parametrize(
    ("loss", "scale"), [(Absolute(), 1.0), (Quantile(0.2), 1.0), (Huber(1.35), "auto")], ids=str
)
def test_units_of_targets_and_columns_do_not_matter(loss, scale, factor):
    F = noisy(loss, n_features=2)
    units = np.array([factor, 1 / factor])
    G = objective(loss, F.X.array * units, F.targets * factor)
    one, other = Newton(scale=scale).solve(F), Newton(scale=scale).solve(G)
    np.testing.assert_allclose(other.coef * units / factor, one.coef, rtol=1e-6)
    assert other.converged
    if scale == "auto":
        assert other.scale == pytest.approx(one.scale * factor, rel=1e-6)


@pytest.mark.parametrize("loss", [Absolute(), Quantile(0.7), Huber(1.35)], ids=str)
def test_a_row_of_weight_two_counts_as_two_rows(loss):
    F = noisy(loss, n_rows=60, n_features=2)
    weights = np.random.RandomState(3).randint(0, 3, 60)
    weighted = objective(loss, F.X.array, F.targets, weights.astype(float))
    repeated = objective(loss, np.repeat(F.X.array, weights, axis=0), np.repeat(F.targets, weights, axis=0))
    one, other = (Newton(tol=1e-11).solve(problem) for problem in (weighted, repeated))
    np.testing.assert_allclose(one.coef, other.coef, rtol=1e-6)


@pytest.mark.parametrize("loss", [Absolute(), Quantile(0.9), Huber(0.5)], ids=str)
def test_each_output_is_a_problem_of_its_own(loss):
    F = noisy(loss, n_features=2)
    Y = np.hstack([F.targets, 1e6 * np.cos(F.targets), F.targets.round()])
    together = Newton().solve(objective(loss, F.X.array, Y, alpha=0.1))
    for k in range(3):
        alone = Newton().solve(objective(loss, F.X.array, Y[:, k], alpha=0.1))
        np.testing.assert_array_equal(together.coef[k], alone.coef[0])
        assert together.intercept[k] == alone.intercept[0]


def test_every_output_has_its_own_scale():
    F = noisy(Huber(1.35), n_features=2)
    solution = Newton(scale="auto").solve(
        objective(Huber(1.35), F.X.array, np.hstack([F.targets, 8 * F.targets]))
    )
    np.testing.assert_allclose(solution.scale[1], 8 * solution.scale[0], rtol=1e-9)


@pytest.mark.parametrize("loss", [Absolute(), Quantile(0.3), Huber(0.5)], ids=str)
def test_duplicate_columns_share_the_coefficient_of_one(loss):
    F = noisy(loss, n_features=2)
    X = F.X.array[:, [0, 1, 0, 0]]
    solution, alone = Newton(tol=1e-10).solve(objective(loss, X, F.targets)), Newton(tol=1e-10).solve(F)
    np.testing.assert_allclose(solution.coef[0], alone.coef[0, [0, 1, 0, 0]] / [3, 1, 3, 3], rtol=1e-6)


@pytest.mark.parametrize("loss", LOSSES, ids=str)
@pytest.mark.parametrize("scale", [1.0, "auto"])
def test_a_constant_target_is_its_own_prediction(loss, scale):
    loss = Huber(1.35) if scale == "auto" else loss
    F = objective(loss, np.arange(12.0).reshape(6, 2) ** 2, np.full(6, 7.0))
    solution = Newton(scale=scale).solve(F)
    assert solution.coef.tolist() == [[0.0, 0.0]]
    assert solution.intercept.tolist() == [7.0]
    assert solution.converged
    assert solution.gap == 0


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_more_columns_than_rows_are_fitted_perfectly(loss):
    random = np.random.RandomState(0)
    F = objective(loss, random.randn(4, 9), random.randn(4))
    solution = Newton().solve(F)
    np.testing.assert_allclose(residuals(F, solution), 0, atol=1e-12)
    assert solution.converged


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_without_columns_it_is_the_best_constant(loss):
    y = np.array([1.0, 5.0, 2.0, 8.0, 4.0, 3.5, 90.0])
    F = objective(loss, np.zeros((7, 0)), y)
    solution = Newton(tol=1e-12).solve(F)
    best = loss.constant(F.targets, None, 1)
    assert value(F, solution) == pytest.approx(F.constant_loss(best), rel=1e-12)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize(("loss", "scale"), [(Quantile(0.3), 1.0), (Huber(1.35), "auto")], ids=str)
def test_same_bits_for_any_number_of_threads(dtype, loss, scale):
    F = noisy(loss, dtype, 9000, 11, weighted=True)
    one, *others = [Newton(n_threads=n, scale=scale).solve(F) for n in (1, 2, 3, 7)]
    for other in others:
        np.testing.assert_array_equal(one.coef, other.coef)
        np.testing.assert_array_equal(one.intercept, other.intercept)
        assert one.gap == other.gap


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_odd_problems_against_linear_programming(data):
    n_rows, n_features = data.draw(st.integers(1, 12)), data.draw(st.integers(1, 5))
    small = st.integers(-2, 2)
    X = np.array(
        data.draw(st.lists(small, min_size=n_rows * n_features, max_size=n_rows * n_features)), float
    )
    y = np.array(data.draw(st.lists(st.integers(-3, 3), min_size=n_rows, max_size=n_rows)), float)
    sizes = st.sampled_from([0.0, 1e-4, 1.0, 1.0, 300.0])
    weights = np.array(data.draw(st.lists(sizes, min_size=n_rows, max_size=n_rows)))
    weights = weights if weights.any() else None
    loss = data.draw(st.sampled_from(PIECEWISE_LINEAR))
    F = objective(loss, X.reshape(n_rows, n_features), y, weights, 0.0, data.draw(st.booleans()))
    with (
        warnings.catch_warnings()
    ):  # where all but the rows of weight 1e-4 fit, F is 1e-8 of its terms, and so rounded
        warnings.simplefilter("ignore", ConvergenceWarning)
        solution, least = Newton().solve(F), least_value(F)
    assert solution.gap <= 1e-5
    assert least * (1 - 1e-8) - 1e-12 <= value(F, solution) <= least * (1 + 1e-7) + 1e-12


def test_a_perfect_fit_of_rows_with_weights_far_apart():
    """The light rows are met less closely, to within some 1e-10, which is the rounding of sums with the heavy one."""
    X = np.array([[-1.0, -1.0, 2.0], [0.0, 0.0, 0.0], [-2.0, -2.0, -1.0], [0.0, 1.0, 1.0]])
    F = objective(
        Absolute(), X, np.array([-3.0, 0.0, 1.0, 1.0]), np.array([1e-4, 0.0, 300.0, 1e-4]), 0.0, False
    )
    solution = Newton().solve(F)
    assert (solution.converged, solution.gap) == (True, 0.0)
    np.testing.assert_allclose(solution.coef, [[-2.2, 2.4, -1.4]], rtol=1e-9)


@pytest.mark.parametrize("loss", PIECEWISE_LINEAR, ids=str)
@pytest.mark.parametrize("steps", range(1, 8))
def test_the_gap_is_true_wherever_it_stops(loss, steps):
    F = noisy(loss, n_rows=120, n_features=3, seed=2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        solution = Newton(max_iter=steps).solve(F)
    reached, least = value(F, solution), least_value(F)
    assert (1 - solution.gap) * reached <= least * (1 + 1e-12)
    assert len(solution.epochs) <= steps


def exact_value(X, y, coef, intercept):
    """Return half the mean absolute error in rational arithmetic."""
    coef, total = [Fraction(float(each)) for each in coef], Fraction(0)
    for row, target in zip(X.tolist(), y.tolist(), strict=True):
        products = (Fraction(x) * factor for x, factor in zip(row, coef, strict=True))
        total += abs(Fraction(target) - Fraction(float(intercept)) - sum(products, Fraction(0)))
    return total / 2 / len(y)


@pytest.mark.parametrize("seed", [0, 1, 2, 5, 14])
@pytest.mark.parametrize("power", [1, 2, 3])
def test_the_gap_holds_with_rows_far_out(seed, power):
    # Terms of rows far out are up to 1e12, and their rounding is in F.
    random = np.random.default_rng(seed)
    X = random.standard_cauchy((200, 3)) ** power
    y = X.sum(axis=1) + random.normal(size=200)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        solution = Newton().solve(objective(Quantile(0.5), X, y))
    coef, intercept = solution.coef[0], solution.intercept[0]
    reached = exact_value(X, y, coef, intercept)
    # better parameters by linear programming on what is left of y
    left = y.copy()
    for i, row in enumerate(X.tolist()):
        products = (Fraction(x) * Fraction(float(factor)) for x, factor in zip(row, coef, strict=True))
        left[i] = Fraction(float(y[i])) - Fraction(float(intercept)) - sum(products, Fraction(0))
    size = np.abs(X).max(axis=0)
    columns = np.hstack([X / size, np.ones((200, 1))])
    found = linprog(
        np.repeat([0.0, 0.5 / 200], [4, 400]),
        A_eq=np.hstack([columns, np.eye(200), -np.eye(200)]),
        b_eq=left,
        bounds=[(None, None)] * 4 + [(0, None)] * 400,
        method="highs",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    ).x[:4]
    better = exact_value(X, left, found[:3] / size, found[3])
    assert reached - better <= Fraction(solution.gap) * reached
    assert solution.gap < 1e-2


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_small_problems_start_no_thread(loss, monkeypatch):
    def refuse(*args, **options):
        raise AssertionError("to start a thread takes longer than the work")

    monkeypatch.setattr(threading, "Thread", refuse)
    assert Newton().solve(noisy(loss, n_rows=200)).converged


@pytest.mark.parametrize("delta", [1e6, 1e12])
def test_a_huber_loss_without_a_bound_in_sight_is_least_squares(delta):
    # Its slopes are far below their bounds, and the rounding in the gap is as much less.
    F = noisy(Huber(delta))
    solution = Newton(tol=1e-12).solve(F)
    expected = np.linalg.lstsq(np.column_stack([F.X.array, np.ones(300)]), F.targets[:, 0], rcond=None)[0]
    np.testing.assert_allclose([*solution.coef[0], solution.intercept[0]], expected, rtol=1e-8)
    assert solution.converged


def test_too_few_steps_are_a_warning_that_names_the_gap():
    with pytest.warns(ConvergenceWarning, match=r"relative gap is .* after max_iter=2 steps; raise max_iter"):
        solution = Newton(max_iter=2).solve(noisy(Absolute()))
    assert not solution.converged
    assert solution.gap > 1e-8


def test_more_than_float64_can_do_is_a_warning():
    F = noisy(Huber(0.5))
    with pytest.warns(ConvergenceWarning, match="the precision of float64 allows no less"):
        solution = Newton(tol=1e-30).solve(objective(F.loss, F.X.array + 1e12, F.targets))
    assert solution.gap > 1e-30


def test_a_good_start_saves_steps():
    F = noisy(Huber(0.5), n_rows=2000)
    first = Newton().solve(F)
    again = Newton().solve(F, start=(first.coef, first.intercept))
    assert len(again.epochs) < len(first.epochs)
    assert value(F, again) == pytest.approx(value(F, first), rel=1e-8)


class Listener(Callback):
    def __init__(self, stop_at=0):
        self.heard, self.stop_at = [], stop_at

    def on_start(self, epochs, rows):
        self.heard.append((epochs, rows))

    def on_epoch(self, epoch):
        self.heard.append(epoch)
        return epoch.epoch == self.stop_at

    def on_end(self):
        self.heard.append("end")


def test_callbacks_hear_of_every_step():
    F, listener = noisy(Absolute()), Listener()
    solution = Newton(max_iter=77).solve(F, monitor=lambda coef, intercept: (2.5, 0.5), callbacks=[listener])
    assert listener.heard == [(77, 300), *solution.epochs, "end"]
    assert [epoch.epoch for epoch in solution.epochs] == list(range(1, len(solution.epochs) + 1))
    assert all(epoch.epochs == 77 and epoch.learning_rate is None for epoch in solution.epochs)
    assert all((epoch.val_loss, epoch.val_score) == (2.5, 0.5) for epoch in solution.epochs)
    assert all(later.train_loss <= earlier.train_loss for earlier, later in pairwise(solution.epochs))
    assert solution.epochs[-1].train_loss == pytest.approx(value(F, solution), rel=1e-12)
    assert solution.stopped is Stopped.FINISHED


def test_a_callback_stops_the_run_and_the_best_so_far_is_returned():
    F = noisy(Absolute())
    solution = Newton().solve(F, callbacks=[Listener(stop_at=2)])
    assert solution.stopped is Stopped.CALLBACK
    assert len(solution.epochs) == 2
    assert solution.epochs[-1].train_loss == pytest.approx(value(F, solution), rel=1e-12)


@pytest.mark.parametrize("step", [1, 3])
def test_an_interrupt_returns_the_best_so_far(step):
    def interrupt(coef, intercept):
        calls.append(coef)
        if len(calls) == step:
            raise KeyboardInterrupt
        return 0.0, None

    F, calls, listener = noisy(Absolute()), [], Listener()
    if step == 1:
        with pytest.raises(KeyboardInterrupt):
            Newton().solve(F, monitor=interrupt, callbacks=[listener])
    else:
        solution = Newton().solve(F, monitor=interrupt, callbacks=[listener])
        assert solution.stopped is Stopped.INTERRUPTED
        assert len(solution.epochs) == 2
        np.testing.assert_array_equal(solution.coef, calls[-1])
    assert listener.heard[-1] == "end"


@pytest.mark.parametrize("loss", [Squared(), CrossEntropy()], ids=str)
def test_other_losses_are_refused(loss):
    with pytest.raises(InvalidParameterError, match="this solver takes 'absolute', 'huber', 'quantile'"):
        Newton().solve(noisy(loss))


def test_a_delta_for_which_no_scale_exists_is_refused():
    with pytest.raises(InvalidParameterError, match="delta=1: in units of an estimated scale"):
        Newton(scale="auto").solve(noisy(Huber(1.0)))


@pytest.mark.parametrize("bad", [{"max_iter": 0}, {"tol": 0}, {"scale": -1.0}, {"scale": "mad"}])
def test_parameters_outside_their_range_are_refused(bad):
    with pytest.raises(InvalidParameterError, match=next(iter(bad))):
        Newton(**bad)

"""The rows of a fit are told from others: right ones pass whatever rounding does, others are refused with a reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onelayer.errors import InvalidDataError
from onelayer.inference.covariance import heteroscedastic
from onelayer.inference.fitted_rows import check_fitted_rows
from onelayer.inference.influence import influence
from onelayer.inference.summarise import summarise
from onelayer.solvers.closed_form import ClosedForm, Statistics, solve
from onelayer.solvers.closed_form.precision import suffices
from onelayer.solvers.closed_form.wide import is_wide

from .problems import least_squares, table


def refused(*rows: Any, match: str) -> None:
    with pytest.raises(InvalidDataError, match=match) as caught:
        check_fitted_rows(*rows)
    assert "\n" not in str(caught.value)


@st.composite
def problems(draw: st.DrawFn) -> tuple[Any, ...]:
    """Return X, targets and weights of every kind: offsets, nearly and quite dependent columns, perfect fits."""
    random = np.random.RandomState(draw(st.integers(0, 10**6)))
    n, p, q = draw(st.integers(1, 60)), draw(st.integers(1, 6)), draw(st.integers(1, 2))
    X = random.standard_normal((n, p))
    X *= 10.0 ** random.randint(-draw(st.sampled_from([0, 3, 100])), 4, p)
    X += np.abs(X).max(axis=0) * draw(st.sampled_from([0.0, 1.0, 1e4, 1e9]))
    if p > 1:
        X[:, -1] = X[:, 0] + draw(st.sampled_from([0.0, 1e-15, 1e-12, 1e-7, 1e-3, 1.0])) * X[:, -1]
    if draw(st.booleans()):
        X[:, 0] = np.rint(X[:, 0] / (np.abs(X[:, 0]).max() or 1) * 3)
    scale = np.abs(X).max(axis=0)
    targets = X / np.where(scale > 0, scale, 1) @ random.standard_normal((p, q))
    targets += draw(st.sampled_from([0.0, 1e-16, 1e-12, 1e-3, 1.0, 1e6])) * random.standard_normal((n, q))
    targets = (targets + draw(st.sampled_from([0.0, 1e3, 1e8]))) * draw(st.sampled_from([1e-200, 1.0, 1e100]))
    weights = None
    if draw(st.booleans()):
        weights = random.uniform(0, 2, n) * draw(st.sampled_from([1.0, 1e-9, 1e9]))
        weights[random.rand(n) < 0.2] = 0
        weights[0] = weights.max() or 1.0
    dtype = draw(st.sampled_from([np.float64, np.float32, np.uint8]))
    if dtype == np.uint8:
        X = np.rint(255 * random.uniform(0, 1, (n, p)))
    with np.errstate(over="ignore", under="ignore"):
        X = np.clip(X, -1e30, 1e30).astype(dtype)
    return X, targets, weights


@given(
    rows=problems(),
    fit_intercept=st.booleans(),
    alpha=st.sampled_from([0.0, 0.0, 1e-8, 1.0]),
    precise=st.booleans(),
    data=st.data(),
)
@settings(max_examples=300, deadline=None)
def test_the_rows_of_the_fit_are_never_refused(
    rows: Any, fit_intercept: bool, alpha: float, precise: bool, data: st.DataObject
) -> None:
    X, targets, weights = rows
    cut = data.draw(st.integers(0, len(X) - 1))
    sums = Statistics.of(X, targets, weights, precise=precise or cut > 0)
    if sums.error and not suffices(
        sums, fit_intercept
    ):  # a solver would not be content with such sums in float64
        sums = Statistics.of(X, targets, weights)
    if cut and (weights is None or (weights[:cut].any() and weights[cut:].any())):
        parts = (slice(None, cut), slice(cut, None))
        one, two = (Statistics.of(X[r], targets[r], None if weights is None else weights[r]) for r in parts)
        sums = one.merge(two)
    with np.errstate(over="ignore", invalid="ignore"):
        fit = solve(sums, alpha, fit_intercept)
    check_fitted_rows(fit, X, targets, weights)
    order = np.random.RandomState(0).permutation(len(X))
    check_fitted_rows(fit, X[order], targets[order], None if weights is None else weights[order])
    if X.dtype == np.float32:
        check_fitted_rows(fit, X.astype(np.float64), targets, weights)


@given(
    seed=st.integers(0, 1000),
    noise=st.sampled_from([0.0, 1e-9, 1e-3, 1.0]),
    offset=st.sampled_from([0.0, 1e5]),
    weighted=st.booleans(),
    dtype=st.sampled_from([np.float32, np.float64]),
)
@settings(max_examples=60, deadline=None)
def test_other_targets_are_refused_also_by_a_perfect_fit(
    seed: int, noise: float, offset: float, weighted: bool, dtype: Any
) -> None:
    random = np.random.RandomState(seed)
    X = (random.standard_normal((30, 3)) + offset).astype(dtype)
    targets = (X.astype(np.float64) - offset) @ [[1.0], [-2.0], [0.5]] + noise * random.standard_normal(
        (30, 1)
    )
    weights = random.uniform(0.5, 2, 30) if weighted else None
    fit = least_squares(X, targets, weights)
    check_fitted_rows(fit, X, targets, weights)
    reason = "not the rows that the model was fitted to: the sum of squared residuals is"
    refused(fit, X, targets[::-1], weights, match=reason)
    refused(fit, X, targets + 0.1, weights, match=reason)
    moved = X.copy()
    moved[4, 1] += max(1.0, offset)
    refused(fit, moved, targets, weights, match="the mean of column 1 of X is .*, and that of the fit")


@pytest.mark.parametrize("scale", [1e-3, 1.0])
@pytest.mark.parametrize("seed", range(60))
def test_a_perfect_fit_of_merged_rows_is_theirs(seed: int, scale: float) -> None:
    """Its sum of squared residuals is nothing but the rounding of sums in doubled precision."""
    random = np.random.RandomState(seed)
    X = scale * random.standard_normal((59, 1))
    targets = X @ random.standard_normal((1, 2)) / scale
    one, two = (Statistics.of(X[rows], targets[rows], None) for rows in (slice(1), slice(1, None)))
    fit = solve(one.merge(two), fit_intercept=False)
    check_fitted_rows(fit, X, targets)
    refused(fit, X, targets + 1e-11 * np.abs(targets), match="the sum of squared residuals")


def test_float32_may_come_back_as_the_float64_that_it_was_rounded_from() -> None:
    X, targets, _ = table(n_rows=500)
    check_fitted_rows(least_squares(X.astype(np.float32), targets), X, targets)
    check_fitted_rows(least_squares(X, targets), X.astype(np.float32), targets)


def test_targets_far_from_zero_in_another_order_are_refused_unless_float32_may_have_blurred_them() -> None:
    random = np.random.default_rng(0)
    X = random.normal(size=(300, 2))
    y = 1.7e9 + 20 * X[:, [0]] + 30 * random.normal(size=(300, 1))
    narrow = y.astype(np.float32).astype(np.float64)
    for at_fit in (y, narrow):
        fit = least_squares(X, at_fit)
        check_fitted_rows(fit, X, y)
        check_fitted_rows(fit, X, narrow)
        refused(fit, X, y[::-1], match="the sum of squared residuals")


def test_so_may_targets_also_of_a_perfect_fit_and_far_from_zero() -> None:
    X, _, _ = table(n_rows=500)
    targets = 1e4 + X @ np.ones((X.shape[1], 1))
    narrow = targets.astype(np.float32)
    for at_fit, here in ((narrow, targets), (targets, narrow)):
        fit = least_squares(X, at_fit.astype(np.float64))
        check_fitted_rows(fit, X, here)
        refused(fit, X, here[::-1], match="the sum of squared residuals")


@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_fits_to_more_columns_than_rows(noise: float) -> None:
    random = np.random.RandomState(0)
    X = random.standard_normal((40, 700)) + 5
    targets = X[:, :1] + noise * random.standard_normal((40, 1))
    assert is_wide(40, 700, True)
    from onelayer.losses import Squared
    from onelayer.matrices import Dense
    from onelayer.objective import Objective

    for alpha in (0.0, 0.1):
        fit = (
            ClosedForm(()).solve(Objective(Dense(X), targets, Squared(), 1, alpha, None, True)).least_squares
        )
        check_fitted_rows(fit, X, targets)
        refused(fit, X, targets[::-1] + 1, match="residuals")


@pytest.mark.parametrize(
    "call",
    [
        lambda fit, *rows: heteroscedastic(fit, *rows, "HC3"),
        lambda fit, *rows: influence(fit, *rows),
        lambda fit, *rows: summarise(fit, *rows, covariance="HC3"),
        lambda fit, *rows: summarise(fit, *rows, covariance="classical"),
    ],
)
@pytest.mark.parametrize("weighted", [False, True])
def test_whatever_takes_the_rows_again_refuses_others(call: Any, weighted: bool) -> None:
    X, targets, weights = table(weighted=weighted, n_outputs=2)
    fit = least_squares(X, targets, weights)
    call(fit, X, targets, weights)
    wrong = targets.copy()
    wrong[:, 1] = wrong[::-1, 1]
    with pytest.raises(InvalidDataError, match="residuals of output 1"):
        call(fit, X, wrong, weights)
    if weighted:
        with pytest.raises(InvalidDataError, match="the sum of the weights is"):
            call(fit, X, targets, 2 * weights)
        with pytest.raises(InvalidDataError, match=r"residuals|mean"):
            call(fit, X, targets, weights[::-1])


def test_names_of_columns_are_said() -> None:
    X, targets, _ = table()
    fit = least_squares(X, targets)
    with pytest.raises(InvalidDataError, match="the mean of the column 'size' is"):
        summarise(fit, X[:, ::-1], targets, features=["size", "b", "c", "d"])

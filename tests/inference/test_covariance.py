from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.inference.covariance import HETEROSCEDASTIC, Covariance, classical, heteroscedastic

from .peers import statsmodels_fit
from .problems import least_squares, table

KINDS = ("classical", *HETEROSCEDASTIC)


def covariance(fit, X, targets, weights, kind, output=0):
    if kind == "classical":
        return classical(fit, output)
    return heteroscedastic(fit, X, targets, weights, kind, output)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_equal_to_statsmodels(kind, weighted, fit_intercept, dtype):
    X, targets, weights = table(weighted=weighted, dtype=dtype, n_outputs=2)
    fit = least_squares(X, targets, weights, fit_intercept)
    for output in range(2):
        peer = statsmodels_fit(
            X,
            targets[:, output],
            weights,
            fit_intercept,
            cov_type="nonrobust" if kind == "classical" else kind,
        )
        ours = covariance(fit, X, targets, weights, kind, output)
        shown = slice(0 if fit_intercept else 1, None)
        np.testing.assert_allclose(ours.matrix[shown, shown], peer.cov_params(), rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(ours.standard_errors[shown], peer.bse, rtol=1e-10)
        assert fit_intercept or not ours.matrix[0].any()


@pytest.mark.parametrize("kind", KINDS)
def test_equal_over_blocks_of_rows_and_bytes(kind):
    # 40,000 rows of 4 columns are more than one block; uint8 rows are taken as stored.
    random = np.random.RandomState(1)
    X = random.randint(0, 256, (40_000, 4)).astype(np.uint8)
    targets = (X @ [1.0, -2.0, 0.5, 0.0] + random.standard_normal(40_000) * X[:, 0])[:, None]
    peer = statsmodels_fit(X, targets[:, 0], cov_type="nonrobust" if kind == "classical" else kind)
    ours = covariance(least_squares(X, targets), X, targets, None, kind)
    np.testing.assert_allclose(ours.standard_errors, peer.bse, rtol=1e-10)


def test_heteroscedastic_by_hand():
    # y = (0, 3, 0) at x = (−1, 0, 1): fit 1, residuals (−1, 2, −1), leverages (5/6, 1/3, 5/6).
    X, targets = np.array([[-1.0], [0.0], [1.0]]), np.array([[0.0], [3.0], [0.0]])
    fit = least_squares(X, targets)
    share = {
        "HC0": [1, 1, 1],
        "HC1": [3, 3, 3],
        "HC2": [6, Fraction(3, 2), 6],
        "HC3": [36, Fraction(9, 4), 36],
    }
    for kind, times in share.items():
        omega = [times[0] * 1, times[1] * 4, times[2] * 1]
        expected = [[Fraction(sum(omega)) / 9, 0], [0, Fraction(omega[0] + omega[2]) / 4]]
        ours = heteroscedastic(fit, X, targets, kind=kind).matrix
        np.testing.assert_allclose(ours, np.array(expected, dtype=float), rtol=1e-13, atol=1e-14)


def test_columns_far_from_zero_cost_no_digits():
    # Seconds of one day in 2024: shifted by 1.7·10⁹, which the unshifted column is free of.
    random = np.random.RandomState(2)
    seconds = random.randint(0, 86_400, (500, 1)).astype(np.float64)
    targets = seconds / 1000 + random.standard_normal((500, 1)) * (1 + seconds / 86_400)
    near, far = least_squares(seconds, targets), least_squares(seconds + 1.7e9, targets)
    for kind in KINDS:
        at_zero = covariance(near, seconds, targets, None, kind)
        shifted = covariance(far, seconds + 1.7e9, targets, None, kind)
        np.testing.assert_allclose(shifted.standard_errors[1], at_zero.standard_errors[1], rtol=1e-10)
        np.testing.assert_allclose(shifted.variance(seconds + 1.7e9), at_zero.variance(seconds), rtol=1e-10)


def test_variance_is_the_quadratic_form():
    X, targets, weights = table(weighted=True)
    ours = heteroscedastic(least_squares(X, targets, weights), X, targets, weights, "HC2")
    Z = np.column_stack([np.ones(len(X)), X])
    np.testing.assert_allclose(ours.variance(X), np.diag(Z @ ours.matrix @ Z.T), rtol=1e-10)


@pytest.mark.parametrize("kind", KINDS)
@given(
    power_y=st.integers(-20, 20),
    power_x=st.integers(-20, 20),
    column=st.integers(0, 3),
    shift=st.integers(-9, 9),
)
def test_scale_and_shift(kind, power_y, power_x, column, shift):
    # A unit of y multiplies every error by it; one of a column divides that column's; an origin changes none of these.
    X, targets, weights = table(weighted=True)
    before = covariance(least_squares(X, targets, weights), X, targets, weights, kind).standard_errors
    moved = X.copy()
    moved[:, column] = X[:, column] * 2.0**power_x + shift * 2.0**power_x
    scaled = targets * 2.0**power_y
    after = covariance(least_squares(moved, scaled, weights), moved, scaled, weights, kind).standard_errors
    expected = before * 2.0**power_y
    expected[1 + column] /= 2.0**power_x
    np.testing.assert_allclose(after[1:], expected[1:], rtol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
@given(factor=st.floats(1e-3, 1e3))
def test_only_the_ratios_of_weights_count(kind, factor):
    X, targets, weights = table(weighted=True)
    before = covariance(least_squares(X, targets, weights), X, targets, weights, kind)
    times = weights * factor
    after = covariance(least_squares(X, targets, times), X, targets, times, kind)
    np.testing.assert_allclose(after.standard_errors, before.standard_errors, rtol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_weight_zero_are_as_if_left_out(kind):
    X, targets, weights = table(weighted=True)
    weights[::7] = 0
    kept = weights > 0
    ours = covariance(least_squares(X, targets, weights), X, targets, weights, kind)
    without = X[kept], targets[kept], weights[kept]
    np.testing.assert_allclose(
        ours.standard_errors, covariance(least_squares(*without), *without, kind).standard_errors, rtol=1e-11
    )


@pytest.mark.parametrize("kind", ["HC2", "HC3"])
def test_a_row_of_leverage_one_is_named(kind):
    X, targets, _ = table(20, 1)
    X = np.column_stack([X, np.zeros(20)])
    X[13, 1] = 1.0
    fit = least_squares(X, targets)
    with pytest.raises(InvalidDataError, match=f"row 13 has leverage 1.* {kind} is not defined"):
        heteroscedastic(fit, X, targets, kind=kind)
    assert np.isfinite(heteroscedastic(fit, X, targets, kind="HC1").standard_errors).all()


def test_no_degrees_of_freedom_no_errors():
    X, targets, _ = table(3, 2)
    fit = least_squares(X, targets)
    assert np.isnan(classical(fit).standard_errors).all()
    assert np.isnan(heteroscedastic(fit, X, targets, kind="HC1").standard_errors).all()


def test_refusals():
    X, targets, weights = table(weighted=True)
    fit = least_squares(X, targets, weights)
    with pytest.raises(InvalidParameterError, match="kind='HC4': expected one of 'HC0'"):
        heteroscedastic(fit, X, targets, kind="HC4")
    with pytest.raises(InvalidDataError, match="X has 59 rows; the model was fitted to 60"):
        heteroscedastic(fit, X[1:], targets[1:])
    with pytest.raises(InvalidDataError, match=r"targets have shape \(60,\); expected \(60, 1\)"):
        heteroscedastic(fit, X, targets[:, 0])
    with pytest.raises(InvalidDataError, match=r"weights have shape \(3,\)"):
        heteroscedastic(fit, X, targets, weights[:3])
    with pytest.raises(InvalidDataError, match=r"X has shape \(60, 3\); the model was fitted to 4 columns"):
        heteroscedastic(fit, X[:, 1:], targets)
    with pytest.raises(InvalidParameterError, match=r"alpha=0.5: standard errors.*fit with alpha=0"):
        classical(least_squares(X, targets, alpha=0.5))


def test_matrix_of_a_covariance_by_hand():
    # Var(b) = Var(b + 2w) − 2·2·Cov(b + 2w, w) + 4·Var(w)
    ours = Covariance("classical", np.array([2.0]), np.array([[3.0, 0.5], [0.5, 1.0]]))
    np.testing.assert_array_equal(ours.matrix, [[3 - 2 + 4, 0.5 - 2], [0.5 - 2, 1]])
    np.testing.assert_array_equal(ours.variance(np.array([[0.0], [5.0]])), [5, 3 + 3 + 9])

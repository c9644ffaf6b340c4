"""What the page says of the normal equations, held against theory and other fits."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onelayer.course.book.parameters import settings as page_settings
from onelayer.course.experiments.houses import houses
from onelayer.course.experiments.least_squares import by_qr, by_svd, exact, normal_equations
from onelayer.course.pages.analytic_solution import page as analytic_solution
from onelayer.course.pages.analytic_solution.page import FINEST, Sweep, collinear, digits_right

PAGE = analytic_solution.PAGE


def found_with(*assignments):
    return PAGE.run(page_settings(PAGE.parameters, ["largest=16", "draws=200", "trials=4", *assignments]))


@pytest.fixture(scope="module")
def found():
    return found_with()


@settings(max_examples=40)
@given(
    st.sampled_from(sorted(FINEST.items())),
    st.floats(0, 1),
    st.integers(2, 6),
    st.integers(0, 7),
    st.integers(0, 2**32 - 1),
)
def test_the_problems_hold_no_rounding_and_their_answer_is_known(kind, share, pairs, residual, seed):
    name, finest = kind
    X, y = collinear(np.random.RandomState(seed), pairs, round(share * finest), residual)
    np.testing.assert_array_equal(X.astype(name).astype(np.float64), X)
    np.testing.assert_array_equal(y.astype(name).astype(np.float64), y)
    assert exact(X, y) == [Fraction(2), Fraction(-1)]
    left = [
        abs(Fraction(float(t)) - 2 * Fraction(float(a)) + Fraction(float(b)))
        for (a, b), t in zip(X, y, strict=True)
    ]
    assert set(left) == {Fraction(residual)}


def test_digits_of_an_answer_with_a_known_error():
    X, y = np.eye(2), np.array([1.0, 0.0])
    assert digits_right(lambda X, y: np.array([1.001, 0.0]), X, y) == pytest.approx(3)
    assert digits_right(lambda X, y: y, X, y) == pytest.approx(-np.log10(2.0**-53))
    assert digits_right(lambda X, y: 100 * y, X, y) == 0

    def fails(X, y):
        raise np.linalg.LinAlgError

    assert digits_right(fails, X, y) == 0


def test_without_a_residual_the_square_of_the_condition_is_the_normal_equations_alone(found):
    sweep = found.sweeps["float64"]
    assert sweep.loss_per_decade("normal") == pytest.approx(2, abs=0.25)
    assert sweep.loss_per_decade("qr") == pytest.approx(1, abs=0.15)
    assert sweep.loss_per_decade("svd") == pytest.approx(1, abs=0.15)


def test_with_a_residual_no_method_escapes_the_square():
    sweep = found_with("residual=3").sweeps["float64"]
    for method in analytic_solution.METHODS:
        assert sweep.loss_per_decade(method) == pytest.approx(2, abs=0.3)


def test_more_rows_bring_no_digits_back(found):
    few, many = found.sweeps["float64"], found_with("pairs=20").sweeps["float64"]
    ratio = many.conditions / few.conditions
    assert 1 / 3 < ratio.min() <= ratio.max() < 3
    assert many.loss_per_decade("normal") == pytest.approx(2, abs=0.25)
    assert np.abs(few.digits["qr"] - many.digits["qr"]).mean() < 0.7


def test_the_slope_is_taken_while_digits_are_being_lost():
    conditions = 10.0 ** np.arange(12)
    digits = np.array([16, 16, 15, 13, 11, 9, 7, 5, 3, 1, 0, 3.0])  # the last of them by chance
    sweep = Sweep(2.0**-52, np.zeros(12), conditions, {"normal": digits, "qr": np.zeros(12)})
    assert sweep.loss_per_decade("normal") == pytest.approx(2)
    assert np.isnan(sweep.loss_per_decade("qr"))
    assert sweep.row(3e6) == 6


@pytest.mark.parametrize("name", FINEST)
def test_angles_and_condition_numbers_are_those_of_the_columns(name):
    found = found_with("trials=1", "pairs=5").sweeps[name]
    for k in (0, 3, 6):
        X, _ = collinear(np.random.RandomState(0), 5, k, 0)
        a, b = X.T
        assert found.conditions[k] == pytest.approx(np.linalg.cond(X))
        cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
        assert found.angles[k] == pytest.approx(np.degrees(np.arccos(cosine)))


def test_the_condition_of_two_columns_of_equal_length_by_their_angle():
    for angle in (90, 10, 0.1):
        X = np.array([[1, np.cos(np.radians(angle))], [0, np.sin(np.radians(angle))]])
        assert np.linalg.cond(X) == pytest.approx(1 / np.tan(np.radians(angle) / 2))


def test_the_example_whose_product_forgets_that_its_columns_differ():
    delta = np.float32(2.0**-12)
    X = np.array([[1, 1], [delta, 0], [0, delta]], np.float32)
    np.testing.assert_array_equal(X.T @ X, np.ones((2, 2)))
    y = X @ np.array([3, -2], np.float32)
    with pytest.raises(np.linalg.LinAlgError):
        normal_equations(X, y)
    for solve in (by_qr, by_svd):
        np.testing.assert_allclose(solve(X, y), [3, -2], rtol=1e-2)


def test_areas_that_add_up_leave_only_sums(found):
    svd = next(fit for fit in found.areas if fit.method == "svd")
    parts = houses(["sqft_above", "sqft_basement"])
    reference = np.linalg.lstsq(np.column_stack([parts.X, np.ones(len(parts.X))]), parts.y, rcond=None)[0]
    living, above, basement, intercept = svd.weights
    np.testing.assert_allclose([living + above, living + basement, intercept], reference, rtol=1e-6)
    assert living - above - basement == pytest.approx(0, abs=1e-6)  # nothing along the direction without data
    assert found.areas_condition > 1e15


def test_ridge_errors_follow_their_formula(found):
    shrinking = found.shrinking
    np.testing.assert_allclose(shrinking.measured, shrinking.bias + shrinking.variance, rtol=0.3)
    cosine = np.cos(np.radians(5))
    np.testing.assert_allclose(shrinking.eigenvalues, [1 - cosine, 1 + cosine])
    assert shrinking.plain == pytest.approx((1 / (1 - cosine) + 1 / (1 + cosine)) / 40)
    assert shrinking.measured[shrinking.best] < shrinking.plain / 5


def test_ridge_at_a_right_angle_by_hand():
    shrinking = found_with("trials=1", "pairs=2", "angle=90").shrinking
    assert shrinking.plain == pytest.approx(2 / 40)
    alpha = 2 / 40 / 5  # 2s²/(n‖w‖²)
    nearest = shrinking.alphas[np.abs(np.log(shrinking.alphas / alpha)).argmin()]
    assert shrinking.alphas[shrinking.best] == nearest
    smallest = (shrinking.bias + shrinking.variance).min()
    assert smallest == pytest.approx(shrinking.plain / (1 + alpha), rel=1e-3)


def test_times_are_of_ever_more_columns(found):
    assert found.columns.tolist() == [8, 16]
    assert (found.formula > 0).all()
    assert (found.step > 0).all()

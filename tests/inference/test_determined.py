import numpy as np

from onelayer.inference.determined import coefficients_determined, columns_kept, reduction, rows_determined
from onelayer.inference.summarise import summarise

from .problems import least_squares, table


def determined(X, **options):
    return coefficients_determined(least_squares(X, X[:, :1], **options)).tolist()


def three_levels():
    """A column for each level of a category, and one that has nothing to do with it."""
    return np.column_stack([np.eye(3)[np.arange(30) % 3], table(30, 1)[0]])


def test_all_levels_of_a_category_and_the_intercept_are_not_determined():
    assert determined(three_levels()) == [False, False, False, False, True]
    assert determined(three_levels(), fit_intercept=False) == [True, True, True, True, True]


def test_a_constant_column_and_the_intercept_are_not_determined():
    X, _, _ = table(20, 1)
    assert determined(np.column_stack([np.full(20, 5.0), X])) == [False, False, True]


def test_a_column_of_zeros_leaves_the_intercept():
    X, _, _ = table(20, 1)
    assert determined(np.column_stack([np.zeros(20), X])) == [True, False, True]


def test_without_dependencies_all_is_determined():
    X, targets, _ = table()
    fit = least_squares(X, targets)
    assert coefficients_determined(fit).all()
    assert rows_determined(fit, X + 100).all()
    np.testing.assert_array_equal(reduction(fit), np.eye(4))


def test_rows_that_obey_and_that_break_a_dependency():
    fit = least_squares(three_levels(), np.arange(30.0)[:, None])
    new = np.array([[0, 0, 1, 9], [1, 1, 0, 9], [0, 0, 0, 9], [0, 1, 0, 200]], dtype=np.uint8)
    assert rows_determined(fit, new).tolist() == [True, False, False, True]
    X, targets, _ = table(100, 2)
    both = np.column_stack([X, X[:, 0] + 3 * X[:, 1] - 7])
    rounded = both.astype(np.float32)
    assert rows_determined(least_squares(both, targets), rounded).all()


def test_reduction_gives_the_coefficients_without_the_dropped_columns():
    # Whichever of the equally good solutions it starts from: that of least norm, or one moved along x₀ + x₁ + x₂ = 1.
    X, targets = three_levels(), np.random.RandomState(0).standard_normal((30, 2))
    fit = least_squares(X, targets)
    kept = columns_kept(fit)
    without = least_squares(X[:, kept], targets)
    assert len(kept) == 3
    for coef in (fit.coef, fit.coef + 5 * np.array([1.0, 1.0, 1.0, 0.0])):
        np.testing.assert_allclose(reduction(fit) @ coef.T, without.coef.T, rtol=1e-10)


def test_many_more_columns_than_rows_determine_nothing():
    # Ten rows, each twice, so that degrees of freedom are left: still no coefficient is determined.
    from onelayer.solvers.closed_form import wide
    from onelayer.solvers.closed_form.spectrum import Spectrum

    random = np.random.RandomState(0)
    X = np.repeat(random.standard_normal((10, 600)), 2, axis=0)
    targets = random.standard_normal((20, 1))
    fit = wide.solve(X, targets, None, Spectrum.of_rows(X, targets, None, True), 0.0)
    assert not coefficients_determined(fit).any()
    assert not rows_determined(fit, X).any()
    summary = summarise(fit, X, targets, covariance="HC3")
    assert np.isnan(summary.outputs[0].coefficients.standard_error).all()
    assert summary.covariance == "none"
    assert "rank 9, not 600" in str(summary)

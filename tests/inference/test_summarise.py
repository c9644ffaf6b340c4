import math
from fractions import Fraction

import numpy as np
import pytest
from statsmodels.stats.outliers_influence import variance_inflation_factor

from onelayer.errors import InvalidParameterError
from onelayer.inference.bootstrap import Bootstrap
from onelayer.inference.covariance import HETEROSCEDASTIC
from onelayer.inference.summarise import summarise

from .peers import design, statsmodels_fit
from .problems import least_squares, table


def close(ours, theirs):
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-300)


@pytest.mark.parametrize("covariance", ["classical", *HETEROSCEDASTIC])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_equal_to_statsmodels(covariance, weighted, fit_intercept, dtype):
    X, targets, weights = table(weighted=weighted, dtype=dtype, n_outputs=2)
    fit = least_squares(X, targets, weights, fit_intercept)
    summary = summarise(fit, X, targets, weights, covariance=covariance, level=0.9)
    assert (summary.n_rows, summary.df_model, summary.df_resid) == (60, 4, 56 - fit_intercept)
    assert summary.covariance == covariance
    Z = design(X, fit_intercept)
    for output in range(2):
        peer = statsmodels_fit(
            X,
            targets[:, output],
            weights,
            fit_intercept,
            cov_type="nonrobust" if covariance == "classical" else covariance,
            use_t=True,
        )
        ours = summary.outputs[output]
        figures, each = ours.figures, ours.coefficients
        close(each.coefficient, peer.params)
        close(each.standard_error, peer.bse)
        close(each.t, peer.tvalues)
        np.testing.assert_allclose(
            each.p, peer.pvalues, rtol=1e-9
        )  # of p near 10⁻²⁰, 1e-10 of t is more than that
        np.testing.assert_allclose(np.column_stack([each.low, each.high]), peer.conf_int(0.1), rtol=1e-9)
        close(figures["r2"], peer.rsquared)
        close(figures["adjusted_r2"], peer.rsquared_adj)
        close(figures["f"], peer.fvalue)
        np.testing.assert_allclose(figures["f_p"], peer.f_pvalue, rtol=1e-8)
        close(figures["log_likelihood"], peer.llf)
        close(figures["aic"], peer.aic)
        close(figures["bic"], peer.bic)
        close(figures["residual_sd"], math.sqrt(peer.scale))
        if not weighted and fit_intercept:
            close(each.variance_inflation[1:], [variance_inflation_factor(Z, j) for j in range(1, 5)])


def test_a_line_by_hand():
    # y = (1, 3, 2, 5) at x = (1, 2, 3, 4): slope 11/10, intercept 0, S = 2.7, T = 8.75, s² = 1.35.
    X, targets = np.array([[1.0], [2.0], [3.0], [4.0]]), np.array([[1.0], [3.0], [2.0], [5.0]])
    summary = summarise(least_squares(X, targets), features=["dose"], outputs=["response"])
    figures, each = summary.outputs[0].figures, summary.outputs[0].coefficients
    assert each.names == ("intercept", "dose")
    np.testing.assert_allclose(each.standard_error, [math.sqrt(1.35 * 1.5), math.sqrt(1.35 / 5)], rtol=1e-12)
    t = 1.1 / math.sqrt(0.27)
    p = 1 - t / math.sqrt(2 + t * t)  # of the t distribution with two degrees of freedom
    assert each.p[1] == pytest.approx(p, rel=1e-11)
    assert figures["f"] == pytest.approx(t * t, rel=1e-12)
    assert figures["f_p"] == pytest.approx(p, rel=1e-11)
    assert figures["r2"] == pytest.approx(6.05 / 8.75, rel=1e-12)
    assert figures["adjusted_r2"] == pytest.approx(1 - 1.35 / (8.75 / 3), rel=1e-12)
    log_likelihood = -2 * (math.log(2 * math.pi * 2.7 / 4) + 1)
    assert figures["log_likelihood"] == pytest.approx(log_likelihood, rel=1e-12)
    assert figures["aic"] == pytest.approx(4 - 2 * log_likelihood, rel=1e-12)
    assert figures["bic"] == pytest.approx(2 * math.log(4) - 2 * log_likelihood, rel=1e-12)


def inverted(matrix):
    """The exact inverse of a matrix of fractions, by elimination."""
    n = len(matrix)
    rows = [[*row, *(Fraction(i == j) for j in range(n))] for i, row in enumerate(matrix)]
    for i in range(n):
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for k in range(n):
            if k != i:
                rows[k] = [a - rows[k][i] * b for a, b in zip(rows[k], rows[i], strict=True)]
    return [row[n:] for row in rows]


@pytest.mark.parametrize("first", [0, 2000])
def test_a_polynomial_against_exact_arithmetic(first):
    # Powers of x = 0 … 29, with a condition number of 1,700, and of the years from 2000 on, with 900,000.
    degree = 5 if first == 0 else 3
    x = [first + i for i in range(30)]
    y = [(7 * i * i * i) % 101 for i in range(30)]
    Z = [[Fraction(v) ** k for k in range(degree + 1)] for v in x]
    A = inverted([[sum(row[i] * row[j] for row in Z) for j in range(degree + 1)] for i in range(degree + 1)])
    b = [
        sum(A[i][j] * sum(row[j] * v for row, v in zip(Z, y, strict=True)) for j in range(degree + 1))
        for i in range(degree + 1)
    ]
    errors = [v - sum(c * z for c, z in zip(b, row, strict=True)) for row, v in zip(Z, y, strict=True)]
    S, mean = sum(e * e for e in errors), Fraction(sum(y), 30)
    T = sum((v - mean) ** 2 for v in y)
    variance = S / (29 - degree)
    means = [sum(row[j] for row in Z) / 30 for j in range(degree + 1)]
    inflation = [A[j][j] * sum((row[j] - means[j]) ** 2 for row in Z) for j in range(1, degree + 1)]

    X, targets = np.array(Z, dtype=float)[:, 1:], np.array(y, dtype=float)[:, None]
    output = summarise(least_squares(X, targets)).outputs[0]
    each, figures = output.coefficients, output.figures
    close(each.coefficient, [float(c) for c in b])
    close(each.standard_error, [math.sqrt(variance * A[j][j]) for j in range(degree + 1)])
    close(each.variance_inflation[1:], [float(v) for v in inflation])
    close(figures["r2"], float(1 - S / T))
    close(figures["f"], float((T - S) / degree / variance))
    close(figures["residual_sd"], math.sqrt(variance))


@pytest.mark.parametrize("covariance", ["classical", "HC1"])
def test_rank_lost(covariance):
    # A column for each of three levels and an intercept, as R drops the last of them: what is determined, the column
    # that takes no part, the test of all and the figures of the fit are those of the fit without it.
    X, targets, _ = table(60, 1)
    levels = np.eye(3)[np.arange(60) % 3]
    both = np.column_stack([levels, X])
    dependent = least_squares(both, targets)
    ours = summarise(dependent, both, targets, covariance=covariance, features=["a", "b", "c", "x"])
    kept = np.delete(both, 2, axis=1)
    theirs = summarise(least_squares(kept, targets), kept, targets, covariance=covariance)
    each, without = ours.outputs[0].coefficients, theirs.outputs[0].coefficients
    np.testing.assert_array_equal(np.isnan(each.standard_error), [True, True, True, True, False])
    np.testing.assert_array_equal(np.isnan(each.p), np.isnan(each.standard_error))
    for column in ("coefficient", "standard_error", "t", "p", "low", "high", "variance_inflation"):
        assert getattr(each, column)[4] == pytest.approx(getattr(without, column)[3], rel=1e-9)
    for key, value in theirs.outputs[0].figures.items():
        assert ours.outputs[0].figures[key] == pytest.approx(value, rel=1e-9)
    assert (ours.df_model, ours.df_resid) == (theirs.df_model, theirs.df_resid)
    assert "rank 3, not 4" in str(ours)
    assert "have no standard errors: intercept, a, b, c." in str(ours).replace("\n", " ")
    assert "秩为 3，小于列数 4" in ours.text("zh").replace("\n", "")


def test_a_penalised_fit_has_no_errors():
    X, targets, _ = table()
    summary = summarise(least_squares(X, targets, alpha=0.25), X, targets, covariance="HC3")
    each = summary.outputs[0].coefficients
    assert summary.covariance == "none"
    assert summary.outputs[0].covariance is None
    for column in (each.standard_error, each.t, each.p, each.low, each.high):
        assert np.isnan(column).all()
    assert set(summary.outputs[0].figures) == {"r2", "log_likelihood"}
    assert "alpha = 0.25" in str(summary)


def test_no_degrees_of_freedom():
    X, targets, _ = table(3, 2)
    summary = summarise(least_squares(X, targets))
    assert summary.df_resid == 0
    assert np.isnan(summary.outputs[0].coefficients.standard_error).all()
    assert summary.covariance == "none"
    assert set(summary.outputs[0].figures) == {"r2", "log_likelihood"}
    assert "3 rows determine no more" in str(summary)


def test_targets_that_never_vary_or_lie_on_the_line():
    X = np.arange(10.0)[:, None]
    constant = least_squares(X, np.zeros((10, 1)))
    figures = summarise(constant).outputs[0].figures
    assert math.isnan(figures["r2"])
    assert figures["log_likelihood"] == math.inf
    exact = summarise(least_squares(X, 2 * X)).outputs[0]
    assert exact.figures["r2"] == pytest.approx(1, rel=1e-14)
    assert exact.coefficients.p[1] < 1e-50


def test_of_weights_that_are_not_at_hand_only_the_likelihood_is_missing():
    X, targets, weights = table(weighted=True)
    fit = least_squares(X, targets, weights)
    without, given = summarise(fit), summarise(fit, weights=weights)
    for key, value in given.outputs[0].figures.items():
        if key in ("log_likelihood", "aic", "bic"):
            assert math.isnan(without.outputs[0].figures[key])
        else:
            assert without.outputs[0].figures[key] == value
    assert "its weights are not at hand" in str(without)
    assert "not at hand" not in str(given)


def test_errors_of_a_bootstrap():
    X, targets, _ = table(60, 2)
    fit = least_squares(X, targets)
    estimates = np.append(fit.intercept, fit.coef)
    samples = estimates + np.random.RandomState(0).standard_normal((500, 1, 3)) * [3.0, 0.1, 2.0]
    summary = summarise(fit, bootstrap=Bootstrap(samples), level=0.8)
    each = summary.outputs[0].coefficients
    assert summary.covariance == "bootstrap"
    np.testing.assert_allclose(each.standard_error, samples[:, 0].std(axis=0, ddof=1), rtol=1e-12)
    np.testing.assert_allclose(
        [each.low, each.high], np.quantile(samples[:, 0], [0.1, 0.9], axis=0), rtol=1e-12
    )
    few = summarise(fit, bootstrap=Bootstrap(samples[:2]))
    assert math.isnan(few.outputs[0].figures["f"])


def test_near_dependence_is_noted():
    X, targets, _ = table(60, 2)
    near = np.column_stack([X, X[:, 0] + 1e-9 * X[:, 1] ** 2])
    assert "The condition number is" in str(summarise(least_squares(near, targets)))


def test_refusals():
    X, targets, _ = table()
    fit = least_squares(X, targets)
    with pytest.raises(InvalidParameterError, match="covariance='HC4': expected one of 'classical', 'HC0'"):
        summarise(fit, covariance="HC4")
    with pytest.raises(InvalidParameterError, match="covariance='HC3' needs the rows"):
        summarise(fit, covariance="HC3")
    with pytest.raises(InvalidParameterError, match="level=2"):
        summarise(fit, level=2)
    with pytest.raises(InvalidParameterError, match="features has 1 names; expected 4"):
        summarise(fit, features=["a"])

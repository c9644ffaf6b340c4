import numpy as np
import pytest
from scipy import stats

from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.inference.covariance import classical, heteroscedastic
from onelayer.inference.intervals import predict_interval

from .peers import design, statsmodels_fit
from .problems import least_squares, table


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
@pytest.mark.parametrize("covariance", ["nonrobust", "HC3"])
def test_equal_to_statsmodels(weighted, fit_intercept, level, covariance):
    X, targets, weights = table(weighted=weighted, n_outputs=2)
    new, _, of_new = table(30, seed=9, weighted=weighted)
    fit = least_squares(X, targets, weights, fit_intercept)
    given = None
    if covariance == "HC3":
        given = [heteroscedastic(fit, X, targets, weights, "HC3", output) for output in range(2)]
    for output in range(2):
        peer = statsmodels_fit(X, targets[:, output], weights, fit_intercept, cov_type=covariance, use_t=True)
        frame = peer.get_prediction(design(new, fit_intercept), weights=of_new).summary_frame(alpha=1 - level)
        for kind, name in (("prediction", "obs"), ("confidence", "mean")):
            ours = predict_interval(fit, new, level, kind, weights=of_new, covariance=given)
            np.testing.assert_allclose(ours.prediction[:, output], frame["mean"], rtol=1e-10)
            np.testing.assert_allclose(
                ours.lower[:, output], frame[f"{name}_ci_lower"], rtol=1e-10, atol=1e-11
            )
            np.testing.assert_allclose(
                ours.upper[:, output], frame[f"{name}_ci_upper"], rtol=1e-10, atol=1e-11
            )


def test_by_hand():
    # y = (0, 3, 0) at x = (−1, 0, 1): s² = 6; at x = 2 the fit is 1 with variance 6·(1/3 + 4/2) = 14.
    X, targets = np.array([[-1.0], [0.0], [1.0]]), np.array([[0.0], [3.0], [0.0]])
    fit, new = least_squares(X, targets), np.array([[2.0]])
    quantile = np.tan(0.4 * np.pi)  # of the t distribution with one degree of freedom, at (1 + 0.8)/2
    confidence = predict_interval(fit, new, 0.8, "confidence")
    prediction = predict_interval(fit, new, 0.8)
    heavier = predict_interval(fit, new, 0.8, weights=np.array([3.0]))
    for interval, variance in ((confidence, 14), (prediction, 14 + 6), (heavier, 14 + 2)):
        expected = [1, 1 - quantile * variance**0.5, 1 + quantile * variance**0.5]
        np.testing.assert_allclose(np.array(interval).ravel(), expected, rtol=1e-12)


def test_coverage():
    # 4,000 samples of ten rows, a hundred at a time: the 90 % intervals of the coefficient, the mean and a new target
    # each hold it in 90 % of them, but for a binomial error, of which four standard deviations are allowed.
    random, level, held = np.random.RandomState(3), 0.9, []
    X, new = random.standard_normal((10, 2)), np.array([[1.0, -2.0]])
    quantile, true_mean = stats.t.ppf(0.95, 7), 0.5 + 2 * 1 - 1 * -2
    for _ in range(40):
        targets = 0.5 + X @ [[2.0], [-1.0]] + random.standard_normal((10, 100)) * 1.5
        fresh = true_mean + random.standard_normal(100) * 1.5
        fit = least_squares(X, targets)
        confidence = predict_interval(fit, new, level, "confidence")
        prediction = predict_interval(fit, new, level, "prediction")
        errors = np.array([classical(fit, output).standard_errors[1] for output in range(100)])
        held += [
            [
                (confidence.lower[0] <= true_mean) & (true_mean <= confidence.upper[0]),
                (prediction.lower[0] <= fresh) & (fresh <= prediction.upper[0]),
                np.abs(fit.coef[:, 0] - 2) <= quantile * errors,
            ]
        ]
    tolerance = 4 * np.sqrt(level * (1 - level) / 4000)
    np.testing.assert_allclose(np.mean(held, axis=(0, 2)), level, rtol=0, atol=tolerance)


def test_rows_that_break_a_dependency_have_no_bounds():
    # x₁ = 2x₀ + 1 in the fit, so only predictions of rows that obey it are determined; they are those without x₁.
    X, targets, _ = table(20, 1)
    both = np.column_stack([X, 2 * X + 1])
    fit = least_squares(both, targets)
    new = np.array([[1.0, 3.0], [1.0, 3.1]])
    ours, alone = predict_interval(fit, new), predict_interval(least_squares(X, targets), new[:, :1])
    np.testing.assert_allclose(ours.prediction[0], alone.prediction[0], rtol=1e-10)
    np.testing.assert_allclose([ours.lower[0], ours.upper[0]], [alone.lower[0], alone.upper[0]], rtol=1e-10)
    assert np.isfinite(ours.prediction[1]).all()
    assert np.isnan([ours.lower[1], ours.upper[1]]).all()


def test_refusals():
    X, targets, _ = table(3, 2)
    with pytest.raises(
        InvalidDataError,
        match=r"the rows of the fit \(3\) do not determine its coefficients \(2\) and the noise",
    ):
        predict_interval(least_squares(X, targets), X)
    X, targets, _ = table()
    fit = least_squares(X, targets)
    with pytest.raises(InvalidParameterError, match=r"^interval=1: expected a number above 0 and below 1$"):
        predict_interval(fit, X, 1)
    with pytest.raises(
        InvalidParameterError, match="kind='tolerance': expected one of 'prediction', 'confidence'"
    ):
        predict_interval(fit, X, kind="tolerance")
    with pytest.raises(InvalidParameterError, match="alpha=1"):
        predict_interval(least_squares(X, targets, alpha=1.0), X)

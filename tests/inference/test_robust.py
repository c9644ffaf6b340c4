import math

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from onelayer.errors import InvalidDataError
from onelayer.inference.bootstrap import Bootstrap
from onelayer.inference.robust import summarise_robust
from onelayer.inference.summarise import summarise
from onelayer.losses import Absolute, Huber, Quantile, Squared

from .problems import least_squares, table


def figures(loss, coef, intercept, X, targets, weights=None, **options):
    return summarise_robust([loss], coef, intercept, X, targets, weights, **options).outputs[0].figures


@pytest.mark.parametrize("q", [0.1, 0.5, 0.8])
def test_pseudo_r2_is_koenker_and_machados(q):
    X, targets, _ = table(201, 2)
    peer = sm.QuantReg(targets[:, 0], np.column_stack([np.ones(201), X])).fit(q, max_iter=5000)
    coef, intercept = peer.params[None, 1:], peer.params[:1]
    ours = figures(Quantile(q), coef, intercept, X, targets)
    assert ours["pseudo_r2"] == pytest.approx(peer.prsquared, rel=1e-10)
    if q == 0.5:
        assert figures(Absolute(), coef, intercept, X, targets)["pseudo_r2"] == pytest.approx(
            ours["pseudo_r2"]
        )


def test_by_hand():
    # The errors of y = (1, 1, −1) about the line x = (0, 1, 2) are 1, 0 and −3; about its median 1 they are 0, 0, −2.
    X, targets = np.array([[0.0], [1.0], [2.0]]), np.array([[1.0], [1.0], [-1.0]])
    ours = figures(Absolute(), np.array([[1.0]]), np.array([0.0]), X, targets)
    scale = 4 / 3
    log_likelihood = -3 * math.log(2 * scale) - 3
    assert ours["scale"] == pytest.approx(scale, rel=1e-12)
    assert ours["mean_loss"] == pytest.approx(4 / 3, rel=1e-12)
    assert ours["pseudo_r2"] == pytest.approx(1 - 4 / 2, rel=1e-12)
    assert ours["log_likelihood"] == pytest.approx(log_likelihood, rel=1e-12)
    assert ours["aic"] == pytest.approx(4 - 2 * log_likelihood, rel=1e-12)
    assert ours["bic"] == pytest.approx(2 * math.log(3) - 2 * log_likelihood, rel=1e-12)
    # about zero: |y| sums to 3
    without = figures(Absolute(), np.array([[1.0]]), np.array([0.0]), X, targets, fit_intercept=False)
    assert without["pseudo_r2"] == pytest.approx(1 - 4 / 3, rel=1e-12)
    assert without["aic"] == pytest.approx(2 - 2 * log_likelihood, rel=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_of_the_squared_loss_it_is_the_summary_of_least_squares(weighted):
    # With noise of variance σ²/wᵢ the weights also enter by ½Σ log wᵢ, which counts of rows do not have.
    X, targets, weights = table(weighted=weighted)
    fit = least_squares(X, targets, weights)
    squares = summarise(fit, weights=weights).outputs[0].figures
    ours = figures(Squared(), fit.coef, fit.intercept, X, targets, weights)
    assert ours["pseudo_r2"] == pytest.approx(squares["r2"], rel=1e-10)
    if weighted:
        shares = weights / weights.mean()
        errors = (targets - X @ fit.coef.T - fit.intercept)[:, 0]
        expected = shares @ stats.norm.logpdf(errors, scale=math.sqrt(shares @ errors**2 / len(X)))
        assert ours["log_likelihood"] == pytest.approx(expected, rel=1e-10)
    else:
        for key in ("log_likelihood", "aic", "bic"):
            assert ours[key] == pytest.approx(squares[key], rel=1e-10)


def test_the_scale_of_the_fit_is_kept():
    X, targets, _ = table(60, 2)
    fit = least_squares(X, targets)
    ours = figures(Huber(1.35), fit.coef, fit.intercept, X, targets, scales=[2.0])
    errors = (targets - X @ fit.coef.T - fit.intercept)[:, 0] / 2
    loss = np.where(np.abs(errors) <= 1.35, errors**2 / 2, 1.35 * np.abs(errors) - 1.35**2 / 2)
    norm = math.sqrt(2 * math.pi) * math.erf(1.35 / math.sqrt(2)) + 2 / 1.35 * math.exp(-(1.35**2) / 2)
    assert ours["scale"] == 2
    assert ours["mean_loss"] == pytest.approx(
        4 * loss.mean(), rel=1e-12
    )  # Huber's loss with δ = 2·1.35, of the errors
    assert ours["log_likelihood"] == pytest.approx(-loss.sum() - 60 * math.log(2 * norm), rel=1e-12)


@pytest.mark.parametrize("loss", [Absolute(), Huber(1.35), Quantile(0.2)])
def test_units_of_the_targets_and_of_the_weights(loss):
    X, targets, weights = table(weighted=True)
    coef, intercept = np.full((1, 4), 0.5), np.array([1.0])
    before = figures(loss, coef, intercept, X, targets, weights)
    after = figures(loss, 8 * coef, 8 * intercept, X, 8 * targets, 4 * weights)
    assert after["scale"] == pytest.approx(8 * before["scale"], rel=1e-9)
    assert after["pseudo_r2"] == pytest.approx(before["pseudo_r2"], rel=1e-9)
    assert after["log_likelihood"] == pytest.approx(before["log_likelihood"] - 60 * math.log(8), rel=1e-9)


def test_rows_of_weight_zero_are_as_if_left_out():
    X, targets, weights = table(weighted=True)
    weights[::5] = 0
    kept = weights > 0
    coef, intercept = np.full((1, 4), 0.5), np.array([1.0])
    with_zeros = summarise_robust([Huber()], coef, intercept, X, targets, weights)
    without = summarise_robust([Huber()], coef, intercept, X[kept], targets[kept], weights[kept])
    assert (with_zeros.n_rows, with_zeros.df_resid) == (without.n_rows, without.df_resid) == (48, 43)
    for key, value in without.outputs[0].figures.items():
        assert with_zeros.outputs[0].figures[key] == pytest.approx(value, rel=1e-12)


def test_several_quantiles_each_with_its_loss():
    X, targets, _ = table(80, 1)
    coef, intercept, losses = np.array([[1.0], [2.0]]), np.array([0.0, 1.0]), [Quantile(0.1), Quantile(0.9)]
    both = summarise_robust(losses, coef, intercept, X, np.broadcast_to(targets, (80, 2)), gap=1e-7)
    for output, loss in enumerate(losses):
        rows = slice(output, output + 1)
        assert both.outputs[output].figures == figures(loss, coef[rows], intercept[rows], X, targets)
    assert both.gap == 1e-7
    assert both.loss == "quantile"


def test_errors_by_bootstrap():
    X, targets, _ = table(80, 1)
    coef, intercept = np.array([[1.0]]), np.array([0.5])
    samples = np.array([0.5, 1.0]) + np.random.RandomState(0).standard_normal((400, 1, 2)) * [0.3, 0.2]
    summary = summarise_robust([Absolute()], coef, intercept, X, targets, bootstrap=Bootstrap(samples))
    each = summary.outputs[0].coefficients
    errors = samples[:, 0].std(axis=0, ddof=1)
    np.testing.assert_allclose(each.standard_error, errors, rtol=1e-12)
    np.testing.assert_allclose(each.p, 2 * stats.t.sf(np.array([0.5, 1.0]) / errors, 78), rtol=1e-9)
    np.testing.assert_allclose(
        [each.low, each.high], np.quantile(samples[:, 0], [0.025, 0.975], axis=0), rtol=1e-12
    )
    bare = summarise_robust([Absolute()], coef, intercept, X, targets)
    assert np.isnan(bare.outputs[0].coefficients.standard_error).all()
    assert "no standard errors without a bootstrap" in str(bare)
    assert "no standard errors" not in str(summary)


def test_a_penalised_fit_or_one_to_too_few_rows_has_no_errors():
    X, targets, _ = table(80, 1)
    samples = Bootstrap(np.random.RandomState(0).standard_normal((40, 1, 2)))
    known = [Absolute()], np.array([[1.0]]), np.array([0.5])
    penalised = summarise_robust(*known, X, targets, alpha=0.25, bootstrap=samples)
    few = summarise_robust(*known, X[:2], targets[:2], bootstrap=samples)
    for summary, note in ((penalised, "alpha = 0.25"), (few, "2 rows determine no more")):
        assert summary.covariance == "none"
        assert np.isnan(summary.outputs[0].coefficients.standard_error).all()
        assert np.isnan(summary.outputs[0].coefficients.low).all()
        assert note in str(summary)
    assert set(penalised.outputs[0].figures) == {"pseudo_r2", "log_likelihood", "scale", "mean_loss"}


def test_a_line_through_all_targets():
    X = np.arange(5.0)[:, None]
    ours = figures(Absolute(), np.array([[2.0]]), np.array([1.0]), X, 2 * X + 1)
    assert (ours["pseudo_r2"], ours["scale"], ours["log_likelihood"]) == (1, 0, math.inf)


def test_refusals():
    X, targets, _ = table(10, 1)
    with pytest.raises(
        InvalidDataError, match=r"targets have shape \(10, 1\), with 2 losses; expected \(10, 1\)"
    ):
        summarise_robust([Absolute()] * 2, np.ones((1, 1)), np.ones(1), X, targets)

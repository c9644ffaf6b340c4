"""What a fitted LinearRegression infers: its summary and its intervals, beside statsmodels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import norm

import onelayer as ol
from onelayer.errors import InvalidDataError, InvalidParameterError, RankWarning

RANDOM = np.random.RandomState(0)
N = 90
FRAME = pd.DataFrame(RANDOM.randn(N, 3) * [1, 20, 0.1] + [0, 1900, 0], columns=["area", "year", "tax"])
X = FRAME.to_numpy()
y = X @ [2.0, -0.1, 7.0] + 5 + RANDOM.randn(N) * (1 + np.abs(X[:, 0]))
Y = np.column_stack([y, RANDOM.randn(N)])
WEIGHTS = RANDOM.rand(N) + 0.1


def peer(targets=y, weights=None, **keywords):
    return sm.WLS(targets, sm.add_constant(X), 1.0 if weights is None else weights).fit(**keywords)


def assert_equal_to_statsmodels(output, theirs):
    table = output.coefficients
    np.testing.assert_allclose(table.coefficient, theirs.params, rtol=1e-8)
    np.testing.assert_allclose(table.standard_error, theirs.bse, rtol=1e-8)
    np.testing.assert_allclose(table.p, theirs.pvalues, rtol=1e-6)
    np.testing.assert_allclose(np.column_stack([table.low, table.high]), theirs.conf_int(0.05), rtol=1e-6)
    for name, value in {
        "r2": theirs.rsquared,
        "adjusted_r2": theirs.rsquared_adj,
        "f": theirs.fvalue,
        "f_p": theirs.f_pvalue,
        "aic": theirs.aic,
        "bic": theirs.bic,
        "log_likelihood": theirs.llf,
    }.items():
        assert output.figures[name] == pytest.approx(value, rel=1e-6)


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("covariance", ["classical", "HC0", "HC1", "HC2", "HC3"])
def test_the_squared_loss(covariance, weights):
    model = ol.LinearRegression().fit(FRAME, Y, sample_weight=weights)
    summary = model.summary(FRAME, Y, weights, covariance=covariance, outputs=["price", "nothing"])
    assert summary.covariance == covariance
    assert [output.name for output in summary.outputs] == ["price", "nothing"]
    kind = "nonrobust" if covariance == "classical" else covariance
    for targets, output in zip(Y.T, summary.outputs, strict=True):
        assert output.coefficients.names == ("intercept", "area", "year", "tax")
        assert_equal_to_statsmodels(output, peer(targets, weights, cov_type=kind, use_t=True))


def test_classical_errors_need_no_rows():
    model = ol.LinearRegression().fit_batches([(X[:40], y[:40]), (X[40:], y[40:])])
    (output,) = model.summary().outputs
    assert (output.name, output.coefficients.names) == ("y", ("intercept", "x0", "x1", "x2"))
    assert_equal_to_statsmodels(output, peer())
    with pytest.raises(InvalidParameterError, match="covariance='HC3' needs the rows"):
        model.summary(covariance="HC3")
    with pytest.raises(InvalidParameterError, match="covariance='bootstrap' needs the rows"):
        model.summary(covariance="bootstrap")
    weighted = ol.LinearRegression().fit(X, y, sample_weight=WEIGHTS).summary().outputs[0]
    np.testing.assert_allclose(weighted.coefficients.standard_error, peer(weights=WEIGHTS).bse, rtol=1e-8)
    assert np.isnan(weighted.figures["log_likelihood"]), "it needs the weights themselves"


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("level", [0.95, 0.5])
def test_intervals(weights, level):
    model = ol.LinearRegression().fit(X, Y, sample_weight=weights)
    new = RANDOM.randn(7, 3) * [1, 20, 0.1] + [0, 1900, 0]
    observed = model.predict(new, interval=level)
    mean = model.predict(new, interval=level, kind="confidence")
    for k, targets in enumerate(Y.T):
        theirs = peer(targets, weights).get_prediction(sm.add_constant(new, has_constant="add"))
        table = theirs.summary_frame(alpha=1 - level)
        np.testing.assert_allclose(observed.prediction[:, k], table["mean"], rtol=1e-8)
        np.testing.assert_allclose(mean.lower[:, k], table["mean_ci_lower"], rtol=1e-6)
        np.testing.assert_allclose(mean.upper[:, k], table["mean_ci_upper"], rtol=1e-6)
        np.testing.assert_allclose(observed.lower[:, k], table["obs_ci_lower"], rtol=1e-6)
        np.testing.assert_allclose(observed.upper[:, k], table["obs_ci_upper"], rtol=1e-6)


def test_intervals_have_the_shape_of_the_targets():
    prediction, lower, upper = ol.LinearRegression().fit(FRAME, y).predict(FRAME, interval=0.9)
    assert prediction.shape == lower.shape == upper.shape == (N,)
    np.testing.assert_allclose(prediction, ol.LinearRegression().fit(FRAME, y).predict(FRAME), rtol=1e-10)
    assert np.mean((lower < y) & (y < upper)) == pytest.approx(0.9, abs=0.08)


def test_intervals_that_there_are_none_of():
    model = ol.LinearRegression().fit(X, y)
    for level in (0, 1, 95, "0.95"):
        with pytest.raises(InvalidParameterError, match="interval="):
            model.predict(X, interval=level)
    with pytest.raises(InvalidParameterError, match="kind='mean'"):
        model.predict(X, interval=0.9, kind="mean")
    with pytest.raises(InvalidDataError, match="X contains NaN in row 0"):
        model.predict(np.full((1, 3), np.nan), interval=0.9)
    with pytest.raises(InvalidParameterError, match="penalty"):
        ol.LinearRegression(alpha=0.1).fit(X, y).predict(X, interval=0.9)
    with pytest.warns(RankWarning):
        few = ol.LinearRegression().fit(X[:3], y[:3])
    with pytest.raises(InvalidDataError, match="intervals need more rows"):
        few.predict(X, interval=0.9)


@pytest.mark.parametrize("loss", ["absolute", "huber", "quantile"])
class TestRobust:
    """Losses whose errors come from resampled rows."""

    def test_without_a_bootstrap_there_are_no_errors(self, loss):
        model = ol.LinearRegression(loss=loss).fit(FRAME, y)
        summary = model.summary(FRAME, y)
        (output,) = summary.outputs
        assert (summary.loss, summary.covariance, summary.gap) == (loss, "none", model.gap_)
        assert np.isnan(output.coefficients.standard_error).all()
        np.testing.assert_allclose(output.coefficients.coefficient, [model.intercept_, *model.coef_])
        with pytest.raises(InvalidParameterError, match="needs the rows"):
            model.summary()
        with pytest.raises(InvalidParameterError, match="covariance='HC3' is for the squared loss"):
            model.summary(FRAME, y, covariance="HC3")

    def test_the_bootstrap_is_reproducible_and_about_right(self, loss):
        model = ol.LinearRegression(loss=loss).fit(FRAME, y)
        both = [model.summary(FRAME, y, covariance="bootstrap", n_resamples=60) for _ in range(2)]
        errors = [summary.outputs[0].coefficients.standard_error for summary in both]
        np.testing.assert_array_equal(*errors)
        other = model.summary(FRAME, y, covariance="bootstrap", n_resamples=60, random_state=1)
        assert not np.array_equal(other.outputs[0].coefficients.standard_error, errors[0])
        robust = peer(cov_type="HC3").bse
        assert (errors[0] / robust > 0.4).all()
        assert (errors[0] / robust < 2.5).all()

    def test_a_penalised_fit_has_none(self, loss):
        model = ol.LinearRegression(loss=loss, alpha=0.1).fit(X, y)
        summary = model.summary(X, y, covariance="bootstrap")
        assert summary.covariance == "none"
        assert [note.key for note in summary.notes] == ["penalty"]

    def test_the_figures_are_those_of_the_loss(self, loss):
        model = ol.LinearRegression(loss=loss, quantile=0.3).fit(X, Y, sample_weight=WEIGHTS)
        for k, output in enumerate(model.summary(X, Y, WEIGHTS).outputs):
            lossk, residual = model.losses_[k], (Y - model.predict(X))[:, [k]]
            constant = lossk.constant(Y[:, [k]], WEIGHTS, 1)
            ours = lossk.value(np.zeros((N, 1)), residual, WEIGHTS)
            worst = lossk.value(np.tile(constant, (N, 1)), Y[:, [k]], WEIGHTS)
            assert output.figures["pseudo_r2"] == pytest.approx(1 - ours / worst, rel=1e-6)


def test_the_bootstrap_of_the_squared_loss_is_near_hc3():
    model = ol.LinearRegression().fit(X, y)
    table = model.summary(X, y, covariance="bootstrap", n_resamples=400).outputs[0].coefficients
    np.testing.assert_allclose(table.standard_error, peer(cov_type="HC3").bse, rtol=0.2)
    np.testing.assert_allclose(table.coefficient, peer().params, rtol=1e-8)


def test_the_bootstrap_of_a_mean():
    """The standard error of a weighted fit of a constant to n rows is that of its residuals over √n."""
    with pytest.warns(RankWarning, match="x0 = 0 in every row"):
        model = ol.LinearRegression(loss="huber", delta=1e3, scale=1.0).fit(np.zeros((N, 1)), y - y.mean())
    summary = model.summary(np.zeros((N, 1)), y - y.mean(), covariance="bootstrap", n_resamples=500)
    assert summary.outputs[0].coefficients.standard_error[0] == pytest.approx(y.std() / np.sqrt(N), rel=0.12)


def test_the_bootstrap_of_several_quantiles():
    model = ol.LinearRegression(loss="quantile", quantile=[0.25, 0.5]).fit(X, y)
    summary = model.summary(X, y, covariance="bootstrap", n_resamples=30)
    assert [output.name for output in summary.outputs] == ["y at 0.25", "y at 0.5"]
    single = ol.LinearRegression(loss="quantile", quantile=0.5).fit(X, y)
    alone = single.summary(X, y, covariance="bootstrap", n_resamples=30)
    np.testing.assert_allclose(
        summary.outputs[1].coefficients.standard_error,
        alone.outputs[0].coefficients.standard_error,
        rtol=1e-3,
    )


def test_a_resample_without_a_level_is_no_news():
    rare = np.column_stack([X, np.arange(N) == 5])
    model = ol.LinearRegression().fit(rare, y)
    summary = model.summary(rare, y, covariance="bootstrap", n_resamples=20)
    assert np.isfinite(summary.outputs[0].coefficients.standard_error).all()


def test_the_bootstrap_does_not_go_on_from_fit_to_fit():
    form = ol.LinearRegression(solver="sgd", loss="absolute", random_state=0)
    summaries = [
        form.set_params(warm_start=warm).fit(X, y).summary(X, y, covariance="bootstrap", n_resamples=5)
        for warm in (False, True)
    ]
    errors = [summary.outputs[0].coefficients.standard_error for summary in summaries]
    np.testing.assert_array_equal(*errors)


@pytest.mark.parametrize("alpha", [0.1, [0.1, 0.2]])
def test_ridge_has_r2_and_no_errors(alpha):
    model = ol.LinearRegression(alpha=alpha).fit(X, y)
    for covariance in ("classical", "HC3", "bootstrap"):
        summary = model.summary(X, y, covariance=covariance)
        (output,) = summary.outputs
        assert summary.covariance == "none"
        assert np.isnan(output.coefficients.standard_error).all()
        assert output.figures["r2"] == pytest.approx(model.score(X, y))
        residuals = y - model.predict(X)
        likelihood = norm.logpdf(residuals, scale=np.sqrt(np.mean(residuals**2))).sum()
        assert output.figures["log_likelihood"] == pytest.approx(likelihood)


def test_rows_that_do_not_go_together_are_refused():
    model = ol.LinearRegression().fit(X, Y)
    for rows in ({"X": X}, {"y": Y}, {"sample_weight": WEIGHTS}):
        with pytest.raises(InvalidDataError, match="X and y go together"):
            model.summary(**rows)
    with pytest.raises(InvalidDataError, match="y has 1 outputs; the model was fitted to 2"):
        model.summary(X, y)
    with pytest.raises(InvalidDataError, match="y has 1 outputs; the model was fitted to 2"):
        ol.LinearRegression(loss="huber").fit(X, Y).summary(X, y)
    with pytest.raises(ValueError, match="2 features"):
        model.summary(X[:, :2], Y)
    with pytest.raises(InvalidDataError, match="X contains NaN in row 4"):
        model.summary(np.where(np.arange(N)[:, None] == 4, np.nan, X), Y, covariance="HC3")
    with pytest.raises(InvalidParameterError, match="covariance='HC4'"):
        model.summary(covariance="HC4")
    with pytest.raises(ValueError, match="not fitted"):
        ol.LinearRegression().summary()


def test_names_given_to_the_columns():
    model = ol.LinearRegression().named(["area", "year", "tax"]).fit(X, y)
    assert model.coefficient_names == ["area", "year", "tax"]
    assert model.summary().outputs[0].coefficients.names[1:] == ("area", "year", "tax")
    assert ol.LinearRegression().named(["area"]).fit(X, y).coefficient_names == ["x0", "x1", "x2"]
    with pytest.raises(InvalidDataError, match=r"row 0, column 1 \(year\)"):
        model.predict([[0.0, np.nan, 0.0]])


@pytest.mark.parametrize("covariance", ["classical", "HC0", "HC3", "bootstrap"])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_other_rows_than_those_of_the_fit_are_refused(covariance, weights):
    model = ol.LinearRegression().fit(FRAME, y, sample_weight=weights)
    again = {"covariance": covariance, "n_resamples": 20}
    model.summary(FRAME, y, weights, **again)
    model.summary(FRAME[::-1], y[::-1], None if weights is None else weights[::-1], **again)
    with pytest.raises(
        InvalidDataError, match="not the rows that the model was fitted to: the sum of squared"
    ):
        model.summary(FRAME, y[::-1], weights, **again)
    with pytest.raises(InvalidDataError, match="the mean of the column 'year' is"):
        model.summary(FRAME.assign(year=FRAME["year"] + 1), y, weights, **again)
    with pytest.raises(InvalidDataError, match="the sum of the weights is"):
        model.summary(FRAME, y, WEIGHTS * 2 if weights is not None else WEIGHTS, **again)

"""LinearRegression by losses that outliers cannot move: at the optimum, beside scikit-learn and statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import HuberRegressor, QuantileRegressor
from sklearn.metrics import d2_pinball_score, mean_pinball_loss

import onelayer as ol
from onelayer.errors import InvalidDataError, RankWarning
from onelayer.losses import Absolute, Huber, Quantile

RANDOM = np.random.RandomState(0)
N = 151
X = RANDOM.randn(N, 3) * [1, 20, 0.1] + [0, 100, 0]
NOISE = RANDOM.standard_t(2, N)
y = X @ [2.0, -0.1, 7.0] + 5 + NOISE
Y = np.column_stack([y, 100 * RANDOM.randn(N) + X[:, 0]])
WEIGHTS = RANDOM.randint(0, 4, N).astype(float)
QUANTILES = [0.1, 0.5, 0.9]


def objective(model, loss, targets=y, weights=None):
    """Return the mean loss and the penalty of a fitted model, or of a peer with coef_ and intercept_."""
    scores = X @ np.atleast_2d(model.coef_).T + np.atleast_1d(model.intercept_)
    return loss.value(scores, targets, weights)


class TestAbsolute:
    """The median."""

    @pytest.mark.parametrize("weights", [None, WEIGHTS])
    def test_agrees_with_linear_programming(self, weights):
        ours = ol.LinearRegression(loss="absolute").fit(X, y, sample_weight=weights)
        theirs = QuantileRegressor(alpha=0, solver="highs").fit(X, y, sample_weight=weights)
        assert objective(ours, Absolute(), weights=weights) == pytest.approx(
            objective(theirs, Absolute(), weights=weights), rel=1e-8
        )
        assert 0 <= ours.gap_ <= 1e-8
        assert ours.converged_
        assert ours.losses_ == (Absolute(),)
        assert (ours.scale_, ours.statistics_, ours.rank_) == (None, None, 3)

    def test_agrees_with_statsmodels(self):
        ours = ol.LinearRegression(loss="absolute").fit(X, y)
        theirs = sm.QuantReg(y, sm.add_constant(X)).fit(0.5, p_tol=1e-12, max_iter=10_000)
        np.testing.assert_allclose([ours.intercept_, *ours.coef_], theirs.params, rtol=1e-4)

    def test_several_outputs_are_fitted_each_by_itself(self):
        both = ol.LinearRegression(loss="absolute", tol=1e-10).fit(X, Y)
        for k in range(2):
            one = ol.LinearRegression(loss="absolute", tol=1e-10).fit(X, Y[:, k])
            np.testing.assert_allclose(both.coef_[k], one.coef_, rtol=1e-6)
        assert both.predict(X).shape == (N, 2)
        assert both.losses_ == (Absolute(),) * 2

    @pytest.mark.parametrize("dtype", [np.float32, np.uint8])
    def test_narrow_inputs_give_the_coefficients_of_the_same_numbers_in_float64(self, dtype):
        narrow = np.abs(X * [40, 1, 400]).astype(dtype)
        ours = ol.LinearRegression(loss="absolute").fit(narrow, y)
        wide = ol.LinearRegression(loss="absolute").fit(narrow.astype(float), y)
        assert ours.coef_.dtype == np.float64
        np.testing.assert_allclose(ours.coef_, wide.coef_, rtol=1e-9)

    def test_a_penalty_on_uint8_is_in_units_of_its_range(self):
        pixels = RANDOM.randint(0, 256, (N, 3)).astype(np.uint8)
        for loss in ("absolute", "huber", "quantile"):
            stored = ol.LinearRegression(loss=loss, alpha=0.1, tol=1e-11).fit(pixels, y)
            scaled = ol.LinearRegression(loss=loss, alpha=0.1, tol=1e-11).fit(pixels / 255, y)
            np.testing.assert_allclose(stored.coef_ * 255, scaled.coef_, rtol=1e-5, atol=1e-7)


class TestHuber:
    """A robust mean, its δ in units of a scale that is given or found."""

    @pytest.mark.parametrize("weights", [None, WEIGHTS])
    @pytest.mark.parametrize("alpha", [0.0, 0.05])
    def test_agrees_with_scikit_learn_and_is_never_worse(self, weights, alpha):
        total = N if weights is None else weights.sum()
        parameters = {"epsilon": 1.5, "alpha": alpha * total, "tol": 1e-9, "max_iter": 10_000}
        theirs = HuberRegressor(**parameters).fit(X, y, sample_weight=weights)
        ours = ol.LinearRegression(loss="huber", delta=1.5, alpha=alpha).fit(X, y, sample_weight=weights)

        def joint(model, scale):
            loss = Huber(1.5 * scale)
            fit = 0.5 * scale + objective(model, loss, weights=weights) / scale
            return fit + 0.5 * alpha * np.square(model.coef_).sum()

        assert joint(ours, ours.scale_) <= joint(theirs, theirs.scale_) * (1 + 1e-10)
        assert ours.scale_ == pytest.approx(theirs.scale_, rel=1e-4)
        np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=2e-3, atol=1e-4)
        assert ours.losses_ == (Huber(1.5 * ours.scale_),)

    @pytest.mark.parametrize("weights", [None, WEIGHTS])
    def test_the_scale_is_what_it_says(self, weights):
        model = ol.LinearRegression(loss="huber", delta=2.0).fit(X, y, sample_weight=weights)
        squares = np.minimum(np.square(y - model.predict(X)), (2.0 * model.scale_) ** 2)
        assert model.scale_**2 == pytest.approx(np.average(squares, weights=weights), rel=1e-6)

    @pytest.mark.parametrize(("delta", "scale"), [(1.35, 1.0), (0.5, 3.0), (3.0, 0.5)])
    def test_a_given_scale(self, delta, scale):
        model = ol.LinearRegression(loss="huber", delta=delta, scale=scale).fit(X, y)
        assert model.scale_ == scale
        assert model.losses_ == (Huber(delta * scale),)
        slopes = np.clip(y - model.predict(X), -delta * scale, delta * scale)
        np.testing.assert_allclose(np.column_stack([np.ones(N), X]).T @ slopes, 0, atol=1e-8)

    def test_units_of_y_change_nothing_else(self):
        one = ol.LinearRegression(loss="huber").fit(X, y)
        large = ol.LinearRegression(loss="huber").fit(X, 1e6 * y)
        np.testing.assert_allclose(large.coef_, 1e6 * one.coef_, rtol=1e-6)
        assert large.scale_ == pytest.approx(1e6 * one.scale_, rel=1e-6)

    def test_a_delta_beyond_all_residuals_is_least_squares(self):
        model = ol.LinearRegression(loss="huber", delta=1e6, scale=1.0).fit(X, y)
        np.testing.assert_allclose(model.coef_, ol.LinearRegression().fit(X, y).coef_, rtol=1e-9)

    def test_several_outputs_have_a_scale_each(self):
        both = ol.LinearRegression(loss="huber").fit(X, Y)
        singles = [ol.LinearRegression(loss="huber").fit(X, column) for column in Y.T]
        assert both.scale_ == pytest.approx([single.scale_ for single in singles], rel=1e-6)
        assert both.losses_ == tuple(Huber(1.35 * scale) for scale in both.scale_)
        np.testing.assert_allclose(both.coef_, [single.coef_ for single in singles], rtol=1e-4)

    def test_a_perfect_fit_has_scale_zero(self):
        model = ol.LinearRegression(loss="huber").fit(X, X @ [1.0, 2.0, 3.0])
        np.testing.assert_allclose(model.coef_, [1, 2, 3], rtol=1e-9)
        assert model.scale_ == pytest.approx(0, abs=1e-9)

    def test_sgd_estimates_the_scale_of_the_same_rows(self):
        exact = ol.LinearRegression(loss="huber").fit(X, y)
        model = ol.LinearRegression(loss="huber", epochs=60, batch_size=16, random_state=0).fit(X, y)
        assert model.scale_ == pytest.approx(exact.scale_, rel=1e-6)
        assert model.losses_ == (Huber(1.35 * model.scale_),)
        loss = model.losses_[0]
        assert objective(model, loss) == pytest.approx(objective(exact, loss), rel=0.02)

    def test_a_stream_keeps_its_scale_unless_another_is_given(self):
        model = ol.LinearRegression(loss="huber", solver="sgd", random_state=0).partial_fit(X[:75], y[:75])
        first = model.scale_
        model.partial_fit(X[75:], 5 * y[75:])
        assert model.scale_ == first
        model.set_params(scale=2.0).partial_fit(X, y)
        assert model.scale_ == 2.0


class TestQuantiles:
    """One quantile, or several in one model."""

    @pytest.mark.parametrize("q", QUANTILES)
    @pytest.mark.parametrize("weights", [None, WEIGHTS])
    def test_agrees_with_linear_programming(self, q, weights):
        ours = ol.LinearRegression(loss="quantile", quantile=q).fit(X, y, sample_weight=weights)
        theirs = QuantileRegressor(quantile=q, alpha=0, solver="highs").fit(X, y, sample_weight=weights)
        losses = [
            mean_pinball_loss(y, model.predict(X), sample_weight=weights, alpha=q) for model in (ours, theirs)
        ]
        assert losses[0] == pytest.approx(losses[1], rel=1e-8)
        below = np.average(y < ours.predict(X) - 1e-9, weights=weights)
        at_most = np.average(y <= ours.predict(X) + 1e-9, weights=weights)
        assert below <= q <= at_most

    def test_several_are_as_good_as_each_by_itself(self):
        model = ol.LinearRegression(loss="quantile", quantile=QUANTILES).fit(X, y)
        assert (model.coef_.shape, model.intercept_.shape, model.predict(X).shape) == ((3, 3), (3,), (N, 3))
        assert model.losses_ == tuple(map(Quantile, QUANTILES))
        assert model.output_names == ["y at 0.1", "y at 0.5", "y at 0.9"]
        shares = []
        for q, predicted in zip(QUANTILES, model.predict(X).T, strict=True):
            single = ol.LinearRegression(loss="quantile", quantile=q).fit(X, y)
            losses = [mean_pinball_loss(y, s, alpha=q) for s in (predicted, single.predict(X))]
            assert losses[0] == pytest.approx(losses[1], rel=1e-7)
            shares.append(d2_pinball_score(y, predicted, alpha=q))
        assert model.score(X, y) == pytest.approx(np.mean(shares))
        assert model.score(X, y, WEIGHTS) != pytest.approx(np.mean(shares))
        assert 0 <= model.gap_ <= 1e-8
        assert model.history_[-1]["epoch"] == model.n_iter_ == len(model.history_)

    def test_a_list_of_one_is_a_model_of_one_output_in_two_dimensions(self):
        model = ol.LinearRegression(loss="quantile", quantile=[0.3]).fit(X, y)
        single = ol.LinearRegression(loss="quantile", quantile=0.3).fit(X, y)
        assert model.predict(X).shape == (N, 1)
        np.testing.assert_array_equal(model.predict(X)[:, 0], single.predict(X))

    def test_one_quantile_of_several_targets(self):
        model = ol.LinearRegression(loss="quantile", quantile=0.3).fit(X, Y)
        assert model.coef_.shape == (2, 3)
        assert model.losses_ == (Quantile(0.3),) * 2

    def test_a_stream_of_several_by_sgd(self):
        model = ol.LinearRegression(loss="quantile", quantile=(0.2, 0.8), solver="sgd", random_state=0)
        for start in range(0, 30 * N, N):
            order = np.random.RandomState(start).permutation(N)
            model.partial_fit(X[order], y[order])
        assert model.n_iter_ == len(model.history_) == 30
        assert model.coef_.shape == (2, 3)
        exact = ol.LinearRegression(loss="quantile", quantile=(0.2, 0.8)).fit(X, y)
        assert model.score(X, y) > exact.score(X, y) - 0.05

    def test_partial_fit_goes_on_from_the_optimum(self):
        model = ol.LinearRegression(loss="quantile", quantile=QUANTILES).fit(X, y)
        before = model.score(X, y)
        model.partial_fit(X, y)
        assert model.training_["solver"] == "sgd"
        assert model.gap_ is None
        assert model.score(X, y) > before - 0.2


@given(seed=st.integers(0, 10_000), loss=st.sampled_from(["absolute", "huber", "quantile"]))
@settings(max_examples=20, deadline=None)
def test_integer_weights_are_repeated_rows_and_zero_is_an_absent_one(seed, loss):
    random = np.random.RandomState(seed)
    features, targets, times = random.randn(25, 2), random.randn(25), random.randint(0, 4, 25)
    form = {"loss": loss, "quantile": 0.7, "tol": 1e-10}
    wild = np.where(times == 0, 1e12 * targets, targets)
    weighted = ol.LinearRegression(**form).fit(features, wild, sample_weight=times)
    repeated = ol.LinearRegression(**form).fit(np.repeat(features, times, axis=0), np.repeat(targets, times))
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(weighted.intercept_, repeated.intercept_, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("loss", ["absolute", "huber", "quantile"])
class TestRecord:
    """History, validation data and callbacks of the iterations."""

    def test_one_record_for_each_iteration(self, loss):
        heard = []
        model = ol.LinearRegression(loss=loss, quantile=0.2).fit(X, y, callbacks=[heard.append])
        assert model.history_ == [epoch.record() for epoch in heard]
        assert [record["epoch"] for record in model.history_] == list(range(1, model.n_iter_ + 1))
        assert {record["learning_rate"] for record in model.history_} == {None}
        assert model.training_["solver"] == "newton"
        assert model.training_["stopped"] == "finished"

    def test_validation_data_are_judged_at_the_end(self, loss):
        model = ol.LinearRegression(loss=loss, quantile=0.2).fit(
            X[:100], y[:100], X_val=X[100:], y_val=y[100:]
        )
        *earlier, last = model.history_
        assert {record["val_loss"] for record in earlier} <= {None}
        predicted = model.predict(X[100:])
        assert last["val_loss"] == pytest.approx(model.losses_[0].value(predicted[:, None], y[100:]))
        assert last["val_score"] == pytest.approx(model.score(X[100:], y[100:]))

    def test_too_few_iterations_are_told(self, loss):
        with pytest.warns(ConvergenceWarning, match="gap"):
            model = ol.LinearRegression(loss=loss, max_iter=1).fit(X, y)
        assert not model.converged_
        assert model.gap_ > 1e-8
        assert model.n_iter_ == 1

    def test_a_callback_ends_it(self, loss):
        model = ol.LinearRegression(loss=loss).fit(X, y, callbacks=[lambda epoch: True])
        assert (model.n_iter_, model.training_["stopped"]) == (1, "callback")

    def test_a_warm_start_ends_at_the_same_optimum_and_saves_steps_on_the_whole(self, loss):
        cold = warm = 0
        for seed in range(20):
            random = np.random.RandomState(seed)
            n = random.randint(50, 300)
            X = random.randn(n, 3) * [1, 20, 0.1] + [0, 100, 0]
            y = X @ [2.0, -0.1, 7.0] + 5 + random.standard_t(2, n)
            model = ol.LinearRegression(loss=loss, quantile=0.2, warm_start=True).fit(X, y)
            first, coef = model.n_iter_, model.coef_
            cold, warm = cold + first, warm + model.fit(X, y).n_iter_
            np.testing.assert_allclose(model.coef_, coef, rtol=1e-6)
        assert warm < cold


def test_validation_data_of_several_quantiles():
    model = ol.LinearRegression(loss="quantile", quantile=QUANTILES)
    model.fit(X[:100], y[:100], X_val=X[100:], y_val=y[100:])
    expected = sum(
        mean_pinball_loss(y[100:], predicted, alpha=q)
        for q, predicted in zip(QUANTILES, model.predict(X[100:]).T, strict=True)
    )
    assert model.history_[-1]["val_loss"] == pytest.approx(expected)
    assert model.history_[-1]["val_score"] is None
    stopped = ol.LinearRegression(loss="quantile", quantile=QUANTILES)
    stopped.fit(X, y, callbacks=[lambda epoch: True])
    assert (stopped.n_iter_, stopped.training_["stopped"]) == (3, "callback")


def test_early_stopping_of_several_quantiles():
    form = {
        "loss": "quantile",
        "early_stopping": True,
        "epochs": 400,
        "n_iter_no_change": 3,
        "random_state": 0,
    }
    model = ol.LinearRegression(quantile=[0.2, 0.8], **form).fit(X, y)
    assert (model.training_["solver"], model.training_["stopped"]) == ("sgd", "early stopping")
    assert model.converged_
    exact = ol.LinearRegression(loss="quantile", quantile=[0.2, 0.8]).fit(X, y)
    assert model.score(X, y) > exact.score(X, y) - 0.05


@pytest.mark.parametrize("loss", ["absolute", "huber", "quantile"])
class TestRank:
    """Columns that depend on others: a warning names them, and the shortest solution is taken."""

    def test_a_column_twice(self, loss):
        twice = np.column_stack([X, X[:, 1]])
        with pytest.warns(RankWarning, match=r"1 of 4 columns depends on others \(x3 = x1\).* least norm"):
            model = ol.LinearRegression(loss=loss).fit(twice, y)
        assert model.rank_ == 3
        assert model.coef_[1] == pytest.approx(model.coef_[3], rel=1e-9)
        np.testing.assert_allclose(
            model.predict(twice), ol.LinearRegression(loss=loss).fit(X, y).predict(X), rtol=1e-6
        )

    def test_a_constant_column_beside_the_intercept(self, loss):
        constant = np.column_stack([X, np.full(N, 7.1)])
        with pytest.warns(RankWarning, match=r"x3 = 7\.1 in every row"):
            ol.LinearRegression(loss=loss).fit(constant, y)

    @pytest.mark.parametrize("fit_intercept", [True, False])
    def test_more_columns_than_rows(self, loss, fit_intercept):
        wide = RANDOM.randn(5, 8)
        with pytest.warns(RankWarning, match="8 columns and only 5 rows"):
            model = ol.LinearRegression(loss=loss, fit_intercept=fit_intercept).fit(wide, y[:5])
        assert model.rank_ == 5 - fit_intercept
        centred = wide - wide.mean(axis=0) * fit_intercept
        shortest = np.linalg.lstsq(centred, y[:5] - y[:5].mean() * fit_intercept, rcond=1e-12)[0]
        np.testing.assert_allclose(model.coef_, shortest, rtol=1e-8)

    def test_a_penalty_leaves_one_solution(self, loss):
        assert ol.LinearRegression(loss=loss, alpha=0.1).fit(np.column_stack([X, X]), y).rank_ is None


def test_several_quantiles_warn_once():
    with pytest.warns(RankWarning) as caught:
        ol.LinearRegression(loss="quantile", quantile=QUANTILES).fit(np.column_stack([X, X[:, 0]]), y)
    assert len(caught) == 1


@pytest.mark.parametrize("unit", [1e-151, 1e290])
def test_targets_whose_errors_hubers_loss_cannot_square(unit):
    with pytest.raises(InvalidDataError, match="y has errors of scale"):
        ol.LinearRegression(loss="huber").fit(X, y * unit)

"""LinearRegression by its closed form: against NumPy, SciPy, scikit-learn and exact rational arithmetic."""

from __future__ import annotations

import warnings
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression as Peer
from sklearn.linear_model import Ridge, RidgeCV

import onelayer as ol
from onelayer.errors import ConditionWarning, InvalidDataError, InvalidParameterError, RankWarning
from onelayer.losses import Squared

RANDOM = np.random.RandomState(0)
X = RANDOM.randn(80, 4) * [1, 10, 0.1, 3] + [0, 50, 2, -1]
y = X @ [1.0, 0.2, 5.0, -1.0] + 3 + RANDOM.randn(80)
Y = np.column_stack([y, RANDOM.randn(80), 2 * y])


def rational(X, y, weights=None):
    """Return intercept and coefficients by Gaussian elimination in fractions: every digit is right."""
    rows = [[Fraction(1), *map(Fraction, map(float, row))] for row in X]
    w = [Fraction(1)] * len(rows) if weights is None else list(map(Fraction, map(float, weights)))
    t, m = list(map(Fraction, map(float, y))), len(rows[0])
    A = [
        [sum(c * r[i] * r[j] for c, r in zip(w, rows, strict=True)) for j in range(m)]
        + [sum(c * r[i] * v for c, r, v in zip(w, rows, t, strict=True))]
        for i in range(m)
    ]
    for k in range(m):
        pivot = next(i for i in range(k, m) if A[i][k])
        A[k], A[pivot] = A[pivot], A[k]
        A[k] = [value / A[k][k] for value in A[k]]
        for i in range(m):
            if i != k:
                A[i] = [a - A[i][k] * b for a, b in zip(A[i], A[k], strict=True)]
    return np.array([float(row[-1]) for row in A])


def parameters(model):
    return np.append(model.intercept_, model.coef_)


def test_every_digit_is_right():
    years = np.arange(1990.0, 2014.0)
    features = np.column_stack([years, (years - 2000) ** 2, RANDOM.randn(24) * 1e-6])
    for targets, weights in [(RANDOM.randn(24), None), (RANDOM.randn(24) + 1e6, RANDOM.rand(24))]:
        model = ol.LinearRegression().fit(features, targets, sample_weight=weights)
        np.testing.assert_allclose(parameters(model), rational(features, targets, weights), rtol=4e-16)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weights", [None, RANDOM.rand(80)])
@pytest.mark.parametrize("targets", [y, Y], ids=["one output", "three"])
def test_agrees_with_scikit_learn(fit_intercept, weights, targets):
    ours = ol.LinearRegression(fit_intercept=fit_intercept).fit(X, targets, sample_weight=weights)
    theirs = Peer(fit_intercept=fit_intercept).fit(X, targets, sample_weight=weights)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-10)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, rtol=1e-10)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-10)
    assert ours.predict(X).shape == targets.shape
    assert ours.score(X, targets, weights) == pytest.approx(theirs.score(X, targets, weights), rel=1e-10)


@pytest.mark.parametrize("weights", [None, RANDOM.rand(80) * 3])
@pytest.mark.parametrize("alpha", [1e-3, 0.7, 50])
def test_the_penalty_is_that_of_the_mean_loss(weights, alpha):
    total = 80 if weights is None else weights.sum()
    for targets in (y, Y):
        ours = ol.LinearRegression(alpha=alpha).fit(X, targets, sample_weight=weights)
        theirs = Ridge(alpha=alpha * total, solver="cholesky").fit(X, targets, sample_weight=weights)
        np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-9)
        np.testing.assert_allclose(ours.intercept_, theirs.intercept_, rtol=1e-9)
        assert ours.alpha_ == alpha


def test_uint8_is_penalised_in_units_of_its_range():
    pixels = RANDOM.randint(0, 256, (50, 6)).astype(np.uint8)
    stored = ol.LinearRegression(alpha=0.01).fit(pixels, y[:50])
    scaled = ol.LinearRegression(alpha=0.01).fit(pixels / 255, y[:50])
    np.testing.assert_allclose(stored.coef_ * 255, scaled.coef_, rtol=1e-12)
    assert stored.intercept_ == pytest.approx(scaled.intercept_, rel=1e-12)
    as_float = ol.LinearRegression(alpha=0.01).fit(pixels.astype(float), y[:50])
    assert not np.allclose(as_float.coef_, stored.coef_, rtol=1e-3)


@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
@pytest.mark.parametrize("alpha", [0.0, [0.0, 0.1]])
def test_narrow_inputs_give_the_coefficients_of_the_same_numbers_in_float64(dtype, alpha):
    narrow = (np.abs(X) * 3 + 100 * RANDOM.rand(80, 4)).astype(dtype)
    if dtype == np.uint8:
        alpha = 0.0
    model = ol.LinearRegression(alpha=alpha).fit(narrow, y)
    wide = ol.LinearRegression(alpha=alpha).fit(narrow.astype(np.float64), y)
    assert model.coef_.dtype == np.float64
    np.testing.assert_allclose(model.coef_, wide.coef_, rtol=1e-9)
    np.testing.assert_allclose(model.intercept_, wide.intercept_, rtol=1e-9)
    np.testing.assert_allclose(model.predict(narrow), wide.predict(narrow.astype(np.float64)), rtol=1e-9)
    assert model.predict(narrow).dtype == np.float64


def test_float32_inputs_take_targets_that_float32_cannot_resolve():
    features = X.astype(np.float32)
    targets = 1e9 + y
    model = ol.LinearRegression().fit(features, targets, X_val=features, y_val=targets)
    np.testing.assert_allclose(
        model.predict(features) - 1e9, Peer().fit(features, y).predict(features), rtol=1e-4
    )
    assert model.summary(features, targets, covariance="HC3").outputs[0].figures["r2"] > 0.9


@given(seed=st.integers(0, 10_000), alpha=st.sampled_from([0.0, 0.3]))
@settings(max_examples=25, deadline=None)
def test_integer_weights_are_repeated_rows_and_zero_is_an_absent_one(seed, alpha):
    random = np.random.RandomState(seed)
    features, targets, times = random.randn(30, 3), random.randn(30, 2), random.randint(0, 4, 30)
    wild = np.where(times[:, None] == 0, 1e30 * features, features)
    weighted = ol.LinearRegression(alpha=alpha).fit(wild, targets, sample_weight=times)
    repeated = ol.LinearRegression(alpha=alpha).fit(
        np.repeat(features, times, axis=0), np.repeat(targets, times, axis=0)
    )
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(weighted.intercept_, repeated.intercept_, rtol=1e-11, atol=1e-13)


class TestAttributes:
    """What a fit says of itself."""

    def test_of_an_exact_fit(self):
        model = ol.LinearRegression().fit(X, Y)
        centred = X - X.mean(axis=0)
        singular = scipy.linalg.svdvals(centred / np.linalg.norm(centred, axis=0))
        assert model.condition_ == pytest.approx(singular.max() / singular.min(), rel=1e-6)
        assert (model.rank_, model.gap_, model.scale_, model.alpha_) == (4, 0.0, None, 0.0)
        assert model.losses_ == (Squared(),) * 3
        assert (model.statistics_.n_rows, model.statistics_.n_outputs) == (80, 3)
        assert (model.n_iter_, model.converged_) == (1, True)
        assert model.training_["solver"] == "closed_form"
        assert model.training_["n_rows"] == 80

    def test_of_sgd(self):
        model = ol.LinearRegression(solver="sgd", alpha=0.01, random_state=0).fit(X, y)
        assert model.losses_ == (Squared(),)
        assert (model.rank_, model.condition_, model.gap_, model.scale_) == (None,) * 4
        assert model.alpha_ == 0.01

    def test_history_has_one_record_with_the_mean_loss(self):
        heard = []
        model = ol.LinearRegression().fit(X, Y, X_val=X[:20], y_val=Y[:20], callbacks=[heard.append])
        (record,) = model.history_
        assert record == heard[0].record()
        assert record["learning_rate"] is None
        assert record["train_loss"] == pytest.approx(0.5 * np.square(model.predict(X) - Y).sum() / 80)
        assert record["val_loss"] == pytest.approx(0.5 * np.square(model.predict(X[:20]) - Y[:20]).sum() / 20)
        assert record["val_score"] == pytest.approx(model.score(X[:20], Y[:20]))
        assert ol.LinearRegression().fit(X, Y).history_[0]["val_loss"] is None

    def test_a_model_fitted_again_forgets_what_it_knew(self):
        model = ol.LinearRegression(loss="huber").fit(X, y)
        assert model.scale_ > 0
        model.set_params(loss="squared").fit(X, y)
        assert (model.scale_, model.rank_) == (None, 4)
        model.set_params(solver="sgd", random_state=0).fit(X, y)
        assert (model.statistics_, model.rank_, model.gap_) == (None, None, None)


class TestAlphas:
    """One weight of the penalty out of several."""

    ALPHAS = (1e-4, 1e-2, 0.1, 1.0, 10.0)

    def left_out(self, alpha, weights=None):
        """Return the mean loss of every row by a fit to the others, with the penalty that all rows have."""
        w = np.ones(len(X)) if weights is None else weights
        errors = []
        for row in range(len(X)):
            rest = np.arange(len(X)) != row
            peer = Ridge(alpha=max(alpha * w.sum(), 1e-300), solver="svd")
            peer.fit(X[rest], Y[rest], sample_weight=w[rest])
            errors.append(0.5 * np.square(Y[row] - peer.predict(X[[row]])[0]).sum())
        return np.average(errors, weights=w)

    @pytest.mark.parametrize("weights", [None, RANDOM.rand(80)])
    def test_by_leaving_one_row_out(self, weights):
        model = ol.LinearRegression(alpha=[0.0, *self.ALPHAS]).fit(X, Y, sample_weight=weights)
        losses = [self.left_out(alpha, weights) for alpha in (0.0, *self.ALPHAS)]
        assert model.alpha_ == (0.0, *self.ALPHAS)[int(np.argmin(losses))]
        same = ol.LinearRegression(alpha=model.alpha_).fit(X, Y, sample_weight=weights)
        np.testing.assert_array_equal(model.coef_, same.coef_)

    def test_agrees_with_ridge_cv(self):
        few = np.arange(9)
        noisy = 5 * RANDOM.randn(9)
        ours = ol.LinearRegression(alpha=np.array(self.ALPHAS)).fit(X[few], noisy)
        theirs = RidgeCV(alphas=9 * np.array(self.ALPHAS)).fit(X[few], noisy)
        assert ours.alpha_ == pytest.approx(theirs.alpha_ / 9)
        np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-8)

    def test_by_validation_data(self):
        train, held_out = slice(0, 12), slice(12, 80)
        noisy = Y + 20 * RANDOM.randn(*Y.shape)
        weights = RANDOM.rand(68)
        chosen = ol.LinearRegression(alpha=self.ALPHAS).fit(
            X[train], noisy[train], X_val=X[held_out], y_val=Y[held_out], sample_weight_val=weights
        )
        models = [ol.LinearRegression(alpha=alpha).fit(X[train], noisy[train]) for alpha in self.ALPHAS]
        errors = [
            weights @ np.square(model.predict(X[held_out]) - Y[held_out]).sum(axis=1) for model in models
        ]
        best = int(np.argmin(errors))
        assert best > 0
        assert chosen.alpha_ == self.ALPHAS[best]
        np.testing.assert_allclose(chosen.coef_, models[best].coef_, rtol=1e-10)
        assert chosen.history_[-1]["val_loss"] == pytest.approx(0.5 * errors[best] / weights.sum())

    def test_one_row_has_none_to_leave_out(self):
        for rows in (X[:1], np.tile(X[:1], (1, 200))):
            with pytest.raises(InvalidDataError, match=r"only one sample \(row\) that counts"):
                ol.LinearRegression(alpha=[0.0, 1.0]).fit(rows, y[:1])
        with pytest.raises(InvalidDataError, match="only one sample"):
            ol.LinearRegression(alpha=[0.0, 1.0]).fit(X, y, sample_weight=np.arange(80) == 3)

    def test_constant_columns_leave_the_mean(self):
        model = ol.LinearRegression(alpha=[0.5, 1.0]).fit(np.ones((5, 2)), y[:5])
        np.testing.assert_allclose(model.predict(np.ones((1, 2))), y[:5].mean())

    def test_rows_that_determine_themselves_are_refused(self):
        with pytest.raises(InvalidParameterError, match="some row determines its own fit"):
            ol.LinearRegression(alpha=[0.0]).fit(X[:5], y[:5])


class TestRank:
    """Columns that depend on others: which, and what then."""

    frame = pd.DataFrame(X, columns=["above", "basement", "rooms", "age"]).assign(
        living=lambda table: table["above"] + table["basement"]
    )

    def test_the_warning_names_the_columns_and_their_relation(self):
        with pytest.warns(RankWarning, match=r"living") as caught:
            model = ol.LinearRegression().fit(self.frame, y)
        message = str(caught[0].message)
        assert "above" in message
        assert "basement" in message
        assert "rooms" not in message
        assert (model.rank_, model.condition_) == (4, np.inf)
        centred = self.frame.to_numpy() - self.frame.to_numpy().mean(axis=0)
        np.testing.assert_allclose(
            model.coef_, np.linalg.lstsq(centred, y - y.mean(), rcond=1e-12)[0], rtol=1e-9
        )

    def test_arrays_have_columns_by_number(self):
        with pytest.warns(RankWarning, match=r"x4"):
            ol.LinearRegression().fit(self.frame.to_numpy(), y)

    def test_a_penalty_needs_no_warning(self):
        ol.LinearRegression(alpha=0.1).fit(self.frame, y)
        ol.LinearRegression(alpha=[0.1, 1.0]).fit(self.frame, y)

    @pytest.mark.parametrize("n_features", [20, 600])
    @pytest.mark.parametrize("fit_intercept", [True, False])
    def test_more_columns_than_rows(self, n_features, fit_intercept):
        wide = RANDOM.randn(7, n_features)
        with pytest.warns(RankWarning, match="rows"):
            model = ol.LinearRegression(fit_intercept=fit_intercept).fit(wide, y[:7])
        np.testing.assert_allclose(model.predict(wide), y[:7], rtol=1e-10)
        assert model.rank_ == 7 - fit_intercept
        centred = wide - wide.mean(axis=0) * fit_intercept
        shortest = scipy.linalg.lstsq(centred, y[:7] - y[:7].mean() * fit_intercept, cond=1e-10)[0]
        np.testing.assert_allclose(model.coef_, shortest, rtol=1e-8, atol=1e-12)

    def test_near_dependence_within_the_rounding_of_float32(self):
        near = np.column_stack([X, X[:, 0] + 1e-9 * RANDOM.randn(80)])
        ol.LinearRegression().fit(near, y)
        close = near.astype(np.float32)
        close[:, 4] = np.nextafter(
            close[:, 0], np.where(np.arange(80) % 2 == 0, np.inf, -np.inf).astype(np.float32)
        )
        with pytest.warns(ConditionWarning, match="x0|x4"):
            model = ol.LinearRegression().fit(close, y)
        np.testing.assert_allclose(parameters(model), rational(close, y), rtol=1e-9)

    def test_no_other_warning(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            ol.LinearRegression().fit(X, y)


def test_columns_that_only_rounding_tells_apart_are_named_also_in_float64():
    random = np.random.RandomState(0)
    X = random.randn(60, 3)
    X[:, 2] = X[:, 0] + 1e-12 * random.randn(60)
    with pytest.warns(ConditionWarning, match="x2 the most: about 3 digits"):
        ol.LinearRegression().fit(X, X @ [1.0, 2.0, 3.0])


def test_a_warning_points_at_the_line_that_called():
    X = np.ones((5, 1))
    with pytest.warns(RankWarning) as caught:
        ol.LinearRegression().fit(X, np.arange(5.0))
    assert caught[0].filename == __file__

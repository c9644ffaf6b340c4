"""Both estimators against scikit-learn's own checks, and the conventions that these leave out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

import onelayer as ol
from onelayer.errors import InvalidDataError, InvalidParameterError

ESTIMATORS = [ol.SoftmaxRegression, ol.LinearRegression]


def data(estimator, dtype=np.float64):
    X, y = load_iris(return_X_y=True) if estimator is ol.SoftmaxRegression else load_diabetes(return_X_y=True)
    return X.astype(dtype), y


FORMS = [
    *(ol.SoftmaxRegression(solver=solver, random_state=0) for solver in ol.SoftmaxRegression._solvers),
    *(
        ol.LinearRegression(loss=loss, solver=solver, random_state=0)
        for loss in ("squared", "absolute", "huber", "quantile")
        for solver in ("auto", "closed_form" if loss == "squared" else "newton", "sgd")
    ),
    ol.LinearRegression(loss="huber", scale=1.0),
    ol.LinearRegression(loss="quantile", quantile=0.9),
    ol.LinearRegression(alpha=[0.0, 1.0]),
]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: repr(form).replace("\n", ""))
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@pytest.mark.filterwarnings("ignore::onelayer.errors.RankWarning")
def test_every_check_of_scikit_learn(form):
    """Where a model cannot learn part by part it has no partial_fit, and the checks of that do not apply."""
    results = check_estimator(form, on_skip=None)
    failed = [r["check_name"] for r in results if r["status"] in ("failed", "xfail")]
    assert failed == []
    assert sum(r["status"] == "passed" for r in results) >= 55


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_pipelines_cross_validation_and_search(estimator):
    X, y = data(estimator)
    model = make_pipeline(StandardScaler(), estimator(epochs=50, batch_size=32, random_state=0))
    order = np.random.RandomState(0).permutation(len(X))
    assert cross_val_score(model, X[order], y[order]).mean() > (
        0.9 if estimator is ol.SoftmaxRegression else 0.4
    )
    search = GridSearchCV(estimator(epochs=20, random_state=0), {"alpha": [1e-4, 10.0]}, cv=3).fit(
        X[order], y[order]
    )
    assert search.best_params_ == {"alpha": 1e-4}


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_column_names(estimator):
    X, y = data(estimator)
    frame = pd.DataFrame(X, columns=[f"column {j}" for j in range(X.shape[1])])
    model = estimator(random_state=0).fit(frame, y)
    assert model.feature_names_in_[1] == "column 1"
    np.testing.assert_array_equal(model.predict(frame), estimator(random_state=0).fit(X, y).predict(X))
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[frame.columns[::-1]])
    with pytest.raises(InvalidDataError, match=r"X contains NaN in row 7, column 2 \(column 2\)"):
        model.predict(frame.mask((frame.index.to_numpy()[:, None] == 7) & (np.arange(X.shape[1]) == 2)))


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_same_bits_for_the_same_seed_and_any_threads(estimator, dtype):
    X, y = data(estimator, dtype)
    X, y = np.tile(X, (40, 30)), np.tile(y, 40)
    models = [estimator(epochs=3, random_state=1, n_threads=n).fit(X, y) for n in (1, 2, 4, 8, 16, None)]
    assert len({model.coef_.tobytes() for model in models}) == 1
    assert models[0].coef_.dtype == dtype
    assert estimator(epochs=3, random_state=2).fit(X, y).coef_.tobytes() != models[0].coef_.tobytes()


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("rate", [0.01, "auto"])
def test_integer_weights_are_repeated_rows(estimator, rate):
    X, y = data(estimator)
    repeats = np.random.RandomState(0).randint(0, 4, len(X))
    parameters = {"batch_size": 10_000, "epochs": 20, "learning_rate": rate, "random_state": 0}
    weighted = estimator(**parameters).fit(X, y, sample_weight=repeats)
    repeated = estimator(**parameters).fit(np.repeat(X, repeats, axis=0), np.repeat(y, repeats))
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_uint8_is_used_as_it_is_and_reported_in_its_own_units(estimator):
    random = np.random.RandomState(0)
    X = random.randint(0, 256, (500, 12)).astype(np.uint8)
    signal = X[:, 0].astype(float) - X[:, 1]
    y = (signal > 0).astype(int) + (signal > 80) if estimator is ol.SoftmaxRegression else signal
    stored = estimator(epochs=5, learning_rate=0.1, random_state=0).fit(X, y)
    scaled = estimator(epochs=5, learning_rate=0.1, random_state=0).fit((X / 255).astype(np.float32), y)
    np.testing.assert_allclose(
        stored.coef_ * 255, scaled.coef_, rtol=2e-4, atol=1e-4 * np.abs(scaled.coef_).max()
    )
    scores = X @ stored.coef_.T + stored.intercept_
    found = stored.decision_function(X) if estimator is ol.SoftmaxRegression else stored.predict(X)
    np.testing.assert_allclose(found, scores, rtol=1e-4, atol=1e-4 * np.abs(scores).max())


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_validation_data_and_history(estimator):
    X, y = data(estimator)
    heard = []
    model = estimator(epochs=4, random_state=0).fit(X, y, X_val=X, y_val=y, callbacks=[heard.append])
    assert [record["epoch"] for record in model.history_] == [1, 2, 3, 4] == [epoch.epoch for epoch in heard]
    assert set(model.history_[0]) == {
        *("epoch", "seconds", "train_loss", "val_loss", "val_score", "learning_rate", "rows_per_second")
    }
    assert model.history_[-1]["val_score"] == pytest.approx(model.score(X, y))
    assert model.n_iter_ == 4
    assert model.training_["stopped"] == "finished"
    assert "val_loss" in model.history_[0]
    assert estimator(epochs=1).fit(X, y).history_[0]["val_loss"] is None


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_callback_that_returns_true_stops(estimator):
    X, y = data(estimator)
    model = estimator(epochs=9, random_state=0).fit(X, y, callbacks=[lambda epoch: epoch.epoch == 3])
    assert (model.n_iter_, model.training_["stopped"]) == (3, "callback")


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_early_stopping_on_given_and_on_held_out_rows(estimator):
    X, y = data(estimator)
    shuffled = np.random.RandomState(0).permutation(y)
    parameters = {
        "epochs": 500,
        "batch_size": 16,
        "early_stopping": True,
        "n_iter_no_change": 3,
        "random_state": 0,
    }
    for extra in ({}, {"X_val": X, "y_val": shuffled}):
        model = estimator(**parameters).fit(X, y, **extra)
        assert model.converged_
        assert model.training_["stopped"] == "early stopping"
        best = min(record["val_loss"] for record in model.history_)
        assert model.history_[-4]["val_loss"] == best
    with pytest.raises(InvalidDataError, match="X_val and y_val go together"):
        model.fit(X, y, X_val=X)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_warm_start_goes_on(estimator):
    X, y = data(estimator)
    cold = estimator(epochs=3, learning_rate=0.01, random_state=0)
    warm = clone(cold).set_params(warm_start=True)
    first = warm.fit(X, y).history_[-1]["train_loss"]
    assert warm.fit(X, y).history_[0]["train_loss"] < first
    again = [cold.fit(X, y).coef_.tobytes() for _ in range(2)]
    assert again[0] == again[1]


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize(
    ("name", "values"),
    {
        "alpha": [-1, np.nan, np.inf, "much", None],
        "solver": ["newton", 3],
        "epochs": [0, -1, 2.5, True],
        "batch_size": [0, -1, "all"],
        "learning_rate": [0, -0.1, np.nan, np.inf, "fast"],
        "schedule": ["linear", None],
        "momentum": [1, -0.1, np.nan],
        "n_iter_no_change": [0],
        "validation_fraction": [0, 1, 2],
        "n_threads": [0, -1, 1.5],
    }.items(),
)
def test_parameters_out_of_range_are_named(estimator, name, values):
    X, y = data(estimator)
    for value in values:
        with pytest.raises(InvalidParameterError, match=f"^{name}="):
            estimator(**{name: value}).fit(X, y)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_bad_values_are_named_by_place(estimator):
    X, y = data(estimator)
    for value, word in [(np.nan, "NaN"), (np.inf, "inf"), (-np.inf, "-inf")]:
        spoilt = X.copy()
        spoilt[101, 3] = value
        with pytest.raises(InvalidDataError, match=f"X contains {word} in row 101, column 3"):
            estimator().fit(spoilt, y)
        with pytest.raises(InvalidDataError, match=f"X_val contains {word} in row 101, column 3"):
            estimator().fit(X, y, X_val=spoilt, y_val=y)
    labels = y.astype(float)
    labels[9] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        estimator().fit(X, labels)
    with pytest.raises(InvalidDataError, match="sample_weight is negative in row 2"):
        estimator().fit(X, y, sample_weight=np.where(np.arange(len(X)) == 2, -1, 1))
    with pytest.raises(InvalidDataError, match="zero in every row"):
        estimator().fit(X, y, sample_weight=np.zeros(len(X)))
    with pytest.raises(InvalidDataError, match=r"shape \(3,\)"):
        estimator().fit(X, y, sample_weight=[1, 1, 1])
    with pytest.raises(ValueError, match="0 sample"):
        estimator().fit(X[:0], y[:0])
    with pytest.raises(ValueError, match="inconsistent"):
        estimator().fit(X, y[:-1])


def test_values_near_the_largest_are_not_taken_for_infinite():
    X = np.full((10, 2), 3e38, np.float32)
    X[::2] *= -1
    model = ol.LinearRegression(epochs=5, random_state=0).fit(X, np.tile([0.0, 1.0], 5))
    assert np.isfinite(model.predict(X)).all()

"""GridSweep against separate fits, against scikit-learn's GridSearchCV, and what it refuses."""

from __future__ import annotations

import warnings
from itertools import pairwise

import numpy as np
import pytest
from scipy.sparse import coo_array, csr_array
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.model_selection import GridSearchCV, ParameterGrid, StratifiedKFold
from sklearn.utils.estimator_checks import check_estimator

import onelayer as ol
from onelayer.errors import DivergenceError, InvalidDataError, InvalidParameterError

SOFTMAX = ol.SoftmaxRegression(epochs=6, batch_size=16, random_state=0)
LINEAR = ol.LinearRegression(epochs=6, batch_size=32, random_state=0)
SPACES = [
    (SOFTMAX, {"learning_rate": [0.01, 0.1], "alpha": [1e-4, 1e-2], "momentum": [0.0, 0.9]}),
    (SOFTMAX, {"batch_size": [8, 16], "schedule": ["constant", "cosine"], "fit_intercept": [True, False]}),
    (SOFTMAX, [{"epochs": [2, 6]}, {"class_weight": [None, "balanced"], "alpha": [0.0]}]),
    (LINEAR, {"learning_rate": [1e-3, 1e-2], "alpha": [0.0, 0.1]}),
    (LINEAR, {"loss": ["squared", "absolute", "huber"], "alpha": [1e-3, 1.0]}),
    (ol.LinearRegression(), {"alpha": [10.0, 0.0, 1e-3], "fit_intercept": [True, False]}),
    (ol.LinearRegression(), {"alpha": [0.0, [0.01, 1.0], [0.1, 10.0]]}),
    (ol.SoftmaxRegression(), {"alpha": [1e-3, "auto", 1.0], "class_weight": [None, "balanced"]}),
    (
        ol.LinearRegression(loss="quantile", quantile=[0.2, 0.8], random_state=0),
        {"solver": ["newton", "sgd"]},
    ),
    (ol.LinearRegression(loss="huber", scale=1.0), {"alpha": [0.1, 1.0]}),
]


def data(estimator):
    classifies = isinstance(estimator, ol.SoftmaxRegression)
    X, y = load_iris(return_X_y=True) if classifies else load_diabetes(return_X_y=True)
    order = np.random.RandomState(0).permutation(len(X))
    X, y = X[order], y[order]
    if not classifies:
        X, y = X / X.std(axis=0), y / 100
    return X[50:], y[50:], X[:50], y[:50]


@pytest.mark.parametrize(("estimator", "grid"), SPACES)
def test_every_candidate_is_its_own_fit(estimator, grid):
    X, y, X_val, y_val = data(estimator)
    sweep = ol.GridSweep(estimator, grid, X_val=X_val, y_val=y_val, factor=None).fit(X, y)
    for i, params in enumerate(ParameterGrid(grid)):
        own = clone(estimator).set_params(**params).fit(X, y, X_val=X_val, y_val=y_val)
        assert sweep.cv_results_["params"][i] == params
        assert sweep.histories_[i][0][-1]["val_loss"] == pytest.approx(own.history_[-1]["val_loss"], rel=1e-5)
        expected = own.history_[-1]["val_score"]
        assert sweep.cv_results_["split0_test_score"][i] == pytest.approx(
            expected, abs=1e-5, nan_ok=True
        ) or (expected is None)
        if i == sweep.best_index_:
            np.testing.assert_allclose(
                sweep.best_estimator_.coef_, own.coef_, atol=1e-5 * np.abs(own.coef_).max()
            )
            np.testing.assert_allclose(sweep.predict(X_val), own.predict(X_val), rtol=1e-4)
            assert sweep.best_estimator_.training_["solver"] == own.training_["solver"]


FORMS = [
    (SOFTMAX, {"learning_rate": [0.01, 0.1], "alpha": [1e-4, 1e-2], "batch_size": [8, 16]}),
    (SOFTMAX, {"solver": ["lbfgs"], "alpha": [1e-2, 1.0]}),
    (LINEAR, {"learning_rate": [1e-3, 1e-2], "alpha": [0.0, 0.1]}),
    (ol.LinearRegression(), {"alpha": [0.1, 1.0]}),
]


@pytest.mark.parametrize(("estimator", "grid"), FORMS)
@pytest.mark.parametrize("kind", [csr_array, coo_array])
def test_candidates_on_sparse_rows(estimator, grid, kind):
    X, y, X_val, y_val = data(estimator)
    keep = np.random.RandomState(1).rand(*X.shape) < 0.5
    X, X_val = kind(X * keep), kind(X_val * keep[: len(X_val)])
    sweep = ol.GridSweep(estimator, grid, X_val=X_val, y_val=y_val, factor=None).fit(X, y)
    folds = ol.GridSweep(estimator, grid, cv=3, factor=None).fit(X, y)
    theirs = GridSearchCV(estimator, grid, cv=3).fit(csr_array(X), y)
    for i, params in enumerate(ParameterGrid(grid)):
        own = clone(estimator).set_params(**params).fit(X, y, X_val=X_val, y_val=y_val)
        assert sweep.histories_[i][0][-1]["val_loss"] == pytest.approx(own.history_[-1]["val_loss"], rel=1e-7)
    np.testing.assert_allclose(
        folds.cv_results_["mean_test_score"], theirs.cv_results_["mean_test_score"], atol=1e-6
    )


@pytest.mark.parametrize(
    "form", [{"learning_rate": [0.01, 0.03]}, {"solver": ["lbfgs"], "alpha": [0.01, 0.1]}]
)
def test_soft_labels(form):
    X, y, X_val, y_val = data(SOFTMAX)
    soft = 0.8 * np.eye(3)[y] + 0.2 * np.random.RandomState(0).dirichlet(np.ones(3), len(y))
    sweep = ol.GridSweep(SOFTMAX, form, factor=None).fit(X, soft, X_val=X_val, y_val=y_val)
    folds = ol.GridSweep(SOFTMAX, form, cv=2, factor=None).fit(X, soft)
    half = len(X) // 2
    for i, params in enumerate(ParameterGrid(form)):
        own = clone(SOFTMAX).set_params(**params).fit(X, soft, X_val=X_val, y_val=y_val)
        assert sweep.histories_[i][0][-1]["val_loss"] == pytest.approx(own.history_[-1]["val_loss"], rel=1e-5)
        second = clone(SOFTMAX).set_params(**params).fit(X[:half], soft[:half])
        assert folds.cv_results_["split1_test_score"][i] == pytest.approx(second.score(X[half:], soft[half:]))


@pytest.mark.parametrize("estimator", [SOFTMAX, LINEAR, ol.LinearRegression(), ol.SoftmaxRegression()])
def test_folds_are_those_of_scikit_learn(estimator):
    X, y, X_val, y_val = data(estimator)
    grid = {"alpha": [1e-3, 0.1, 10.0], "fit_intercept": [True, False]}
    ours = ol.GridSweep(estimator, grid, cv=3, factor=None).fit(X, y)
    theirs = GridSearchCV(estimator, grid, cv=3).fit(X, y)
    assert set(theirs.cv_results_) <= set(ours.cv_results_)
    for name in ("split0_test_score", "split2_test_score", "mean_test_score", "std_test_score"):
        np.testing.assert_allclose(ours.cv_results_[name], theirs.cv_results_[name], atol=1e-6)
    assert ours.best_params_ == theirs.best_params_
    assert ours.best_score_ == pytest.approx(theirs.best_score_)
    assert ours.cv_results_["params"] == theirs.cv_results_["params"]
    for name in ("param_alpha", "param_fit_intercept"):
        assert ours.cv_results_[name].tolist() == theirs.cv_results_[name].tolist()
    np.testing.assert_allclose(ours.predict(X_val), theirs.predict(X_val))
    assert ours.score(X_val, y_val) == pytest.approx(theirs.score(X_val, y_val))


def test_scoring_and_ranks():
    X, y, _, _ = data(SOFTMAX)
    grid = {"alpha": [1e-3, 100.0, 0.1]}
    folds = StratifiedKFold(3)
    ours = ol.GridSweep(SOFTMAX, grid, cv=folds, scoring="neg_log_loss", factor=None).fit(X, y)
    theirs = GridSearchCV(SOFTMAX, grid, cv=folds, scoring="neg_log_loss").fit(X, y)
    np.testing.assert_allclose(ours.cv_results_["mean_test_score"], theirs.cv_results_["mean_test_score"])
    assert ours.cv_results_["rank_test_score"].tolist() == theirs.cv_results_["rank_test_score"].tolist()


@pytest.mark.parametrize(
    "form", [ol.GridSweep(SOFTMAX, {"alpha": [0.1]}), ol.GridSweep(LINEAR, {"alpha": [0.1]})]
)
@pytest.mark.filterwarnings("ignore")
def test_scikit_learns_checks(form):
    """But for one, dense and sparse: rows that are repeated are rows of more folds, which weights are not."""
    results = check_estimator(form.set_params(cv=2), on_skip=None, on_fail=None)
    failed = {r["check_name"] for r in results if r["status"] == "failed"}
    assert failed <= {f"check_sample_weight_equivalence_on_{rows}_data" for rows in ("dense", "sparse")}
    assert sum(r["status"] == "passed" for r in results) >= 45


def test_the_hopeless_are_stopped_and_the_best_goes_on():
    X, y, X_val, y_val = data(SOFTMAX)
    grid = {"learning_rate": [1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e30]}
    heard = []
    sweep = ol.GridSweep(SOFTMAX, grid, X_val=X_val, y_val=y_val)
    sweep.fit(X, y, listeners=[lambda standings: heard.append([s.state for s in standings])])
    results = sweep.cv_results_
    assert results["state"][-1] == "diverged"
    assert np.isnan(results["mean_test_score"][-1])
    assert results["rank_test_score"][-1] == 7
    assert results["n_epochs"].tolist()[:4] == [1, 1, 1, 1]
    assert sweep.best_params_ == {"learning_rate": 0.01}
    assert results["n_epochs"][sweep.best_index_] == 6
    assert len(heard) == 6
    assert heard[0].count("running") == 2
    own = clone(SOFTMAX).set_params(learning_rate=1e-4, epochs=1).fit(X, y, X_val=X_val, y_val=y_val)
    assert results["mean_test_loss"][3] == pytest.approx(own.history_[0]["val_loss"])


def test_patience_of_each_candidate():
    X, y, X_val, y_val = data(SOFTMAX)
    model = clone(SOFTMAX).set_params(epochs=30, early_stopping=True, n_iter_no_change=1, learning_rate=0.03)
    sweep = ol.GridSweep(model, {"momentum": [0.0, 0.3, 0.5]}, X_val=X_val, y_val=y_val, factor=None).fit(
        X, y
    )
    for i, momentum in enumerate([0.0, 0.3, 0.5]):
        own = clone(model).set_params(momentum=momentum).fit(X, y, X_val=X_val, y_val=y_val)
        assert sweep.cv_results_["n_epochs"][i] == own.n_iter_
        assert sweep.cv_results_["split0_test_score"][i] == pytest.approx(own.score(X_val, y_val))


def test_validation_data_of_fit_take_the_place_of_the_constructors():
    X, y, X_val, y_val = data(SOFTMAX)
    other = ol.GridSweep(SOFTMAX, {"alpha": [0.1, 10.0]}, X_val=X_val[:5], y_val=y_val[:5])
    given = clone(other).fit(X, y, X_val=X_val, y_val=y_val)
    own = ol.GridSweep(SOFTMAX, {"alpha": [0.1, 10.0]}).fit(X, y, X_val=X_val, y_val=y_val)
    assert given.cv_results_["mean_test_loss"].tolist() == own.cv_results_["mean_test_loss"].tolist()


def test_without_refit_there_is_no_best_estimator():
    X, y, X_val, y_val = data(SOFTMAX)
    sweep = ol.GridSweep(SOFTMAX, {"alpha": [0.1]}, refit=False).fit(X, y, X_val=X_val, y_val=y_val)
    assert sweep.best_params_ == {"alpha": 0.1}
    with pytest.raises(AttributeError, match="refit=False"):
        sweep.predict(X)


@pytest.mark.parametrize(
    ("grid", "words"),
    [
        (
            {"learnig_rate": [0.1]},
            "'learnig_rate', which is no parameter of SoftmaxRegression; it has alpha, batch",
        ),
        ({"alpha": []}, "an empty list for alpha"),
        ({"alpha": [0.1, float("nan")]}, "NaN for alpha"),
        ({"alpha": 0.1}, "0.1 for alpha: expected a list"),
        ({"schedule": "cosine"}, "'cosine' for schedule: expected a list"),
        ({"alpha": [0.1, -1.0]}, "alpha=-1.0"),
        ({"batch_size": [16, 0]}, "batch_size=0"),
        ({"learning_rate": [0.1, "fast"]}, "learning_rate='fast'"),
        ([], "expected a dict"),
        (3, "expected a dict"),
    ],
)
def test_a_grid_that_is_none(grid, words):
    X, y, X_val, y_val = data(SOFTMAX)
    with pytest.raises(InvalidParameterError, match=words):
        ol.GridSweep(SOFTMAX, grid).fit(X, y, X_val=X_val, y_val=y_val)


def test_validation_data_that_do_not_fit():
    X, y, X_val, y_val = data(SOFTMAX)
    sweep = ol.GridSweep(SOFTMAX, {"alpha": [0.1]})
    with pytest.raises(ValueError, match="3 features"):
        sweep.fit(X, y, X_val=X_val[:, :3], y_val=y_val)
    with pytest.raises(InvalidDataError, match="y_val has the label 7 in row 1"):
        sweep.fit(X, y, X_val=X_val[:2], y_val=[0, 7])
    with pytest.raises(InvalidDataError, match="go together"):
        sweep.fit(X, y, X_val=X_val)
    with pytest.raises(InvalidDataError, match="exclude each other"):
        ol.GridSweep(SOFTMAX, {"alpha": [0.1]}, cv=3).fit(X, y, X_val=X_val, y_val=y_val)
    with pytest.raises(InvalidParameterError, match="factor=1"):
        ol.GridSweep(SOFTMAX, {"alpha": [0.1]}, factor=1).fit(X, y, X_val=X_val, y_val=y_val)
    assert "cv_results_" not in vars(sweep)


def test_if_all_diverge_the_error_says_what_to_try():
    X, y, X_val, y_val = data(SOFTMAX)
    with pytest.raises(DivergenceError, match="try learning_rate="):
        ol.GridSweep(SOFTMAX, {"learning_rate": [1e30, 1e20]}).fit(X, y, X_val=X_val, y_val=y_val)


def test_exact_fits_sum_up_the_rows_once(monkeypatch):
    from onelayer.solvers.closed_form import closed_form

    X, y, X_val, y_val = data(LINEAR)
    calls = []
    summed = closed_form.summed
    monkeypatch.setattr(closed_form, "summed", lambda *a, **k: calls.append(1) or summed(*a, **k))
    ol.GridSweep(ol.LinearRegression(), {"alpha": [0.1, 1.0, 10.0]}).fit(X, y, X_val=X_val, y_val=y_val)
    assert len(calls) == 1


@pytest.mark.parametrize("judged", ["rows held out", "folds"])
def test_exact_softmax_goes_from_large_to_small_alpha(monkeypatch, judged):
    from onelayer.solvers.lbfgs import LBFGS

    X, y, X_val, y_val = data(SOFTMAX)
    chains, solve = {}, LBFGS.solve

    def noted(self, objective, start, monitor, callbacks, before, *, valued):
        solution = solve(self, objective, start, monitor, callbacks, before, valued=valued)
        chains.setdefault(id(objective.X), []).append((objective, start, before, solution))
        return solution

    monkeypatch.setattr(LBFGS, "solve", noted)
    rows = {"X_val": X_val, "y_val": y_val} if judged == "rows held out" else {}
    grid = {"alpha": [1e-3, 10.0, "auto", 0.1]}
    sweep = ol.GridSweep(ol.SoftmaxRegression(), grid, cv=None if rows else 5, factor=1.5).fit(X, y, **rows)
    assert sweep.cv_results_["state"].tolist() == ["finished"] * 4
    splits = [chain for chain in chains.values() if len(chain) > 1]
    assert len(splits) == (1 if rows else 5)
    for chain in splits:
        n_rows = chain[0][0].X.shape[0]
        assert [objective.alpha for objective, *_ in chain] == [10.0, 0.1, 1 / n_rows, 1e-3]
        assert chain[0][1:3] == (None, None)
        assert [solution.objective is None for *_, solution in chain] == [judged == "folds"] * 4
        for (*_, last), (_, _, before, _) in pairwise(chain):
            assert before is last
    own = clone(sweep.estimator).set_params(**sweep.best_params_).fit(X, y)
    np.testing.assert_allclose(sweep.predict_proba(X_val), own.predict_proba(X_val), atol=1e-4)


@pytest.mark.parametrize("n_threads", [1, 2, 7])
def test_splits_side_by_side_give_the_same_bits(n_threads):
    X, y, *_ = data(SOFTMAX)
    grid = {"alpha": [1.0, 1e-2, 1e-4]}
    one, many = (
        ol.GridSweep(ol.SoftmaxRegression(n_threads=n), grid, cv=5).fit(X, y) for n in (1, n_threads)
    )
    np.testing.assert_array_equal(one.best_estimator_.coef_, many.best_estimator_.coef_)
    for column in ("split0_test_score", "split4_test_score", "mean_test_loss"):
        np.testing.assert_array_equal(one.cv_results_[column], many.cv_results_[column])


def test_an_interrupt_ends_all_splits(monkeypatch):
    from onelayer.solvers.lbfgs import LBFGS

    X, y, *_ = data(SOFTMAX)
    solve, begun = LBFGS.solve, []

    def interrupted(self, *arguments, **options):
        begun.append(self)
        if len(begun) == 3:
            raise KeyboardInterrupt
        return solve(self, *arguments, **options)

    monkeypatch.setattr(LBFGS, "solve", interrupted)
    sweep = ol.GridSweep(ol.SoftmaxRegression(n_threads=2), {"alpha": np.geomspace(1, 1e-5, 100)}, cv=5)
    with pytest.raises(KeyboardInterrupt):
        sweep.fit(X, y)
    assert len(begun) < 500
    assert not hasattr(sweep, "cv_results_")


def test_what_is_exact_stops_no_candidate_of_sgd():
    X, y, X_val, y_val = data(SOFTMAX)
    steps = {"solver": ["sgd"], "learning_rate": [1e-4, 1e-2]}
    alone = ol.GridSweep(SOFTMAX, steps).fit(X, y, X_val=X_val, y_val=y_val)
    exact = {"solver": ["lbfgs"], "alpha": [1e-4, 1e-3, 1e-2], "max_iter": [2000]}
    beside = ol.GridSweep(SOFTMAX, [exact, steps]).fit(X, y, X_val=X_val, y_val=y_val)
    assert beside.cv_results_["state"][3:].tolist() == alone.cv_results_["state"].tolist()
    assert beside.cv_results_["n_epochs"][3:].tolist() == alone.cv_results_["n_epochs"].tolist()


def test_a_class_without_weight_is_refused():
    X, y, X_val, y_val = data(SOFTMAX)
    for solver in ("sgd", "lbfgs"):
        sweep = ol.GridSweep(SOFTMAX, {"solver": [solver], "alpha": [0.1, 1.0]})
        with pytest.raises(InvalidDataError, match="class 2 has no rows with a weight"):
            sweep.fit(X, y, sample_weight=(y != 2).astype(float), X_val=X_val, y_val=y_val)


@pytest.mark.parametrize("solver", ["sgd", "lbfgs"])
def test_the_best_is_saved_and_loaded(tmp_path, solver):
    X, y, X_val, y_val = data(SOFTMAX)
    sweep = ol.GridSweep(SOFTMAX, {"solver": [solver], "alpha": [0.1, 1.0]}).fit(
        X, y, X_val=X_val, y_val=y_val
    )
    sweep.best_estimator_.save(tmp_path / "best.onelayer")
    again = ol.load(tmp_path / "best.onelayer")
    np.testing.assert_array_equal(again.predict_proba(X_val), sweep.predict_proba(X_val))
    assert (again.objective_ is None) == (solver == "sgd")


def test_frames_keep_their_names():
    import pandas as pd

    X, y, _, _ = data(SOFTMAX)
    frame = pd.DataFrame(X, columns=list("abcd"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sweep = ol.GridSweep(SOFTMAX, {"alpha": [0.1, 1.0]}, cv=2).fit(frame, pd.Series(y))
        assert sweep.predict(frame).shape == (len(X),)
    assert sweep.feature_names_in_.tolist() == list("abcd")


@pytest.mark.parametrize("weighted", [False, True])
def test_the_best_is_fitted_again_as_its_own_fit_would(monkeypatch, weighted):
    """In the axes that the folds were fitted in, and without them."""
    X, y, *_ = data(SOFTMAX)
    weights = np.random.RandomState(0).uniform(0.5, 2, len(y)) if weighted else None
    grid, found = {"alpha": [1.0, 1e-2, 1e-4], "tol": [1e-13]}, []
    for passes in (0.0, np.inf):
        monkeypatch.setattr("onelayer.estimators.exact_path._PASSES", passes)
        sweep = ol.GridSweep(ol.SoftmaxRegression(), grid, cv=3).fit(X, y, weights)
        own = clone(sweep.estimator).set_params(**sweep.best_params_).fit(X, y, weights)
        best = sweep.best_estimator_
        assert best.objective_ == pytest.approx(own.objective_, rel=1e-11)
        np.testing.assert_allclose(best.coef_, own.coef_, atol=1e-4 * np.abs(own.coef_).max())
        np.testing.assert_allclose(best.predict_proba(X), own.predict_proba(X), atol=1e-5)
        assert vars(best).keys() == vars(own).keys()
        assert best.training_.keys() == own.training_.keys()
        assert (best.n_features_in_, best.converged_) == (own.n_features_in_, True)
        assert best.n_iter_ == len(best.history_)
        found.append(sweep)
    straight, turned = (sweep.cv_results_["mean_test_loss"] for sweep in found)
    np.testing.assert_allclose(straight, turned, rtol=1e-5)

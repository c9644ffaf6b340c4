"""A model that was saved and loaded, pickled or copied does all that the one it was made of does."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import onelayer as ol
from onelayer.errors import InvalidDataError, InvalidParameterError, RankWarning

RANDOM = np.random.RandomState(0)
N = 60
X = RANDOM.randn(N, 3) + np.array([0.0, 5.0, 100.0])
MEANS = X @ [[1.0, 0.0], [-2.0, 1.0], [0.5, 1.0]]
Y = MEANS + 0.1 * RANDOM.randn(N, 2)
y = Y[:, 0].copy()
COLOURS = np.array(["blue", "green", "red"])[RANDOM.randint(0, 3, N)]
WEIGHTS = RANDOM.randint(1, 4, N).astype(float)
TABLE = pd.DataFrame(
    {
        "size": np.where(np.arange(N) % 11 == 2, np.nan, X[:, 1]),
        "town": np.where(X[:, 0] > 0, "Ulm", "Bonn"),
        "sold": pd.date_range("2020-01-01", periods=N),
        "price": np.exp(y - 50),
        "colour": COLOURS,
    }
)


def linear(**parameters: Any) -> ol.LinearRegression:
    return ol.LinearRegression(random_state=0, n_threads=1, **parameters)


def softmax(**parameters: Any) -> ol.SoftmaxRegression:
    return ol.SoftmaxRegression(random_state=0, n_threads=1, epochs=2, **parameters)


ARRAYS: dict[str, tuple[Callable[[], Any], Any]] = {
    "least squares": (lambda: linear().fit(X, y), y),
    "a column of targets": (lambda: linear().fit(X, y[:, None]), y[:, None]),
    "two outputs": (lambda: linear().fit(X, Y), Y),
    "weights": (lambda: linear().fit(X, y, sample_weight=WEIGHTS), y),
    "float32": (lambda: linear().fit(X.astype(np.float32), y), y),
    "no intercept": (lambda: linear(fit_intercept=False).fit(X, Y), Y),
    "a frame": (lambda: linear().fit(pd.DataFrame(X, columns=list("abc")), y), y),
    "names": (lambda: linear().named(["a", "b", "c"]).fit(X, y), y),
    "a penalty": (lambda: linear(alpha=0.1).fit(X, y), y),
    "penalties": (lambda: linear(alpha=[0.1, 1.0]).fit(X, y), y),
    "a stream": (lambda: linear().partial_fit(X[:40], y[:40]).partial_fit(X[40:], y[40:]), y),
    "merged": (lambda: linear().fit(X[:40], Y[:40]).merge(linear().fit(X[40:], Y[40:])), Y),
    "batches": (lambda: linear().fit_batches([(X[:40], y[:40]), (X[40:], y[40:])]), y),
    "absolute": (lambda: linear(loss="absolute").fit(X, y), y),
    "huber": (lambda: linear(loss="huber").fit(X, Y), Y),
    "quantiles": (lambda: linear(loss="quantile", quantile=[0.1, 0.9]).fit(X, y), y),
    "sgd": (lambda: linear(epochs=2).fit(X, y), y),
    "huber by sgd": (lambda: linear(loss="huber", epochs=2).fit(X, y), y),
    "a stream of sgd": (lambda: linear(solver="sgd", momentum=0.5).partial_fit(X, y).partial_fit(X, y), y),
    "warm": (lambda: linear(solver="sgd", warm_start=True).fit(X, y), y),
    "three classes": (lambda: softmax().fit(X, COLOURS), COLOURS),
    "two classes": (lambda: softmax().fit(X, COLOURS == "red"), COLOURS == "red"),
    "a stream of classes": (lambda: softmax().partial_fit(X, COLOURS, classes=[*"xyz", *COLOURS]), COLOURS),
    "calibrated classes": (lambda: softmax().fit(X, COLOURS).calibrate(X, COLOURS), COLOURS),
    "weighted classes": (lambda: softmax(class_weight={"red": 2.0}).fit(X, COLOURS), COLOURS),
}
TABLES: dict[str, tuple[Callable[[], Any], Any]] = {
    "table": (lambda: ol.TableModel(missing="mean", drop=["colour"]).fit(TABLE, "price"), "price"),
    "table with gaps": (lambda: ol.TableModel(missing="drop", drop=["colour"]).fit(TABLE, "price"), "price"),
    "table of logarithms": (
        lambda: ol.TableModel(
            linear(), missing="indicator", log=["price"], poly=2, date_parts=["sold"], drop="colour"
        ).fit(TABLE, "price"),
        "price",
    ),
    "table with targets apart": (
        lambda: ol.TableModel(linear(), features=["sold", "town"]).fit(TABLE, y),
        y,
    ),
    "table of quantiles": (
        lambda: ol.TableModel(linear(loss="quantile", quantile=[0.2, 0.8]), features=["sold", "town"]).fit(
            TABLE, "price"
        ),
        "price",
    ),
    "table of classes": (
        lambda: ol.TableModel(softmax(), features=["sold", "town"], rare=2).fit(TABLE, "colour"),
        "colour",
    ),
}


def loaded(model: Any, folder: Path) -> Any:
    model.save(folder / "model.onelayer")
    return ol.load(folder / "model.onelayer")


COPIES: dict[str, Callable[[Any, Path], Any]] = {
    "loaded": loaded,
    "pickled": lambda model, folder: pickle.loads(pickle.dumps(model)),
    "copied": lambda model, folder: copy.deepcopy(model),
}


def state(model: Any) -> dict[str, Any]:
    """Return what a fit has set, without the times that it took."""
    model = vars(model).get("estimator_", model)
    known = {
        name: getattr(model, name, None)
        for name in (
            *(
                "coef_",
                "intercept_",
                "classes_",
                "n_iter_",
                "converged_",
                "n_features_in_",
                "feature_names_in_",
                "temperature_",
            ),
            *("scale_", "alpha_", "gap_", "rank_", "condition_", "losses_", "coefficient_names"),
        )
    }
    records = [{**record, "seconds": 0, "rows_per_second": 0} for record in model.history_]
    return {**known, "history": records, "n_rows": model.training_["n_rows"]}


def tried(call: Callable[[Any], Any], model: Any) -> Any:
    """Return what a call gives, or the error that it ends with."""
    try:
        result = call(model)
    except (AttributeError, TypeError, InvalidDataError, InvalidParameterError) as error:
        return type(error), str(error)
    return state(result) if type(result) is type(model) else result


# of rows and targets, what is called for each method
METHODS: dict[str, Callable[[Any, Any, Any, Path], Any]] = {
    "fit": lambda model, rows, targets, _: model.fit(rows, targets),
    "partial_fit": lambda model, rows, targets, _: model.partial_fit(rows, targets),
    "fit_batches": lambda model, rows, targets, _: model.fit_batches([(rows, targets)]),
    "merge": lambda model, rows, targets, folder: model.merge(model),
    "named": lambda model, rows, targets, _: model.named(["u", "v", "w"]),
    "predict": lambda model, rows, targets, _: model.predict(rows),
    "predict with bounds": lambda model, rows, targets, _: model.predict(rows, interval=0.9),
    "predict_proba": lambda model, rows, targets, _: model.predict_proba(rows),
    "predict_log_proba": lambda model, rows, targets, _: model.predict_log_proba(rows),
    "decision_function": lambda model, rows, targets, _: model.decision_function(rows),
    "calibrate": lambda model, rows, targets, _: model.calibrate(rows, targets),
    "explain": lambda model, rows, targets, _: vars(model.explain(rows, reference=rows).row(3)),
    "score": lambda model, rows, targets, _: model.score(rows, targets),
    "summary": lambda model, rows, targets, _: str(model.summary()),
    "summary by HC3": lambda model, rows, targets, _: str(model.summary(rows, targets, covariance="HC3")),
    "summary of rows": lambda model, rows, targets, _: str(model.summary(rows, targets)),
    "save": lambda model, rows, targets, folder: state(loaded(model, folder)),
    "of_parts": lambda model, rows, targets, _: model.of_parts(model.estimator_, model.preparation_),
    "get_params": lambda model, rows, targets, _: model.get_params(deep=False).keys(),
    "set_params": lambda model, rows, targets, _: model.set_params().predict(rows),
    "facts": lambda model, rows, targets, _: model.facts(),
    "recall": lambda model, rows, targets, _: model.recall(*model.facts()),
}


@pytest.mark.parametrize("name", [*ARRAYS, *TABLES])
@pytest.mark.parametrize("way", COPIES)
@pytest.mark.filterwarnings("ignore:.*lack a value, and have NaN:onelayer.errors.TableWarning")
def test_copies_do_what_the_model_does(way: str, name: str, tmp_path: Path) -> None:
    make, targets = {**ARRAYS, **TABLES}[name]
    rows: Any = TABLE if name in TABLES else X.astype(np.float32) if name == "float32" else X
    if name == "a frame":
        rows = pd.DataFrame(X, columns=list("abc"))
    model = make()
    copied = COPIES[way](model, tmp_path)
    for method, call in METHODS.items():
        one, other = copy.deepcopy(model), copy.deepcopy(copied)
        expected = tried(lambda each, call=call: call(each, rows, targets, tmp_path), one)
        got = tried(lambda each, call=call: call(each, rows, targets, tmp_path), other)
        np.testing.assert_equal(got, expected, method)
        np.testing.assert_equal(state(other), state(one), method)


def test_every_public_method_is_among_them() -> None:
    covered = {method.split()[0] for method in METHODS}
    for cls in (ol.LinearRegression, ol.SoftmaxRegression, ol.TableModel):
        public = {
            name
            for name, member in inspect.getmembers(cls, callable)
            if not name.startswith("_") and not name.endswith("_request") and name != "get_metadata_routing"
        }
        assert public - {"partial_fit", "predict_proba"} <= covered, cls


@pytest.mark.parametrize("way", COPIES)
@pytest.mark.parametrize(
    "name", ["least squares", "two outputs", "names", "a frame", "a stream", "a penalty"]
)
def test_a_copy_merges_and_is_merged(way: str, name: str, tmp_path: Path) -> None:
    make, _ = ARRAYS[name]
    expected = state(make().merge(make()))
    copied = COPIES[way](make(), tmp_path)
    np.testing.assert_equal(state(make().merge(copied)), expected)
    np.testing.assert_equal(state(COPIES[way](make(), tmp_path).merge(make())), expected)
    np.testing.assert_equal(state(copied.merge(COPIES[way](make(), tmp_path))), expected)


def test_a_loaded_fit_to_fewer_rows_than_columns_says_why_it_has_no_summary(tmp_path: Path) -> None:
    wide = RANDOM.randn(20, 600)
    with pytest.warns(RankWarning):
        model = linear().fit(wide, wide[:, 0])
    assert model.summary().outputs[0].figures["r2"] == pytest.approx(1)
    with pytest.raises(InvalidParameterError, match="which a model file does not hold; fit it again"):
        loaded(model, tmp_path).summary()

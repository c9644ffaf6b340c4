"""A model of a table: raw tables in, predictions in the units of the target out, one file for all of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.linear_model import LinearRegression as PeerLinearRegression
from sklearn.linear_model import Ridge
from sklearn.metrics import accuracy_score, d2_pinball_score, r2_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from onelayer import model_files
from onelayer.data.preparation import preparation as preparation_module
from onelayer.data.tables import Table, frame_reader
from onelayer.errors import InvalidDataError, InvalidParameterError, ModelFileError, TableWarning
from onelayer.estimators.linear_regression import LinearRegression
from onelayer.estimators.softmax_regression import SoftmaxRegression
from onelayer.estimators.table_model import TableModel

N = 200
RANDOM = np.random.RandomState(0)
TOWNS = np.array(["Ulm", "Bonn", "Kiel"])
PLACES = RANDOM.randint(0, 3, N)
SIZES = RANDOM.rand(N) * 100 + 50
HOUSES = pl.DataFrame(
    {
        "size": SIZES,
        "rooms": RANDOM.randint(1, 6, N),
        "garden": RANDOM.rand(N) < 0.5,
        "town": TOWNS[PLACES],
        "price": np.exp(0.01 * SIZES + 0.5 * PLACES + 0.1 * RANDOM.randn(N)),
    }
)
TRAIN, TEST = HOUSES.head(150), HOUSES.tail(50)
GAPS = HOUSES.with_columns(
    size=pl.when(pl.int_range(pl.len()) % 10 == 3).then(None).otherwise(pl.col("size"))
)


def peer(regressor: Any) -> Any:
    columns = make_column_transformer((OneHotEncoder(), ["town"]), remainder="passthrough")
    return make_pipeline(columns, regressor)


def test_least_squares_as_a_pipeline_of_scikit_learn() -> None:
    model = TableModel().fit(TRAIN, "price")
    theirs = peer(PeerLinearRegression()).fit(TRAIN.drop("price").to_pandas(), TRAIN["price"].to_numpy())
    np.testing.assert_allclose(model.predict(TEST), theirs.predict(TEST.drop("price").to_pandas()), rtol=1e-9)
    assert model.score(TEST) == pytest.approx(theirs.score(TEST.drop("price").to_pandas(), TEST["price"]))
    assert model.estimator_.coefficient_names == ["size", "rooms", "garden", *_levels(model)]
    assert model.feature_names_in_.tolist() == ["size", "rooms", "garden", "town"]
    assert model.n_features_in_ == 4


def _levels(model: TableModel) -> list[str]:
    return [name for name in model.preparation_.names if name.startswith("town=")]


def test_the_logarithm_of_the_target_as_in_scikit_learn() -> None:
    model = TableModel(log=["price"]).fit(TRAIN, "price")
    theirs = TransformedTargetRegressor(peer(PeerLinearRegression()), func=np.log, inverse_func=np.exp)
    theirs.fit(TRAIN.drop("price").to_pandas(), TRAIN["price"].to_numpy())
    X_test, y_test = TEST.drop("price").to_pandas(), TEST["price"].to_numpy()
    np.testing.assert_allclose(model.predict(TEST), theirs.predict(X_test), rtol=1e-9)
    assert model.score(TEST) == pytest.approx(theirs.score(X_test, y_test))
    assert model.score(TEST) == pytest.approx(r2_score(y_test, model.predict(TEST)))
    assert model.score(TEST, y_test) == pytest.approx(model.score(TEST))
    assert model.score(TEST) > TableModel().fit(TRAIN, "price").score(TEST)


def test_intervals_are_in_the_units_of_the_target() -> None:
    """The bounds of the logarithm are those of the estimator; most new prices lie between them."""
    model = TableModel(log=["price"]).fit(TRAIN, "price")
    bounds = model.predict(TEST, interval=0.95)
    logs = model.estimator_.predict(
        model.preparation_.transform(Table.of(TEST)).X,
        interval=0.95,
    )
    for ours, log in zip(bounds, logs, strict=True):
        np.testing.assert_allclose(ours, np.exp(log))
    inside = (bounds.lower < TEST["price"].to_numpy()) & (TEST["price"].to_numpy() < bounds.upper)
    assert inside.mean() > 0.8


def test_weights_count_as_rows() -> None:
    counts = np.arange(150) % 4
    repeated = pl.concat([TRAIN[row] for row in range(150) for _ in range(counts[row])])
    weighted = TableModel(log=["price"]).fit(TRAIN, "price", sample_weight=counts)
    np.testing.assert_allclose(
        weighted.predict(TEST), TableModel(log=["price"]).fit(repeated, "price").predict(TEST), rtol=1e-9
    )


@pytest.mark.parametrize("estimator", [LinearRegression(), LinearRegression(alpha=[0.1, 1.0])])
def test_batches_of_any_size_fit_alike(estimator: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = RANDOM.rand(N)
    whole = TableModel(estimator, missing="drop").fit(GAPS, "price", sample_weight=weights)
    monkeypatch.setattr(frame_reader, "BATCH_ROWS", 37)
    monkeypatch.setattr(preparation_module, "BLOCK", 1000)
    parts = TableModel(estimator, missing="drop").fit(GAPS, "price", sample_weight=weights)
    np.testing.assert_allclose(parts.predict(HOUSES), whole.predict(HOUSES), rtol=1e-10)


@pytest.mark.parametrize("make", [pl.DataFrame.to_pandas, pl.DataFrame.to_arrow, pl.DataFrame.lazy])
def test_frames_of_any_library(make: Any) -> None:
    expected = TableModel().fit(TRAIN, "price").predict(TEST)
    assert TableModel().fit(make(TRAIN), "price").predict(make(TEST)).tobytes() == expected.tobytes()


def test_files(tmp_path: Path) -> None:
    TRAIN.write_csv(tmp_path / "houses.csv")
    TEST.write_parquet(tmp_path / "new.parquet")
    model = TableModel().fit(str(tmp_path / "houses.csv"), "price")
    expected = TableModel().fit(TRAIN, "price").predict(TEST)
    np.testing.assert_allclose(model.predict(tmp_path / "new.parquet"), expected, rtol=1e-12)


def test_a_category_whose_new_values_are_all_digits_is_one(tmp_path: Path) -> None:
    frame = TRAIN.with_columns(town=pl.col("town").replace({"Ulm": "7", "Bonn": "12"}))
    model = TableModel().fit(frame, "price")
    numbered = frame.filter(pl.col("town") != "Kiel")
    numbered.write_csv(tmp_path / "new.csv")
    np.testing.assert_allclose(model.predict(tmp_path / "new.csv"), model.predict(numbered), rtol=1e-12)


def test_arrays() -> None:
    X, y = HOUSES.select("size", "rooms").to_numpy(), HOUSES["price"].to_numpy()
    model = TableModel().fit(X, y)
    assert model.preparation_.names == ("x0", "x1")
    np.testing.assert_allclose(model.predict(X), PeerLinearRegression().fit(X, y).predict(X))
    assert model.score(X, y) == pytest.approx(PeerLinearRegression().fit(X, y).score(X, y))
    two = np.c_[y, -y]
    assert TableModel().fit(X, two).predict(X).shape == (N, 2)
    assert TableModel().fit(X.tolist(), "x1").preparation_.names == ("x0",)


def test_targets_beside_the_table() -> None:
    y = HOUSES["price"]
    model = TableModel().fit(HOUSES.drop("price"), y)
    expected = TableModel().fit(HOUSES, "price").predict(HOUSES)
    np.testing.assert_allclose(model.predict(HOUSES.drop("price")), expected)
    with pytest.raises(InvalidDataError, match="y has 10 rows, the table has 200"):
        TableModel().fit(HOUSES, y.head(10))
    with pytest.raises(InvalidDataError, match="fitted to targets beside the table; give y"):
        model.score(HOUSES)


def test_rows_that_lack_a_value_have_no_prediction() -> None:
    model = TableModel(missing="drop").fit(GAPS, "price")
    complete = GAPS.drop_nulls()
    np.testing.assert_allclose(model.predict(complete), TableModel().fit(complete, "price").predict(complete))
    with pytest.warns(
        TableWarning, match="table: 20 rows of 200 lack a value, and have NaN for a prediction"
    ):
        predicted = model.predict(GAPS)
    assert np.isnan(predicted).tolist() == GAPS["size"].is_null().to_list()
    np.testing.assert_allclose(predicted[~np.isnan(predicted)], model.predict(complete))
    assert model.score(GAPS) == pytest.approx(model.score(complete))
    with pytest.warns(TableWarning, match="3 rows of 3 lack"):
        assert np.isnan(model.predict(GAPS.filter(pl.col("size").is_null()).head(3))).all()


@pytest.mark.parametrize("missing", ["mean", "indicator"])
def test_rows_that_lack_a_value_are_filled(missing: str) -> None:
    model = TableModel(missing=missing).fit(GAPS, "price")
    assert np.isfinite(model.predict(GAPS)).all()


class TestClassifier:
    """Text as labels of classes."""

    MODEL = TableModel(SoftmaxRegression(epochs=200, random_state=0))

    def test_the_classes(self) -> None:
        model = clone(self.MODEL).fit(TRAIN, "town")
        assert is_classifier(model)
        assert not is_regressor(model)
        assert model.classes_.tolist() == ["Bonn", "Kiel", "Ulm"]
        predicted = model.predict(TEST)
        assert model.score(TEST) == accuracy_score(TEST["town"].to_list(), predicted) > 0.6
        proba = model.predict_proba(TEST)
        np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-6)
        assert (model.classes_[proba.argmax(axis=1)] == predicted).all()

    def test_truth_values_and_numbers(self) -> None:
        assert clone(self.MODEL).fit(TRAIN, "garden").predict(TEST).dtype == bool
        assert clone(self.MODEL).fit(TRAIN, "rooms").classes_.tolist() == [1, 2, 3, 4, 5]

    def test_one_class_only(self) -> None:
        with pytest.raises(InvalidDataError, match="the target 'town' has the same value in every row"):
            clone(self.MODEL).fit(TRAIN.filter(pl.col("town") == "Ulm"), "town")

    def test_no_logarithm(self) -> None:
        with pytest.raises(
            InvalidDataError, match="the target 'rooms' holds classes, which have no logarithm"
        ):
            clone(self.MODEL).set_params(log=["rooms"]).fit(TRAIN, "rooms")

    def test_a_row_that_lacks_a_value_has_no_class(self) -> None:
        model = clone(self.MODEL).set_params(missing="drop").fit(GAPS, "town")
        with pytest.raises(
            InvalidDataError, match="table: 20 rows lack a value, and no class stands for that"
        ):
            model.predict(GAPS)

    def test_a_temperature_is_that_of_the_matrix(self, tmp_path: Path) -> None:
        model = clone(self.MODEL).fit(TRAIN, "town")
        some = pl.int_range(pl.len()) % 7 == 0
        held_out = TEST.with_columns(town=pl.when(some).then(pl.lit("Ulm")).otherwise(pl.col("town")))
        matrix, y, _ = model.preparation_.blocks(Table.of(held_out)).held()
        expected = clone(self.MODEL).fit(TRAIN, "town").estimator_.calibrate(matrix, y)
        assert model.calibrate(held_out) is model
        assert model.estimator_.temperature_ == expected.temperature_ != 1
        np.testing.assert_array_equal(model.predict_proba(TEST), expected.predict_proba(matrix))
        model.save(tmp_path / "calibrated")
        again = model_files.load(tmp_path / "calibrated")
        np.testing.assert_array_equal(again.predict_proba(TEST), model.predict_proba(TEST))

    def test_a_table_that_cannot_calibrate_leaves_the_model_as_it_was(self) -> None:
        model = clone(self.MODEL).fit(TRAIN, "town")
        for table, message in (
            (TEST.filter(pl.col("town") == "Ulm"), "one class only"),
            (TEST.drop("rooms"), "rooms"),
            (TEST.with_columns(town=pl.lit("Rom")), "Rom"),
        ):
            with pytest.raises(InvalidDataError, match=message):
                model.calibrate(table)
        assert model.estimator_.temperature_ == 1

    def test_a_regression_has_no_probabilities(self) -> None:
        model = TableModel().fit(TRAIN, "price")
        assert is_regressor(model)
        with pytest.raises(AttributeError, match="predict_proba"):
            _ = model.predict_proba
        with pytest.raises(AttributeError, match="calibrate"):
            _ = model.calibrate


def test_validation_data_is_prepared_alike() -> None:
    model = TableModel(LinearRegression(solver="sgd", epochs=3, random_state=0), log=["price"])
    model.fit(TRAIN, "price", X_val=TEST)
    matrix, y, _ = model.preparation_.blocks(Table.of(TEST)).held()
    assert len(model.estimator_.history_) == 3
    expected = 1 - ((y - model.estimator_.predict(matrix)) ** 2).sum() / ((y - y.mean()) ** 2).sum()
    assert model.estimator_.history_[-1]["val_score"] == pytest.approx(expected, abs=1e-6)


def test_an_estimator_of_scikit_learn() -> None:
    model = TableModel(Ridge(alpha=2.0)).fit(TRAIN, "price")
    matrix, y, _ = model.preparation_.blocks(Table.of(TRAIN)).held()
    np.testing.assert_allclose(model.predict(TRAIN), Ridge(alpha=2.0).fit(matrix, y).predict(matrix))
    with pytest.raises(InvalidParameterError, match="a Ridge of the module"):
        model_files.serialized(model)


def test_the_summary_names_the_columns() -> None:
    model = TableModel(log=["price"]).fit(TRAIN, "price")
    assert "town=Kiel" in str(model.summary())
    robust = model.summary(TRAIN, covariance="HC3")
    assert robust.outputs[0].coefficients.standard_error.shape == (len(model.preparation_.names) + 1,)


class TestConventions:
    """clone, parameters, cross-validation, search."""

    def test_parameters(self) -> None:
        model = TableModel(LinearRegression(alpha=2.0), log=["price"], missing="mean")
        again = clone(model)
        assert again.get_params()["estimator__alpha"] == 2.0
        assert again.get_params(deep=False)["log"] == ["price"]
        assert again.set_params(estimator__alpha=3.0, poly=2).estimator.alpha == 3.0

    def test_the_estimator_given_is_not_changed(self) -> None:
        estimator = LinearRegression()
        TableModel(estimator).fit(TRAIN, "price")
        assert set(vars(estimator)) == set(vars(LinearRegression()))

    def test_cross_validation_and_search(self) -> None:
        X, y = HOUSES.drop("price").to_pandas(), HOUSES["price"].to_numpy()
        assert cross_val_score(TableModel(), X, y, cv=3).min() > 0.5
        search = GridSearchCV(TableModel(), {"features": [["size"], ["rooms"], ["size", "town"]]}, cv=3)
        assert search.fit(X, y).best_params_ == {"features": ["size", "town"]}

    def test_a_fit_that_fails_leaves_the_model(self) -> None:
        model = TableModel().fit(TRAIN, "price")
        before = model.predict(TEST)
        with pytest.raises(InvalidDataError):
            model.fit(GAPS, "price")
        assert (model.predict(TEST) == before).all()


MODELS = [
    (TableModel(), "price"),
    (TableModel(log=["price", "size"], poly=2, categories=["rooms"], missing="indicator"), "price"),
    (TableModel(LinearRegression(loss="huber"), drop=("rooms",), rare=1), "price"),
    (
        TableModel(SoftmaxRegression(epochs=2, random_state=0), features=["size", "price"], missing="drop"),
        "town",
    ),
]


@pytest.mark.filterwarnings("ignore::onelayer.errors.TableWarning")
@pytest.mark.parametrize(("model", "target"), MODELS)
class TestFile:
    """One file holds the estimator and what becomes of the columns."""

    def saved(self, model: TableModel, target: str, folder: Path) -> TableModel:
        frame = HOUSES if model.missing == "refuse" else GAPS
        fitted = clone(model).fit(frame, target)
        fitted.save(folder / "model.onelayer", {"name": "houses"})
        return fitted

    def test_a_loaded_model_predicts_the_same_bits(
        self, model: TableModel, target: str, tmp_path: Path
    ) -> None:
        fitted = self.saved(model, target, tmp_path)
        again = model_files.load(tmp_path / "model.onelayer")
        assert type(again) is TableModel
        assert again.predict(HOUSES).tobytes() == fitted.predict(HOUSES).tobytes()
        assert again.preparation_.to_json() == fitted.preparation_.to_json()
        assert again.feature_names_in_.tolist() == fitted.feature_names_in_.tolist()
        assert again.estimator_.training_["data"] == {"name": "houses"}
        ours, theirs = again.get_params(deep=False), fitted.get_params(deep=False)
        assert type(ours.pop("estimator")) is type(fitted.estimator_)
        del theirs["estimator"]
        assert json.loads(json.dumps(theirs)) == json.loads(json.dumps(ours))
        again.save(tmp_path / "again.onelayer")
        assert model_files.load(tmp_path / "again.onelayer").score(HOUSES) == fitted.score(HOUSES)

    def test_a_preparation_of_other_columns_is_refused(
        self, model: TableModel, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fitted = self.saved(model, target, tmp_path)
        fitted.preparation_ = TableModel(features=["garden"]).fit(HOUSES, "price").preparation_
        fitted.save(tmp_path / "other.onelayer")
        with pytest.raises(
            ModelFileError, match=r"1 columns that are made of a table do not belong to a model of"
        ):
            model_files.load(tmp_path / "other.onelayer")


def test_a_subclass_is_not_stored_as_what_it_is_not() -> None:
    class Mine(TableModel):
        pass

    with pytest.raises(InvalidParameterError, match="a Mine of the module"):
        model_files.serialized(Mine().fit(TRAIN, "price"))


def test_several_quantiles_of_a_logarithm_have_a_score():
    """The mean share of the pinball loss explained, in the units of the column."""
    random = np.random.RandomState(0)
    a = random.rand(200)
    frame = pl.DataFrame({"a": a, "p": np.exp(a + 0.1 * random.randn(200))})
    model = TableModel(LinearRegression(loss="quantile", quantile=[0.1, 0.9]), log=["p"]).fit(frame, "p")
    predicted, truth = model.predict(frame), frame["p"].to_numpy()
    shares = [d2_pinball_score(truth, predicted[:, k], alpha=q) for k, q in enumerate((0.1, 0.9))]
    assert model.score(frame) == pytest.approx(np.mean(shares))


def test_a_reader_without_tables_is_warned_by_the_version(tmp_path):
    random = np.random.RandomState(0)
    frame = pl.DataFrame({"a": random.rand(20), "p": random.rand(20)})
    TableModel().fit(frame, "p").save(tmp_path / "table.onelayer")
    assert b'"version":"2"' in (tmp_path / "table.onelayer").read_bytes()

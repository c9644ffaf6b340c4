"""Tables that are trained on batch by batch: because it was asked for, or because their matrix is too large."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import onelayer as ol
from onelayer import memory
from onelayer.data.preparation import preparation as preparation_module
from onelayer.errors import InvalidParameterError, TableWarning

RANDOM = np.random.RandomState(0)
N = 400
COLUMNS = RANDOM.randn(N, 3)
SORTS = np.array(["ash", "elm", "oak"])[(COLUMNS @ RANDOM.randn(3, 3)).argmax(axis=1)]
SOILS = np.array(["clay", "sand"])[RANDOM.randint(0, 2, N)]
TREES = pl.DataFrame(dict(zip("abc", COLUMNS.T, strict=True))).with_columns(
    soil=pl.Series(SOILS), sort=pl.Series(SORTS), height=pl.Series(COLUMNS @ [1.0, 2.0, 3.0])
)
SOFTMAX = ol.SoftmaxRegression(epochs=3, batch_size=32, random_state=0)


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setattr(preparation_module, "BLOCK", 4096)  # so that there are several batches
    path = tmp_path / "trees.parquet"
    TREES.write_parquet(path)
    return path


def test_a_buffer_that_holds_all_rows_gives_the_fit_in_memory(file):
    form = ol.TableModel(SOFTMAX, drop=["height"])
    whole, streamed = (
        ol.TableModel(SOFTMAX, drop=["height"]).fit(file, "sort"),
        form.fit(file, "sort", buffer_size=N),
    )
    np.testing.assert_array_equal(streamed.estimator_.coef_, whole.estimator_.coef_)
    assert streamed.classes_.tolist() == ["ash", "elm", "oak"]
    np.testing.assert_array_equal(streamed.predict(file), whole.predict(file))
    assert streamed.estimator_.coefficient_names == list(streamed.preparation_.names)


def test_weights_and_validation_data_go_with_it(file):
    weights = RANDOM.randint(0, 3, N).astype(float)
    form = ol.SoftmaxRegression(epochs=30, early_stopping=True, random_state=0)
    models = [
        ol.TableModel(form, drop=["height"]).fit(file, "sort", weights, X_val=TREES.head(100), **asked)
        for asked in ({}, {"buffer_size": N})
    ]
    one, other = (model.estimator_ for model in models)
    np.testing.assert_allclose(one.coef_, other.coef_, rtol=1e-6)
    assert one.n_iter_ == other.n_iter_


def test_a_matrix_of_more_than_half_of_the_memory_is_not_made(file, monkeypatch):
    size = N * 4 * 8  # of three numbers and one of the two soils
    form = ol.TableModel(SOFTMAX, drop=["height"])
    whole = ol.TableModel(SOFTMAX, drop=["height"]).fit(file, "sort").estimator_
    monkeypatch.setattr(memory, "available", lambda: 2 * size)
    assert form.fit(file, "sort").estimator_.training_ | {"seconds": 0, "created": ""} == (
        whole.training_ | {"seconds": 0, "created": ""}
    )
    monkeypatch.setattr(memory, "available", lambda: 2 * size - 1)
    with pytest.warns(TableWarning, match="trees.parquet: the matrix of 400 rows and 4 columns would take"):
        model = ol.TableModel(ol.SoftmaxRegression(random_state=0), drop=["height"]).fit(file, "sort")
    assert model.estimator_.training_["solver"] == "sgd"
    huber = ol.TableModel(ol.LinearRegression(loss="huber", random_state=0), drop=["sort"])
    with pytest.warns(TableWarning, match="in each of 10 epochs"):
        huber.fit(file, "height")
    assert huber.estimator_.training_["solver"] == "sgd"
    exact = ol.TableModel(ol.SoftmaxRegression(solver="lbfgs"), drop=["height"]).fit(file, "sort")
    assert exact.estimator_.training_["solver"] == "lbfgs"
    squares = ol.TableModel(drop=["sort"]).fit(file, "height")
    assert squares.estimator_.training_["solver"] == "closed_form"


def test_what_needs_all_rows_has_them(file, monkeypatch):
    forms = [
        ol.LinearRegression(alpha=[0.1, 1.0]),
        ol.LinearRegression(loss="quantile", quantile=[0.1, 0.9]),
        ol.LinearRegression(loss="huber", solver="newton"),
    ]
    whole = [ol.TableModel(form, drop=["sort"]).fit(file, "height").estimator_ for form in forms]
    monkeypatch.setattr(memory, "available", lambda: 1)
    for form, estimator in zip(forms, whole, strict=True):
        found = ol.TableModel(form, drop=["sort"]).fit(file, "height").estimator_
        np.testing.assert_array_equal(found.coef_, estimator.coef_)
    watched = ol.TableModel(drop=["sort"]).fit(file, "height", X_val=TREES.head(100))
    assert watched.estimator_.training_["solver"] == "closed_form"


def test_where_no_one_tells_how_much_memory_there_is_the_matrix_is_made(file, monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: None)
    model = ol.TableModel(ol.SoftmaxRegression(), drop=["height"]).fit(file, "sort")
    assert model.estimator_.training_["solver"] == "lbfgs"


def test_a_solver_that_needs_all_rows_is_refused(file):
    with pytest.raises(InvalidParameterError, match="solver='lbfgs' needs all rows at once"):
        ol.TableModel(ol.SoftmaxRegression(solver="lbfgs")).fit(file, "sort", buffer_size=100)

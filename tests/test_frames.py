"""Frames of polars, pandas and pyarrow as inputs of the estimators: names are kept, text is refused with a hint."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import onelayer as ol
from onelayer.errors import InvalidDataError
from onelayer.frames import check_numeric

RANDOM = np.random.RandomState(0)
X = RANDOM.randn(30, 3)
y = X @ [1.0, 2.0, 3.0] + 4
NAMES = ["area", "rooms", "年份"]
LIBRARIES = {
    "pandas": lambda columns: pd.DataFrame(columns),
    "polars": lambda columns: pl.DataFrame(columns),
    "pyarrow": lambda columns: pa.table(columns),
}


def columns_of(array):
    return {name: array[:, j] for j, name in enumerate(NAMES)}


@pytest.fixture(params=LIBRARIES)
def frame_of(request):
    return LIBRARIES[request.param]


@pytest.mark.parametrize("form", [{}, {"solver": "sgd", "random_state": 0}, {"loss": "absolute"}], ids=str)
def test_names_are_kept(frame_of, form, tmp_path):
    frame = frame_of(columns_of(X))
    model = ol.LinearRegression(**form).fit(frame, y)
    assert model.feature_names_in_.tolist() == model.coefficient_names == NAMES
    array = ol.LinearRegression(**form).fit(X, y)
    np.testing.assert_array_equal(model.coef_, array.coef_)
    np.testing.assert_array_equal(model.predict(frame), array.predict(X))
    model.save(tmp_path / "model")
    back = ol.load(tmp_path / "model")
    assert back.coefficient_names == NAMES
    np.testing.assert_array_equal(back.predict(frame), array.predict(X))
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame_of(dict(reversed(columns_of(X).items()))))


def test_classes_too(frame_of):
    labels = np.where(X[:, 0] > 0, "yes", "no")
    model = ol.SoftmaxRegression(random_state=0).fit(frame_of(columns_of(X)), labels)
    assert model.feature_names_in_.tolist() == NAMES
    with pytest.raises(InvalidDataError, match="X has the column 'rooms' of String"):
        model.predict(frame_of({"area": X[:, 0], "rooms": labels.tolist(), "年份": X[:, 2]}))


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32, np.float64, bool])
def test_numbers_of_any_type_are_taken(frame_of, dtype):
    numbers = (X > 0.5) if dtype is bool else (9 * np.abs(X)).astype(dtype)
    model = ol.LinearRegression().fit(frame_of(columns_of(numbers)), y)
    np.testing.assert_array_equal(model.coef_, ol.LinearRegression().fit(numbers, y).coef_)


def test_a_frame_of_targets(frame_of):
    targets = frame_of({"price": y, "rent": 2 * y})
    model = ol.LinearRegression().fit(X, targets)
    np.testing.assert_array_equal(
        model.coef_, ol.LinearRegression().fit(X, np.column_stack([y, 2 * y])).coef_
    )


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["Ulm", "Bonn"] * 15, "String"),
        ([datetime.date(2020, 1, 1)] * 30, "Date|Object"),
        ([datetime.datetime(2020, 1, 1)] * 30, "Datetime"),
        ([datetime.timedelta(1)] * 30, "Duration"),
    ],
    ids=["text", "date", "time", "span"],
)
def test_other_columns_are_refused_with_a_hint(frame_of, values, kind):
    frame = frame_of({"area": X[:, 0], "town": values})
    if "Date|" in kind and isinstance(frame, pd.DataFrame):
        kind, frame = "Datetime", frame.assign(town=pd.Timestamp("2020"))
    message = f"X has the column 'town' of ({kind}).*, not of numbers; TableModel takes tables with text"
    for call in (lambda: ol.LinearRegression().fit(frame, y), lambda: check_numeric(frame, "X")):
        with pytest.raises(InvalidDataError, match=message):
            call()
    with pytest.raises(InvalidDataError, match="X_val has the column 'town'"):
        ol.LinearRegression().fit(X[:, :2], y, X_val=frame, y_val=y)
    model = ol.LinearRegression().partial_fit(X, y)
    with pytest.raises(InvalidDataError, match="X has the column 'town'"):
        model.partial_fit(frame, y)
    with pytest.raises(InvalidDataError, match="X has the column 'town'"):
        model.predict(frame, interval=0.9)


def test_categories_are_no_numbers():
    frame = pd.DataFrame({"size": pd.Categorical([1, 2] * 15)})
    with pytest.raises(InvalidDataError, match="'size' of Categorical"):
        ol.LinearRegression().fit(frame, y)
    with pytest.raises(InvalidDataError, match="'size' of Enum"):
        check_numeric(pl.DataFrame({"size": pl.Series(["s", "m"], dtype=pl.Enum(["s", "m"]))}), "X")


def test_missing_values_are_named_by_column(frame_of):
    frame = frame_of({"area": X[:, 0].tolist(), "rooms": [1.5, None, *[2.0] * 28]})
    with pytest.raises(InvalidDataError, match=r"X contains NaN in row 1, column 1 \(rooms\)"):
        ol.LinearRegression().fit(frame, y)


def test_a_lazy_frame_has_no_rows_yet():
    with pytest.raises(InvalidDataError, match=r"X is a lazy frame.*X\.collect\(\)"):
        ol.LinearRegression().fit(pl.DataFrame(columns_of(X)).lazy(), y)


def test_columns_of_one_name():
    for frame in (
        pd.DataFrame(X, columns=["area", "area", "rooms"]),
        pa.Table.from_arrays([pa.array(X[:, j]) for j in range(3)], names=["area", "area", "rooms"]),
    ):
        with pytest.raises(
            InvalidDataError, match=r"X has columns of the same name; rename them .*area"
        ) as error:
            ol.LinearRegression().fit(frame, y)
        assert "\n" not in str(error.value)


def test_columns_of_objects_may_be_numbers():
    frame = pd.DataFrame(columns_of(X)).astype(object)
    np.testing.assert_array_equal(
        ol.LinearRegression().fit(frame, y).coef_, ol.LinearRegression().fit(X, y).coef_
    )


@pytest.mark.parametrize(
    "nothing", [[[1.0, 2.0]], np.ones((2, 2)), pd.Series([1.0]), pl.Series([1.0]), None, 3]
)
def test_what_is_no_frame_is_let_pass(nothing):
    check_numeric(nothing, "X")


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (pd.Series(["1.5"] * 29 + ["much"]), "y has 'much' in row 29, which is no number"),
        (np.array([[1.0, "a"]] * 30, dtype=object), "row 0, which is no number"),
        (pl.Series([1.0, None] * 15), "y contains NaN in row 1"),
    ],
)
def test_targets_that_are_no_numbers(targets, message):
    for form in ({}, {"solver": "sgd"}, {"loss": "huber"}):
        with pytest.raises(InvalidDataError, match=message):
            ol.LinearRegression(**form).fit(X, targets)

"""From a table to a matrix: side by side with scikit-learn, the same for all frames, batches and files."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, PolynomialFeatures

from onelayer.data.preparation import preparation as module
from onelayer.data.preparation.options import Options
from onelayer.data.preparation.preparation import Preparation
from onelayer.data.tables import Table, frame_reader, open_table
from onelayer.errors import ModelFileError, TableWarning

HOUSES = pl.DataFrame(
    {
        "size": [50.0, 80.5, 120.0, 60.0, 95.0, 100.0],
        "rooms": [2, 3, 5, 2, 4, 4],
        "garden": [False, True, True, False, False, True],
        "town": ["Ulm", "Bonn", "Ulm", "Kiel", "Bonn", "Ulm"],
        "zip": [89073, 53111, 89073, 24103, 53113, 89075],
        "sold": [date(2014, 5, day) for day in (2, 3, 5, 9, 17, 30)],
        "price": [150.0, 260.0, 340.0, 170.0, 230.0, 300.0],
    }
)
GAPS = HOUSES.with_columns(
    size=pl.Series([50.0, None, 120.0, 60.0, None, 100.0]),
    town=pl.Series(["Ulm", "Bonn", None, "Kiel", "Bonn", "Bonn"]),
    garden=pl.Series([False, None, True, False, False, True]),
)


def fit(
    frame: Any = HOUSES, target: str | None = "price", labels: bool = False, **options: Any
) -> Preparation:
    return Preparation.fit(Table.of(frame), target, Options(**options), labels=labels)


def matrix(preparation: Preparation, frame: Any = HOUSES) -> np.ndarray:
    return preparation.transform(Table.of(frame)).X


def column(preparation: Preparation, name: str, frame: Any = HOUSES) -> list[float]:
    return matrix(preparation, frame)[:, preparation.names.index(name)].tolist()


def test_the_matrix_by_hand() -> None:
    preparation = fit(categories=["zip"], rare=1)
    assert preparation.names == (
        *("size", "rooms", "garden", "town=Bonn", "town=Kiel"),
        *("zip=24103", "zip=53111", "zip=53113", "zip=89075", "sold"),
    )
    assert matrix(preparation)[1].tolist() == [80.5, 3, 1, 1, 0, 0, 1, 0, 0, 16193]
    assert matrix(preparation)[0].tolist() == [50, 2, 0, 0, 0, 0, 0, 0, 0, 16192]
    groups = {group.column: (list(group.positions), group.reference) for group in preparation.groups}
    assert groups["town"] == ([3, 4], "Ulm")
    assert groups["zip"] == ([5, 6, 7, 8], "89073")
    assert groups["size"] == ([0], None)
    assert preparation.columns == tuple(HOUSES.columns[:-1])
    assert matrix(preparation).flags.c_contiguous


def test_as_a_column_transformer_of_scikit_learn_does_it() -> None:
    preparation = fit(rare=1, features=["size", "rooms", "town"], log=["size"])
    theirs = make_column_transformer(
        (FunctionTransformer(np.log), ["size"]),
        ("passthrough", ["rooms"]),
        (OneHotEncoder(drop=["Ulm"]), ["town"]),
    )
    assert preparation.names == ("log(size)", "rooms", "town=Bonn", "town=Kiel")
    np.testing.assert_allclose(matrix(preparation), theirs.fit_transform(HOUSES.to_pandas()), rtol=1e-15)


@pytest.mark.parametrize("missing", ["mean", "indicator"])
def test_missing_values_as_scikit_learn_fills_them(missing: str) -> None:
    indicated = missing == "indicator"
    preparation = fit(GAPS, missing=missing, features=["size"])
    theirs = SimpleImputer(add_indicator=indicated)
    expected = theirs.fit_transform(GAPS.select("size").to_pandas())
    np.testing.assert_allclose(matrix(preparation, GAPS), expected)
    assert preparation.names == tuple(theirs.get_feature_names_out())


def test_the_mean_of_logarithms_stands_for_a_missing_logarithm() -> None:
    preparation = fit(GAPS, missing="mean", features=["size"], log=["size"])
    theirs = make_pipeline(FunctionTransformer(np.log), SimpleImputer())
    expected = theirs.fit_transform(GAPS.select("size").to_pandas())
    np.testing.assert_allclose(matrix(preparation, GAPS), expected)


def test_missing_categories_and_truth_values() -> None:
    indicator = fit(GAPS, missing="indicator", features=["town", "garden"], rare=1)
    assert indicator.names == (
        *("town=Kiel", "town=Ulm", "town=(missing)"),
        *("garden", "missingindicator_garden"),
    )
    assert matrix(indicator, GAPS)[1:3].tolist() == [[0, 0, 0, 0.4, 1], [0, 0, 1, 1, 0]]
    mean = fit(GAPS, missing="mean", features=["town", "garden"], rare=1)
    assert mean.names == ("town=Kiel", "town=Ulm", "garden")
    assert matrix(mean, GAPS)[2].tolist() == [0, 0, 1]


def test_rows_that_lack_a_value_are_dropped_and_teach_nothing() -> None:
    preparation = fit(GAPS, missing="drop", rare=1)
    assert (preparation.n_rows, preparation.n_kept) == (6, 3)
    assert [name for name in preparation.names if "town" in name] == ["town=Kiel", "town=Ulm"]
    prepared = preparation.transform(Table.of(GAPS))
    assert prepared.kept is not None
    assert prepared.kept.tolist() == [True, False, False, True, False, True]
    assert prepared.X[:, 0].tolist() == [50, 60, 100]
    assert preparation.transform(Table.of(HOUSES)).kept is None


def test_polynomials() -> None:
    preparation = fit(features=["size", "rooms", "garden"], poly=2)
    assert preparation.names == ("size", "rooms", "garden", "size^2", "size rooms", "rooms^2")
    centres = np.array(preparation.products.centres)
    assert (np.abs(centres - [84.25, 20 / 6]) < [0.7, 0.03]).all()
    numbers = HOUSES.select("size", "rooms").to_numpy() - centres
    expected = PolynomialFeatures(2, include_bias=False).fit_transform(numbers)[:, 2:]
    np.testing.assert_allclose(matrix(preparation)[:, 3:], expected, rtol=1e-14)
    assert [group.column for group in preparation.groups] == ["size", "rooms", "garden", ""]


def test_parts_of_dates() -> None:
    preparation = fit(features=["sold"], date_parts=["sold"])
    weekdays = [day.isoweekday() for day in HOUSES["sold"].to_list()]
    assert preparation.names == ("sold", "weekday(sold)=1", "weekday(sold)=6")
    assert weekdays == [5, 6, 1, 5, 6, 5]
    assert column(preparation, "weekday(sold)=6") == [0, 1, 0, 0, 1, 0]
    assert column(preparation, "sold") == [16192, 16193, 16195, 16199, 16207, 16220]


def test_the_target() -> None:
    plain, logged = fit(), fit(log=["price"])
    for preparation in (plain, logged):
        assert preparation.target is not None
        assert preparation.target.name == "price"
        _, y, _ = preparation.blocks(Table.of(HOUSES)).held()
        np.testing.assert_allclose(preparation.target.inverse(y), HOUSES["price"].to_numpy(), rtol=1e-14)
    np.testing.assert_array_equal(y, np.log(HOUSES["price"].to_numpy()))


@pytest.mark.parametrize(("name", "kind"), [("town", "U"), ("garden", "b"), ("rooms", "i")])
def test_labels_of_classes_keep_their_type(name: str, kind: str) -> None:
    preparation = fit(target=name, labels=True, features=["size"])
    _, y, _ = preparation.blocks(Table.of(HOUSES)).held()
    assert y.dtype.kind == kind
    assert y.tolist() == HOUSES[name].to_list()


def test_frames_of_all_libraries_give_the_same_matrix() -> None:
    options = {"rare": 1, "categories": ["zip"], "log": ["price"]}
    expected = matrix(fit(HOUSES, **options))
    for frame in (HOUSES.to_pandas(), HOUSES.to_arrow(), HOUSES.lazy()):
        np.testing.assert_array_equal(matrix(fit(frame, **options), frame), expected)
        np.testing.assert_array_equal(matrix(fit(HOUSES, **options), frame), expected)
    assert isinstance(HOUSES.to_arrow(), pa.Table)


def test_a_file_gives_the_same_matrix_as_the_frame(tmp_path: Path) -> None:
    HOUSES.write_csv(tmp_path / "houses.csv")
    HOUSES.write_parquet(tmp_path / "houses.parquet")
    options = Options(rare=1, categories=["zip"])
    expected = matrix(fit(rare=1, categories=["zip"]))
    for name in ("houses.csv", "houses.parquet"):
        table = open_table(tmp_path / name)
        preparation = Preparation.fit(table, "price", options)
        assert preparation.transform(table).X.tobytes() == expected.tobytes()


def test_columns_go_by_their_names() -> None:
    preparation = fit()
    backwards = HOUSES.select(reversed(HOUSES.columns))
    assert matrix(preparation, backwards).tobytes() == matrix(preparation).tobytes()
    assert matrix(preparation, HOUSES.drop("price")).tobytes() == matrix(preparation).tobytes()


@pytest.mark.parametrize("options", [{}, {"missing": "indicator"}, {"missing": "drop"}, {"poly": 3}])
@pytest.mark.parametrize("size", [1, 2, 5])
def test_batches_of_any_size_give_the_same(
    options: dict[str, Any], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = GAPS if "missing" in options else HOUSES
    whole = fit(frame, **options)
    expected, y, _ = whole.blocks(Table.of(frame)).held()
    monkeypatch.setattr(frame_reader, "BATCH_ROWS", size)
    parts = fit(frame, **options)
    assert parts.to_json() == whole.to_json()
    monkeypatch.setattr(module, "BLOCK", 100)
    matrix_of_parts, y_of_parts, weights = parts.blocks(Table.of(frame), np.arange(6.0)).held()
    assert matrix_of_parts.tobytes() == expected.tobytes()
    assert y_of_parts.tolist() == y.tolist()
    kept = np.arange(6.0) if parts.n_kept == 6 else np.array([0.0, 3.0, 5.0])
    assert weights is not None
    assert weights.tolist() == kept.tolist()


def test_blocks_are_read_anew_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame_reader, "BATCH_ROWS", 4)
    blocks = fit().blocks(Table.of(HOUSES))
    for _ in range(2):
        assert [len(X) for X, _, _ in blocks] == [3, 3]


def test_float32_where_nothing_is_lost() -> None:
    single = HOUSES.select(pl.col("size", "price").cast(pl.Float32), "garden", "town")
    assert matrix(fit(single), single).dtype == np.float32
    assert matrix(fit(single), single.cast({"size": pl.Float64})).dtype == np.float64
    for options in ({"log": ["size"]}, {"poly": 2}):
        assert matrix(fit(single, **options), single).dtype == np.float64
    assert matrix(fit(HOUSES)).dtype == np.float64


OPTIONS = st.fixed_dictionaries(
    {
        "missing": st.sampled_from(["drop", "mean", "indicator"]),
        "poly": st.integers(1, 3),
        "categories": st.sampled_from([[], ["zip"], ["zip", "rooms"]]),
        "date_parts": st.sampled_from([[], ["sold"]]),
        "log": st.sampled_from([[], ["price"], ["size", "price"]]),
        "rare": st.sampled_from(["auto", 1]),
        "unseen": st.sampled_from(["warn", "error"]),
    }
)


@settings(deadline=None, max_examples=40)
@given(options=OPTIONS)
def test_a_preparation_that_went_through_json_is_the_same(options: dict[str, Any]) -> None:
    preparation = fit(GAPS, **options)
    again = Preparation.from_json(json.loads(json.dumps(preparation.to_json())))
    assert again.to_json() == preparation.to_json()
    assert (again.names, again.groups, again.columns) == (
        preparation.names,
        preparation.groups,
        preparation.columns,
    )
    assert (again.options, again.features, again.target) == (
        preparation.options,
        preparation.features,
        preparation.target,
    )
    assert matrix(again, GAPS).tobytes() == matrix(preparation, GAPS).tobytes()


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [inner for key, item in items for inner in _paths(item, (*path, key))]


def test_json_that_is_damaged_anywhere_is_refused() -> None:
    """Each value in turn is replaced by one of a type that none of them has."""
    text = json.dumps(fit(GAPS, missing="indicator", poly=2, rare=1).to_json())
    paths = _paths(json.loads(text))
    assert len(paths) > 100
    for path in paths:
        document = json.loads(text)
        place = document
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = {"no such": [None]}
        with pytest.raises(ModelFileError, match=r"what it says of the columns of the table is damaged \("):
            Preparation.from_json(document)
    for nothing in (None, [], "text", {}):
        with pytest.raises(ModelFileError, match="is damaged"):
            Preparation.from_json(nothing)


def test_levels_never_seen() -> None:
    new = HOUSES.with_columns(town=pl.Series(["Ulm", "Köln", "Köln", "Jena", "Ulm", "Bonn"]))
    preparation = fit(rare=1)
    message = r"table, column 'town': not among the levels .*: 'Köln' \(2 rows\), 'Jena' \(1 row\); such rows"
    with pytest.warns(TableWarning, match=message):
        assert column(preparation, "town=Bonn", new) == [0, 2 / 6, 2 / 6, 2 / 6, 0, 1]
    with pytest.warns(TableWarning, match=message):
        list(preparation.blocks(Table.of(new)))


def test_pandas_with_its_own_missing_values() -> None:
    frame = pd.DataFrame(
        {
            "size": pd.array([50, None, 120], dtype="Int64"),
            "town": pd.Categorical(["Ulm", None, "Bonn"]),
            "price": [1.0, 2.0, 4.0],
        }
    )
    preparation = fit(frame, missing="indicator", rare=1)
    assert preparation.names == ("size", "missingindicator_size", "town=Ulm", "town=(missing)")
    assert matrix(preparation, frame).tolist() == [[50, 0, 1, 0], [85, 1, 0, 1], [120, 0, 0, 0]]

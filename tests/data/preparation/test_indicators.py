"""Columns that say where values are missing, also where there is one value only."""

from __future__ import annotations

import copy
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import onelayer as ol
from onelayer.data.preparation.options import Options
from onelayer.data.preparation.preparation import Preparation
from onelayer.data.tables import Table
from onelayer.errors import TableWarning

N = 200
RANDOM = np.random.RandomState(0)
MISSING = RANDOM.rand(N) < 0.4
A = RANDOM.randn(N)
Y = A + 3 * MISSING + 0.1 * RANDOM.randn(N)
VALUES: dict[str, Any] = {
    "number": 1.0,
    "whole": 7,
    "zero": 0.0,
    "boolean": True,
    "false": False,
    "date": date(2014, 5, 2),
    "datetime": datetime(2014, 5, 2, 10),
    "text": "yes",
}


def frame(value: Any) -> pl.DataFrame:
    return pl.DataFrame({"a": A, "k": [None if gone else value for gone in MISSING], "y": Y})


def expected_r2() -> float:
    """Return R² of the same model by NumPy."""
    Z = np.column_stack([np.ones(N), A, MISSING])
    rest = Y - Z @ np.linalg.lstsq(Z, Y, rcond=None)[0]
    return float(1 - rest @ rest / np.square(Y - Y.mean()).sum())


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.filterwarnings("ignore:.*constant but for missing:onelayer.errors.TableWarning")
def test_that_a_value_is_missing_is_kept_where_there_is_one_value_only(kind: str, tmp_path: Path) -> None:
    table = frame(VALUES[kind])
    model = ol.TableModel(missing="indicator").fit(table, "y")
    assert model.preparation_.names == ("a", "k=(missing)" if kind == "text" else "missingindicator_k")
    assert model.score(table) == pytest.approx(expected_r2())
    model.save(tmp_path / "m.onelayer")
    for each in (model, ol.load(tmp_path / "m.onelayer")):
        absent, present = each.predict(pl.DataFrame({"a": [0.5, 0.5], "k": [None, VALUES[kind]]}))
        assert absent - present == pytest.approx(model.estimator_.coef_[1])
        np.testing.assert_allclose(each.predict(pl.DataFrame({"a": [0.5], "k": [None]})), absent)
        np.testing.assert_allclose(each.predict(table), model.predict(table))


def test_a_value_that_is_another_than_the_only_one_is_none_that_is_missing() -> None:
    with pytest.warns(TableWarning, match="'k': constant but for missing values; where these are is all"):
        model = ol.TableModel(missing="indicator").fit(frame(1.0), "y")
    one, other = model.predict(pl.DataFrame({"a": [0.0, 0.0], "k": [1.0, 50.0]}))
    assert one == other


@pytest.mark.parametrize("missing", ["mean", "drop"])
def test_without_indicators_such_a_column_is_constant(missing: str) -> None:
    with pytest.warns(TableWarning, match="'k': constant, and left out"):
        assert ol.TableModel(missing=missing).fit(frame(1.0), "y").preparation_.names == ("a",)


def test_without_a_missing_value_it_is_constant() -> None:
    table = frame(1.0).with_columns(k=pl.lit(1.0))
    with pytest.warns(TableWarning, match="'k': constant, and left out"):
        assert ol.TableModel(missing="indicator").fit(table, "y").preparation_.names == ("a",)


@pytest.mark.filterwarnings("ignore:.*constant but for missing:onelayer.errors.TableWarning")
def test_an_indicator_is_multiplied_with_nothing_and_a_date_has_one_only() -> None:
    table = frame(date(2014, 5, 2)).with_columns(
        n=pl.col("k").is_null().replace_strict({True: None, False: 2.5})
    )
    table = table.with_columns(n=pl.when(pl.int_range(N) % 3 > 0).then(pl.col("n")))
    model = ol.TableModel(missing="indicator", poly=2, date_parts=["k"]).fit(table, "y")
    assert model.preparation_.names == ("a", "missingindicator_k", "missingindicator_n", "a^2")
    assert {feature.field.part for feature in model.preparation_.features} == {""}


def test_two_such_columns_that_are_the_same_are_duplicates() -> None:
    table = frame(1.0).with_columns(again=pl.col("k"))
    with pytest.warns(TableWarning) as caught:
        model = ol.TableModel(missing="indicator").fit(table, "y")
    assert any("'again' (the same as 'k'): duplicate" in str(each.message) for each in caught)
    assert model.preparation_.names == ("a", "missingindicator_k")


@given(
    columns=st.lists(
        st.tuples(
            st.sampled_from([2, 3, 5]), st.sampled_from([(1.0,), (1.0, 2.0), (True,), ("a",), ("a", "b")])
        ),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=25, deadline=None)
@pytest.mark.filterwarnings("ignore::onelayer.errors.TableWarning")
def test_a_stored_preparation_makes_the_same_matrix(columns: Any) -> None:
    table = pl.DataFrame(
        {"a": A[:40]}
        | {
            f"k{j}": [None if i % every == 0 else values[i // 2 % len(values)] for i in range(40)]
            for j, (every, values) in enumerate(columns)
        }
    )
    preparation = Preparation.fit(Table.of(table), None, Options(missing="indicator"))
    X = preparation.transform(Table.of(table)).X
    assert X.shape == (40, len(preparation.names))
    assert np.ptp(X, axis=0).all()
    document = json.loads(json.dumps(preparation.to_json()))
    np.testing.assert_array_equal(Preparation.from_json(document).transform(Table.of(table)).X, X)


def test_a_file_of_before_does_not_say_what_is_constant() -> None:
    table = Table.of(pl.DataFrame({"a": [1.0, None, 3.0, 4.0]}))
    preparation = Preparation.fit(table, None, Options(missing="indicator"))
    document = copy.deepcopy(preparation.to_json())
    for feature in document["features"]:
        del feature["constant"]
    before = Preparation.from_json(document)
    assert before.names == ("a", "missingindicator_a")
    np.testing.assert_array_equal(before.transform(table).X, preparation.transform(table).X)

"""Columns of Python objects of several types, as categories: the same names as in columns of one type."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import onelayer as ol
from onelayer.data.tables import Table
from onelayer.errors import InvalidDataError

N = 60
BERLIN = pd.Timestamp("2020-01-02 03:04", tz="Europe/Berlin")
KINDS: dict[str, list[Any]] = {
    "number and text": [98103, "Ulm", None],
    "number and the same text": [98103, "98103", "Ulm"],
    "float and text": [98103.0, "Ulm", np.nan],
    "decimals": [Decimal("2.50"), "Ulm", None],
    "fractions": [0.1, 1e-7, "Ulm", 1e20],
    "float32": [np.float32(0.1), "Ulm", np.float32(3)],
    "numbers of NumPy": [np.int64(5), np.float64(2.5), "Ulm", np.bool_(True)],
    "truth and text": [True, "Ulm", None],
    "truth and number": [True, 7, 0.5],
    "numbers alone": [1, 2.0, 2.5, None],
    "pandas' own gap": [7, "Ulm", pd.NA],
    "no time": [7, "Ulm", pd.NaT],
    "times and text": [datetime(2020, 1, 2, 3, 4, 5, 678), "Ulm", None],
    "times of pandas": [pd.Timestamp("2020-01-02 03:04"), "Ulm", None],
    "times with a zone": [BERLIN, "Ulm", datetime(2020, 1, 2, tzinfo=UTC)],
    "dates and text": [date(2020, 1, 2), "Ulm", None],
    "large": [2**53 + 1, "Ulm", 2**62],
    "all": [98103, "Ulm", None, 2.5, True, date(2020, 1, 2)],
}


def objects(values: list[Any]) -> pd.Series:
    return pd.Series(values, dtype=object)


def frame(values: list[Any]) -> pd.DataFrame:
    k = [values[i % len(values)] for i in range(N)]
    return pd.DataFrame({"k": objects(k), "y": np.arange(N) % len(values) + np.sin(np.arange(N))})


@pytest.mark.parametrize("kind", KINDS)
def test_each_value_is_the_level_that_it_is_alone(kind: str, tmp_path: Path) -> None:
    """A row by itself is a column of one type, and must name the same level as in the column of the fit."""
    table = frame(KINDS[kind])
    model = ol.TableModel(categories=["k"], missing="indicator", rare=1).fit(table, "y")
    model.save(tmp_path / "model.onelayer")
    whole = model.predict(table)
    for each in (model, ol.load(tmp_path / "model.onelayer")):
        np.testing.assert_allclose(each.predict(table), whole)
        for row in range(len(KINDS[kind])):
            alone = each.predict(table.iloc[[row]])  # a level that is not known would warn
            np.testing.assert_allclose(alone, whole[row])


@pytest.mark.parametrize(
    "kind", ["number and text", "float and text", "truth and text", "numbers alone", "decimals"]
)
def test_the_prediction_of_a_level_is_its_mean(kind: str) -> None:
    table = frame(KINDS[kind])
    model = ol.TableModel(categories=["k"], missing="indicator", rare=1).fit(table, "y")
    places = np.arange(N) % len(KINDS[kind])
    means = np.array([table["y"][places == place].mean() for place in range(len(KINDS[kind]))])
    np.testing.assert_allclose(model.predict(table), means[places])


def test_numbers_and_their_text_are_one_level() -> None:
    table = frame([98103, "98103", 98103.0, "Ulm"])
    model = ol.TableModel(categories=["k"], rare=1).fit(table, "y")
    assert model.preparation_.names == ("k=Ulm",)
    assert model.preparation_.features[0].reference == "98103"


@pytest.mark.parametrize("missing", ["refuse", "drop", "mean"])
def test_missing_values_in_such_a_column_are_as_everywhere(missing: str) -> None:
    table, model = frame([98103, "Ulm", None]), ol.TableModel(categories=["k"], missing=missing, rare=1)
    if missing == "refuse":
        with pytest.raises(InvalidDataError, match=r"values are missing in 'k' \(20 rows\) of 60 rows"):
            model.fit(table, "y")
        return
    assert model.fit(table, "y").preparation_.names == ("k=Ulm",)
    assert model.preparation_.n_kept == (40 if missing == "drop" else 60)


@pytest.mark.parametrize(
    ("values", "row", "called"),
    [
        ([np.inf, "Ulm"], 1, "inf"),
        ([None, -np.inf, 3, "Ulm"], 2, "-inf"),
        (["Ulm", 1, Decimal("Infinity")], 3, "Infinity"),
        (["Ulm", Decimal("1E+400"), Decimal("2E+400")], 2, r"1E\+400"),
    ],
)
def test_infinity_is_no_level(values: list[Any], row: int, called: str) -> None:
    with pytest.raises(
        InvalidDataError, match=f"table, row {row}, column 'k': {called} is not a finite number"
    ):
        ol.TableModel(categories=["k"], missing="indicator").fit(frame(values), "y")


@pytest.mark.parametrize("values", [[b"Ulm", "Ulm"], [(1,), "Ulm"], [object(), 1], ["\ud800", 1]])
def test_what_is_no_value_of_a_table_is_refused(values: list[Any]) -> None:
    with pytest.raises(InvalidDataError, match=r"column 'k': .* neither numbers nor booleans, dates or text"):
        ol.TableModel(categories=["k"]).fit(frame(values), "y")


def test_a_time_whose_year_has_no_number_in_utc_is_a_level() -> None:
    last = datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-5)))
    model = ol.TableModel(categories=["k"], rare=1).fit(frame([last, "Ulm"]), "y")
    assert {*model.preparation_.names, f"k={model.preparation_.features[0].reference}"} == {
        "k=9999-12-31 23:59:00-05:00",
        "k=Ulm",
    }


def test_without_categories_the_first_value_of_another_type_is_named() -> None:
    with pytest.raises(
        InvalidDataError, match=r"row 2, column 'k': 'Ulm' is not a number.*categories=\['k'\]"
    ):
        ol.TableModel(missing="mean").fit(frame([1, "Ulm", None, 2]), "y")


@given(
    st.lists(
        st.one_of(
            st.none(),
            st.integers(-(2**63), 2**63 - 1),
            st.floats(allow_nan=False, allow_infinity=False),
            st.floats(allow_nan=False, allow_infinity=False, width=32).map(np.float32),
            st.booleans(),
            st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1)),
            st.dates(date(1700, 1, 1), date(2200, 1, 1)),
            st.text("abc 1.", min_size=1, max_size=4),
        ),
        min_size=1,
        max_size=12,
    )
)
@settings(max_examples=60, deadline=None)
def test_text_of_a_mixture_is_that_of_columns_of_one_type(values: list[Any]) -> None:
    def text(these: list[Any]) -> list[str | None]:
        table = Table.of(pd.DataFrame({"k": objects(these), "z": np.zeros(len(these))}), categories=["k"])
        return table.read(["k"])["k"].to_list()

    mixed = ["x", 1, *values]
    assert text(mixed) == ["x", "1", *(text([value])[0] for value in values)]

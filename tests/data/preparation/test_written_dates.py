"""Dates that a frame holds as text: never guessed, read as dates where a model needs them, told of at the fit."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import onelayer as ol
from onelayer.data.preparation.options import Options
from onelayer.data.preparation.preparation import Preparation
from onelayer.data.tables import Table
from onelayer.errors import InvalidDataError, TableWarning

N = 60
DAYS = [date(2014, 5, 2) + timedelta(days=11 * (i % 12)) for i in range(N)]
FORMS: dict[str, list[str]] = {
    "date": [str(day) for day in DAYS],
    "datetime": [f"{day}T0{i % 9}:30:00" for i, day in enumerate(DAYS)],
    "short": [f"{day} 10:30" for day in DAYS],
    "zoned": [f"{day}T10:30:00+02:00" for day in DAYS],
    "utc": [f"{day}T10:30:00Z" for day in DAYS],
}
FRAMES: dict[str, Any] = {
    "polars": pl.DataFrame,
    "pandas": pd.DataFrame,
    "categorical": lambda columns: pd.DataFrame(columns).astype({"sold": "category"}),
    "pyarrow": pa.table,
}
Y = np.array([day.toordinal() for day in DAYS]) + np.sin(np.arange(N))


def csv(form: str, folder: Path) -> Path:
    pl.DataFrame({"sold": FORMS[form], "y": Y}).write_csv(folder / "sold.csv")
    return folder / "sold.csv"


@pytest.mark.parametrize("library", FRAMES)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("parts", [False, True])
@pytest.mark.filterwarnings("ignore::onelayer.errors.RankWarning")
def test_a_model_of_dates_reads_them_from_text(form: str, library: str, parts: bool, tmp_path: Path) -> None:
    path = csv(form, tmp_path)
    model = ol.TableModel(date_parts=["sold"] if parts else []).fit(path, "y")
    assert model.preparation_.features[0].field.kind in ("date", "datetime", "zoned")
    frame = FRAMES[library]({"sold": FORMS[form], "y": Y})
    np.testing.assert_array_equal(model.predict(frame), model.predict(path))
    assert model.score(frame) == model.score(path)
    few = FRAMES[library]({"sold": FORMS[form][:1], "y": Y[:1]})
    np.testing.assert_array_equal(model.predict(few), model.predict(path)[:1])


@pytest.mark.parametrize(
    ("form", "value", "reason"),
    [
        (
            "date",
            "2014-02-30",
            "'2014-02-30' is not a date (such as 2014-05-02), and the model was fitted to dates",
        ),
        ("date", "02.05.2014", "'02.05.2014' is not a date"),
        ("date", "May", "'May' is not a date"),
        ("date", "2014-05-02T10:30:00", "is not a date"),
        (
            "datetime",
            "2014-05-02T25:30:00",
            "is not a time (such as 2014-05-02T10:30:00), and the model was fitted",
        ),
        ("utc", "2014-05-02T10:30:00", "is not a time with its zone"),
    ],
)
def test_the_first_value_that_is_no_date_is_refused(
    form: str, value: str, reason: str, tmp_path: Path
) -> None:
    model = ol.TableModel().fit(csv(form, tmp_path), "y")
    sold = [*FORMS[form][:40], value, *FORMS[form][:10], "x"]
    with pytest.raises(InvalidDataError) as caught:
        model.predict(pl.DataFrame({"sold": sold}))
    assert str(caught.value).startswith("table, row 41, column 'sold': ")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_missing_in_a_csv_file_is_missing_here(tmp_path: Path) -> None:
    model = ol.TableModel(missing="mean").fit(csv("date", tmp_path), "y")
    absent = model.predict(pl.DataFrame({"sold": [None, "NA", "", " 2014-05-02 "]}))
    assert absent[0] == absent[1] == absent[2] != absent[3]
    assert absent[3] == model.predict(pl.DataFrame({"sold": [date(2014, 5, 2)]}))[0]


@pytest.mark.parametrize(
    ("form", "parts"),
    [
        (
            "date",
            [
                "every value is a date ",
                "pl.col('sold').str.to_date() in polars, or pd.to_datetime(frame['sold'])",
            ],
        ),
        ("datetime", ["every value is a time ", "pl.col('sold').str.to_datetime() in polars"]),
        (
            "utc",
            ["every value is a time with its zone ", "pd.to_datetime(frame['sold'], utc=True) in pandas"],
        ),
    ],
)
def test_a_fit_tells_of_dates_that_are_text(form: str, parts: list[str]) -> None:
    with pytest.warns(TableWarning, match=".*".join(map(re.escape, parts))) as caught:
        model = ol.TableModel().fit(pl.DataFrame({"sold": FORMS[form][:12] * 5, "y": Y}), "y")
    assert model.preparation_.features[0].field.kind == "text"
    assert "categories=['sold']" in str(caught[0].message)


@pytest.mark.parametrize("form", FORMS)
def test_the_advice_makes_the_dates_of_the_csv_file(form: str, tmp_path: Path) -> None:
    model = ol.TableModel().fit(csv(form, tmp_path), "y")
    kind = model.preparation_.features[0].field.kind
    in_polars = {
        "date": pl.col("sold").str.to_date(),
        "datetime": pl.col("sold").str.to_datetime(),
        "zoned": pl.col("sold").str.to_datetime(time_zone="UTC"),
    }[kind]
    frame = pd.DataFrame({"sold": FORMS[form], "y": Y})
    times = pd.to_datetime(frame["sold"], utc=True) if kind == "zoned" else pd.to_datetime(frame["sold"])
    for each in (
        pl.DataFrame({"sold": FORMS[form], "y": Y}).with_columns(in_polars),
        frame.assign(sold=times),
    ):
        np.testing.assert_allclose(ol.TableModel().fit(each, "y").predict(each), model.predict(each))


@pytest.mark.parametrize(
    "sold",
    [
        ["May", *FORMS["date"][:11]],
        ["2014-02-30", *FORMS["date"][:11]],
        [*FORMS["date"][:11], "NA"],
    ],
)
def test_other_text_is_told_of_nowhere(sold: list[str]) -> None:
    ol.TableModel().fit(pl.DataFrame({"sold": sold * 5, "y": Y}), "y")


@pytest.mark.parametrize("options", [{"categories": ["sold"]}, {"drop": ["sold"]}])
def test_who_has_said_what_they_are_is_not_told(options: dict[str, Any]) -> None:
    ol.TableModel(**options).fit(pl.DataFrame({"sold": FORMS["date"], "x": Y**2, "y": Y}), "y")


def test_dates_of_single_rows_are_not_called_names() -> None:
    sold = [str(date(2014, 5, 2) + timedelta(days=i)) for i in range(N)]
    with pytest.raises(
        InvalidDataError, match=r"column 'sold': dates .* as text.*to_date\(\).*drop=\['sold'\]"
    ):
        ol.TableModel().fit(pd.DataFrame({"sold": sold, "y": Y}), "y")


def test_parts_of_dates_that_are_text_are_refused_with_the_same_advice() -> None:
    frame = pl.DataFrame({"sold": FORMS["date"], "n": np.arange(N), "y": Y})
    with pytest.raises(
        InvalidDataError, match=r"date_parts=\['sold'\]: the column holds no dates; .*str.to_date\(\)"
    ):
        Preparation.fit(Table.of(frame), "y", Options(date_parts="sold"))
    with pytest.raises(InvalidDataError, match=r"the column holds no dates$"):
        Preparation.fit(Table.of(frame), "y", Options(date_parts="n"))

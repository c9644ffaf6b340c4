"""A large table of numbers is read once; what comes out is what two readings give."""

from __future__ import annotations

import warnings

import numpy as np
import polars as pl
import pytest

from onelayer.data.preparation.preparation import Preparation
from onelayer.errors import InvalidDataError, TableWarning
from onelayer.estimators import one_pass
from onelayer.estimators.table_model import TableModel

N = 300


@pytest.fixture
def frame() -> pl.DataFrame:
    random = np.random.RandomState(0)
    a, b = random.randn(N), random.randn(N)
    return pl.DataFrame({"a": a, "b": b, "y": 2 * a - b + 3 + 0.1 * random.randn(N)})


@pytest.fixture
def large(monkeypatch):
    """Every table counts as large from now on."""
    return lambda: monkeypatch.setattr(one_pass, "LARGE", 0)


@pytest.fixture
def surveys(monkeypatch):
    """The targets of the preparations that were learnt by reading a table."""
    learnt, fit = [], Preparation.fit

    def noted(table, target=None, *rest, **keywords):
        learnt.append(target)
        return fit(table, target, *rest, **keywords)

    monkeypatch.setattr(Preparation, "fit", noted)
    return learnt


def test_no_survey_and_the_same_model(frame, large, surveys):
    two = TableModel().fit(frame, "y")
    assert surveys == ["y"]
    large()
    one = TableModel().fit(frame, "y")
    assert surveys == ["y"]
    np.testing.assert_allclose(one.estimator_.coef_, two.estimator_.coef_, rtol=1e-12)
    np.testing.assert_array_equal(one.predict(frame.select("b", "a")), one.predict(frame))
    assert one.summary().outputs[0].coefficients.names == ("intercept", "a", "b")


@pytest.mark.parametrize(
    ("column", "values"), [("twin", "a"), ("constant", pl.lit(4.0))], ids=["duplicate", "constant"]
)
def test_a_column_that_costs_rank_is_left_out_as_ever(frame, large, surveys, column, values):
    table = frame.with_columns((pl.col(values) if isinstance(values, str) else values).alias(column))
    large()
    with pytest.warns(TableWarning, match=column):
        model = TableModel().fit(table, "y")
    assert surveys == ["y"]
    assert model.preparation_.names == ("a", "b")


def test_missing_values_are_counted_as_ever(frame, large):
    large()
    table = frame.with_columns(pl.when(pl.col("b") > 1).then(None).otherwise(pl.col("b")).alias("b"))
    count = table["b"].null_count()
    with pytest.raises(InvalidDataError, match=rf"'b' \({count} rows\) of 300 rows"):
        TableModel().fit(table, "y")


def test_a_constant_target_is_refused_as_ever(frame, large):
    large()
    with pytest.raises(InvalidDataError, match="same value in every row"):
        TableModel().fit(frame.with_columns(y=pl.lit(1.0)), "y")


@pytest.mark.parametrize("options", [{"poly": 2}, {"missing": "mean"}, {"log": ["y"]}])
def test_options_about_columns_want_the_survey(frame, large, surveys, options):
    large()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TableModel(**options).fit(frame.with_columns(pl.col("y").exp()), "y")
    assert surveys == ["y"]

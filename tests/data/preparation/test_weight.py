"""A column of weights: read beside the matrix, refused by row, and no input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from onelayer.data.preparation.options import Options
from onelayer.data.preparation.preparation import Preparation
from onelayer.data.preparation.weight import Weight
from onelayer.data.tables import Table, open_table
from onelayer.errors import InvalidDataError
from onelayer.estimators.linear_regression import LinearRegression

N = 60
HOUSES = pl.DataFrame(
    {
        "size": np.random.RandomState(0).rand(N) * 100 + 50,
        "price": np.random.RandomState(1).rand(N) + 1,
        "w": np.arange(N) % 4,
    }
)


def prepared(frame: pl.DataFrame, missing: str = "refuse") -> tuple[Table, Preparation]:
    """Return a table and how to make a matrix of its size."""
    table = Table.of(frame, "houses")
    return table, Preparation.fit(table, "price", Options(drop=["w"], missing=missing))


def test_blocks_have_the_weights_of_their_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onelayer.data.preparation.preparation.BLOCK", 8 * 7)
    table, preparation = prepared(HOUSES)
    blocks = list(preparation.blocks(table, Weight.of(table, "w")))
    assert max(len(X) for X, _, _ in blocks) == 7
    assert np.concatenate([weights for _, _, weights in blocks]).tolist() == HOUSES["w"].to_list()
    assert preparation.names == ("size",)


def test_a_weighted_fit_is_one_of_repeated_rows() -> None:
    table, preparation = prepared(HOUSES)
    X, y, weights = preparation.blocks(table, Weight.of(table, "w")).held()
    found = LinearRegression().fit(X, y, weights)
    repeated = HOUSES.select(pl.all().repeat_by("w").explode()).drop_nulls()
    line = np.polyfit(repeated["size"], repeated["price"], 1)
    assert [*found.coef_, found.intercept_] == pytest.approx(line)


def test_rows_that_are_left_out_take_their_weights_along() -> None:
    gap = pl.int_range(pl.len()) % 5 == 2
    table, preparation = prepared(HOUSES.with_columns(size=pl.when(~gap).then("size")), "drop")
    X, _, weights = preparation.blocks(table, Weight.of(table, "w")).held()
    assert weights is not None
    assert len(X) == len(weights) == N - N // 5
    assert weights.tolist() == HOUSES.filter(~gap)["w"].to_list()


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (["1", "-0.5", "1"], r"row 2 \(line 3\), column 'w': a weight is at least 0, and this is -0.5"),
        (["1", "1", "NA"], r"row 3 \(line 4\), column 'w': the weight is missing; write 0 for a row"),
        (["0", "0", "0"], "column 'w': no row has a weight above 0"),
        (["one", "two", "one"], r"row 1 \(line 2\), column 'w': a weight is a number, and this is 'one'"),
        (["", "yes", "no"], r"row 2 \(line 3\), column 'w': a weight is a number, and this is 'yes'"),
        (["true", "true", "false"], "a weight is a number, and this is 'True'"),
        (["1", "inf", "2"], r"row 2 \(line 3\), column 'w': 'inf' is not a number"),
    ],
)
def test_what_is_no_weight(weights: list[str], message: str, tmp_path: Path) -> None:
    path = tmp_path / "houses.csv"
    path.write_text("size,price,w\n" + "".join(f"{k},{k * k},{w}\n" for k, w in enumerate(weights)))
    table = open_table(path)
    preparation = Preparation.fit(table, "price", Options(features=["size"]))
    with pytest.raises(Exception, match=message) as caught:
        preparation.blocks(table, Weight.of(table, "w")).held()
    assert str(caught.value).startswith(str(path))


def test_weights_only_in_rows_that_are_left_out() -> None:
    frame = HOUSES.with_columns(w=(pl.int_range(pl.len()) == 3).cast(pl.Int8)).with_columns(
        size=pl.when(pl.col("w") == 0).then("size")
    )
    table, preparation = prepared(frame, "drop")
    with pytest.raises(InvalidDataError, match="column 'w': no row has a weight above 0"):
        preparation.blocks(table, Weight.of(table, "w")).held()


def test_a_column_that_is_not_there() -> None:
    with pytest.raises(
        InvalidDataError, match=r"houses: there is no column 'W' \(the weights\); did you mean 'w'"
    ):
        Weight.of(Table.of(HOUSES, "houses"), "W")

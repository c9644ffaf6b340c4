"""Categories side by side with pandas and scikit-learn; what is rare, what is missing, what was never seen."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.preprocessing import OneHotEncoder

from onelayer.data.preparation.category import Category
from onelayer.data.preparation.field import Field
from onelayer.data.preparation.survey import LevelSurvey

FIELD = Field("letter", "text")
LETTERS = list("bbbbaacccdefa")


def fitted(values: list[str | None], least: float = 0, most: int = 100, missing: bool = False) -> Category:
    survey = LevelSurvey()
    survey.add(pl.Series(values, dtype=pl.String))
    return Category.of(FIELD, survey, least, most, missing)


def matrix(category: Category, values: list[str | None]) -> tuple[NDArray, Counter[str]]:
    out = np.zeros((len(values), len(category.names)))
    unseen = category.write(pl.Series(values, dtype=pl.String), out)
    return out, unseen


def test_as_pandas_and_scikit_learn_do_it() -> None:
    category = fitted(LETTERS)
    ours, unseen = matrix(category, LETTERS)
    assert not unseen
    assert category.reference == "b"
    dummies = pd.get_dummies(pd.Series(LETTERS, name="letter"), prefix="letter", prefix_sep="=")
    expected = dummies.drop(columns="letter=b")
    assert category.names == tuple(expected.columns)
    np.testing.assert_array_equal(ours, expected.to_numpy(float))
    encoder = OneHotEncoder(drop=["b"], sparse_output=False)
    np.testing.assert_array_equal(ours, encoder.fit_transform(np.array(LETTERS)[:, None]))


@settings(deadline=None)
@given(values=st.lists(st.sampled_from("abcde"), min_size=1, max_size=40), least=st.integers(1, 6))
def test_rare_levels_are_pooled_as_scikit_learn_pools_infrequent_ones(values: list[str], least: int) -> None:
    category = fitted(list(values), least)
    encoder = OneHotEncoder(min_frequency=least, sparse_output=False).fit(np.array(values)[:, None])
    infrequent = encoder.infrequent_categories_[0]
    assert category.rare == (() if infrequent is None else tuple(infrequent))
    theirs = encoder.transform(np.array(values)[:, None])
    names = [name[3:] for name in encoder.get_feature_names_out()]
    kept = [place for place, name in enumerate(names) if name != category.reference]
    if not category.levels:
        assert category.names == ()
        return
    renamed = ["(other)" if names[place] == "infrequent_sklearn" else names[place] for place in kept]
    assert category.names == tuple(f"letter={name}" for name in renamed)
    np.testing.assert_array_equal(matrix(category, list(values))[0], theirs[:, kept])


def test_the_most_frequent_levels_stay() -> None:
    category = fitted(LETTERS, most=2)
    assert (category.levels, category.reference, category.rare) == (("a", "b"), "b", ("c", "d", "e", "f"))
    assert category.names == ("letter=a", "letter=(other)")


def test_numbers_are_in_the_order_of_numbers() -> None:
    assert fitted(["10", "9", "9", "1"]).levels == ("1", "9", "10")
    assert fitted(["10", "9", "9", "x"]).levels == ("10", "9", "x")


def test_a_level_never_seen_is_an_average_one() -> None:
    """The row of an unknown level predicts the mean, over the rows of the fit, of what the levels predict."""
    category = fitted(LETTERS)
    X, _ = matrix(category, LETTERS)
    coef = np.random.RandomState(0).randn(X.shape[1])
    row, unseen = matrix(category, ["z", "z"])
    assert unseen == {"z": 2}
    np.testing.assert_allclose(row @ coef, (X @ coef).mean())


def test_a_level_never_seen_is_one_of_the_others_where_there_are_such() -> None:
    category = fitted(LETTERS, least=2)
    out, unseen = matrix(category, ["d", "z", "b"])
    assert category.names == ("letter=a", "letter=c", "letter=(other)")
    assert out.tolist() == [[0, 0, 1], [0, 0, 1], [0, 0, 0]]
    assert unseen == {"z": 1}


@pytest.mark.parametrize("missing", [True, False])
def test_missing_values(missing: bool) -> None:
    category = fitted(["a", "a", "b", None], missing=missing)
    out, unseen = matrix(category, ["b", None, "a"])
    assert not unseen
    assert category.names == ("letter=b", "letter=(missing)")[: 1 + missing]
    assert out.tolist() == [[1.0, 0.0][: 1 + missing], [0.0, 1.0][: 1 + missing], [0.0, 0.0][: 1 + missing]]


def test_levels_called_other_or_missing_are_levels() -> None:
    category = fitted(["other", "other", "missing", "other", None, "x"], least=2, missing=True)
    assert category.names == ("letter=(other)", "letter=(missing)")
    assert category.reference == "other"


@pytest.mark.parametrize("frequent", ["(other)", "a"])
def test_a_level_that_is_called_as_the_pooled_ones_are(frequent: str) -> None:
    """The matrix is that of the same values where the level has a name of its own."""
    values: list[str | None] = [
        "(other)",
        "a",
        "(missing)",
        *[frequent] * 2,
        "b",
        None,
        "(other)",
        "a",
        "(missing)",
    ]
    category = fitted(values, least=2, missing=True)
    names = [name for name in ("(missing)", "(other)", "a") if name != frequent]
    assert category.names == tuple(f"letter={name}" for name in (*names, "((other))", "((missing))"))
    assert category.reference == frequent
    plain = {"(other)": "-o", "(missing)": "-m"}
    renamed = [None if value is None else plain.get(value, value) for value in values]
    out, unseen = matrix(category, values)
    assert not unseen
    np.testing.assert_array_equal(out, matrix(fitted(renamed, least=2, missing=True), renamed)[0])
    assert matrix(category, ["z"])[0].tolist() == [[0, 0, 1, 0]]

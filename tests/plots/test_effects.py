import numpy as np
import polars as pl
import pytest
import statsmodels.formula.api as smf
from sklearn.exceptions import NotFittedError

from onelayer.data.preparation.preparation import Group
from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.estimators.linear_regression import LinearRegression
from onelayer.estimators.table_model import TableModel
from onelayer.plots.effects import Effects, EffectsDisplay, category_effects, level_counts

FUEL = Group("fuel", "text", range(1, 3), "gas")
MATRIX = np.array([[60.0, 0, 0], [70.0, 1, 0], [80.0, 0, 1], [90.0, 1, 0], [95.0, 0, 0], [99.0, 0, 0]])


@pytest.fixture(scope="module")
def table():
    random = np.random.RandomState(0)
    fuel = random.choice(["gas", "oil", "coal"], 200, p=[0.6, 0.3, 0.1])
    size = random.uniform(50, 150, 200)
    cost = 0.1 * size + np.select([fuel == "oil", fuel == "coal"], [3.0, -2.0], 0.0) + random.randn(200)
    return pl.DataFrame({"size": size, "fuel": fuel, "cost": cost})


def test_levels_by_hand():
    assert level_counts(FUEL, MATRIX) == [2, 1]
    effects = category_effects(
        FUEL,
        ["size", "fuel=oil", "fuel=coal"],
        [2, 1],
        6,
        [9.0, -1.0, 2.0],
        [8.0, -3.0, 1.0],
        [10.0, 1.0, 3.0],
    )
    assert effects.levels == ("coal", "gas", "oil")
    assert effects.effect.tolist() == [2.0, 0.0, -1.0]
    assert effects.counts.tolist() == [1, 3, 2]
    assert effects.levels[effects.reference] == "gas"
    np.testing.assert_array_equal(effects.low, [1.0, np.nan, -3.0])
    np.testing.assert_array_equal(effects.high, [3.0, np.nan, 1.0])


def test_the_levels_with_the_most_rows_and_the_reference_are_kept():
    effects = Effects.of("c", "r", 1, list("abcd"), [4.0, 3.0, -2.0, 1.0], *[[np.nan] * 4] * 2, [5, 9, 7, 8])
    shown = effects.shortened(3)
    assert shown.levels == ("b", "d", "r")
    assert shown.counts.tolist() == [9, 8, 1]
    assert shown.reference == 2
    assert effects.shortened(9).levels == effects.levels
    with pytest.raises(InvalidParameterError, match="at least 2 levels"):
        effects.shortened(1)


def test_refuses_what_is_no_category():
    with pytest.raises(InvalidDataError, match="size is no category"):
        category_effects(Group("size", "number", range(1)), ["size"], [], 6, [1.0], [0.0], [2.0])
    with pytest.raises(
        InvalidDataError,
        match="levels, coefficients, lower ends, upper ends and counts are 2, 1, 1, 1 and 1 in number",
    ):
        Effects.of("c", "r", 1, ["a", "b"], [1.0], [0.0], [2.0], [3])


def test_draws_the_effects_of_statsmodels(table):
    model = TableModel().fit(table, "cost")
    display = EffectsDisplay.from_estimator(model, table, "fuel")
    shown = display.shown
    peer = smf.ols("cost ~ size + C(fuel, Treatment('gas'))", table.to_pandas()).fit()
    counts = dict(table["fuel"].value_counts().iter_rows())
    assert dict(zip(shown.levels, shown.counts.tolist(), strict=True)) == counts
    assert shown.levels == ("oil", "gas", "coal")
    for level, effect, low, high in zip(shown.levels, shown.effect, shown.low, shown.high, strict=True):
        if level != "gas":
            name = f"C(fuel, Treatment('gas'))[T.{level}]"
            assert effect == pytest.approx(peer.params[name], rel=1e-9)
            assert [low, high] == pytest.approx(peer.conf_int().loc[name].tolist(), rel=1e-9)
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert labels[1] == f"gas (reference, {counts['gas']} rows)"
    assert display.ax_.get_title() == "fuel"


def test_a_model_without_errors_is_drawn_without_intervals(table):
    model = TableModel(LinearRegression(solver="sgd", epochs=1, random_state=0)).fit(table, "cost")
    assert np.isnan(EffectsDisplay.from_estimator(model, table, "fuel").shown.low).all()


def test_refuses_a_column_that_is_no_category(table):
    model = TableModel().fit(table, "cost")
    with pytest.raises(InvalidParameterError, match="column='size': the model's categories are fuel"):
        EffectsDisplay.from_estimator(model, table, "size")


def test_refuses_what_is_no_fitted_model_of_a_table(table):
    model = LinearRegression().fit(MATRIX[:, :1], MATRIX[:, 1])
    with pytest.raises(
        InvalidParameterError, match=r"^model=LinearRegression: .*; give a fitted TableModel$"
    ):
        EffectsDisplay.from_estimator(model, table, "fuel")
    with pytest.raises(NotFittedError, match="TableModel instance is not fitted yet"):
        EffectsDisplay.from_estimator(TableModel(), table, "fuel")

"""The page of a regressor: its sections for every loss and solver, and its figures against other libraries."""

import dataclasses
import re
import warnings

import numpy as np
import pytest
import statsmodels.api as sm
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from onelayer.data.dataset import Dataset
from onelayer.data.preparation.preparation import Group
from onelayer.errors import RankWarning
from onelayer.estimators.linear_regression import LinearRegression
from onelayer.report import render
from onelayer.report.regression import content

from .reader import Page

random = np.random.RandomState(0)
FUEL = random.choice(["gas", "oil", "coal"], 300, p=[0.6, 0.3, 0.1])
X = np.column_stack([random.uniform(50, 150, 300), random.randn(300), FUEL == "coal", FUEL == "oil"]).astype(
    float
)
Y = X @ [0.1, 0.0, -2.0, 3.0] + random.randn(300)
NAMES = ("size", "nothing", "fuel=coal", "fuel=oil")
GROUPS = (Group("size", "number", range(1)), Group("fuel", "text", range(2, 4), "gas"))


def data(X, y, part="train", names=NAMES):
    return Dataset(
        name="heating.csv",
        part=part,
        X=X,
        y=y,
        classes=None,
        image_shape=None,
        source="heating.csv",
        fingerprint="0" * 64,
        feature_names=names,
        regression=True,
    )


TRAIN, TEST = data(X[:200], Y[:200]), data(X[200:], Y[200:], "test")


def fit(train=TRAIN, **parameters):
    return LinearRegression(random_state=0, **parameters).fit(train.X, train.y)


def page_of(model, train=TRAIN, test=TEST, **keywords):
    return Page(render(model, train, test, **keywords))


EXACT = ["headline", "outputs", "noise", "fit", "influence", "learning", "record"]
ITERATED = ["headline", "outputs", "noise", "fit", "influence", "curves", "record"]
TRAINED = ["headline", "outputs", "noise", "coefficients", "influence", "curves", "record"]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    ("parameters", "sections"),
    [
        ({}, EXACT),
        ({"alpha": 0.1}, EXACT),
        ({"loss": "huber"}, ITERATED),
        ({"loss": "absolute"}, ITERATED),
        ({"loss": "quantile", "quantile": [0.1, 0.9]}, ITERATED),
        ({"solver": "sgd", "epochs": 3}, TRAINED),
        ({"loss": "huber", "solver": "sgd", "epochs": 3}, TRAINED),
    ],
    ids=str,
)
def test_every_loss_and_solver_has_its_page(parameters, sections, lang):
    text = render(fit(**parameters), TRAIN, TEST, lang=lang)
    page = Page(text)
    assert page.sections == sections
    charts = [svg for svg in page.all("svg") if "aria-hidden" not in svg]
    assert all(svg["role"] == "img" and svg["aria-label"] for svg in charts)
    assert not re.search(
        r"\bnan\b|\bNone\b|\binf\b", page.text.split("alpha", 1)[0] + "".join(map(str, charts))
    )
    assert len(text.encode()) < 1e6


def test_the_headline_is_that_of_scikit_learn():
    model = fit()
    text = page_of(model).text
    for part in (TEST, TRAIN):
        predicted = model.predict(part.X)
        assert f"{len(part.X)} {r2_score(part.y, predicted):.4f}" in text
        assert f"{root_mean_squared_error(part.y, predicted):#.4g}" in text
        assert f"{mean_absolute_error(part.y, predicted):#.4g}" in text


def test_the_fit_is_that_of_statsmodels():
    peer = sm.OLS(TRAIN.y, sm.add_constant(TRAIN.X)).fit()
    page = page_of(fit())
    text = page.text
    assert f"Adjusted R² {peer.rsquared_adj:.4f}" in text
    assert f"AIC {peer.aic:#.5g}" in text
    assert f"BIC {peer.bic:#.5g}" in text
    assert f"F {peer.fvalue:#.4g} (p <0.001)" in text
    low, high = peer.conf_int()[1]
    row = (
        f"{peer.params[1]:#.4g} {peer.bse[1]:#.3g} {peer.tvalues[1]:.2f} <0.001 {low:#.3g} … {high:#.3g} 1.0"
    )
    assert row in text


def test_a_coefficient_whose_interval_holds_zero_has_a_hollow_dot():
    page = page_of(fit())
    assert "nothing" in page.text
    assert len(page.all("td", "open")) == 2  # in standard deviations and in units of the data
    assert len(page.all("i", "interval")) == len(page.all("i", "estimate")) == 8


def test_columns_that_depend_on_others_are_named_as_the_data_name_them():
    dependent = dataclasses.replace(TRAIN, X=np.column_stack([TRAIN.X[:, :3], 2 * TRAIN.X[:, 0]]))
    with pytest.warns(RankWarning):
        model = fit(dependent)
    text = page_of(model, dependent, None).text
    assert re.search(r"no standard errors: size, fuel=oil\.", text)


def test_levels_of_a_category_are_shown_by_themselves_with_their_rows():
    page = page_of(fit(), groups=GROUPS, targets=["cost"])
    assert page.sections == [*EXACT[:4], "effects", *EXACT[4:]]
    counts = {level: int((FUEL[:200] == level).sum()) for level in ("gas", "oil", "coal")}
    assert f"gas reference {counts['gas']}" in page.text
    shown = content(fit(), TRAIN, TEST, "test", "en", groups=GROUPS, targets=["cost"])
    (category,) = shown.effects.categories
    assert [row.name for row in category.forest.rows] == ["oil", "gas", "coal"]
    assert [row.figures[-1] for row in category.forest.rows] == [
        str(counts[k]) for k in ("oil", "gas", "coal")
    ]
    assert [row.name for row in shown.fit.outputs[0].standardised.rows] == ["size", "nothing"]
    assert category.forest.label == "Difference in cost"
    assert len(page.all("td", "reference")) == 1


def test_influential_rows_are_those_of_statsmodels_with_their_numbers_in_the_file():
    y = TRAIN.y.copy()
    y[17] += 40
    train = dataclasses.replace(TRAIN, y=y)
    peer = sm.OLS(y, sm.add_constant(train.X)).fit()
    influence = peer.get_influence()
    shown = content(fit(train), train, None, "test", "en", row_numbers=np.arange(200) + 1002).influence
    order = np.argsort(-influence.cooks_distance[0])[:10]
    assert order[0] == 17
    assert [row[0] for row in shown.rows] == [str(i + 1002) for i in order]
    assert shown.rows[0][1:] == [
        f"{y[17]:#.4g}",
        f"{peer.fittedvalues[17]:#.4g}",
        f"{influence.resid_studentized_internal[17]:#.3g}",
        f"{influence.hat_matrix_diag[17]:#.3g}",
        f"{influence.cooks_distance[0][17]:#.3g}",
    ]
    assert [mark.text for mark in shown.chart.marks] == [str(i + 1002) for i in order[:5]]
    text = page_of(fit(train), train, None, row_numbers=np.arange(200) + 1002).text
    assert "Rows have their numbers in the file." in text
    assert "Rows of the training set are counted from 0." in page_of(fit(train), train, None).text


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"solver": "sgd", "epochs": 2}, "belong to the exact solution of least squares"),
        ({"loss": "absolute"}, "belong to the exact solution of least squares"),
        ({"alpha": 0.5}, "belong to least squares without a penalty"),
    ],
)
def test_a_section_that_is_left_out_says_why(parameters, words):
    assert words in page_of(fit(**parameters)).text


def test_weights_and_other_rows_leave_the_influence_out():
    weighted = LinearRegression().fit(TRAIN.X, TRAIN.y, sample_weight=np.linspace(0.5, 2, 200))
    assert "with weights" in page_of(weighted).text
    assert "fitted to other rows" in page_of(fit().partial_fit(TEST.X, TEST.y)).text
    other = dataclasses.replace(TRAIN, y=TRAIN.y[::-1].copy())
    assert "fitted to other rows" in page_of(fit(), other).text


def test_a_model_by_minibatches_says_why_there_are_no_errors():
    text = page_of(fit(solver="sgd", epochs=2)).text
    assert "There are no standard errors: training by minibatches (solver sgd) gives none." in text
    assert "Std. error" not in text


def test_a_summary_of_another_kind_is_shown_as_it_is():
    model = fit()
    text = page_of(model, summary=model.summary(TRAIN.X, TRAIN.y, covariance="HC3")).text
    assert "(HC3)" in text
    error = sm.OLS(TRAIN.y, sm.add_constant(TRAIN.X)).fit(cov_type="HC3").bse[1]
    assert f" {error:#.3g} " in text


def test_quantiles_say_how_many_rows_lie_below_them():
    model = fit(loss="quantile", quantile=[0.1, 0.9])
    page = page_of(model, targets=["cost"])
    below = (TEST.y[:, None] < model.predict(TEST.X)).mean(axis=0)
    for share, quantile in zip(below, ("10.0%", "90.0%"), strict=True):
        assert (
            f"{share:.1%} of the rows lie below the prediction; the quantile asks for {quantile}."
            in page.text
        )
    assert "cost, q = 0.1" in page.text
    assert "asymmetric Laplace noise" in page.text


def test_many_rows_are_drawn_as_hexagons_and_none_is_lost():
    many = np.random.RandomState(1).randn(5000, 2)
    train = data(many, many @ [1.0, 2.0] + np.random.RandomState(2).randn(5000), names=None)
    page = page_of(fit(train), train, None)
    assert page.all("circle", "dot") == [] or len(page.all("circle", "dot")) <= 302  # those of the Q–Q plot
    assert page.all("path", "cell")
    assert re.search(r"up to \d+ in a hexagon", page.text)


def test_the_learning_curve_is_that_of_the_same_model_on_growing_parts():
    shown = content(fit(), TRAIN, TEST, "test", "en").learning
    on_these, on_others = shown.lines
    assert len(on_these.markers) == len(on_others.markers) >= 3
    last = on_others.markers[-1]
    assert last[1] == pytest.approx(shown.y.place(fit().score(TEST.X, TEST.y)), abs=0.02)
    assert page_of(fit(), test=None).sections == EXACT


def test_too_few_rows_have_no_learning_curve():
    few = data(X[:24], Y[:24])
    assert "learning" not in page_of(fit(few), few, None).sections


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    "case",
    [
        "two rows",
        "constant residuals",
        "exact",
        "constant prediction",
        "one test row",
        "many outputs",
        "bytes",
        "huge",
    ],
)
def test_data_at_the_edge(case, lang):
    rows = np.random.RandomState(3).randn(60, 2)
    target = np.random.RandomState(4).randn(60)
    test = None
    train = {
        "two rows": data(np.array([[0.0, 1.0], [1.0, 3.0]]), np.array([1.0, 2.0]), names=None),
        "constant residuals": data(np.zeros((4, 1)), np.array([1.0, -1.0, 1.0, -1.0]), names=None),
        "exact": data(rows, rows @ [1.0, 2.0], names=None),
        "constant prediction": data(rows, np.full(60, 2.0), names=None),
        "one test row": data(rows, target, names=None),
        "many outputs": data(rows, np.random.RandomState(5).randn(60, 9), names=None),
        "bytes": data((40 * rows + 120).clip(0, 255).astype(np.uint8), target, names=None),
        "huge": data(1e100 * rows, 1e50 * target, names=None),
    }[case]
    if case == "one test row":
        test = data(rows[:1], target[:1], "test", names=None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RankWarning)
        model = fit(train)
    page = page_of(model, train, test, lang=lang)
    assert page.sections[:3] == ["headline", "outputs", "noise"]
    assert not re.search(r"\bnan\b|\bNone\b", page.text.split("alpha", 1)[0])
    for tag, attrs in page.tags:
        for name, value in attrs.items():
            if name in ("d", "points", "cx", "cy", "x", "y", "width", "height", "style"):
                assert "nan" not in value, (tag, name, value)
                assert "inf" not in value, (tag, name, value)


def exact_line(noise=0.0):
    random = np.random.RandomState(6)
    rows = random.randn(200, 3)
    return data(rows, rows @ [1.0, 2.0, 3.0] + 4 + noise * random.randn(200), names=None)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_perfect_fit_says_that_its_residuals_are_rounding(lang):
    train = exact_line()
    page = page_of(fit(train), train, None, lang=lang)
    words = {
        "en": "what is left is only the rounding of the numbers, and not noise",
        "zh": "剩下的只是数值的舍入误差",
    }
    assert page.text.count(words[lang]) == 2  # where noise is shown, and where errors are
    assert {"en": "so no row can be said to stand out", "zh": "没有哪一行格外突出"}[lang] in page.text
    assert not page.all("g", "mark")
    assert not re.search(r"\d(,\d{3}){4,}", page.text)


def test_small_noise_is_not_taken_for_rounding():
    train = exact_line(noise=1e-10)
    text = page_of(fit(train), train, None).text
    assert "rounding of the numbers" not in text
    assert "Cook's distance joins the two" in text


def test_a_huge_t_is_written_short():
    train = exact_line(noise=1e-10)
    model = fit(train)
    t = model.summary().outputs[0].coefficients.t[1]
    assert t > 1e9
    row = content(model, train, None, "test", "en").fit.outputs[0].raw.rows[0]
    assert re.fullmatch(r"\d\.\d\de\+\d\d", row.figures[2])


@pytest.mark.parametrize("seed", range(3))
def test_names_of_influential_rows_stand_on_no_dot_and_no_curve(seed):
    random = np.random.RandomState(seed)
    rows = random.standard_cauchy((300, 3))
    train = data(rows, rows @ [1.0, 2.0, 3.0] + random.standard_cauchy(300), names=None)
    drawn = content(fit(train), train, None, "test", "en").influence.chart
    assert len(drawn.marks) == 5
    boxes = []
    for mark in drawn.marks:
        x, y = mark.at
        width = 8.4 * len(mark.text)
        left = {"start": x, "middle": x - width / 2, "end": x - width}[mark.anchor]
        boxes.append((left, y - 7, left + width, y + 7))
    for left, top, right, bottom in boxes:
        assert drawn.x.start <= left < right <= drawn.x.end + 0.5
        assert drawn.y.end - 8 <= top < bottom <= drawn.y.start  # below the title of the axis
        named = {(mark.x, mark.y) for mark in drawn.marks}
        assert not [p for p in drawn.dots if p not in named and left < p[0] < right and top < p[1] < bottom]
    for k, (left, top, right, bottom) in enumerate(boxes):
        for other in boxes[:k]:
            assert left >= other[2] or right <= other[0] or top >= other[3] or bottom <= other[1]


def test_names_are_text_and_never_markup():
    names = ("<script>", "<b>&", "fuel=<i>", "fuel=oil")
    train = dataclasses.replace(TRAIN, feature_names=names)
    groups = (Group("fuel", "text", range(2, 4), "<u>"),)
    page = page_of(fit(), train, groups=groups, targets=["<em>"])
    assert not {tag for tag, _ in page.tags} & {"script", "b&", "u", "em"}
    for name in ("<script>", "<b>&", "<i>", "<u>", "<em>"):
        assert name in page.text

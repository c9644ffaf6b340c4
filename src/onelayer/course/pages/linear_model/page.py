"""House prices as a weighted sum of what is known of a house, and what a weight means."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import onelayer as ol
from onelayer.course.book import drawing
from onelayer.course.book.page import Drawing, Page
from onelayer.course.book.parameters import Parameter, Settings
from onelayer.course.book.words import Words
from onelayer.course.experiments.houses import Houses, houses
from onelayer.course.experiments.least_squares import by_svd
from onelayer.report.numbers import percent, significant

COLUMNS = ("sqft_living", "bedrooms", "bathrooms", "grade", "yr_built", "waterfront", "lat")
_METRES = 0.09290304  # square metres in a square foot
_BANDS = ((1400, 1800), (1800, 2200), (2200, 2800))  # square feet
_BEDROOMS = np.arange(1, 7)
_FEWEST = 10  # sales of which a mean is shown
_DOTS = 500
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def predict(X: NDArray, w: NDArray, b: float) -> NDArray:
    """Return the weighted sum of each row's inputs, plus the intercept."""
    return X @ w + b


def fit(X: NDArray, y: NDArray) -> tuple[NDArray, float]:
    """Return the weights and the intercept with the smallest squared loss; the intercept is the weight of a 1."""
    *w, b = by_svd(np.column_stack([X, np.ones(len(X))]), y)
    return np.array(w), float(b)


def r_squared(y: NDArray, predicted: NDArray) -> float:
    """Return 1 − Σ(y − ŷ)²/Σ(y − ȳ)²: 1 for perfect predictions, 0 for the mean, whatever the house."""
    return float(1 - np.sum((y - predicted) ** 2) / np.sum((y - y.mean()) ** 2))


def mean_error(y: NDArray, predicted: NDArray) -> float:
    """Return by how much a prediction is off, on average."""
    return float(np.abs(y - predicted).mean())


@dataclass(frozen=True)
class Model:
    """A linear model of the first columns, and how good it is on held-out sales.

    Attributes
    ----------
    w : (n_columns,) array
    b : float
    r2, error : float
        R² and the mean absolute error in dollars.
    """

    w: NDArray
    b: float
    r2: float
    error: float


@dataclass(frozen=True)
class Found:
    """What the experiment returns.

    Attributes
    ----------
    sales : Houses
        All columns, the area in the unit that was chosen.
    guess : float
        Mean error of always saying the mean price.
    models : list of Model
        Of the first column, the first two, and so on; by the formula for least squares.
    bedrooms : float
        The weight of bedrooms where it is the only column.
    rooms_to_area : float
        How much larger a house is, on average, for one more bedroom: the slope of area on bedrooms.
    trained : Model
        All columns, by minibatch gradient descent.
    apart : float
        How far its predictions are from those of the formula, on average, in dollars.
    by_bedrooms : dict of (6,) arrays
        Mean price for 1 to 6 bedrooms: of all sales, and of those in a band of areas; NaN for too few sales.
    """

    sales: Houses
    guess: float
    models: list[Model]
    bedrooms: float
    rooms_to_area: float
    trained: Model
    apart: float
    by_bedrooms: dict[tuple[int, int] | None, NDArray]

    @property
    def standardised(self) -> NDArray:
        """What one standard deviation of each column is worth, in dollars, in the largest model."""
        return self.models[-1].w * self.sales.X.std(axis=0)


class LinearModel(Page[Found]):
    """House prices from area alone and from more, and what a weight means."""

    parameters = (
        Parameter(
            "unit",
            "feet",
            "unit of the area: square feet or square metres",
            "面积单位：平方英尺或平方米",
            choices=("feet", "metres"),
        ),
        Parameter(
            "rows", 21_613, "sales, a fifth of which is held out", "成交记录数，留出五分之一", 100, 21_613
        ),
        Parameter("epochs", 60, "epochs of gradient descent", "梯度下降的轮数", 1, 1000),
        Parameter(
            "seed",
            0,
            "seed of the split and of the order of rows",
            "划分数据与样本次序的随机种子",
            0,
            2**32 - 1,
        ),
    )
    small = ("rows=1000", "epochs=20")

    def run(self, p: Settings) -> Found:
        """Fit models of ever more columns, and look at the bedrooms."""
        sales = houses(COLUMNS, rows=p.rows, seed=p.seed)
        bands = _by_bedrooms(sales)
        if p.unit == "metres":
            sales.X[:, 0] *= _METRES
            sales.X_test[:, 0] *= _METRES
        models = [_judged(sales, *fit(sales.X[:, :k], sales.y)) for k in range(1, len(COLUMNS) + 1)]
        area, bedrooms = sales.X[:, :1], sales.X[:, 1:2]
        sgd = ol.LinearRegression(epochs=p.epochs, random_state=p.seed).fit(sales.X, sales.y)
        trained = _judged(sales, sgd.coef_, float(sgd.intercept_))
        predictions = [predict(sales.X_test, model.w, model.b) for model in (models[-1], trained)]
        return Found(
            sales,
            mean_error(sales.y_test, np.full(len(sales.y_test), sales.y.mean())),
            models,
            float(fit(bedrooms, sales.y)[0][0]),
            float(fit(bedrooms, area[:, 0])[0][0]),
            trained,
            mean_error(*predictions),
            bands,
        )

    def figures(self, p: Settings, r: Found, t: Words) -> dict[str, Drawing]:
        """Draw the network, the line, the bedrooms, the standardised weights and the predictions."""
        unit = t("m²", "平方米") if p.unit == "metres" else t("square feet", "平方英尺")
        return {
            "network": _network(t),
            "area": _area(r, unit, t),
            "bedrooms": _bedrooms(r, t),
            "standardised": _standardised(r, t),
            "predicted": _predicted(r, t),
        }


def _judged(sales: Houses, w: NDArray, b: float) -> Model:
    predicted = predict(sales.X_test[:, : len(w)], w, b)
    return Model(w, b, r_squared(sales.y_test, predicted), mean_error(sales.y_test, predicted))


def _by_bedrooms(sales: Houses) -> dict[tuple[int, int] | None, NDArray]:
    area, bedrooms = sales.X[:, 0], sales.X[:, 1]
    means: dict[tuple[int, int] | None, NDArray] = {}
    for band in (None, *_BANDS):
        low, high = band or (0, np.inf)
        chosen = (area >= low) & (area < high)
        prices = [sales.y[chosen & (bedrooms == number)] for number in _BEDROOMS]
        means[band] = np.array([each.mean() if len(each) >= _FEWEST else np.nan for each in prices])
    return means


def _network(t: Words) -> Drawing:
    figure, axes = drawing.figure()
    inputs = (
        t("area", "面积"),
        t("bedrooms", "卧室"),
        t("bathrooms", "卫生间"),
        t("grade", "等级"),
        t("year built", "建造年份"),
        t("waterfront", "临水"),
        t("latitude", "纬度"),
    )
    for k, name in enumerate(inputs):
        y = (len(inputs) - 1) / 2 - k
        axes.plot([0, 3], [y, 0], color=drawing.BLUE, linewidth=1.2, zorder=1)
        axes.plot(0, y, "o", markersize=15, color=drawing.PAPER, markeredgecolor=drawing.INK, zorder=2)
        axes.text(-0.35, y, name, ha="right", va="center")
        label = "w" + str(k + 1).translate(_SUBSCRIPTS)
        axes.text(
            0.9,
            0.7 * y,
            label,
            ha="center",
            va="center",
            color=drawing.BLUE,
            zorder=3,
            bbox={"facecolor": drawing.PAPER, "edgecolor": "none", "pad": 1.2},
        )
    axes.plot([3, 3], [0, 2.4], color=drawing.VERMILION, linestyle="--", linewidth=1.2, zorder=1)
    axes.plot(3, 2.4, "o", markersize=19, color=drawing.PAPER, markeredgecolor=drawing.INK, zorder=2)
    axes.text(3, 2.4, "1", ha="center", va="center", zorder=3)
    axes.text(3.12, 1.35, "b", color=drawing.VERMILION, va="center")
    axes.plot(3, 0, "o", markersize=26, color=drawing.PAPER, markeredgecolor=drawing.INK, zorder=2)
    axes.text(3, 0, "Σ", ha="center", va="center", zorder=3)
    axes.plot([3, 4], [0, 0], color=drawing.INK, linewidth=1.2, zorder=1)
    axes.text(4.1, 0, t("price ŷ", "价格 ŷ"), va="center")
    axes.set(xlim=(-1.9, 5.2), ylim=(-3.5, 3.5))
    axes.set_axis_off()
    words = t(
        "A network of one layer: {n} inputs on the left, an edge with a weight from each to one output, which adds "
        "them up together with the intercept b.",
        "单层网络：左边 {n} 个输入，每个输入有一条带权重的边连到唯一的输出，输出把它们与偏置 b 一起相加。",
    )
    return Drawing(figure, words.format(n=len(inputs)))


def _area(r: Found, unit: str, t: Words) -> Drawing:
    figure, axes = drawing.figure()
    area, price = r.sales.X_test[:_DOTS, 0], r.sales.y_test[:_DOTS] / 1e6
    axes.plot(area, price, color=drawing.BLUE, marker="o", markersize=3, linestyle="none", alpha=0.5)
    ends = np.array([area.min(), area.max()])
    model = r.models[0]
    axes.plot(ends, (model.w[0] * ends + model.b) / 1e6, color=drawing.VERMILION)
    axes.set_ylim(0, None)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    drawing.label_axes(
        axes,
        t("living area, {unit}", "居住面积，{unit}").format(unit=unit),
        t("price, million dollars", "价格，百万美元"),
    )
    words = t(
        "Price against living area of {n} held-out sales, a cloud that widens to the right, and the fitted line, which "
        "rises by {slope} dollars per unit of area.",
        "{n} 笔留出的成交：价格随居住面积的变化，越向右越分散；拟合的直线每单位面积上升 {slope} 美元。",
    )
    return Drawing(figure, words.format(n=len(area), slope=significant(float(model.w[0]), 3)))


def _bedrooms(r: Found, t: Words) -> Drawing:
    figure, axes = drawing.figure()
    looks = zip((drawing.INK, *drawing.SERIES), ("o", "s", "^", "D"), strict=False)
    for (band, means), (color, marker) in zip(r.by_bedrooms.items(), looks, strict=False):
        label = t("all houses", "所有房屋") if band is None else f"{band[0]:,}–{band[1]:,}"
        axes.plot(
            _BEDROOMS,
            means / 1e3,
            color=color,
            marker=marker,
            label=label,
            linewidth=2.6 if band is None else 1.4,
        )
    axes.set_ylim(0, None)
    axes.set_xticks(_BEDROOMS)
    axes.legend(loc="lower right", ncols=2)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    drawing.label_axes(axes, t("bedrooms", "卧室数"), t("mean price, thousand dollars", "平均价格，千美元"))
    words = t(
        "Mean price against the number of bedrooms: for all houses, {all}; and for houses of {low} to {high} square "
        "feet, {band} (in thousand dollars).",
        "平均价格随卧室数的变化：所有房屋 {all}；{low} 到 {high} 平方英尺的房屋 {band}（千美元）。",
    )
    listed = {
        name: ", ".join("–" if np.isnan(mean) else f"{mean / 1e3:,.0f}" for mean in r.by_bedrooms[band])
        for name, band in (("all", None), ("band", _BANDS[1]))
    }
    return Drawing(figure, words.format(low=f"{_BANDS[1][0]:,}", high=f"{_BANDS[1][1]:,}", **listed))


def _standardised(r: Found, t: Words) -> Drawing:
    figure, axes = drawing.figure()
    order = np.argsort(np.abs(r.standardised))
    values = r.standardised[order] / 1e3
    names = [r.sales.names[place] for place in order]
    colors = [drawing.BLUE if value > 0 else drawing.VERMILION for value in values]
    axes.barh(names, values, color=colors, height=0.62)
    axes.axvline(0, color=drawing.SOFT, linewidth=0.8)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(t("thousand dollars per standard deviation", "每个标准差值多少千美元"), loc="right")
    words = t(
        "Bars: what one standard deviation of each column is worth, in thousand dollars. {list}.",
        "条形图：每一列的一个标准差值多少千美元。{list}。",
    )
    listed = ", ".join(f"{name} {value:,.0f}" for name, value in zip(names[::-1], values[::-1], strict=True))
    return Drawing(figure, words.format(list=listed))


def _predicted(r: Found, t: Words) -> Drawing:
    figure, axes = drawing.figure()
    model = r.models[-1]
    true = r.sales.y_test[:_DOTS] / 1e6
    predicted = predict(r.sales.X_test[:_DOTS], model.w, model.b) / 1e6
    axes.plot(true, predicted, color=drawing.BLUE, marker="o", markersize=3, linestyle="none", alpha=0.5)
    ends = [0, max(true.max(), predicted.max())]
    axes.plot(ends, ends, color=drawing.SOFT, linestyle="--", linewidth=1.2)
    drawing.label_axes(axes, t("price, million dollars", "价格，百万美元"), t("predicted", "预测"))
    words = t(
        "Predicted against true price of {n} held-out sales around the diagonal; R² is {r2}. {below} of the "
        "predictions are below zero.",
        "{n} 笔留出的成交：预测价格与真实价格，散布在对角线两侧；R² 为 {r2}。预测为负的占 {below}。",
    )
    below = percent(float((predicted < 0).mean()))
    return Drawing(figure, words.format(n=len(true), r2=significant(model.r2, 3), below=below))


PAGE = LinearModel()

"""The formula for the best weights, the digits that it loses as columns grow collinear, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onelayer.course.book import drawing
from onelayer.course.book.page import Drawing, Page
from onelayer.course.book.parameters import Parameter, Settings
from onelayer.course.book.words import Words
from onelayer.course.experiments.houses import houses
from onelayer.course.experiments.least_squares import Solver, by_qr, by_svd, exact, normal_equations, ridge
from onelayer.course.experiments.stopwatch import seconds
from onelayer.report.numbers import significant

METHODS: dict[str, Solver] = {
    "normal": normal_equations,
    "qr": by_qr,
    "svd": by_svd,
}
FINEST = {"float32": 20, "float64": 48}  # so that X and y still hold their values without rounding
_AREAS = ("sqft_living", "sqft_above", "sqft_basement")
_TRUE = np.array([2.0, 1.0])  # the weights that ridge has to find


def collinear(
    random_state: np.random.RandomState, pairs: int, k: int, residual: int
) -> tuple[NDArray, NDArray]:
    """Return columns a and a + d/2ᵏ of small whole numbers a, d, and y = 2·(first) − (second) ± residual.

    Each row comes twice, once with the residual added to y and once with it subtracted, so that w = (2, −1) is
    exactly the best. The first two rows see to it that the columns are never parallel.
    """
    a, d = random_state.randint(1, 8, (2, pairs)) * random_state.choice([-1, 1], (2, pairs))
    a[:2], d[:2] = (1, 1), (1, -1)
    X = np.column_stack([a, a + d / 2**k])
    y = X @ [2, -1]
    return np.vstack([X, X]), np.concatenate([y + residual, y - residual])


def digits_right(solve: Solver, X: NDArray, y: NDArray) -> float:
    """Return how many decimal digits of w are right; 0 where there is no answer."""
    truth = np.array([float(weight) for weight in exact(X, y)])
    try:
        error = float(np.linalg.norm(solve(X, y) - truth) / np.linalg.norm(truth))
    except np.linalg.LinAlgError:
        return 0.0
    eps = float(np.finfo(X.dtype).eps)
    return max(0.0, float(-np.log10(max(error, eps / 2))))


@dataclass(frozen=True)
class Sweep:
    """One type of number.

    Attributes
    ----------
    eps : float
        The distance from 1 to the next number.
    angles, conditions : (n,) arrays
        Angle between the two columns in degrees, and the condition number κ of X; the median of the trials.
    digits : dict of (n,) arrays
        For each method, how many digits of w are right; the median of the trials.
    """

    eps: float
    angles: NDArray
    conditions: NDArray
    digits: dict[str, NDArray]

    def loss_per_decade(self, method: str) -> float:
        """Digits lost when κ grows tenfold: the slope from the first digit lost to the last; NaN if that is too short.

        Past the last digit all is chance, now and then with a digit that happens to be right.
        """
        digits = self.digits[method]
        none_left = np.flatnonzero(digits < 0.5)
        digits = digits[: none_left[0] if len(none_left) else None]
        falling = np.flatnonzero(digits < -np.log10(self.eps) - 0.7)
        if len(falling) < 3:
            return float("nan")
        return -float(np.polyfit(np.log10(self.conditions[falling]), digits[falling], 1)[0])

    def row(self, condition: float) -> int:
        """Return the place whose condition number is nearest."""
        return int(np.abs(np.log(self.conditions / condition)).argmin())


@dataclass(frozen=True)
class Areas:
    """A fit to living area, area above ground and basement.

    Attributes
    ----------
    method : str
    weights : (4,) array or None
        Dollars per square foot of each, and the intercept; None where there was no answer.
    r2 : float
        R² of held-out sales.
    """

    method: str
    weights: NDArray | None
    r2: float


@dataclass(frozen=True)
class Shrinking:
    """Ridge on nearly collinear columns: the mean squared error of the weights for each α.

    Attributes
    ----------
    n : int
        Rows.
    eigenvalues : (2,) array
        Of XᵀX/n: 1 − cos θ and 1 + cos θ.
    alphas : (n_alphas,) array
    bias, variance : (n_alphas,) arrays
        What the error consists of, by their formulas; the bias is squared.
    measured : (n_alphas,) array
        The mean over all draws of the noise.
    plain : float
        The error without a penalty, by its formula.
    """

    n: int
    eigenvalues: NDArray
    alphas: NDArray
    bias: NDArray
    variance: NDArray
    measured: NDArray
    plain: float

    @property
    def best(self) -> int:
        """The place of the smallest error by the formula."""
        return int((self.bias + self.variance).argmin())


@dataclass(frozen=True)
class Found:
    """What the experiment returns.

    Attributes
    ----------
    sweeps : dict
        By the name of the type of number.
    areas : list of Areas
        By method: the three areas of the house sales, of which one is the sum of the others.
    areas_condition : float
    shrinking : Shrinking
    columns : (n,) array
        Numbers of columns d that were timed.
    formula, step : (n,) arrays
        Seconds for the normal equations and for one step of gradient descent.
    """

    sweeps: dict[str, Sweep]
    areas: list[Areas]
    areas_condition: float
    shrinking: Shrinking
    columns: NDArray
    formula: NDArray
    step: NDArray


class AnalyticSolution(Page[Found]):
    """The normal equations: where they come from, why they can fail, what they cost."""

    parameters = (
        Parameter("residual", 0, "how far y lies off the plane of the columns", "y 偏离列平面的程度", 0, 7),
        Parameter("pairs", 10, "pairs of rows in the sweep over the angle", "角度扫描中的行对数", 2, 200),
        Parameter("trials", 5, "problems for each angle", "每个角度的题数", 1, 20),
        Parameter(
            "angle", 5.0, "degrees between the columns given to ridge", "岭回归两列之间的角度（度）", 0.1, 90
        ),
        Parameter("noise", 1.0, "noise in the targets given to ridge", "岭回归标签中的噪声", 0.01, 100),
        Parameter("draws", 300, "draws of that noise", "噪声的抽样次数", 2, 10_000),
        Parameter("largest", 512, "largest number of columns that is timed", "计时的最大列数", 16, 2048),
        Parameter("seed", 0, "seed of the random numbers", "随机种子", 0, 2**32 - 1),
    )
    small = ("trials=1", "pairs=4", "draws=20", "largest=64")

    def run(self, p: Settings) -> Found:
        """Sweep the angle, fit areas that add up, shrink, and take the time."""
        areas, condition = _areas()
        columns, formula, step = _times(p.largest)
        sweeps = {name: _sweep(name, p) for name in FINEST}
        return Found(sweeps, areas, condition, _shrinking(p), columns, formula, step)

    def figures(self, p: Settings, r: Found, t: Words) -> dict[str, Drawing]:
        """Draw the digits, the valley of equally good weights, ridge, and the times."""
        return {
            **{name: _digits(name, sweep, t) for name, sweep in r.sweeps.items()},
            "valley": _valley(t),
            "ridge": _ridge(r.shrinking, t),
            "cost": _cost(r, t),
        }


def _sweep(name: str, p: Settings) -> Sweep:
    finest = FINEST[name]
    found = np.empty((finest + 1, p.trials, 2 + len(METHODS)))
    for k in range(finest + 1):
        for trial in range(p.trials):
            X, y = collinear(np.random.RandomState((p.seed + trial) % 2**32), p.pairs, k, p.residual)
            small, large = np.linalg.svd(X, compute_uv=False)[::-1]
            lengths = np.linalg.norm(X, axis=0)
            sine = small * large / lengths.prod()  # the area of the parallelogram over its sides
            angle = np.degrees(np.arctan2(sine, X[:, 0] @ X[:, 1] / lengths.prod()))
            rounded = X.astype(name), y.astype(name)
            found[k, trial] = angle, large / small, *(digits_right(f, *rounded) for f in METHODS.values())
    angles, conditions, *digits = np.median(found, axis=1).T
    return Sweep(float(np.finfo(name).eps), angles, conditions, dict(zip(METHODS, digits, strict=True)))


def _areas() -> tuple[list[Areas], float]:
    sales = houses(_AREAS)
    X, X_test = (np.column_stack([each, np.ones(len(each))]) for each in (sales.X, sales.X_test))
    fits = []
    for method, solve in METHODS.items():
        try:
            weights = solve(X, sales.y)
            unexplained = np.mean((X_test @ weights - sales.y_test) ** 2) / np.var(sales.y_test)
            fits.append(Areas(method, weights, float(1 - unexplained)))
        except np.linalg.LinAlgError:
            fits.append(Areas(method, None, float("nan")))
    return fits, float(np.linalg.cond(X))


def _shrinking(p: Settings) -> Shrinking:
    random_state = np.random.RandomState(p.seed)
    n, cosine = 40, np.cos(np.radians(p.angle))
    orthonormal = np.linalg.qr(random_state.standard_normal((n, 2)))[0] * np.sqrt(n)
    X = orthonormal @ [[1, cosine], [0, np.sin(np.radians(p.angle))]]
    values, directions = np.linalg.eigh(X.T @ X / n)
    alphas = np.geomspace(1e-5, 10, 25)
    shrunk = values + alphas[:, None]
    bias = ((alphas[:, None] / shrunk * (directions.T @ _TRUE)) ** 2).sum(axis=1)
    variance = (p.noise**2 / n * values / shrunk**2).sum(axis=1)
    Y = (X @ _TRUE)[:, None] + p.noise * random_state.standard_normal((n, p.draws))
    errors = [((ridge(X, Y, alpha) - _TRUE[:, None]) ** 2).sum(axis=0).mean() for alpha in alphas]
    plain = float((p.noise**2 / n / values).sum())
    return Shrinking(n, values, alphas, bias, variance, np.array(errors), plain)


def _times(largest: int, n: int = 2048) -> tuple[NDArray, NDArray, NDArray]:
    columns = 2 ** np.arange(3, int(np.log2(largest)) + 1)
    random_state = np.random.RandomState(0)
    X, y = random_state.standard_normal((n, largest)), random_state.standard_normal(n)
    times = []
    for d in columns:
        part, w = np.ascontiguousarray(X[:, :d]), np.zeros(d)
        times.append([seconds(normal_equations, part, y), seconds(_gradient, part, y, w)])
    formula, step = np.array(times).T
    return columns, formula, step


def _gradient(X: NDArray, y: NDArray, w: NDArray) -> NDArray:
    return X.T @ (X @ w - y) / len(X)


def _digits(name: str, sweep: Sweep, t: Words) -> Drawing:
    figure, axes = drawing.figure()
    names = {"normal": t("normal equations", "正规方程"), "qr": "QR", "svd": "SVD"}
    for slope, color in ((2, drawing.VERMILION), (1, drawing.BLUE)):
        expected = -np.log10(sweep.eps * sweep.conditions**slope)
        axes.plot(sweep.conditions, expected, color=color, linestyle=(0, (4, 3)), linewidth=1)
    looks = zip((drawing.VERMILION, drawing.BLUE, drawing.GREEN), drawing.MARKERS, strict=False)
    for (method, digits), (color, marker) in zip(sweep.digits.items(), looks, strict=True):
        axes.plot(sweep.conditions, digits, color=color, marker=marker, linestyle="none", label=names[method])
    top = -np.log10(sweep.eps / 2)
    axes.set(xscale="log", ylim=(-0.04 * top, 1.08 * top))
    axes.legend(loc="upper right")
    drawing.log_ticks(axes.xaxis)
    drawing.label_axes(
        axes, t("condition number κ", "条件数 κ"), t(f"digits right, {name}", f"正确的位数，{name}")
    )
    words = t(
        "Digits of the weights that are right in {name} against the condition number of X, from {low} to {high}. "
        "Normal equations: {normal} at the left, {normal_end} at the right; QR: {qr} and {qr_end}. "
        "Dashed lines: what ε·κ² and ε·κ leave.",
        "{name} 中权重的正确位数随 X 的条件数（从 {low} 到 {high}）的变化。"
        "正规方程：左端 {normal} 位，右端 {normal_end} 位；QR：{qr} 位与 {qr_end} 位。"
        "虚线是 ε·κ² 与 ε·κ 所留下的位数。",
    )
    ends = {
        key: significant(float(value), 2)
        for method in ("normal", "qr")
        for key, value in ((method, sweep.digits[method][0]), (f"{method}_end", sweep.digits[method][-1]))
    }
    low, high = (significant(float(sweep.conditions[place]), 2) for place in (0, -1))
    return Drawing(figure, words.format(name=name, low=low, high=high, **ends))


def _valley(t: Words) -> Drawing:
    figure, axes = drawing.figure()
    across, up = np.linspace(-1, 4.4, 61), np.linspace(-0.75, 3.25, 61)
    loss = 0.5 * (across + 2 * up[:, None] - 5) ** 2
    axes.contour(across, up, loss, levels=[0.25, 1, 2.25, 4, 6.25, 9], colors=drawing.SOFT, linewidths=0.6)
    axes.plot(across, (5 - across) / 2, color=drawing.BLUE, label=t("loss 0", "损失为 0"))
    row = np.array([[1.0, 2.0]])
    shrunk = np.array([ridge(row, np.array([5.0]), alpha) for alpha in (20, 5, 2, 0.5)])
    axes.plot([0, 1], [0, 2], color=drawing.SOFT, linewidth=0.8)
    axes.plot(*shrunk.T, color=drawing.GREEN, marker="s", linestyle="none", label=t("ridge", "岭回归"))
    axes.plot(
        1,
        2,
        color=drawing.VERMILION,
        marker="*",
        markersize=13,
        linestyle="none",
        label=t("shortest", "最短"),
    )
    axes.plot(0, 0, color=drawing.INK, marker="+", markersize=9, linestyle="none")
    axes.set(xlim=across[[0, -1]], ylim=up[[0, -1]], aspect="equal")
    axes.grid(visible=False)
    axes.legend(
        loc="upper right", frameon=True, facecolor=drawing.PAPER, edgecolor=drawing.PAPER, framealpha=1
    )
    drawing.label_axes(axes, "w₁", "w₂")
    words = t(
        "Contours of the loss ½(w₁ + 2w₂ − 5)²: parallel lines. On the line of loss 0 the point (1, 2) is nearest "
        "to the origin; the ridge solutions lie on the way from the origin to it.",
        "损失 ½(w₁ + 2w₂ − 5)² 的等高线是平行线。在损失为 0 的直线上，(1, 2) 离原点最近；"
        "岭回归的解都在原点到它的连线上。",
    )
    return Drawing(figure, words)


def _ridge(found: Shrinking, t: Words) -> Drawing:
    figure, axes = drawing.figure()
    lines = (
        (found.bias + found.variance, drawing.INK, "-", t("sum", "两者之和")),
        (found.variance, drawing.BLUE, drawing.STYLES[1], t("variance", "方差")),
        (found.bias, drawing.VERMILION, drawing.STYLES[2], t("bias²", "偏差的平方")),
    )
    for values, color, style, label in lines:
        axes.loglog(found.alphas, values, color=color, linestyle=style, label=label)
    axes.plot(
        found.alphas,
        found.measured,
        color=drawing.INK,
        marker="o",
        linestyle="none",
        label=t("measured", "实测"),
    )
    axes.set_ylim(found.measured.min() / 30, 30 * max(found.plain, found.measured.max()))
    axes.legend(loc="upper right", ncols=2)
    drawing.log_ticks(axes.xaxis, axes.yaxis)
    drawing.label_axes(axes, "α", t("squared error of the weights", "权重的平方误差"))
    words = t(
        "Mean squared error of the weights against α. Without a penalty it is {plain}; the smallest, {best}, is at "
        "α = {alpha}. The variance falls as α grows, the squared bias rises.",
        "权重的均方误差随 α 的变化。没有惩罚时为 {plain}；最小值 {best} 在 α = {alpha} 处。"
        "α 增大时方差下降，偏差的平方上升。",
    )
    values = found.plain, (found.bias + found.variance)[found.best], found.alphas[found.best]
    plain, best, alpha = (significant(float(value), 2) for value in values)
    return Drawing(figure, words.format(plain=plain, best=best, alpha=alpha))


def _cost(r: Found, t: Words) -> Drawing:
    figure, axes = drawing.figure()
    lines = (
        (r.formula, drawing.VERMILION, "s", t("normal equations", "正规方程")),
        (r.step, drawing.BLUE, "o", t("one gradient step", "梯度下降一步")),
    )
    for times, color, marker, label in lines:
        axes.loglog(r.columns, times, color=color, marker=marker, label=label)
    axes.legend(loc="upper left")
    drawing.log_ticks(axes.yaxis)
    axes.set_xticks(r.columns, [str(d) for d in r.columns], minor=False)
    axes.minorticks_off()
    drawing.label_axes(axes, t("columns d", "列数 d"), t("seconds", "秒"))
    words = t(
        "Seconds against the number of columns: with {d} columns the formula takes as long as {ratio} gradient steps.",
        "耗时随列数的变化：{d} 列时，公式的耗时相当于 {ratio} 步梯度下降。",
    )
    ratio = significant(float(r.formula[-1] / r.step[-1]), 2)
    return Drawing(figure, words.format(d=r.columns[-1], ratio=ratio))


PAGE = AnalyticSolution()

"""Squared, absolute and Huber's loss: their values, slopes and likelihoods, and what they do far from and near zero."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onelayer.course.book import drawing
from onelayer.course.book.page import Drawing, Page
from onelayer.course.book.parameters import Parameter, Settings
from onelayer.course.book.words import Words
from onelayer.course.experiments import reweighting
from onelayer.course.experiments.three_losses import LOOKS, OneOfThree, losses
from onelayer.losses import Quantile
from onelayer.losses.regression import RegressionLoss
from onelayer.report.numbers import percent, significant

_PROBES = np.array([-3.2, -0.4, 0.0, 0.4, 3.2])
_TRUE_LINE = np.array([1.0, 0.5])
_PLACE = 9.0  # of the outlier on the x axis, which goes from 0 to 10
_FAN_ROWS = 400


def chord_slope(loss: RegressionLoss, errors: NDArray, h: float = 1e-5) -> NDArray:
    """Return (ℓ(e + h) − ℓ(e − h)) / 2h, which knows nothing of the formula for ℓ′."""
    target = np.zeros_like(errors)
    return (loss.rows(errors + h, target) - loss.rows(errors - h, target)) / (2 * h)


def descend(loss: RegressionLoss, start: float, learning_rate: float, steps: int) -> NDArray:
    """Walk one score from its start towards the target 0: s ← s − η·ℓ′(s). Return it after every step."""
    score, target, path = np.full((1, 1), start), np.zeros((1, 1)), [start]
    for _ in range(steps):
        score = score - learning_rate * loss.gradient(score, target)
        path.append(score.item())
    return np.array(path)


@dataclass(frozen=True)
class Curve:
    """A loss as a function of the error e = s − y: its value, slope, curvature and likelihood exp(−ℓ)/Z."""

    value: NDArray
    slope: NDArray
    curvature: NDArray
    likelihood: NDArray


@dataclass(frozen=True)
class Pull:
    """A line fitted with one loss to rows of which one is an outlier.

    Attributes
    ----------
    line : (2,) array
        Intercept and slope.
    error : float
        What the line says at the outlier, less the outlier.
    slope : float
        The slope ℓ′ of the loss there: how hard the outlier pulls.
    away : array
        How far the line at the outlier lies from the true one, for each of the shifts.
    """

    line: NDArray
    error: float
    slope: float
    away: NDArray


@dataclass(frozen=True)
class Fan:
    """Rows whose noise grows with x, and the lines of three quantiles: shares, lines, and the shares of rows below."""

    x: NDArray
    y: NDArray
    q: tuple[float, ...]
    lines: NDArray
    below: tuple[float, ...]


@dataclass(frozen=True)
class Found:
    """What the experiments return; dictionaries have the names of the losses as their keys.

    Attributes
    ----------
    errors : array
        Where the curves are drawn.
    curves : dict of Curve
    slopes : dict of (slope, slope of a chord) arrays
        At the errors ``probes``.
    probes : array
    ratios : dict of float
        How many times less likely an error of 6 is than one of 3.
    paths : dict of array
        Scores along gradient descent.
    x, y : arrays
        Rows along a line, the last one an outlier.
    shifts : array
        How far above the true line the outlier was put.
    pulls : dict of Pull
    fan : Fan
    """

    errors: NDArray
    curves: dict[str, Curve]
    slopes: dict[str, tuple[NDArray, NDArray]]
    probes: NDArray
    ratios: dict[str, float]
    paths: dict[str, NDArray]
    x: NDArray
    y: NDArray
    shifts: NDArray
    pulls: dict[str, Pull]
    fan: Fan

    @property
    def lift(self) -> float:
        """By how much the line of the squared loss rises for each unit by which the outlier does."""
        away = self.pulls["squared"].away
        return float((away[-1] - away[0]) / (self.shifts[-1] - self.shifts[0]))

    @property
    def largest_gap(self) -> float:
        """The largest difference between a slope by formula and that of a chord."""
        return max(float(np.abs(slope - chord).max()) for slope, chord in self.slopes.values())


class Losses(Page[Found]):
    """What each loss does far from zero and near zero, in figures, in a walk and in a fitted line."""

    parameters = (
        Parameter(
            "delta",
            1.0,
            "δ, where Huber's loss goes from squared to absolute",
            "Huber 损失由平方转为绝对值的位置 δ",
            1e-3,
            1e3,
        ),
        Parameter("learning_rate", 0.3, "step size η of the walk", "走向目标时的学习率 η", 1e-3, 10),
        Parameter("start", 10.0, "score from which the walk starts", "出发时的预测值", 0.1, 1000),
        Parameter("steps", 60, "steps of the walk", "步数", 1, 1000),
        Parameter(
            "outlier", 8.0, "how far above the true line the outlier lies", "离群点比真实直线高出多少", 0, 1e6
        ),
        Parameter(
            "q",
            0.9,
            "share of rows below the upper quantile line",
            "上方分位数直线以下的行所占的比例",
            0.55,
            0.98,
        ),
        Parameter(
            "rows", 20, "rows along the line, besides the outlier", "离群点之外，直线附近的行数", 5, 1000
        ),
        Parameter("seed", 0, "seed of the random numbers", "随机种子", 0, 2**32 - 1),
    )
    small = ("rows=10", "steps=20")

    def run(self, p: Settings) -> Found:
        """Tabulate the losses, walk with each, fit lines with each, and fit lines of quantiles."""
        random_state = np.random.RandomState(p.seed)
        three = losses(p.delta)
        errors = np.linspace(-4, 4, 321)
        column = _PROBES[:, None]
        x = np.append(np.linspace(0, 10, p.rows), _PLACE)
        y = _TRUE_LINE[0] + _TRUE_LINE[1] * x + 0.3 * random_state.standard_normal(len(x))
        y[-1] = _TRUE_LINE @ [1, _PLACE] + p.outlier
        shifts = np.linspace(0, max(2 * p.outlier, 1), 41)
        return Found(
            errors,
            {name: _curve(loss, errors) for name, loss in three.items()},
            {
                name: (loss.gradient(column, 0 * column)[:, 0], chord_slope(loss, column))
                for name, loss in three.items()
            },
            _PROBES,
            {
                name: float(np.exp(-np.diff(loss.noise.log_density([3.0, 6.0]))[0]))
                for name, loss in three.items()
            },
            {name: descend(loss, p.start, p.learning_rate, p.steps) for name, loss in three.items()},
            x,
            y,
            shifts,
            {name: _pull(loss, x, y, shifts) for name, loss in three.items()},
            _fan(p.q, random_state),
        )

    def figures(self, p: Settings, r: Found, t: Words) -> dict[str, Drawing]:
        """Draw the losses, the walks, the lines with an outlier, and the lines of quantiles."""
        return {
            **_curve_drawings(r, t),
            **_walk_drawings(p, r, t),
            "outlier": _outlier_drawing(r, t),
            "away": _away_drawing(r, t),
            "pinball": _pinball_drawing(r, t),
            "fan": _fan_drawing(r, t),
        }


def _curve(loss: OneOfThree, errors: NDArray) -> Curve:
    column = errors[:, None]
    target = np.zeros_like(column)
    return Curve(
        loss.rows(column, target),
        loss.gradient(column, target)[:, 0],
        loss.curvature(column, target)[:, 0, 0],
        np.exp(loss.noise.log_density(errors)),
    )


def _pull(loss: RegressionLoss, x: NDArray, y: NDArray, shifts: NDArray) -> Pull:
    """Fit a line to the rows, and to the same rows with the outlier elsewhere."""
    X = np.stack([np.ones_like(x), x], axis=1)
    outlier = np.array([1.0, _PLACE])
    shifted = np.tile(y, (len(shifts), 1))
    shifted[:, -1] = outlier @ _TRUE_LINE + shifts
    (line,) = reweighting.fit(X, y[None], loss, max_iter=5000)
    error = float(outlier @ line - y[-1])
    slope = loss.gradient([[error]], [[0.0]])
    away = (reweighting.fit(X, shifted, loss, max_iter=1000) - _TRUE_LINE) @ outlier
    return Pull(line, error, float(slope[0, 0]), away)


def _fan(q: float, random_state: np.random.RandomState) -> Fan:
    """Make rows whose noise grows with x, and fit the lines of three quantiles."""
    x = random_state.uniform(0, 10, _FAN_ROWS)
    y = _TRUE_LINE[0] + _TRUE_LINE[1] * x + (0.2 + 0.15 * x) * random_state.standard_normal(_FAN_ROWS)
    X = np.stack([np.ones_like(x), x], axis=1)
    shares = (q, 0.5, 1 - q)
    lines = np.array([reweighting.fit(X, y[None], Quantile(share), max_iter=2000)[0] for share in shares])
    below = tuple(float(np.mean(y < X @ line)) for line in lines)
    return Fan(x, y, shares, lines, below)


def _curve_drawings(r: Found, t: Words) -> dict[str, Drawing]:
    """Draw value, slope, likelihood and curvature of the three losses, one axis each."""
    at_three = int(np.abs(r.errors - 3).argmin())
    titles = {
        "value": (t("loss ℓ", "损失 ℓ"), "upper center"),
        "slope": (t("gradient ℓ′", "梯度 ℓ′"), "upper left"),
        "likelihood": (t("likelihood exp(−ℓ)/Z", "似然 exp(−ℓ)/Z"), "upper left"),
        "curvature": (t("curvature ℓ″", "曲率 ℓ″"), "center left"),
    }
    drawings = {}
    for name, (title, place) in titles.items():
        figure, axes = drawing.figure()
        for loss, look in LOOKS.items():
            axes.plot(r.errors, getattr(r.curves[loss], name), label=look.label(t), **look.style())
        axes.legend(loc=place)
        drawing.label_axes(axes, t("error s − y", "误差 s − y"), title)
        values = ", ".join(
            f"{look.label(t)} {significant(float(getattr(r.curves[loss], name)[at_three]), 3)}"
            for loss, look in LOOKS.items()
        )
        words = t(
            "{title} against the error, for three losses. At an error of 3: {values}.",
            "三种损失的{title} 随误差的变化。误差为 3 时：{values}。",
        )
        drawings[name] = Drawing(figure, words.format(title=title, values=values))
    return drawings


def _walk_drawings(p: Settings, r: Found, t: Words) -> dict[str, Drawing]:
    """Draw the scores on the walk, and how far they are from the target."""
    shown = p.start * 1.25 + 1
    score, axes = drawing.figure()
    for name, look in LOOKS.items():
        path = r.paths[name]
        axes.plot(np.where(np.abs(path) < 50 * shown, path, np.nan), label=look.label(t), **look.style())
    axes.set_ylim(-0.25 * shown, shown)
    axes.legend(loc="upper right")
    drawing.label_axes(axes, t("step", "步"), t("score s, target 0", "预测值 s，目标为 0"))
    distance, axes = drawing.figure()
    for name, look in LOOKS.items():
        axes.plot(np.maximum(np.abs(r.paths[name]), 1e-12), label=look.label(t), **look.style())
    axes.set_yscale("log")
    axes.legend(loc="lower left" if p.learning_rate < 2 else "upper left")
    drawing.log_ticks(axes.yaxis)
    drawing.label_axes(axes, t("step", "步"), t("distance from the target", "到目标的距离"))
    ends = ", ".join(
        f"{look.label(t)} {significant(abs(float(r.paths[name][-1])), 2)}" for name, look in LOOKS.items()
    )
    words = t(
        "The score on its way to 0 in {n} steps with each loss. Distance at the end: {ends}.",
        "用每种损失在 {n} 步内使预测值走向 0 的过程。最后的距离：{ends}。",
    ).format(n=p.steps, ends=ends)
    scale = t("The same on a logarithmic axis. ", "同样的过程，对数坐标。")
    return {"score": Drawing(score, words), "distance": Drawing(distance, scale + words)}


def _outlier_drawing(r: Found, t: Words) -> Drawing:
    figure, axes = drawing.figure()
    axes.plot(r.x[:-1], r.y[:-1], color=drawing.SOFT, marker="o", markersize=3.5, linestyle="none")
    axes.plot(
        r.x[-1], r.y[-1], color=drawing.INK, marker="x", markersize=8, markeredgewidth=2, linestyle="none"
    )
    ends = np.array([0.0, 10.0])
    for name, look in LOOKS.items():
        intercept, slope = r.pulls[name].line
        axes.plot(ends, intercept + slope * ends, label=look.label(t), **look.style())
    axes.legend(loc="upper left")
    drawing.label_axes(axes, "x", "y")
    slopes = ", ".join(
        f"{look.label(t)} {significant(float(r.pulls[name].line[1]), 3)}" for name, look in LOOKS.items()
    )
    words = t(
        "Rows along a line of slope {true}, one outlier at x = 9, and three fitted lines. Their slopes: {slopes}.",
        "沿斜率为 {true} 的直线分布的点，x = 9 处有一个离群点，以及三条拟合直线，斜率为：{slopes}。",
    )
    return Drawing(figure, words.format(true=_TRUE_LINE[1], slopes=slopes))


def _away_drawing(r: Found, t: Words) -> Drawing:
    figure, axes = drawing.figure()
    for name, look in LOOKS.items():
        axes.plot(r.shifts, r.pulls[name].away, label=look.label(t), **look.style())
    axes.legend(loc="upper left")
    drawing.label_axes(
        axes,
        t("outlier above the true line", "离群点高出真实直线"),
        t("fitted line above the true one there", "拟合直线在该处高出真实直线"),
    )
    ends = ", ".join(
        f"{look.label(t)} {significant(float(r.pulls[name].away[-1]), 2)}" for name, look in LOOKS.items()
    )
    words = t(
        "How far the fitted line is lifted at the outlier, against how far the outlier lies above the true line. "
        "At the right end: {ends}.",
        "离群点处拟合直线被抬高多少，随离群点高出真实直线的距离而变。最右端：{ends}。",
    )
    return Drawing(figure, words.format(ends=ends))


def _pinball_drawing(r: Found, t: Words) -> Drawing:
    figure, axes = drawing.figure()
    column = r.errors[:, None]
    for share, color, style in zip(r.fan.q, drawing.SERIES, drawing.STYLES, strict=False):
        values = Quantile(share).rows(column, np.zeros_like(column))
        axes.plot(r.errors, values, color=color, linestyle=style, label=f"q = {share:.2g}")
    axes.legend(loc="upper center")
    drawing.label_axes(axes, t("error s − y", "误差 s − y"), t("loss ℓ", "损失 ℓ"))
    words = t(
        "Quantile losses, with slope −q left of zero and 1 − q right of it, for q = {list}.",
        "分位数损失：零点左侧斜率为 −q，右侧斜率为 1 − q，q = {list}。",
    )
    return Drawing(figure, words.format(list=", ".join(f"{share:.2g}" for share in r.fan.q)))


def _fan_drawing(r: Found, t: Words) -> Drawing:
    figure, axes = drawing.figure()
    axes.plot(r.fan.x, r.fan.y, color=drawing.SOFT, marker="o", markersize=2, linestyle="none", alpha=0.5)
    ends = np.array([0.0, 10.0])
    looks = zip(drawing.SERIES, drawing.STYLES, strict=False)
    for share, (intercept, slope), (color, style) in zip(r.fan.q, r.fan.lines, looks, strict=False):
        axes.plot(ends, intercept + slope * ends, color=color, linestyle=style, label=f"q = {share:.2g}")
    axes.legend(loc="upper left")
    drawing.label_axes(axes, "x", "y")
    words = t(
        "Rows whose spread grows with x, and a fan of three quantile lines. Shares of the rows below: {list}.",
        "离散程度随 x 增大的点，以及三条逐渐张开的分位数直线。位于其下的点的比例：{list}。",
    )
    shares = ", ".join(
        f"q = {q:.2g}: {percent(below)}" for q, below in zip(r.fan.q, r.fan.below, strict=True)
    )
    return Drawing(figure, words.format(list=shares))


PAGE = Losses()

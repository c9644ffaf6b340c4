"""Gradient descent on the loss surface of two weights: slow, right and unstable rates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onelayer.course.book import drawing
from onelayer.course.book.page import Drawing, Page
from onelayer.course.book.parameters import Parameter, Settings
from onelayer.course.book.words import Words
from onelayer.losses import Squared
from onelayer.report.numbers import significant

_WEIGHTS = np.array([2.0, -3.4])
_START = np.zeros(2)
_NOISE = 0.5
_OFF_THE_CHART = 1e30


def mean_loss(X: NDArray, y: NDArray, w: NDArray) -> float:
    """Return the mean of ½(xᵀw − y)² over the rows."""
    return Squared().value((X @ w)[:, None], y[:, None])


def gradient(X: NDArray, y: NDArray, w: NDArray) -> NDArray:
    """Return the gradient of the mean loss: the mean of (xᵀw − y)·x over the rows."""
    slopes = Squared().gradient((X @ w)[:, None], y[:, None])
    return (X.T @ slopes)[:, 0] / len(X)


def descend(slope: Callable[[NDArray], NDArray], start: NDArray, learning_rate: float, steps: int) -> NDArray:
    """Step against the gradient again and again: w ← w − η·∇F(w). Return every w on the way."""
    path = [start]
    for _ in range(steps):
        path.append(path[-1] - learning_rate * slope(path[-1]))
    return np.array(path)


@dataclass(frozen=True)
class Descent:
    """One run: its rate, the weights on the way, and how far the loss of each is above the smallest."""

    rate: float
    path: NDArray
    excess: NDArray


@dataclass(frozen=True)
class Found:
    """What the experiment returns.

    Attributes
    ----------
    X, y : arrays
        The data.
    optimum : (2,) array
        The weights with the smallest loss, from the normal equations.
    eigenvalues : (2,) array
        λmin and λmax of XᵀX/n, the curvatures of the loss.
    limit, best : float
        The largest stable rate 2/λmax, and the fastest, 2/(λmin + λmax).
    slow, right, beyond, yours : Descent
    rates, reached : arrays
        Rates of the sweep, and the excess loss after all steps with each.
    factors : list of (float, float, float)
        For rates around the limit: share of the limit, the factor |1 − ηλmax| by which the distance to the optimum
        changes in a step along the steepest direction, predicted and measured.
    """

    X: NDArray
    y: NDArray
    optimum: NDArray
    eigenvalues: NDArray
    limit: float
    best: float
    slow: Descent
    right: Descent
    beyond: Descent
    yours: Descent
    rates: NDArray
    reached: NDArray
    factors: list[tuple[float, float, float]]

    @property
    def condition(self) -> float:
        """λmax/λmin, how many times steeper the loss is in one direction than in the other."""
        return float(self.eigenvalues[1] / self.eigenvalues[0])


class GradientDescent(Page[Found]):
    """The path on the loss surface for several rates, and the largest stable one."""

    parameters = (
        Parameter(
            "learning_rate",
            0.25,
            "step size η of the fourth path",
            "第四条路径的学习率 η",
            0,
            100,
            low_open=True,
        ),
        Parameter("steps", 20, "steps of each path", "每条路径的步数", 1, 2000),
        Parameter(
            "stretch", 2.0, "how many times larger the second feature is", "第二个特征放大的倍数", 0.1, 30
        ),
        Parameter("rows", 200, "rows of data", "数据的行数", 10, 100_000),
        Parameter("seed", 0, "seed of the random numbers", "随机种子", 0, 2**32 - 1),
    )
    small = ("rows=40", "steps=8")

    def run(self, p: Settings) -> Found:
        """Make data of two features and descend with several rates."""
        random_state = np.random.RandomState(p.seed)
        X = random_state.standard_normal((p.rows, 2)) * [1.0, p.stretch]
        y = X @ _WEIGHTS + _NOISE * random_state.standard_normal(p.rows)
        optimum = np.linalg.solve(X.T @ X, X.T @ y)
        values, directions = np.linalg.eigh(X.T @ X / len(X))
        limit, best = 2 / values[1], 2 / values.sum()
        lowest = mean_loss(X, y, optimum)

        def descent(rate: float) -> Descent:
            with np.errstate(over="ignore", invalid="ignore"):  # a path that runs away ends in inf and nan
                path = descend(lambda w: gradient(X, y, w), _START, rate, p.steps)
                return Descent(rate, path, np.array([mean_loss(X, y, w) - lowest for w in path]))

        rates = limit * np.geomspace(0.01, 1.15, 60)
        factors = []
        for share in (0.5, 0.9, 0.99, 1.0, 1.01, 1.1):
            first, second = descend(lambda w: gradient(X, y, w), _START, share * limit, 1) - optimum
            steepest = directions[:, 1]
            factors.append(
                (share, abs(1 - share * limit * values[1]), abs((second @ steepest) / (first @ steepest)))
            )
        return Found(
            X,
            y,
            optimum,
            values,
            limit,
            best,
            descent(0.03 * limit),
            descent(best),
            descent(1.03 * limit),
            descent(p.learning_rate),
            rates,
            np.array([descent(rate).excess[-1] for rate in rates]),
            factors,
        )

    def figures(self, p: Settings, r: Found, t: Words) -> dict[str, Drawing]:
        """Draw four paths, the loss along them, and a sweep over the rates."""
        paths = {"slow": r.slow, "right": r.right, "beyond": r.beyond, "yours": r.yours}
        return {
            **{name: self._path(descent, r, t) for name, descent in paths.items()},
            "curves": self._curves(paths, r, t),
            "sweep": self._sweep(p, r, t),
        }

    @staticmethod
    def _path(descent: Descent, r: Found, t: Words) -> Drawing:
        figure, axes = drawing.figure()
        reach = 1.35 * np.abs(r.optimum - _START).max()
        across = np.linspace(r.optimum[0] - reach, r.optimum[0] + reach, 81)
        up = np.linspace(r.optimum[1] - reach, r.optimum[1] + reach, 81)
        grid = np.stack(np.meshgrid(across, up), axis=-1) - r.optimum
        excess = 0.5 * np.einsum("...i,ij,...j", grid, r.X.T @ r.X / len(r.X), grid)
        levels = excess.max() * np.geomspace(1e-3, 1, 9)
        axes.contour(across, up, excess, levels=levels, colors=drawing.SOFT, linewidths=0.6, alpha=0.7)
        inside = np.abs(descent.path - r.optimum).max(axis=1) < 20 * reach
        axes.plot(*descent.path[inside].T, color=drawing.BLUE, marker="o", markersize=3, linewidth=1.2)
        axes.plot(*r.optimum, color=drawing.VERMILION, marker="*", markersize=12, linestyle="none")
        axes.set(xlim=across[[0, -1]], ylim=up[[0, -1]])
        axes.grid(visible=False)
        drawing.label_axes(axes, "w₁", f"w₂ \N{EM SPACE}η = {significant(descent.rate, 3)}")
        words = t(
            "Contours of the loss over the two weights, and the path of {n} steps with learning rate {rate}, "
            "which ends {end} from the optimum.",
            "损失关于两个权重的等高线，以及学习率为 {rate} 时走 {n} 步的路径，终点与最优点相距 {end}。",
        )
        end = significant(float(np.linalg.norm(descent.path[-1] - r.optimum)), 2)
        rate = significant(descent.rate, 3)
        return Drawing(figure, words.format(n=len(descent.path) - 1, rate=rate, end=end))

    @staticmethod
    def _curves(paths: dict[str, Descent], r: Found, t: Words) -> Drawing:
        figure, axes = drawing.figure()
        names = {
            "slow": t("too small", "太小"),
            "right": t("right", "合适"),
            "beyond": t("too large", "太大"),
            "yours": t("yours", "你的"),
        }
        looks = zip(drawing.SERIES, drawing.STYLES, strict=False)
        for (name, descent), (color, style) in zip(paths.items(), looks, strict=False):
            label = f"{names[name]}, η = {significant(descent.rate, 3)}"
            shown = np.where(descent.excess < _OFF_THE_CHART, np.maximum(descent.excess, 1e-16), np.nan)
            axes.plot(shown, color=color, linestyle=style, label=label)
        axes.set_yscale("log")
        axes.set_ylim(1e-9, 1e4)
        axes.legend(loc="lower left")
        drawing.log_ticks(axes.yaxis)
        drawing.label_axes(axes, t("step", "步"), t("loss above the smallest", "比最小损失高出"))
        words = t(
            "Loss above the smallest one against the step, on a logarithmic axis, for four rates. {ends}",
            "四种学习率下，比最小损失高出的部分随步数的变化（对数坐标）。{ends}",
        )
        ends = t("At the end: {list}.", "最后：{list}。").format(
            list=", ".join(f"{names[name]} {significant(d.excess[-1], 2)}" for name, d in paths.items())
        )
        return Drawing(figure, words.format(ends=ends))

    @staticmethod
    def _sweep(p: Settings, r: Found, t: Words) -> Drawing:
        figure, axes = drawing.figure()
        axes.loglog(r.rates, np.maximum(r.reached, 1e-16), color=drawing.BLUE)
        for rate, label, color in (
            (r.best, "2/(λmin+λmax)", drawing.GREEN),
            (r.limit, "2/λmax", drawing.VERMILION),
        ):
            axes.axvline(
                rate, color=color, linestyle="--", linewidth=1.2, label=f"{label} = {significant(rate, 3)}"
            )
        axes.legend(loc="lower left")
        drawing.log_ticks(axes.yaxis)
        drawing.log_ticks(axes.xaxis)
        drawing.label_axes(
            axes,
            t("learning rate", "学习率"),
            t("loss above the smallest after {n} steps", "{n} 步之后比最小损失高出").format(n=p.steps),
        )
        words = t(
            "Excess loss after {n} steps against the learning rate: it is smallest near {best}, and rises steeply at "
            "{limit}.",
            "走 {n} 步之后高出的损失随学习率的变化：在 {best} 附近最小，到 {limit} 处陡然上升。",
        )
        best = float(r.rates[r.reached.argmin()])
        text = words.format(n=p.steps, best=significant(best, 3), limit=significant(r.limit, 3))
        return Drawing(figure, text)


PAGE = GradientDescent()

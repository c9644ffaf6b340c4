"""Minibatches: the noise of their gradients and the time they take, from one row to all, and the walk they make."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import onelayer as ol
from onelayer.course.book import drawing
from onelayer.course.book.heat_map import heat_map
from onelayer.course.book.page import Drawing, Page
from onelayer.course.book.parameters import Parameter, Settings
from onelayer.course.book.words import Words
from onelayer.course.experiments.images import fashion_mnist
from onelayer.course.pages.minibatches.batch_size_race import MOST_EPOCHS, RATES, Race, losses
from onelayer.course.pages.minibatches.epoch_time import fast_seconds, scratch_seconds
from onelayer.course.pages.minibatches.gradient_noise import Batch, Copies, Noise, predicted_noise
from onelayer.course.pages.minibatches.noise_ball import Ball, Bowl, stochastic_gradient, walk
from onelayer.kernels import threads
from onelayer.report.numbers import significant

_RACING = (1, 16, 256)
_WALK_ROWS, _WALKERS = 200, 64
_LEAST = 1e-33  # an excess of zero would have no place on a logarithmic axis
_START = np.array([-1.5, 1.5])
_SWEEP_RATES, _SWEEP_SIZES = (0.003, 0.01, 0.03, 0.1), (1, 4, 16)


@dataclass(frozen=True)
class Found:
    """What the experiment returns.

    Attributes
    ----------
    n_rows : int
        Images.
    start, trained : Noise
        With all parameters zero, and after training.
    copies : Copies
    sizes : list of int
        Sizes of minibatches from 1 to all rows.
    cores : int
    scratch, one_core, all_cores : arrays
        Seconds of an epoch with each of them: from Python, and with the compiled loop.
    grid_sizes : list of int
    reached : (n_sizes, n_rates) array
        Loss of all images after the epochs of the table; NaN where training diverged.
    races : list of Race
    bowl : Bowl
        The linear regression of the walks.
    steady, decaying : (steps + 1, n_walkers, 2) arrays
        Walks with a constant and with a decaying rate.
    balls : list of Ball
    """

    n_rows: int
    start: Noise
    trained: Noise
    copies: Copies
    sizes: list[int]
    cores: int
    scratch: NDArray
    one_core: NDArray
    all_cores: NDArray
    grid_sizes: list[int]
    reached: NDArray
    races: list[Race]
    bowl: Bowl
    steady: NDArray
    decaying: NDArray
    balls: list[Ball]

    @property
    def most_epochs(self) -> int:
        """How many epochs a race has at most."""
        return MOST_EPOCHS

    @property
    def shown(self) -> list[int]:
        """Some of the sizes, all rows among them."""
        return [*self.sizes[:-1:4], self.n_rows]

    @property
    def fast(self) -> NDArray:
        """Seconds of an epoch of the compiled loop, on one core or on all, whichever is quicker."""
        return np.minimum(self.one_core, self.all_cores)

    @property
    def best(self) -> tuple[int, int]:
        """Row and column of the smallest loss of the table."""
        row, column = np.unravel_index(np.nanargmin(self.reached), self.reached.shape)
        return int(row), int(column)

    @property
    def best_size(self) -> int:
        """The size of minibatch with the smallest loss of the table."""
        return self.grid_sizes[self.best[0]]

    @property
    def best_rate(self) -> float:
        """The rate with the smallest loss of the table."""
        return RATES[self.best[1]]

    @property
    def rate_of(self) -> dict[int, float]:
        """The best rate of the table for each size of minibatch."""
        return {
            size: RATES[int(np.nanargmin(row))]
            for size, row in zip(self.grid_sizes, self.reached, strict=True)
        }

    @property
    def quickest(self) -> int:
        """The size of minibatch with which the compiled loop needs the least time for an epoch."""
        return self.sizes[int(np.argmin(self.fast))]

    @property
    def winner(self) -> Race:
        """The race with the smallest loss at the end."""
        return min(self.races, key=lambda race: race.end)

    def settled(self, path: NDArray) -> float:
        """Return the mean excess loss over the last fifth of walks."""
        return float(self.bowl.excess(path[-(len(path) // 5) :]).mean())


class Minibatches(Page[Found]):
    """Gradient noise and time per epoch against the size of the minibatch, and why neither end is good."""

    parameters = (
        Parameter("rows", 6000, "images to train on", "训练图像的数量", 200, 60_000),
        Parameter("epochs", 3, "epochs for each cell of the table", "表中每一格训练的轮数", 1, 20),
        Parameter(
            "seconds", 0.1, "seconds of each run of the race", "比赛中每次训练的秒数", 0, 10, low_open=True
        ),
        Parameter(
            "learning_rate", 0.05, "learning rate η of the walks", "路径的学习率 η", 0, 0.2, low_open=True
        ),
        Parameter("batch_size", 1, "batch size b of the walks", "路径的批量大小 b", 1, 200),
        Parameter("steps", 600, "steps of the walks", "路径的步数", 10, 5000),
        Parameter("noise", 1.0, "noise of the data of the walks", "路径所用数据的噪声", 0, 3),
        Parameter("drawn", 6000, "images drawn to measure the noise", "测量噪声时抽取的图像数", 10, 10**6),
        Parameter("seed", 0, "seed of the random numbers", "随机种子", 0, 2**32 - 1),
    )
    small = ("rows=200", "epochs=1", "seconds=0.002", "steps=30", "drawn=100")

    def run(self, p: Settings) -> Found:
        """Measure noise and time on Fashion-MNIST, and walk around the optimum of a linear regression."""
        random_state = np.random.RandomState(p.seed)
        train, _ = fashion_mnist(p.rows)
        X, y = train.X, train.y
        n_rows = len(X)
        sizes = [*(2**power for power in range((n_rows - 1).bit_length())), n_rows]
        model = ol.SoftmaxRegression(epochs=20, learning_rate=0.1, random_state=0, n_threads=1).fit(X, y)
        pixels = X.astype(np.float32) / 255
        zeros = Batch(pixels, y, np.zeros((X.shape[1], 10), np.float32), np.zeros(10, np.float32))
        learned = Batch(pixels, y, model.coef_.T * 255, model.intercept_)
        cores = threads.available()
        one_core = np.array([fast_seconds(X, y, size, 1) for size in sizes])
        all_cores = np.array([fast_seconds(X, y, size, cores) for size in sizes])
        fast = np.minimum(one_core, all_cores)
        grid_sizes = sizes[:-1:2] + sizes[-1:]
        reached = np.array(
            [[losses(X, y, p.epochs, size, rate)[-1] for rate in RATES] for size in grid_sizes]
        )
        races = [
            Race.of(X, y, size, reached[grid_sizes.index(size)], fast[sizes.index(size)], p.seconds)
            for size in grid_sizes
            if size in (*_RACING, n_rows)
        ]
        noisy = sizes[:-1]
        return Found(
            n_rows,
            Noise.of(zeros, noisy, p.drawn, random_state),
            Noise.of(learned, noisy, p.drawn, random_state),
            Copies.of(zeros, n_rows),
            sizes,
            cores,
            np.array([scratch_seconds(X, y, size) for size in sizes]),
            one_core,
            all_cores,
            grid_sizes,
            reached,
            races,
            *_walks(p, random_state),
        )

    def figures(self, p: Settings, r: Found, t: Words) -> dict[str, Drawing]:
        """Draw the noise, the time, the table, the races and the walks."""
        return {
            "noise": self._noise(r, t),
            "time": self._time(r, t),
            "table": self._table(p, r, t),
            "by_epochs": self._race(r, t, t("epochs", "轮"), {race.size: race.epochs for race in r.races}),
            "by_seconds": self._race(r, t, t("seconds", "秒"), {race.size: race.seconds for race in r.races}),
            "steady": self._path(r, r.steady, t("constant rate", "学习率不变"), t),
            "decaying": self._path(r, r.decaying, t("decaying rate", "学习率衰减"), t),
            "excess": self._excess(r, t),
            "balls": self._balls(r, t),
        }

    @staticmethod
    def _noise(r: Found, t: Words) -> Drawing:
        figure, axes = drawing.figure(height=3.4)
        dense = np.append(np.geomspace(1, 0.9 * r.n_rows, 60), r.n_rows * (1 - np.geomspace(0.1, 0.001, 20)))
        ends = (
            (r.start, t("at the start", "训练之初"), drawing.BLUE, "o"),
            (r.trained, t("after training", "训练之后"), drawing.VERMILION, "s"),
        )
        for noise, label, color, marker in ends:
            axes.loglog(dense, predicted_noise(noise.spread, dense, r.n_rows), color=color, linewidth=1.2)
            axes.plot(noise.sizes, noise.measured, marker, color=color, label=label)
            axes.axhline(noise.length, color=color, linewidth=1, linestyle=drawing.STYLES[1])
            axes.text(1.25, 1.05 * noise.length, "‖g‖", color=color, ha="left", va="bottom")
        axes.legend(loc="lower left")
        drawing.log_ticks(axes.xaxis, axes.yaxis)
        drawing.label_axes(
            axes, t("batch size b", "批量大小 b"), t("distance from the full gradient", "与全体梯度的距离")
        )
        words = t(
            "Distance of a minibatch's gradient from that of all rows against the batch size, both logarithmic: "
            "points measured, lines by the formula, dashed the length of the gradient itself. It falls from {a} to "
            "{b} at the start of training, and from {c} to {d} after it.",
            "小批量梯度与全部样本梯度的距离随批量大小的变化（双对数坐标）：点为实测，实线为公式，虚线为梯度本身的长度。"
            "训练之初从 {a} 降到 {b}，训练之后从 {c} 降到 {d}。",
        )
        a, b, c, d = (significant(each, 2) for noise, *_ in ends for each in noise.measured[[0, -1]])
        return Drawing(figure, words.format(a=a, b=b, c=c, d=d))

    @staticmethod
    def _time(r: Found, t: Words) -> Drawing:
        figure, axes = drawing.figure(height=3.4)
        engines = [
            (r.scratch, t("from Python, 1 core", "用 Python 逐步执行，1 个核"), drawing.VERMILION, "s"),
            (r.one_core, t("compiled loop, 1 core", "编译好的循环，1 个核"), drawing.BLUE, "o"),
            (
                r.all_cores,
                t(f"compiled loop, {r.cores} cores", f"编译好的循环，{r.cores} 个核"),
                drawing.GREEN,
                "^",
            ),
        ][: 2 + (r.cores > 1)]
        for seconds, label, color, marker in engines:
            axes.loglog(r.sizes, seconds, color=color, marker=marker, linewidth=1.2, label=label)
        axes.legend(loc="upper right")
        drawing.log_ticks(axes.xaxis, axes.yaxis)
        x, y = t("batch size b", "批量大小 b"), t("seconds for an epoch", "每轮所需的秒数")
        drawing.label_axes(axes, x, y)
        words = t(
            "Seconds for an epoch against the batch size, both logarithmic. From Python they fall from {a} with one "
            "row to {b} with all; in the compiled loop from {c} to {d}, and are fewest with {quickest}.",
            "每轮所需的秒数随批量大小的变化（双对数坐标）。用 Python 逐步执行时从一行的 {a} 降到全部行的 {b}；"
            "编译好的循环从 {c} 降到 {d}，批量大小为 {quickest} 时最少。",
        )
        a, b, c, d = (significant(n, 2) for seconds in (r.scratch, r.fast) for n in seconds[[0, -1]])
        return Drawing(figure, words.format(a=a, b=b, c=c, d=d, quickest=r.quickest))

    @staticmethod
    def _table(p: Settings, r: Found, t: Words) -> Drawing:
        figure, axes = drawing.figure(height=3.2)
        low, high = np.nanmin(r.reached), np.log(10)
        shares = 1 - np.log(r.reached / low) / np.log(high / low)
        texts = [["×" if np.isnan(loss) else f"{loss:.2f}" for loss in row] for row in r.reached]
        heat_map(axes, np.clip(shares, 0, 1), texts, marked=r.best, fontsize=9.2)
        axes.set_xticklabels([f"{rate:g}" for rate in RATES])
        axes.set_yticklabels([f"{size:,}" for size in r.grid_sizes])
        drawing.label_axes(axes, t("learning rate η", "学习率 η"), t("batch size b", "批量大小 b"))
        words = t(
            "Loss after {epochs} epochs for batch sizes (rows) and learning rates (columns); × where training "
            "diverged. The smallest, {loss}, has batch size {size} and rate {rate}. Best rate of each "
            "batch size: {rates}.",
            "训练 {epochs} 轮之后的损失，行为批量大小，列为学习率；× 表示发散。"
            "最小的是 {loss}，批量大小 {size}，学习率 {rate}。"
            "各批量大小的最佳学习率：{rates}。",
        )
        rates = ", ".join(f"{size}: {rate:g}" for size, rate in r.rate_of.items())
        loss = significant(r.reached[r.best], 3)
        text = words.format(epochs=p.epochs, loss=loss, size=r.best_size, rate=r.best_rate, rates=rates)
        return Drawing(figure, text)

    @staticmethod
    def _race(r: Found, t: Words, unit: str, ways: dict[int, NDArray]) -> Drawing:
        figure, axes = drawing.figure(height=3.2)
        looks = zip(drawing.SERIES, drawing.STYLES, drawing.MARKERS, strict=True)
        for race, (color, style, marker) in zip(r.races, looks, strict=False):
            few = {"marker": marker} if len(race.losses) < 10 else {}
            label = f"b = {race.size:,}, η = {race.rate:g}"
            axes.loglog(ways[race.size], race.losses, color=color, linestyle=style, label=label, **few)
        axes.legend(loc="upper right")
        drawing.log_ticks(axes.xaxis)
        low, high = axes.get_ylim()
        axes.set_ylim(low, 2.2 * high)  # room for the legend
        ticks = [tick for tick in (0.2, 0.3, 0.5, 1.0, 2.0, 3.0) if low < tick < high]
        axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.set_yticks([], minor=True)
        drawing.label_axes(axes, unit, t("loss of all images", "全部图像上的损失"))
        words = t(
            "Loss against {unit}, on a logarithmic axis, for several batch sizes. At the end: {ends}.",
            "几种批量大小的损失随{unit}数的变化（对数坐标）。最后：{ends}。",
        )
        ends = ", ".join(
            f"b = {race.size}: {significant(race.end, 3)} ({significant(ways[race.size][-1], 2)} {unit})"
            for race in r.races
        )
        return Drawing(figure, words.format(unit=unit, ends=ends))

    @staticmethod
    def _path(r: Found, path: NDArray, name: str, t: Words) -> Drawing:
        figure, axes = drawing.figure()
        reach = 1.15 * np.abs(_START).max()
        across, up = (np.linspace(centre - reach, centre + reach, 61) for centre in r.bowl.optimum)
        excess = r.bowl.excess(np.stack(np.meshgrid(across, up), axis=-1))
        levels = excess.max() * np.geomspace(3e-3, 1, 7)
        axes.contour(across, up, excess, levels=levels, colors=drawing.SOFT, linewidths=0.6, alpha=0.7)
        one = path[:, 0]
        axes.plot(*one.T, color=drawing.BLUE, linewidth=0.7, marker="o", markersize=1.6)
        axes.plot(*r.bowl.optimum, color=drawing.VERMILION, marker="*", markersize=11, linestyle="none")
        axes.set(xlim=across[[0, -1]], ylim=up[[0, -1]])
        axes.grid(visible=False)
        drawing.label_axes(axes, "w₁", f"w₂ \N{EM SPACE}{name}")
        words = t(
            "Contours of the loss and one walk of {n} steps, {name}: over the last fifth of the steps it is {away} "
            "from the optimum on average.",
            "损失的等高线与一条 {n} 步的路径，{name}：最后五分之一的步子与最优点的平均距离为 {away}。",
        )
        away = np.linalg.norm(one[-(len(one) // 5) :] - r.bowl.optimum, axis=1).mean()
        return Drawing(figure, words.format(n=len(one) - 1, name=name, away=significant(float(away), 2)))

    @staticmethod
    def _excess(r: Found, t: Words) -> Drawing:
        figure, axes = drawing.figure(height=3.2)
        walks = (
            (r.steady, t("constant rate", "学习率不变"), drawing.BLUE, drawing.STYLES[0]),
            (r.decaying, t("decaying rate", "学习率衰减"), drawing.VERMILION, drawing.STYLES[1]),
        )
        for path, label, color, style in walks:
            axes.semilogy(
                np.maximum(r.bowl.excess(path).mean(axis=1), _LEAST),
                color=color,
                linestyle=style,
                label=label,
            )
        axes.legend(loc="upper right")
        drawing.log_ticks(axes.yaxis)
        drawing.label_axes(axes, t("step", "步"), t("loss above the smallest, mean", "比最小损失高出，平均"))
        words = t(
            "Loss above the smallest against the step, the mean of {n} walks. With a constant rate it stays near "
            "{a}, with a decaying one it comes down to {b}.",
            "比最小损失高出的部分随步数的变化，{n} 条路径的平均。学习率不变时停在 {a} 附近，学习率衰减时降到 {b}。",
        )
        a, b = (significant(r.settled(path), 2) for path, *_ in walks)
        return Drawing(figure, words.format(n=_WALKERS, a=a, b=b))

    @staticmethod
    def _balls(r: Found, t: Words) -> Drawing:
        figure, axes = drawing.figure(height=3.2)
        shares = np.array([ball.rate / ball.batch_size for ball in r.balls])
        ends = shares.min(), shares.max()
        slope = r.balls[0].predicted * r.balls[0].batch_size / r.balls[0].rate
        axes.loglog(
            ends,
            [max(slope * end, _LEAST) for end in ends],
            color=drawing.SOFT,
            linewidth=1.2,
            label="η·tr C/4b",
        )
        looks = zip(_SWEEP_SIZES, drawing.SERIES, drawing.MARKERS, strict=False)
        for size, color, marker in looks:
            own = [ball for ball in r.balls if ball.batch_size == size]
            at = [ball.rate / size for ball in own]
            axes.plot(
                at, [max(ball.measured, _LEAST) for ball in own], marker, color=color, label=f"b = {size}"
            )
        axes.legend(loc="upper left")
        drawing.log_ticks(axes.xaxis, axes.yaxis)
        x, y = (
            t("rate over batch size, η/b", "学习率除以批量大小，η/b"),
            t("loss above the smallest", "比最小损失高出"),
        )
        drawing.label_axes(axes, x, y)
        words = t(
            "Mean loss above the smallest of walks that have settled, against learning rate over batch size, both "
            "logarithmic: from {a} to {b}, on a line but for the largest rates.",
            "安定下来之后，比最小损失平均高出的部分随 η/b 的变化（双对数坐标）："
            "从 {a} 到 {b}，除了最大的学习率都在一条直线上。",
        )
        levels = sorted(ball.measured for ball in r.balls)
        return Drawing.of(figure, words, 2, a=levels[0], b=levels[-1])


def _walks(p: Settings, random_state: np.random.RandomState) -> tuple[Bowl, NDArray, NDArray, list[Ball]]:
    """Walk with a constant and with a decaying rate, and find where constant rates settle."""
    X = random_state.standard_normal((_WALK_ROWS, 2)) * [1.0, 1.5]
    y = X @ [2.0, -3.4] + p.noise * random_state.standard_normal(_WALK_ROWS)
    bowl = Bowl.of(X, y)
    start = np.tile(bowl.optimum + _START, (_WALKERS, 1))
    pace = p.learning_rate * bowl.smallest_curvature / 2

    def slope(w: NDArray) -> NDArray:
        return stochastic_gradient(X, y, w, p.batch_size, random_state)

    steady = walk(slope, start, lambda step: p.learning_rate, p.steps)
    decaying = walk(slope, start, lambda step: p.learning_rate / (1 + pace * step), p.steps)
    balls = [
        Ball.of(X, y, size, rate, p.steps, random_state) for size in _SWEEP_SIZES for rate in _SWEEP_RATES
    ]
    return bowl, steady, decaying, balls


PAGE = Minibatches()

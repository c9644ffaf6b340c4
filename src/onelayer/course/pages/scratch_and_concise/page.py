"""From scratch, concisely and fast: three implementations of both regressions, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

import onelayer as ol
from onelayer.course import implementations
from onelayer.course.book import drawing
from onelayer.course.book.page import Drawing, Page
from onelayer.course.book.parameters import Parameter, Settings
from onelayer.course.book.words import Words
from onelayer.course.experiments.images import fashion_mnist
from onelayer.report.numbers import significant

NAMES = ("scratch", "concise", "fast")
_W, _B = [2.0, -3.4], 4.2
_FEW_IMAGES, _FEW_EPOCHS = 1000, 3


def train_all(model: Any, X: NDArray, y: NDArray, **held_out: Any) -> dict[str, Any]:
    """Train the same model three times: from scratch, concisely, and with the compiled loop."""
    return {name: implementations.fit(clone(model), X, y, implementation=name, **held_out) for name in NAMES}


def largest_difference(models: Mapping[str, Any], unit: float = 1.0) -> float:
    """Return the largest difference of any weight or bias between any two models, weights times the unit of X."""
    parameters = [np.append(unit * model.coef_, model.intercept_) for model in models.values()]
    return max(float(np.abs(one - other).max()) for one, other in combinations(parameters, 2))


@dataclass(frozen=True)
class Training:
    """One model trained by one implementation.

    Attributes
    ----------
    weights, biases : arrays
        Flat.
    losses, scores : (n_epochs,) arrays
        Mean loss of each epoch on the way, and accuracy on the test images after it, NaN without them.
    seconds : float
        Median time of an epoch on one core.
    """

    weights: NDArray
    biases: NDArray
    losses: NDArray
    scores: NDArray
    seconds: float

    @classmethod
    def of(cls, model: Any) -> Training:
        """Return what there is to show of a fitted model."""
        history = model.history_
        return cls(
            np.ravel(model.coef_),
            np.ravel(model.intercept_),
            np.array([epoch["train_loss"] for epoch in history]),
            np.array([epoch["val_score"] for epoch in history], dtype=float),
            float(np.median([epoch["seconds"] for epoch in history])),
        )


@dataclass(frozen=True)
class Found:
    """What the experiment returns.

    Attributes
    ----------
    X, y : arrays
        The data of the linear regression.
    linear, softmax : dict of str to Training
        By the implementation's name.
    standard_errors : (3,) array
        Of the least-squares estimates of w₁, w₂ and b, were the noise known.
    left : (3,) array
        Error because of the way that is left, −w·(1 − η)ᵗ on average after t steps from zero.
    jitter : float
        Standard deviation of a weight in the noise ball of the constant rate.
    n_images, n_tests, n_few, few_epochs : int
        Images trained on, test images, and images and epochs of the comparison in float64.
    largest_weight : float
        Of the softmax regression, for pixels between 0 and 1.
    differences : dict of str to (float, float)
        Largest difference of a parameter in float32 and float64, for "linear" and "softmax".
    """

    X: NDArray
    y: NDArray
    linear: dict[str, Training]
    softmax: dict[str, Training]
    standard_errors: NDArray
    left: NDArray
    jitter: float
    n_images: int
    n_tests: int
    n_few: int
    few_epochs: int
    largest_weight: float
    differences: dict[str, tuple[float, float]]

    @property
    def truth(self) -> list[tuple[str, float]]:
        """The true parameters with their names."""
        return [("$w_1$", _W[0]), ("$w_2$", _W[1]), ("$b$", _B)]

    @property
    def errors(self) -> dict[str, NDArray]:
        """Estimated minus true w₁, w₂ and b, by implementation."""
        true = np.array([value for _, value in self.truth])
        return {name: np.append(run.weights, run.biases) - true for name, run in self.linear.items()}

    @property
    def scatter(self) -> NDArray:
        """Standard deviation of the errors around ``left``, by the data and by the steps together."""
        return np.hypot(self.standard_errors, self.jitter)

    @property
    def largest_error(self) -> float:
        """The largest of them all, without its sign."""
        return float(max(np.abs(errors).max() for errors in self.errors.values()))


class ScratchAndConcise(Page[Found]):
    """Code, curves, time and difference of parameters of the three implementations."""

    parameters = (
        Parameter("rows", 1000, "rows of the linear regression", "线性回归的样本数", 50, 100_000),
        Parameter("noise", 0.01, "standard deviation of their noise", "样本噪声的标准差", 0, 10),
        Parameter("linear_epochs", 3, "epochs of the linear regression", "线性回归的轮数", 1, 100),
        Parameter("linear_batch_size", 10, "its batch size", "线性回归的批量大小", 1, 1000),
        Parameter(
            "linear_learning_rate", 0.03, "its learning rate", "线性回归的学习率", 0, 0.5, low_open=True
        ),
        Parameter("images", 60_000, "images of the softmax regression", "softmax 回归的图像数", 100, 60_000),
        Parameter("epochs", 10, "epochs of the softmax regression", "softmax 回归的轮数", 1, 50),
        Parameter("batch_size", 256, "its batch size", "softmax 回归的批量大小", 1, 60_000),
        Parameter("learning_rate", 0.1, "its learning rate", "softmax 回归的学习率", 0, 0.5, low_open=True),
        Parameter("seed", 0, "seed of the random numbers", "随机种子", 0, 2**32 - 1),
    )
    small = ("rows=300", "images=500", "epochs=2")

    def run(self, p: Settings) -> Found:
        """Train linear regression on made-up data and softmax regression on Fashion-MNIST, three times each."""
        X, y = self._data(p)
        model = ol.LinearRegression(
            epochs=p.linear_epochs,
            batch_size=p.linear_batch_size,
            learning_rate=p.linear_learning_rate,
            random_state=p.seed,
            n_threads=1,
        )
        linear = train_all(model, X.astype(np.float32), y)
        linear64 = train_all(model, X, y)
        train, test = fashion_mnist(p.images)
        images, labels = train.X, train.y
        classifier = ol.SoftmaxRegression(
            epochs=p.epochs,
            batch_size=p.batch_size,
            learning_rate=p.learning_rate,
            alpha=0.0,
            random_state=p.seed,
            n_threads=1,
        )
        softmax = train_all(classifier, images, labels, X_val=test.X, y_val=test.y)
        few = images[:_FEW_IMAGES] / 255
        brief = clone(classifier).set_params(epochs=min(p.epochs, _FEW_EPOCHS))
        softmax64 = train_all(brief, few, labels[:_FEW_IMAGES])
        design = np.column_stack([X, np.ones(len(X))])
        steps = p.linear_epochs * -(-p.rows // p.linear_batch_size)
        return Found(
            X,
            y,
            {name: Training.of(model) for name, model in linear.items()},
            {name: Training.of(model) for name, model in softmax.items()},
            p.noise * np.sqrt(np.diag(np.linalg.inv(design.T @ design))),
            -np.array([*_W, _B]) * (1 - p.linear_learning_rate) ** steps,
            p.noise * np.sqrt(p.linear_learning_rate / (2 * min(p.linear_batch_size, p.rows))),
            len(images),
            len(test.X),
            len(few),
            brief.epochs,
            255 * float(np.abs(softmax["fast"].coef_).max()),
            {
                "linear": (largest_difference(linear), largest_difference(linear64)),
                "softmax": (largest_difference(softmax, unit=255), largest_difference(softmax64)),
            },
        )

    @staticmethod
    def _data(p: Settings) -> tuple[NDArray, NDArray]:
        """Make up data with the function that the page shows."""
        import torch

        from onelayer.course import scratch

        X, y = scratch.synthetic_data(_W, _B, p.rows, p.noise, torch.Generator().manual_seed(p.seed))
        return X.double().numpy(), y[:, 0].double().numpy()

    def figures(self, p: Settings, r: Found, t: Words) -> dict[str, Drawing]:
        """Draw the data, the curves and the times."""
        names = {
            "scratch": t("from scratch", "从零开始"),
            "concise": t("concise", "简洁实现"),
            "fast": t("compiled loop", "编译好的循环"),
        }
        epochs = t("epoch", "轮")
        return {
            "data": self._data_drawing(r, t),
            "linear": self._curves(
                {names[name]: run.losses for name, run in r.linear.items()},
                (epochs, t("mean squared loss ½(s − y)²", "平方损失 ½(s − y)² 的均值")),
                t,
                log=True,
            ),
            "loss": self._curves(
                {names[name]: run.losses for name, run in r.softmax.items()},
                (epochs, t("training loss (cross-entropy)", "训练损失（交叉熵）")),
                t,
            ),
            "accuracy": self._curves(
                {names[name]: run.scores for name, run in r.softmax.items()},
                (epochs, t("test accuracy", "测试准确率")),
                t,
            ),
            "time": self._time({names[name]: run.seconds for name, run in r.softmax.items()}, t),
        }

    @staticmethod
    def _data_drawing(r: Found, t: Words) -> Drawing:
        figure, axes = drawing.figure()
        few = slice(400)
        x = r.X[few, 1]
        axes.plot(x, r.y[few], "o", color=drawing.BLUE, markersize=2.5, alpha=0.6)
        ends = np.array([x.min(), x.max()])
        axes.plot(ends, _W[1] * ends + _B, color=drawing.VERMILION, linewidth=1.4)
        drawing.label_axes(axes, "x₂", "y")
        words = t(
            "The first {n} rows: y against the second feature. They lie around the line of slope {slope}; the rest "
            "of the scatter is the first feature's.",
            "前 {n} 行：y 随第二个特征的变化。它们分布在斜率为 {slope} 的直线周围，其余的散布来自第一个特征。",
        )
        return Drawing(figure, words.format(n=len(x), slope=_W[1]))

    @staticmethod
    def _curves(
        curves: Mapping[str, NDArray], labels: tuple[str, str], t: Words, *, log: bool = False
    ) -> Drawing:
        """Draw three curves that are to lie on top of each other: a wide line, a thin one, and rings."""
        figure, axes = drawing.figure()
        looks: tuple[dict[str, Any], ...] = (
            {"color": drawing.BLUE, "linewidth": 6, "alpha": 0.35},
            {
                "color": drawing.VERMILION,
                "linestyle": "none",
                "marker": "o",
                "markersize": 8,
                "fillstyle": "none",
            },
            {"color": drawing.INK, "linewidth": 1.2, "linestyle": drawing.STYLES[1]},
        )
        for (label, curve), look in zip(curves.items(), looks, strict=True):
            axes.plot(np.arange(1, len(curve) + 1), curve, label=label, **look)
        if log:
            axes.set_yscale("log")
            drawing.log_ticks(axes.yaxis)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.legend()
        drawing.label_axes(axes, *labels)
        words = t(
            "{what} against the epoch for the three implementations, which lie on top of each other: from {a} to {b}.",
            "三种实现的{what}随轮数的变化，三条曲线重合：从 {a} 到 {b}。",
        )
        curve = next(iter(curves.values()))
        a, b = significant(float(curve[0]), 3), significant(float(curve[-1]), 3)
        return Drawing(figure, words.format(what=labels[1], a=a, b=b))

    @staticmethod
    def _time(seconds: Mapping[str, float], t: Words) -> Drawing:
        figure, axes = drawing.figure(height=2.2)
        places, times = range(len(seconds)), [1000 * value for value in seconds.values()]
        axes.barh(places, times, color=(drawing.VERMILION, drawing.SOFT, drawing.BLUE), height=0.6)
        for place, time in zip(places, times, strict=True):
            text = f"{significant(time, 3)} ms"
            axes.annotate(text, (time, place), (5, 0), textcoords="offset points", va="center", fontsize=9.2)
        axes.set_yticks(places, list(seconds))
        axes.set_xlim(0, 1.3 * max(times))
        axes.xaxis.get_major_locator().set_params(nbins=5)
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        drawing.label_axes(
            axes, t("milliseconds", "毫秒"), t("time of an epoch, median", "一轮所需的时间（中位数）")
        )
        words = t("Median time of an epoch: {list}.", "一轮所需时间的中位数：{list}。")
        pairs = zip(seconds, times, strict=True)
        listed = ", ".join(f"{name} {significant(time, 3)} ms" for name, time in pairs)
        return Drawing(figure, words.format(list=listed))


PAGE = ScratchAndConcise()

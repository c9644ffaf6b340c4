"""Softmax regression: from scores to probabilities, what its loss asks for, and its gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from onelayer.course import scratch
from onelayer.course.book import drawing
from onelayer.course.book.page import Drawing, Page
from onelayer.course.book.parameters import Parameter, Settings
from onelayer.course.book.words import Words
from onelayer.course.experiments import temperature
from onelayer.course.experiments.images import fashion_mnist
from onelayer.course.experiments.temperature import Example
from onelayer.course.pages.softmax import full_layer, layer_diagram, margin
from onelayer.course.pages.softmax.margin import Margins
from onelayer.course.pages.softmax.softmax_gradient import Slope, slopes, weight_gap
from onelayer.course.pages.softmax.three_classes import COLORS, LAYOUTS, ThreeClasses, draw_regions
from onelayer.data.dataset import ClassNames
from onelayer.estimators.linear_regression import LinearRegression
from onelayer.estimators.softmax_regression import SoftmaxRegression
from onelayer.report.numbers import percent, significant

_CONFIDENCES = (0.0, 0.5, 0.7, 0.9, 0.99)
_SHOWN = 5
_BATCH_SIZE, _LEARNING_RATE = 256, 0.1  # of the runs from scratch


def one_hot(y: NDArray, n_classes: int) -> NDArray:
    """Write each label as a row of zeros with a single 1, in the column of its class."""
    return np.eye(n_classes)[y]


class Confidence(NamedTuple):
    """What share of the images has a probability of ``least`` and more, and how many of these are right."""

    least: float
    answered: float
    right: float

    @classmethod
    def of(cls, least: float, confidence: NDArray, right: NDArray) -> Confidence:
        """Count the images with so much confidence."""
        sure = confidence >= least
        return cls(least, float(sure.mean()), float(right[sure].mean()) if sure.any() else float("nan"))


class Layer(NamedTuple):
    """The size of a layer: its parameters in full and, where it can be, reduced by a factor."""

    en: str
    zh: str
    d: int
    q: int
    full: int
    reduced: int | None


@dataclass(frozen=True, eq=False)
class Found:
    """What the experiment returns.

    Attributes
    ----------
    names : ClassNames
    images, labels, codes : arrays
        Some training images, their labels, and these one-hot.
    n_test : int
    by_number, by_squared, by_softmax : float
        Test accuracy of a regression on the number of the class, of one on one-hot labels, and of softmax regression.
    full_layer, reduced_layer : float
        Test accuracy of the same softmax regression from scratch with a full layer and with a reduced one; the latter
        is None where the factor does not divide the layer.
    outputs : (n_test, 10) array
        What the regression on one-hot labels gives for the test images.
    plane : ThreeClasses
    example : Example
    shifted : float
        Largest change of a probability when a constant is added to all scores.
    naive_survives : bool
        Whether the softmax as the formula stands gives numbers for the shifted scores.
    confidences : list of Confidence
    margins : Margins
    weights : (10, 784) array
        The trained weights.
    layers : list of Layer
    slopes : list of Slope
        The gradient of one row in three ways.
    weight_gap : float
        Largest difference between formula and autograd over all weights.
    """

    names: ClassNames
    images: NDArray
    labels: NDArray
    codes: NDArray
    n_test: int
    by_number: float
    by_squared: float
    by_softmax: float
    full_layer: float
    reduced_layer: float | None
    outputs: NDArray
    plane: ThreeClasses
    example: Example
    shifted: float
    naive_survives: bool
    confidences: list[Confidence]
    margins: Margins
    weights: NDArray
    layers: list[Layer]
    slopes: list[Slope]
    weight_gap: float

    @property
    def standard_error(self) -> float:
        """How far an accuracy on so many test images is off by chance: √(a(1 − a)/n)."""
        return float(np.sqrt(self.by_softmax * (1 - self.by_softmax) / self.n_test))


class Softmax(Page[Found]):
    """Scores, probabilities, margins, parameters and the gradient of softmax regression."""

    parameters = (
        Parameter(
            "temperature", 3.0, "temperature T that divides the scores", "温度 T，得分除以它", 0.05, 50
        ),
        Parameter("shift", 100.0, "number c added to all scores", "加到所有得分上的数 c", -1e6, 1e6),
        Parameter(
            "layout", "row", "how the three classes of points lie", "三类点的排列方式", choices=LAYOUTS
        ),
        Parameter("factor", 2, "factor n by which a layer is reduced", "全连接层参数缩减的倍数 n", 1, 64),
        Parameter("epochs", 10, "passes over the images", "遍历图像的轮数", 1, 200),
        Parameter("rows", 6000, "training images", "训练图像数", 100, 60_000),
        Parameter("seed", 0, "seed of the random numbers", "随机种子", 0, 2**32 - 1),
    )
    small = ("rows=300", "epochs=2")

    def run(self, p: Settings) -> Found:
        """Train on Fashion-MNIST and on points in the plane, and take the softmax apart."""
        train, test = fashion_mnist(p.rows)
        labels = test.y
        codes = one_hot(train.y, 10)
        number = LinearRegression(epochs=p.epochs, random_state=p.seed).fit(train.X, train.y.astype(float))
        squared = LinearRegression(epochs=p.epochs, random_state=p.seed).fit(train.X, codes)
        softmax = SoftmaxRegression(epochs=p.epochs, random_state=p.seed).fit(train.X, train.y)
        outputs, scores = squared.predict(test.X), softmax.decision_function(test.X).astype(float)

        generator = torch.Generator().manual_seed(p.seed)
        X, X_test = scratch.pixels(train.X), scratch.pixels(test.X)
        y, y_test = torch.as_tensor(train.y), torch.as_tensor(labels)
        W, b = scratch.initialise(784, 10, generator=generator)
        before = scratch.linear(X_test, W, b).detach().double().numpy()
        gap = weight_gap(X[:256], y[:256], (W, b))
        scratch.train(X, y, (W, b), scratch.cross_entropy, p.epochs, _BATCH_SIZE, _LEARNING_RATE, generator)
        reduced = full_layer.n_parameters_reduced(784, 10, p.factor) is not None
        if reduced:
            less = full_layer.train_reduced(X, y, 10, p.factor, p.epochs, _BATCH_SIZE, _LEARNING_RATE, p.seed)

        probabilities = softmax.predict_proba(test.X)
        confidence = probabilities.max(axis=1)
        right = scores.argmax(axis=1) == labels
        chosen = int(np.where(right, np.abs(confidence - 0.6), 1).argmin())
        row = torch.as_tensor(scores[chosen])[None]
        return Found(
            train.classes,
            train.X[:_SHOWN],
            train.y[:_SHOWN],
            codes[:_SHOWN].astype(int),
            len(labels),
            float((np.rint(number.predict(test.X)) == labels).mean()),
            float((outputs.argmax(axis=1) == labels).mean()),
            float(right.mean()),
            scratch.evaluate(X_test, y_test, (W, b)),
            scratch.evaluate(X_test, y_test, less) if reduced else None,
            outputs,
            ThreeClasses.of(p.layout, p.seed),
            Example(test.X[chosen], int(labels[chosen]), scores[chosen]),
            float((scratch.softmax(row + p.shift) - scratch.softmax(row)).abs().max()),
            bool(scratch.naive_softmax(row + p.shift).isfinite().all()),
            [Confidence.of(least, confidence, right) for least in _CONFIDENCES],
            Margins.of(before, scores, outputs, labels),
            softmax.coef_,
            [
                Layer(
                    *layer,
                    full_layer.n_parameters(*layer[2:]),
                    full_layer.n_parameters_reduced(*layer[2:], p.factor),
                )
                for layer in full_layer.LAYERS
            ],
            slopes([2.0, 1.0, -0.5, 0.3], y=1),
            gap,
        )

    def figures(self, p: Settings, r: Found, t: Words) -> dict[str, Drawing]:
        """Draw labels, decisions in the plane, probabilities, margins and the layer."""
        names = r.names.zh if t.lang == "zh" else r.names.en
        return {
            "labels": self._labels(r, names, t),
            "squared-regions": self._regions(r, t, squared=True),
            "softmax-regions": self._regions(r, t, squared=False),
            "squared-walk": self._walk(r, t, squared=True),
            "softmax-walk": self._walk(r, t, squared=False),
            "probabilities": temperature.bars(r.example, p.temperature, names, t),
            "temperatures": temperature.curves(r.example, p.temperature, names, t),
            "margins": margin.histogram(r.margins, t),
            "loss": margin.against_loss(r.margins, t),
            "network": layer_diagram.network(4, 3, t),
            "weights": layer_diagram.weight_images(r.weights, names, t),
        }

    @staticmethod
    def _labels(r: Found, names: tuple[str, ...], t: Words) -> Drawing:
        codes = ["".join(map(str, code)) for code in r.codes]
        captions = [f"{names[y]}\n{y} → {code}" for y, code in zip(r.labels, codes, strict=True)]
        figure = drawing.image_grid(r.images.reshape(-1, 28, 28), captions, columns=_SHOWN, width=7.5)
        words = t(
            "Training images with class and one-hot label: {list}.", "训练图像及其类别和独热标签：{list}。"
        )
        shown = (f"{names[y]} {code}" for y, code in zip(r.labels, codes, strict=True))
        return Drawing(figure, words.format(list=t(", ", "，").join(shown)))

    @staticmethod
    def _regions(r: Found, t: Words, *, squared: bool) -> Drawing:
        figure, axes = drawing.figure()
        plane = r.plane
        if squared:
            draw_regions(axes, plane, plane.squared.predict)
            right, name = plane.right_squared, t("squared loss", "平方损失")
        else:
            draw_regions(axes, plane, plane.softmax.decision_function, plane.softmax.predict_proba)
            right, name = plane.right_softmax, t("softmax and cross-entropy", "softmax 与交叉熵")
        drawing.label_axes(axes, "x₁", f"x₂ \N{EM SPACE}{name}")
        words = t(
            "Points of three classes in the plane, coloured by the class that the model decides for: of the points of "
            "each class it gets {list} right.",
            "平面上的三类点，按模型判定的类别着色：各类点中判对的比例为 {list}。",
        )
        return Drawing(figure, words.format(list=", ".join(percent(share) for share in right)))

    @staticmethod
    def _walk(r: Found, t: Words, *, squared: bool) -> Drawing:
        figure, axes = drawing.figure(height=2.5)
        points, along = r.plane.walk()
        outputs = r.plane.squared.predict(points) if squared else r.plane.softmax.predict_proba(points)
        for k, (color, style) in enumerate(zip(COLORS, drawing.STYLES, strict=False)):
            label = t(f"class {k + 1}", f"第 {k + 1} 类")
            axes.plot(along, outputs[:, k], color=color, linestyle=style, label=label)
        axes.set(
            xticks=[0, 1], xticklabels=[t("centre of 1", "第 1 类中心"), t("centre of 3", "第 3 类中心")]
        )
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
        what = t("outputs", "输出") if squared else t("probabilities", "概率")
        axes.set_title(what, loc="left")
        words = t(
            "The three {what} along a straight line through the first and the last centre, between {low} and {high}. "
            "The second is the largest on {share} of the line.",
            "沿着穿过首尾两个中心的直线，三个{what}的变化，在 {low} 与 {high} 之间。"
            "这条线上有 {share} 的地方，第 2 类的最大。",
        )
        low, high = (significant(float(value), 2) for value in (outputs.min(), outputs.max()))
        share = percent(float((outputs.argmax(axis=1) == 1).mean()))
        return Drawing(figure, words.format(what=what, low=low, high=high, share=share))


PAGE = Softmax()

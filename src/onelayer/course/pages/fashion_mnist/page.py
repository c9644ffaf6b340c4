"""Fashion-MNIST: its images, how fast they are read, what ten epochs make of them, and what is taken for what."""

from __future__ import annotations

from collections.abc import Sequence
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
from onelayer.data.dataset import ClassNames
from onelayer.evaluation import ClassPredictions, predict_classes
from onelayer.losses import CrossEntropy
from onelayer.plots.canvas import diverging
from onelayer.plots.weights import weight_images
from onelayer.report.numbers import significant

_SHOWN = 10
_CLASS = 6  # the shirt, whose bias is moved
_TINY = 1e-4


def moved(scores: NDArray, labels: NDArray, by: float) -> tuple[float, float]:
    """Return loss and accuracy when the bias of the class of shirts is moved."""
    scores = scores.copy()
    scores[:, _CLASS] += by
    return CrossEntropy().value(scores, labels), float(np.mean(scores.argmax(axis=1) == labels))


@dataclass(frozen=True)
class Moves:
    """Loss and accuracy of a few test images as one bias is moved.

    Attributes
    ----------
    n_images : int
    moves, losses, accuracies : arrays
    slope : float
        Derivative of the loss where the bias was learned: the mean of probability minus label.
    measured_slope, accuracy_slope : float
        Difference quotients of loss and accuracy over a tiny move.
    """

    n_images: int
    moves: NDArray
    losses: NDArray
    accuracies: NDArray
    slope: float
    measured_slope: float
    accuracy_slope: float

    @classmethod
    def of(cls, scores: NDArray, labels: NDArray) -> Moves:
        """Move the bias from a good deal below to a good deal above."""
        moves = np.linspace(-2, 2, 401)
        losses, accuracies = np.array([moved(scores, labels, by) for by in moves]).T
        below, above = (np.array(moved(scores, labels, by)) for by in (-_TINY, _TINY))
        loss_slope, accuracy_slope = (above - below) / (2 * _TINY)
        slope = float(CrossEntropy().gradient(scores, labels)[:, _CLASS].mean())
        return cls(len(labels), moves, losses, accuracies, slope, float(loss_slope), float(accuracy_slope))

    @property
    def steps(self) -> int:
        """How many times the accuracy jumps on the way that is drawn."""
        return int(np.count_nonzero(np.diff(self.accuracies)))


@dataclass(frozen=True)
class Found:
    """What the experiment returns.

    Attributes
    ----------
    classes : ClassNames
    n_train, n_test : int
    shape : (int, int)
        Height and width of an image in pixels.
    counts : (10,) array
        Training images of each class.
    samples, sample_classes : (20, h, w) and (20,) arrays
        The first two of each class.
    images_per_second : dict of str to float
    losses, accuracies : arrays
        Training loss and test accuracy of each epoch.
    train_accuracy : float
        After the last.
    seconds : float
        Of the whole training.
    predictions : ClassPredictions
        Of the test images.
    images : (n_test, h, w) array
        The test images.
    weights : (10, h, w) array
    limit : float
        The weight that has the full colour.
    moves : Moves
    """

    classes: ClassNames
    n_train: int
    n_test: int
    shape: tuple[int, int]
    counts: NDArray
    samples: NDArray
    sample_classes: NDArray
    images_per_second: dict[str, float]
    losses: NDArray
    accuracies: NDArray
    train_accuracy: float
    seconds: float
    predictions: ClassPredictions
    images: NDArray
    weights: NDArray
    limit: float
    moves: Moves

    @property
    def accuracy(self) -> float:
        """Test accuracy after the last epoch."""
        return float(self.accuracies[-1])

    @property
    def standard_error(self) -> float:
        """Standard error of the accuracy: √(a(1 − a)/n)."""
        return float(np.sqrt(self.accuracy * (1 - self.accuracy) / self.n_test))

    @property
    def best_and_worst(self) -> tuple[int, int]:
        """The classes of which most and fewest are recognised."""
        recall = self.predictions.scores().recall
        return int(np.nanargmax(recall)), int(np.nanargmin(recall))


class FashionMNIST(Page[Found]):
    """Images, reading speed, ten epochs, and predictions right and wrong."""

    parameters = (
        Parameter("images", 60_000, "images to train on", "训练图像的数量", 100, 60_000),
        Parameter("epochs", 10, "passes over them", "训练的轮数", 1, 100),
        Parameter("batch_size", 256, "images of a minibatch", "批量大小", 1, 10_000),
        Parameter("learning_rate", 0.1, "step size η", "学习率 η", 0, 0.5, low_open=True),
        Parameter(
            "read", 4000, "images read one by one to measure the time", "逐个读取以计时的图像数", 10, 60_000
        ),
        Parameter(
            "few", 100, "test images of the accuracy in steps", "准确率台阶图所用的测试图像数", 1, 10_000
        ),
        Parameter("seed", 0, "seed of the random numbers", "随机种子", 0, 2**32 - 1),
    )
    small = ("images=600", "epochs=2", "read=100")

    def run(self, p: Settings) -> Found:
        """Train, look at what came out, and measure how fast images are read."""
        from onelayer.course.pages.fashion_mnist.reading_speed import speeds

        train, test = fashion_mnist(p.images)
        labels, test_labels = train.y, test.y
        height, width = train.shape
        model = ol.SoftmaxRegression(
            epochs=p.epochs, batch_size=p.batch_size, learning_rate=p.learning_rate, random_state=p.seed
        ).fit(train.X, labels, X_val=test.X, y_val=test_labels)
        samples = np.array([np.flatnonzero(labels == k)[:2] for k in range(len(train.classes))]).T.ravel()
        weights, limit = weight_images(255 * model.coef_, train.shape)
        return Found(
            train.classes,
            len(train.X),
            len(test.X),
            train.shape,
            np.bincount(labels, minlength=len(train.classes)),
            train.X[samples].reshape(-1, height, width),
            labels[samples],
            speeds(train.X, labels, p.read, p.batch_size),
            np.array([epoch["train_loss"] for epoch in model.history_]),
            np.array([epoch["val_score"] for epoch in model.history_]),
            float(model.score(train.X, labels)),
            float(model.training_["seconds"]),
            predict_classes(model, test.X, test_labels),
            test.X.reshape(-1, height, width),
            weights,
            limit,
            Moves.of(model.decision_function(test.X[: p.few]).astype(float), test_labels[: p.few]),
        )

    def figures(self, p: Settings, r: Found, t: Words) -> dict[str, Drawing]:
        """Draw images, speeds, curves, steps, confusions and weights."""
        names = [t(r.classes.en[k], r.classes.zh[k]) for k in range(len(r.classes))]
        right, wrong = (
            np.flatnonzero(r.predictions.correct == correct)[:_SHOWN] for correct in (True, False)
        )
        return {
            "samples": self._images(
                r.samples,
                [names[k] for k in r.sample_classes],
                t("Two training images of each class: {list}.", "每个类别的两张训练图像：{list}。"),
            ),
            "speed": self._speed(r, t),
            "losses": self._curve(r.losses, t("training loss (cross-entropy)", "训练损失（交叉熵）"), t),
            "accuracies": self._curve(r.accuracies, t("test accuracy", "测试准确率"), t),
            "smooth": self._moves(r.moves.moves, r.moves.losses, t("loss", "损失"), t),
            "steps": self._moves(r.moves.moves, r.moves.accuracies, t("accuracy", "准确率"), t),
            "confusion": self._confusion(r, names, t),
            "weights": self._weights(r, names, t),
            "right": self._images(
                r.images[right],
                [names[k] for k in r.predictions.true[right]],
                t("Test images recognised: {list}.", "识别正确的测试图像：{list}。"),
            ),
            "wrong": self._images(
                r.images[wrong],
                [
                    f"{names[true]}\n→ {names[said]}"
                    for true, said in zip(
                        r.predictions.true[wrong], r.predictions.predicted[wrong], strict=True
                    )
                ],
                t(
                    "Test images not recognised, what they are and what they were taken for: {list}.",
                    "识别错误的测试图像，真实类别与预测类别：{list}。",
                ),
            ),
        }

    @staticmethod
    def _images(images: NDArray, captions: Sequence[str], words: str) -> Drawing:
        figure = drawing.image_grid(images, captions, columns=5, width=drawing.WIDTH)
        return Drawing(
            figure, words.format(list=", ".join(caption.replace("\n", " ") for caption in captions))
        )

    @staticmethod
    def _speed(r: Found, t: Words) -> Drawing:
        figure, axes = drawing.figure(height=3.2)
        labels = {
            "python": t("read: Python, items", "读：Python 逐个"),
            "items": t("read: DataLoader, items", "读：DataLoader 逐个"),
            "slices": t("read: DataLoader, slices", "读：DataLoader 切片"),
            "numpy": t("read: NumPy, slices", "读：NumPy 切片"),
            "train_items": t("train: PyTorch, items", "训练：PyTorch，逐个"),
            "train_slices": t("train: PyTorch, slices", "训练：PyTorch，切片"),
            "compiled": t("train: compiled loop", "训练：编译好的循环"),
        }
        for place, (name, speed) in enumerate(r.images_per_second.items()):
            color = drawing.BLUE if name in ("train_items", "train_slices", "compiled") else drawing.VERMILION
            axes.barh(place, speed, color=color, height=0.62)
            axes.annotate(
                significant(speed, 2),
                (speed, place),
                (4, 0),
                textcoords="offset points",
                va="center",
                fontsize=9,
            )
        axes.set_xscale("log")
        slowest, fastest = min(r.images_per_second.values()), max(r.images_per_second.values())
        axes.set_xlim(slowest / 3, fastest * 8)
        axes.set_yticks(range(len(labels)), list(labels.values()))
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        drawing.log_ticks(axes.xaxis)
        drawing.label_axes(axes, t("images per second", "每秒图像数"), "")
        words = t("Images per second, on a logarithmic axis: {list}.", "每秒图像数（对数坐标）：{list}。")
        pairs = (f"{labels[name]} {significant(speed, 2)}" for name, speed in r.images_per_second.items())
        return Drawing(figure, words.format(list=", ".join(pairs)))

    @staticmethod
    def _curve(values: NDArray, name: str, t: Words) -> Drawing:
        figure, axes = drawing.figure()
        marker = drawing.MARKERS[0] if len(values) <= 20 else ""
        axes.plot(np.arange(1, len(values) + 1), values, color=drawing.BLUE, marker=marker)
        axes.xaxis.get_major_locator().set_params(integer=True)
        drawing.label_axes(axes, t("epoch", "轮"), name)
        words = t("{name} against the epoch: from {a} to {b}.", "{name}随轮数的变化：从 {a} 到 {b}。")
        a, b = (significant(float(value), 3) for value in values[[0, -1]])
        return Drawing(figure, words.format(name=name, a=a, b=b))

    @staticmethod
    def _moves(moves: NDArray, values: NDArray, name: str, t: Words) -> Drawing:
        figure, axes = drawing.figure()
        axes.plot(moves, values, color=drawing.BLUE)
        axes.axvline(0, color=drawing.SOFT, linewidth=1, linestyle=drawing.STYLES[1])
        drawing.label_axes(axes, t("move of the bias of “Shirt”", "“衬衫”的偏置的移动"), name)
        words = t(
            "{name} against the move of one bias, from {low} to {high}.",
            "{name}随一个偏置的移动而变化，在 {low} 与 {high} 之间。",
        )
        low, high = significant(float(values.min()), 3), significant(float(values.max()), 3)
        return Drawing(figure, words.format(name=name, low=low, high=high))

    @staticmethod
    def _confusion(r: Found, names: Sequence[str], t: Words) -> Drawing:
        figure, axes = drawing.figure(height=4.4)
        counts = r.predictions.confusion()
        shares = np.sqrt(counts / np.maximum(1, counts.sum(axis=1, keepdims=True)))
        texts = [[str(count) if count else "" for count in row] for row in counts]
        heat_map(axes, shares, texts, fontsize=7.8)
        axes.set_xticklabels(names, fontsize=8.5)
        if t.lang == "en":  # Chinese names are short enough to lie
            axes.tick_params(axis="x", rotation=90)
            for label in axes.get_xticklabels():
                label.set(ha="right", va="center", rotation_mode="anchor")
        axes.set_yticklabels(names, fontsize=8.5)
        drawing.label_axes(axes, t("predicted", "预测"), t("true", "真实"))
        words = t(
            "Counts of test images, rows by true and columns by predicted class. Right ones lie on the diagonal; the "
            "most frequent mistakes are: {list}.",
            "测试图像的计数，行为真实类别，列为预测类别。正确的在对角线上；最常见的错误是：{list}。",
        )
        mistakes = (f"{names[a]} → {names[b]} {n}" for a, b, n in r.predictions.mistakes()[:4])
        return Drawing(figure, words.format(list=", ".join(mistakes)))

    @staticmethod
    def _weights(r: Found, names: Sequence[str], t: Words) -> Drawing:
        figure, grid = drawing.figure(2, 5, height=2.7)
        for axes, image, name in zip(grid.flat, r.weights, names, strict=True):
            axes.imshow(image, cmap=diverging(), vmin=-r.limit, vmax=r.limit)
            axes.set_axis_off()
            axes.set_title(name, fontsize=8.5)
        words = t(
            "The weights of each class as an image: blue pixels speak for the class, orange ones against it. The "
            "strongest colours stand for ±{limit}.",
            "每个类别的权重画成图像：蓝色的像素支持这个类别，橙色的反对它。最深的颜色表示 ±{limit}。",
        )
        return Drawing.of(figure, words, 2, limit=r.limit)


PAGE = FashionMNIST()

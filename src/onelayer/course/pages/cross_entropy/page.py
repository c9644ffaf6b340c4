"""Surprise, entropy and cross-entropy, from coins to the labels of Fashion-MNIST."""

from __future__ import annotations

import math
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
from onelayer.course.experiments.images import fashion_mnist
from onelayer.course.pages.cross_entropy.huffman import bits_per_toss, huffman, mean_length
from onelayer.course.pages.cross_entropy.information import cross_entropy, divergence, entropy, surprise
from onelayer.course.pages.cross_entropy.label_coding import LabelCoding, bits
from onelayer.data.dataset import ClassNames
from onelayer.estimators.softmax_regression import SoftmaxRegression
from onelayer.losses import CrossEntropy
from onelayer.report.numbers import decimals, significant

_EVEN = (0.5, 0.25, 0.125, 0.125)
_UNEVEN = (0.6, 0.25, 0.1, 0.05)
_BLOCKS = range(1, 11)
_COUNTS = np.array([5, 3, 2])
_BELIEFS = ((1 / 3, 1 / 3, 1 / 3), (0.4, 0.4, 0.2), (0.5, 0.3, 0.2), (0.6, 0.2, 0.2), (0.8, 0.1, 0.1))
_TEMPERATURES = np.geomspace(0.05, 20, 61)
_SURPRISING = 10


class Card(NamedTuple):
    """One of several cards that may be drawn: its name, its probability, and its word in the Huffman code."""

    name: str
    probability: float
    word: str


def cards(probabilities: tuple[float, ...]) -> list[Card]:
    """Name the cards A, B, C, … and give each its word."""
    return [Card(*each) for each in zip("ABCDEFGH", probabilities, huffman(probabilities), strict=False)]


class Belief(NamedTuple):
    """Probabilities, the likelihood of the labels drawn under them, and the bits that a label takes with them."""

    probabilities: tuple[float, ...]
    likelihood: float
    bits: float


@dataclass(frozen=True, eq=False)
class Found:
    """What the experiment returns.

    Attributes
    ----------
    even, uneven : list of Card
        With probabilities that are powers of ½, and with others.
    per_toss : list of float
        Bits for each toss of the coin, coded in blocks of 1, 2, … tosses.
    beliefs : list of Belief
    names : ClassNames
    coding : LabelCoding
        The labels of the test images, coded.
    accuracy : float
        On the test images.
    history : (n_epochs + 1, 2) array
        Bits of a training label and of a test label, at the start and after each epoch.
    colder : (n_temperatures,) array
        Bits of a test label if the scores are divided by each temperature.
    frequencies : (10,) array
        Shares of the classes among the test labels.
    images, true, predicted, bits : arrays
        The test images that surprise the model most.
    """

    even: list[Card]
    uneven: list[Card]
    per_toss: list[float]
    beliefs: list[Belief]
    names: ClassNames
    coding: LabelCoding
    accuracy: float
    history: NDArray
    colder: NDArray
    frequencies: NDArray
    images: NDArray
    true: NDArray
    predicted: NDArray
    bits: NDArray

    surprise, entropy, cross_entropy = (
        staticmethod(surprise),
        staticmethod(entropy),
        staticmethod(cross_entropy),
    )
    divergence, mean_length = (
        staticmethod(divergence),
        staticmethod(mean_length),
    )
    counts, ln2 = _COUNTS, math.log(2)

    @property
    def n_labels(self) -> int:
        """How many labels are sent."""
        return len(self.coding.labels)

    @property
    def parameter_bytes(self) -> int:
        """What the model itself takes, with 32 bits for each of its parameters."""
        return 4 * 7850

    @property
    def worth_it(self) -> float:
        """From how many labels on the model saves more bytes than it takes; inf if it saves none."""
        saved = (self.coding.ways["equal"] - self.coding.ways["after"]) / 8
        return self.parameter_bytes / saved if saved > 0 else np.inf


class CrossEntropyPage(Page[Found]):
    """Coins, codes, beliefs, and the bits that the labels of Fashion-MNIST take."""

    parameters = (
        Parameter("coin", 0.9, "probability of heads", "硬币正面的概率", 0.01, 0.99),
        Parameter("belief", 0.6, "probability of heads that one believes in", "正面的主观概率", 0.01, 0.99),
        Parameter(
            "temperature", 1.0, "temperature T that divides the scores", "温度 T，得分除以它", 0.05, 20
        ),
        Parameter("soft", 0.8, "soft label of the first of two classes", "两类中第一类的软标签", 0.5, 1),
        Parameter("epochs", 10, "passes over the images", "遍历图像的轮数", 1, 200),
        Parameter("rows", 60_000, "training images", "训练图像数", 100, 60_000),
        Parameter("seed", 0, "seed of the random numbers", "随机种子", 0, 2**32 - 1),
    )
    small = ("rows=300", "epochs=2")

    def run(self, p: Settings) -> Found:
        """Toss coins, weigh beliefs, and train a model by which the test labels are coded."""
        train, test = fashion_mnist(p.rows)
        labels = test.y
        model = SoftmaxRegression(epochs=p.epochs, random_state=p.seed)
        model.fit(train.X, train.y, X_val=test.X, y_val=labels)
        scores = model.decision_function(test.X).astype(float)
        start = scratch.initialise(784, 10, generator=torch.Generator().manual_seed(p.seed))
        before = scratch.linear(scratch.pixels(test.X), *start).detach().double().numpy()
        coding = LabelCoding(labels, before, scores / p.temperature)
        first = np.argsort(-coding.surprises, kind="stable")[:_SURPRISING]
        epochs = [(epoch["train_loss"], epoch["val_loss"]) for epoch in model.history_]
        return Found(
            cards(_EVEN),
            cards(_UNEVEN),
            [bits_per_toss(p.coin, block) for block in _BLOCKS],
            [
                Belief(q, float(np.prod(np.power(q, _COUNTS))), cross_entropy(_COUNTS / _COUNTS.sum(), q))
                for q in _BELIEFS
            ],
            train.classes,
            coding,
            float((scores.argmax(axis=1) == labels).mean()),
            np.array([(np.log(10), np.log(10)), *epochs]) / np.log(2),
            np.array([bits(scores / T, labels).mean() for T in _TEMPERATURES]),
            np.bincount(labels, minlength=10) / len(labels),
            test.X[first],
            labels[first],
            scores[first].argmax(axis=1),
            coding.surprises[first],
        )

    def figures(self, p: Settings, r: Found, t: Words) -> dict[str, Drawing]:
        """Draw surprise, codes, beliefs, bits while training, surprising images and soft labels."""
        return {
            "surprise": self._surprise(t),
            "blocks": self._blocks(p, r, t),
            "entropy": self._entropy(p, t),
            "belief": self._belief(p, t),
            "epochs": self._epochs(r, t),
            "temperature": self._temperature(p, r, t),
            "images": self._images(r, t),
            "soft": self._soft(p, t),
        }

    @staticmethod
    def _surprise(t: Words) -> Drawing:
        figure, axes = drawing.figure()
        p = np.linspace(0.004, 1, 250)
        axes.plot(p, -np.log2(p), color=drawing.BLUE)
        halves = 0.5 ** np.arange(7)
        axes.plot(halves, -np.log2(halves), "o", color=drawing.VERMILION, markersize=6)
        axes.set(ylim=(-0.2, 8.2), xticks=[0, 0.25, 0.5, 0.75, 1], xticklabels=["0", "¼", "½", "¾", "1"])
        drawing.label_axes(axes, t("probability p", "概率 p"), t("surprise, bits", "惊异，比特"))
        words = t(
            "Surprise against probability: 0 bits at p = 1, one more for each halving of p, without end towards p = 0.",
            "惊异随概率的变化：p = 1 时为 0 比特，概率每减半就多 1 比特，p 趋于 0 时没有上限。",
        )
        return Drawing(figure, words)

    @staticmethod
    def _blocks(p: Settings, r: Found, t: Words) -> Drawing:
        figure, axes = drawing.figure()
        blocks, least = np.array(_BLOCKS), entropy([p.coin, 1 - p.coin])
        axes.plot(blocks, r.per_toss, "o-", color=drawing.BLUE, label=t("Huffman code", "霍夫曼编码"))
        axes.plot(
            blocks,
            least + 1 / blocks,
            color=drawing.SOFT,
            linestyle=":",
            label=t("entropy + 1/n", "熵 + 1/n"),
        )
        axes.axhline(least, color=drawing.VERMILION, linestyle=(0, (5, 2)), label=t("entropy", "熵"))
        axes.set(ylim=(0, 2.1), xticks=[1, 2, 4, 6, 8, 10])
        axes.legend(loc="upper right")
        drawing.label_axes(
            axes, t("tosses n in a block", "一组抛掷的次数 n"), t("bits per toss", "每次抛掷的比特数")
        )
        words = t(
            "Bits per toss against the length of the blocks: {first} for single tosses, {last} for blocks of ten, "
            "always between the entropy {least} and entropy + 1/n.",
            "每次抛掷的比特数随分组长度的变化：逐次编码为 {first}，十次一组为 {last}，"
            "始终在熵 {least} 与熵 + 1/n 之间。",
        )
        return Drawing.of(figure, words, 3, first=r.per_toss[0], last=r.per_toss[-1], least=least)

    @staticmethod
    def _entropy(p: Settings, t: Words) -> Drawing:
        figure, axes = drawing.figure(height=3.3)
        heads = np.linspace(0, 1, 201)
        least = [entropy([h, 1 - h]) for h in heads]
        believed = [cross_entropy([h, 1 - h], [p.belief, 1 - p.belief]) for h in heads]
        axes.plot(heads, least, color=drawing.VERMILION, linestyle=(0, (5, 2)), label=t("entropy", "熵"))
        axes.plot(heads, believed, color=drawing.BLUE, label=t("cross-entropy", "交叉熵"))
        axes.plot(p.belief, entropy([p.belief, 1 - p.belief]), "o", color=drawing.INK)
        ends = entropy([p.coin, 1 - p.coin]), cross_entropy([p.coin, 1 - p.coin], [p.belief, 1 - p.belief])
        axes.plot([p.coin, p.coin], ends, color=drawing.GREEN, linewidth=3, label=t("wasted", "浪费"))
        axes.legend(loc="lower center")
        drawing.label_axes(
            axes,
            t("true probability of heads", "正面的真实概率"),
            t("bits per toss, believing in {q}", "每次抛掷的比特数，主观概率 {q}").format(q=f"{p.belief:g}"),
        )
        words = t(
            "Entropy of a coin against its probability of heads, an arch, and the cross-entropy of believing in {q}: a "
            "straight line that touches the arch at {q} and is above it elsewhere, by {waste} bits at {p}.",
            "硬币的熵随正面概率的变化是一条拱线；"
            "主观概率为 {q} 时的交叉熵是一条直线，在 {q} 处与拱线相切，别处都在其上方，在 {p} 处高出 {waste} 比特。",
        )
        waste = significant(ends[1] - ends[0], 3)
        return Drawing(figure, words.format(q=f"{p.belief:g}", p=f"{p.coin:g}", waste=waste))

    @staticmethod
    def _belief(p: Settings, t: Words) -> Drawing:
        figure, axes = drawing.figure(height=3.3)
        beliefs = np.linspace(0.005, 0.995, 199)
        truth = [p.coin, 1 - p.coin]
        axes.plot(beliefs, [cross_entropy(truth, [q, 1 - q]) for q in beliefs], color=drawing.BLUE)
        axes.plot(p.coin, entropy(truth), "o", color=drawing.VERMILION, markersize=7)
        axes.axhline(entropy(truth), color=drawing.VERMILION, linestyle=(0, (5, 2)))
        axes.set(ylim=(0, None))
        drawing.label_axes(
            axes,
            t("believed probability of heads", "正面的主观概率"),
            t("bits per toss, {p} being true", "每次抛掷的比特数，真实概率 {p}").format(p=f"{p.coin:g}"),
        )
        words = t(
            "Cross-entropy against the believed probability when {p} is true: smallest, {least} bits, at {p}, and "
            "without bound towards the wrong certainty.",
            "真实概率为 {p} 时，交叉熵随主观概率的变化：在 {p} 处最小，为 {least} 比特；趋于错误的确信时没有上限。",
        )
        return Drawing(figure, words.format(p=f"{p.coin:g}", least=significant(entropy(truth), 3)))

    @staticmethod
    def _epochs(r: Found, t: Words) -> Drawing:
        figure, axes = drawing.figure()
        places = range(len(r.history))
        for column, color, style, label in (
            (0, drawing.BLUE, "-", t("training labels", "训练标签")),
            (1, drawing.VERMILION, (0, (5, 2)), t("test labels", "测试标签")),
        ):
            axes.plot(places, r.history[:, column], color=color, linestyle=style, label=label)
        axes.axhline(np.log2(10), color=drawing.SOFT, linestyle=":", label=t("all classes alike", "各类均等"))
        axes.set(ylim=(0, 3.6))
        axes.legend(loc="center right")
        drawing.label_axes(axes, t("epoch", "轮"), t("bits per label", "每个标签的比特数"))
        words = t(
            "Bits per label against the epoch: from 3.32 at the start to {train} for training and {test} "
            "for test labels.",
            "每个标签的比特数随轮数的变化：从开始时的 3.32 降到训练标签 {train}、测试标签 {test}。",
        )
        train, test = (significant(float(bits), 3) for bits in r.history[-1])
        return Drawing(figure, words.format(train=train, test=test))

    @staticmethod
    def _temperature(p: Settings, r: Found, t: Words) -> Drawing:
        figure, axes = drawing.figure()
        axes.semilogx(_TEMPERATURES, r.colder, color=drawing.BLUE, label=t("test labels", "测试标签"))
        axes.axhline(np.log2(10), color=drawing.SOFT, linestyle=":", label=t("all classes alike", "各类均等"))
        yours = r.coding.ways["after"]
        axes.plot(p.temperature, yours, "o", color=drawing.VERMILION, markersize=7, label=t("yours", "你的"))
        axes.set(xticks=[0.1, 1, 10], xticklabels=["0.1", "1", "10"], ylim=(0, None))
        axes.minorticks_off()
        axes.legend(loc="upper center")
        drawing.label_axes(axes, t("temperature T", "温度 T"), t("bits per label", "每个标签的比特数"))
        words = t(
            "Bits per label against the temperature: least, {least}, at {best}; more for scores that are too large and "
            "for scores that are too small.",
            "每个标签的比特数随温度的变化：在 {best} 处最少，为 {least}；得分过大或过小都更费。",
        )
        best = significant(float(_TEMPERATURES[r.colder.argmin()]), 2)
        return Drawing(figure, words.format(least=significant(float(r.colder.min()), 3), best=best))

    @staticmethod
    def _images(r: Found, t: Words) -> Drawing:
        names = r.names.zh if t.lang == "zh" else r.names.en
        captions = [
            t("{bits} bits: {true},\nnot {taken}", "{bits} 比特：\n{true}，判为{taken}").format(
                bits=decimals(float(bits), 1), true=names[true], taken=names[taken]
            )
            for bits, true, taken in zip(r.bits, r.true, r.predicted, strict=True)
        ]
        figure = drawing.image_grid(r.images.reshape(-1, 28, 28), captions, columns=5, width=7.5)
        words = t(
            "The test images with the most surprising labels: {list}.", "标签最出人意料的测试图像：{list}。"
        )
        return Drawing(
            figure, words.format(list=t("; ", "；").join(each.replace("\n", " ") for each in captions))
        )

    @staticmethod
    def _soft(p: Settings, t: Words) -> Drawing:
        figure, axes = drawing.figure()
        ahead = np.linspace(-6, 6, 241)
        scores = np.stack([ahead, np.zeros_like(ahead)], axis=1)
        for soft, color, style in ((1.0, drawing.BLUE, "-"), (p.soft, drawing.VERMILION, (0, (5, 2)))):
            losses = CrossEntropy().rows(scores, np.tile([soft, 1 - soft], (len(scores), 1))) / np.log(2)
            label = t("label {a} : {b}", "标签 {a} : {b}").format(a=f"{soft:g}", b=f"{1 - soft:.4g}")
            axes.plot(ahead, losses, color=color, linestyle=style, label=label)
        if p.soft < 1:
            best = np.log(p.soft / (1 - p.soft))
            axes.plot(best, entropy([p.soft, 1 - p.soft]), "o", color=drawing.VERMILION, markersize=7)
        axes.set(ylim=(-0.2, None))
        axes.legend(loc="upper right")
        drawing.label_axes(
            axes, t("score of class 1 minus that of class 2", "第一类与第二类得分之差"), t("bits", "比特")
        )
        words = t(
            "Cross-entropy against the difference of two scores: with a hard label it falls for ever; with the soft "
            "label {soft} it is smallest, {least} bits, at a finite difference.",
            "交叉熵随两个得分之差的变化：硬标签时一直下降；软标签 {soft} 时在有限的差处最小，为 {least} 比特。",
        )
        least = significant(entropy([p.soft, 1 - p.soft]), 3)
        return Drawing(figure, words.format(soft=f"{p.soft:g}", least=least))


PAGE = CrossEntropyPage()

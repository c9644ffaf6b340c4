"""The same sum by a Python loop, by NumPy and by a compiled kernel, measured; a batch against single rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onelayer.course.book import drawing
from onelayer.course.book.page import Drawing, Page
from onelayer.course.book.parameters import Parameter, Settings
from onelayer.course.book.words import Words
from onelayer.course.experiments.stopwatch import seconds
from onelayer.course.pages.vectorisation import summation
from onelayer.course.pages.vectorisation.layer_scores import (
    METHODS,
    Curve,
    Scores,
    by_loop,
    curves,
    row_by_row,
)
from onelayer.kernels.tiles import VECTOR_BYTES
from onelayer.report.numbers import significant

_LOOP_ROWS = 8  # as many as the slow loop is given; its time is told for each row
_EXACT_ROWS = 16
_LONGEST_SUM = 2**18


def add_by_loop(a: NDArray, b: NDArray) -> NDArray:
    """Add two vectors number by number."""
    total = np.zeros(len(a))
    for i in range(len(a)):
        total[i] = a[i] + b[i]
    return total


def add_lists(a: list[float], b: list[float]) -> list[float]:
    """Add two lists number by number, in the way in which Python is quickest."""
    return [u + v for u, v in zip(a, b, strict=True)]


def add_at_once(a: NDArray, b: NDArray) -> NDArray:
    """Add two vectors with one call."""
    return a + b


@dataclass(frozen=True)
class Batch:
    """The scores of a batch by one method.

    Attributes
    ----------
    together, singly : float
        Seconds for the batch in one call, and in a call for each row.
    same : bool
        Whether both give the same bits.
    """

    together: float
    singly: float
    same: bool


@dataclass(frozen=True)
class Found:
    """What the experiment returns.

    Attributes
    ----------
    adding : dict of float
        Seconds to add two vectors: ``loop``, ``lists`` and ``once``.
    loop : float
        Seconds for the scores of one row by a Python loop.
    batches : dict of Batch
        By method.
    curves : list of Curve
    vector_bytes : int
        Bytes of a vector register of this machine.
    sums : Errors
    score_errors : dict of float
        Largest error of a float32 score as a share of Σⱼ |xⱼwⱼ|, by the way it was added.
    """

    adding: dict[str, float]
    loop: float
    batches: dict[str, Batch]
    curves: list[Curve]
    vector_bytes: int
    sums: summation.Errors
    score_errors: dict[str, float]

    def curve(self, method: str, kind: str) -> Curve:
        """Return one of the curves."""
        return next(curve for curve in self.curves if (curve.method, curve.kind) == (method, kind))


class Vectorisation(Page[Found]):
    """Loops, whole arrays and kernels; single rows and batches; what the order of a sum does."""

    parameters = (
        Parameter("numbers", 10_000, "length of the two vectors", "两个向量的长度", 1, 1_000_000),
        Parameter("features", 784, "inputs of the layer", "层的输入数", 1, 2000),
        Parameter("outputs", 10, "outputs of the layer", "层的输出数", 1, 100),
        Parameter("batch_size", 256, "rows of a batch", "批量大小", 2, 4096),
        Parameter("largest", 16_384, "largest batch of the sweep", "扫描中最大的批量", 16, 16_384),
        Parameter("seed", 0, "seed of the random numbers", "随机种子", 0, 2**32 - 1),
    )
    small = ("numbers=100", "features=20", "batch_size=8", "largest=16")

    def run(self, p: Settings) -> Found:
        """Add two vectors, compute the scores of a layer in several ways, and look at the last digits."""
        random_state = np.random.RandomState(p.seed)
        a, b = random_state.standard_normal((2, p.numbers))
        adding = {
            "loop": seconds(add_by_loop, a, b),
            "lists": seconds(add_lists, a.tolist(), b.tolist()),
            "once": seconds(add_at_once, a, b),
        }
        pixels = random_state.randint(0, 256, (max(p.largest, p.batch_size), p.features)).astype(np.uint8)
        W = random_state.standard_normal((p.outputs, p.features)).astype(np.float32)
        intercept = random_state.standard_normal(p.outputs).astype(np.float32)
        X = pixels[: p.batch_size].astype(np.float32)
        lists = X[:_LOOP_ROWS].tolist(), W.tolist(), intercept.tolist()
        fractions = random_state.random_sample((_EXACT_ROWS, p.features)).astype(np.float32)
        return Found(
            adding,
            seconds(by_loop, *lists, repetitions=3) / len(lists[0]),
            {method: _batch(scores, X, W, intercept) for method, scores in METHODS.items()},
            list(curves(pixels[: p.largest], W, intercept)),
            VECTOR_BYTES,
            summation.errors(_LONGEST_SUM, random_state),
            summation.score_errors(fractions, W),
        )

    def figures(self, p: Settings, r: Found, t: Words) -> dict[str, Drawing]:
        """Draw time per row against batch size for both methods, and the errors of sums."""
        fastest = min(curve.floor for curve in r.curves), max(curve.overhead for curve in r.curves)
        return {**{method: _sizes(method, r, fastest, t) for method in METHODS}, "sums": _sums(r.sums, t)}


def _batch(scores: Scores, X: NDArray, W: NDArray, b: NDArray) -> Batch:
    same = np.array_equal(scores(X, W, b), row_by_row(scores, X, W, b))
    return Batch(seconds(scores, X, W, b), seconds(row_by_row, scores, X, W, b, repetitions=3), same)


def _sizes(method: str, r: Found, span: tuple[float, float], t: Words) -> Drawing:
    figure, axes = drawing.figure()
    looks = zip(drawing.SERIES, drawing.MARKERS, strict=False)
    shown = [curve for curve in r.curves if curve.method == method]
    for curve, (color, marker) in zip(shown, looks, strict=False):
        axes.loglog(curve.sizes, curve.model * 1e6, color=color, linestyle=(0, (4, 3)), linewidth=1)
        axes.plot(
            curve.sizes,
            curve.seconds * 1e6,
            color=color,
            marker=marker,
            linestyle="none",
            label=curve.kind,
        )
    axes.set_ylim(span[0] * 1e6 / 2, span[1] * 1e6 * 2)
    axes.legend(loc="upper right")
    drawing.log_ticks(axes.yaxis)
    ticks = shown[0].sizes[::2]
    axes.set_xticks(ticks, [f"{size:,}" for size in ticks], minor=False)
    axes.minorticks_off()
    name = {"numpy": "NumPy", "kernel": t("kernel", "内核")}[method]
    unit = t("µs per row", "每行微秒数")
    drawing.label_axes(axes, t("rows in a batch", "批量大小"), f"{unit}\N{EM SPACE}{name}")
    words = t(
        "{name}: microseconds per row against the size of the batch, both on logarithmic axes. {list}. Dashed: "
        "overhead divided by the size, plus the floor.",
        "{name}：每行微秒数随批量大小的变化，双对数坐标。{list}。虚线：一次调用的开销除以批量大小，再加上平台的高度。",
    )
    parts = t("{kind}: from {first} for a single row down to {floor}", "{kind}：单行时 {first}，最低 {floor}")
    listed = t("; ", "；").join(
        parts.format(
            kind=curve.kind,
            first=significant(curve.overhead * 1e6, 3),
            floor=significant(curve.floor * 1e6, 3),
        )
        for curve in shown
    )
    return Drawing(figure, words.format(name=name, list=listed))


def _sums(errors: summation.Errors, t: Words) -> Drawing:
    figure, axes = drawing.figure()
    eps = float(np.finfo(np.float32).eps)
    lines = (
        (errors.sequential, drawing.VERMILION, "s", t("one after the other", "逐个相加")),
        (errors.pairs, drawing.BLUE, "o", t("in pairs", "两两相加")),
        (errors.numpy, drawing.GREEN, "^", "numpy.sum"),
    )
    for values, color, marker, label in lines:
        axes.loglog(
            errors.lengths,
            np.maximum(values, eps / 100),
            color=color,
            marker=marker,
            label=label,
            linewidth=1,
        )
    axes.axhline(eps, color=drawing.SOFT, linestyle="--", linewidth=1)
    axes.annotate(
        "ε", (errors.lengths[-1], eps), xytext=(0, 3), textcoords="offset points", color=drawing.SOFT
    )
    axes.set_ylim(eps / 100, None)
    axes.legend(loc="upper left")
    drawing.log_ticks(axes.xaxis, axes.yaxis)
    drawing.label_axes(axes, t("numbers added", "相加的个数"), t("relative error", "相对误差"))
    words = t(
        "Relative error of a float32 sum against the number of terms. With {n} terms: one after the other "
        "{sequential}, in pairs {pairs}, numpy.sum {numpy}.",
        "float32 求和的相对误差随项数的变化。{n} 项时：逐个相加 {sequential}，两两相加 {pairs}，numpy.sum {numpy}。",
    )
    last = {
        name: significant(float(values[-1]), 2)
        for name, values in (
            ("sequential", errors.sequential),
            ("pairs", errors.pairs),
            ("numpy", errors.numpy),
        )
    }
    return Drawing(figure, words.format(n=f"{errors.lengths[-1]:,}", **last))


PAGE = Vectorisation()

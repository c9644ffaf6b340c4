"""The figures of the page on overflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from onelayer.course.book import drawing
from onelayer.course.book.page import Drawing
from onelayer.course.book.words import Words
from onelayer.course.pages.overflow.exponential_range import Range
from onelayer.course.pages.overflow.loss_errors import LossErrors
from onelayer.course.pages.overflow.watched_training import Run
from onelayer.report.numbers import decimals, significant

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLORS = {"float16": drawing.BLUE, "float32": drawing.VERMILION, "float64": drawing.GREEN}
_LEAST, _BROKEN = 1e-18, 1e3  # levels for errors that are next to nothing, and for no number at all
_LOOKS = {
    "naive": (drawing.STYLES[1], "X"),
    "shifted": (drawing.STYLES[2], "P"),
    "log-sum-exp": (drawing.STYLES[0], ""),
    "onelayer": (drawing.STYLES[3], ""),
}


def ranges(found: Mapping[str, Range], t: Words) -> Drawing:
    """Draw for each type the scores whose exp it can hold."""
    figure, axes = drawing.figure(height=2.6)
    for place, (name, each) in enumerate(found.items()):
        color = COLORS[name]
        axes.plot(
            [each.log_normal, each.overflow], [place, place], color=color, linewidth=9, solid_capstyle="butt"
        )
        axes.plot(
            [each.underflow, each.log_normal],
            [place, place],
            color=color,
            linewidth=9,
            solid_capstyle="butt",
            alpha=0.4,
        )
        for score, side in ((each.underflow, "right"), (each.overflow, "left")):
            axes.annotate(
                decimals(score, 1).replace("-", "−"),
                (score, place),
                (-5 if side == "right" else 5, 0),
                textcoords="offset points",
                ha=side,
                va="center",
                color=drawing.INK,
                fontsize=9,
            )
    axes.set_xscale("symlog", linthresh=10)
    axes.set(xlim=(-2e4, 2e4), ylim=(2.6, -0.6))
    axes.set_xticks([-1000, -100, -10, 0, 10, 100, 1000])
    axes.set_xticklabels(["−1000", "−100", "−10", "0", "10", "100", "1000"])
    axes.minorticks_off()
    axes.set_yticks(range(len(found)), list(found))
    drawing.label_axes(
        axes,
        t("score s", "得分 s"),
        t("where exp(s) is neither 0 nor infinite", "exp(s) 既不为 0 也不为无穷的范围"),
    )
    words = t(
        "For each type the scores whose exp is neither 0 nor infinite: {list}.",
        "每种类型中 exp 既不为 0 也不为无穷的得分：{list}。",
    )
    list_ = t("; ", "；").join(
        t("{name} from {low} to {high}", "{name} 从 {low} 到 {high}").format(
            name=name, low=significant(each.underflow), high=significant(each.overflow)
        )
        for name, each in found.items()
    )
    return Drawing(figure, words.format(list=list_))


def errors(
    found: Mapping[tuple[str, str], LossErrors], limits: Mapping[str, Range], t: Words, *, right: bool
) -> Drawing:
    """Draw the relative error of the loss of (s, 0) against s: colours for types, dashes for forms."""
    figure, axes = drawing.figure(height=3.9)
    names = {
        "naive": t("naive", "照公式计算"),
        "shifted": t("softmax shifted, then log", "平移后求 softmax，再取对数"),
        "log-sum-exp": "log-sum-exp",
        "onelayer": "onelayer",
    }
    shown = ("naive", "log-sum-exp", "onelayer") if right else ("naive", "shifted", "log-sum-exp")
    breaks = []
    for form in shown:
        style, marker = _LOOKS[form]
        axes.plot([], [], color=drawing.INK, linestyle=style, marker=marker, markersize=6, label=names[form])
        for name, color in COLORS.items():
            if form == "onelayer" and name == "float16":
                continue  # it computes in float32
            each, top = found[form, name], _BROKEN if form == "naive" else 100 * _BROKEN
            level = np.where(np.isinf(each.largest), top, np.maximum(each.largest, _LEAST))
            until = int(
                (each.truth > limits[name].smallest).sum()
            )  # beyond, 0 is the best answer that there is
            if np.isinf(each.largest).any() and form in ("naive", "shifted"):
                until = int(level.argmax()) + 1
                breaks.append((form, name, each.scores[until - 2]))
                axes.plot(each.scores[until - 1], top, marker, color=color, markersize=6)
            axes.loglog(each.scores[:until], level[:until], color=color, linestyle=style, linewidth=1.4)
    for name, color in COLORS.items():
        start = found["log-sum-exp", name].largest[:5].max()
        axes.annotate(name, (0.25, start), (0, 6), textcoords="offset points", color=color, fontsize=9)
    axes.set(xlim=(0.22, 1300), ylim=(_LEAST / 8, _BROKEN * 3000))
    drawing.log_ticks(axes.xaxis)
    powers = {
        1e-18: "≤ 10⁻¹⁸",
        1e-15: "10⁻¹⁵",
        1e-12: "10⁻¹²",
        1e-9: "10⁻⁹",
        1e-6: "10⁻⁶",
        1e-3: "10⁻³",
        1.0: "1",
    }
    axes.set_yticks([*powers, _BROKEN], [*powers.values(), "inf, nan"])
    axes.minorticks_off()
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, 0.2), fontsize=8.6)
    drawing.label_axes(axes, t("score s", "得分 s"), t("relative error of the loss", "损失的相对误差"))
    if right:
        words = t(
            "Relative error of the loss of a right prediction against the score, both logarithmic. Naive and "
            "log-sum-exp lose all digits as the score grows; onelayer's stays near {a} in float32 and {b} in float64.",
            "判对时损失的相对误差随得分的变化（双对数坐标）。照公式计算和 log-sum-exp 随得分增大丢光有效数字；"
            "onelayer 在 float32 中保持在 {a} 附近，在 float64 中保持在 {b} 附近。",
        )
        a, b = (
            significant(float(np.median(found["onelayer", name].largest[:20])), 1)
            for name in ("float32", "float64")
        )
        return Drawing(figure, words.format(a=a, b=b))
    words = t(
        "Relative error of the loss of a wrong prediction against the score, both logarithmic. Where a line goes up to "
        "a mark, the loss is infinite or not a number beyond: {list}. Log-sum-exp goes on.",
        "判错时损失的相对误差随得分的变化（双对数坐标）。线升到顶端记号处，再往后损失就是无穷或非数：{list}。"
        "log-sum-exp 一直算得下去。",
    )
    list_ = ", ".join(f"{names[form]} {name} {significant(float(s), 3)}" for form, name, s in breaks)
    return Drawing(figure, words.format(list=list_))


_TEMPERATURES = (1.0, 0.3)


def _smooth(x: NDArray, temperature: float) -> NDArray:
    return temperature * np.logaddexp(x / temperature, 0)


def smooth_maximum(t: Words) -> Drawing:
    """Draw T·log(exp(s/T) + 1) for several T beside the larger of s and 0."""
    figure, axes = drawing.figure()
    x = np.linspace(-4, 4, 161)
    for temperature, color, style in zip(_TEMPERATURES, drawing.SERIES, drawing.STYLES, strict=False):
        label = f"T log(exp(s/T) + exp(0)), T = {temperature:g}"
        axes.plot(x, _smooth(x, temperature), color=color, linestyle=style, label=label)
    axes.plot(x, np.maximum(x, 0), color=drawing.INK, linewidth=1, label="max(s, 0)")
    axes.annotate(
        "log 2", (0, np.log(2)), (-8, 4), textcoords="offset points", ha="right", color=drawing.BLUE
    )
    axes.legend(loc="upper left")
    axes.set_ylim(-0.2, 5.2)
    drawing.label_axes(axes, t("score s", "得分 s"), t("log-sum-exp of s and 0", "s 与 0 的 log-sum-exp"))
    words = t(
        "The log-sum-exp of s and 0 runs above the larger of the two and hugs it: it is log 2 above it where they are "
        "equal, and by {far} at 4. With a lower temperature it hugs it more closely.",
        "s 与 0 的 log-sum-exp 在两者的最大值上方，紧贴着它：两者相等处高出 log 2，到 4 处只高出 {far}。"
        "温度越低贴得越紧。",
    )
    return Drawing.of(figure, words, 2, far=np.log1p(np.exp(-4)))


def smooth_choice(t: Words) -> Drawing:
    """Draw the slopes of these: the softmax, and a step."""
    figure, axes = drawing.figure()
    x = np.linspace(-4, 4, 161)
    for temperature, color, style in zip(_TEMPERATURES, drawing.SERIES, drawing.STYLES, strict=False):
        label = f"softmax, T = {temperature:g}"
        axes.plot(x, 1 / (1 + np.exp(-x / temperature)), color=color, linestyle=style, label=label)
    axes.plot(x, x > 0, color=drawing.INK, linewidth=1, label=t("slope of max(s, 0)", "max(s, 0) 的斜率"))
    axes.legend(loc="upper left")
    axes.set(ylim=(-0.05, 1.55), yticks=[0, 0.5, 1])
    drawing.label_axes(axes, t("score s", "得分 s"), t("slope in s", "对 s 的斜率"))
    words = t(
        "The slope of the log-sum-exp is the softmax, which goes from 0 to 1 smoothly, {value} at 1 for T = 1; the "
        "slope of the maximum jumps.",
        "log-sum-exp 的斜率就是 softmax，从 0 光滑地升到 1，T = 1 时在 1 处为 {value}；最大值的斜率则是跳跃的。",
    )
    return Drawing.of(figure, words, 3, value=1 / (1 + np.exp(-1)))


def run_losses(naive: Run, stable: Run, t: Words) -> Drawing:
    """Draw the loss of each minibatch of both runs."""
    figure, axes = drawing.figure(height=3.2)
    looks = (
        (stable, "log-sum-exp", drawing.BLUE, drawing.STYLES[0]),
        (naive, t("naive", "照公式计算"), drawing.VERMILION, drawing.STYLES[1]),
    )
    for run, name, color, style in looks:
        losses = np.array([step.loss for step in run.steps])
        places = np.arange(1, len(losses) + 1)[np.isfinite(losses)]
        axes.plot(places, losses[places - 1], color=color, linestyle=style, label=name)
        if run.broken or len(losses) == 1:
            axes.plot(places[-1:], losses[places[-1:] - 1], "X", color=color, markersize=7)
        if run.broken:
            _mark_break(axes, len(losses), color)
    axes.set_yscale("log")
    axes.set_ylim(top=2 * axes.get_ylim()[1])
    axes.legend(loc="best")
    drawing.log_ticks(axes.yaxis)
    _count_minibatches(axes, len(stable.steps))
    drawing.label_axes(axes, t("minibatch", "小批量"), t("mean loss of the minibatch", "小批量的平均损失"))
    fates = t(" ", "").join(_fate(run, name, t) for run, name, *_ in looks)
    words = t(
        "Loss of each minibatch on a logarithmic axis. {fates}", "每个小批量的损失（对数坐标）。{fates}"
    )
    return Drawing(figure, words.format(fates=fates))


def run_scores(naive: Run, stable: Run, limits: Range, t: Words) -> Drawing:
    """Draw the largest score of each minibatch, and how far the true class lies behind, against the limits."""
    figure, axes = drawing.figure(height=3.2)
    kinds = (
        ("largest", t("largest score", "最大的得分"), drawing.BLUE, drawing.STYLES[0]),
        ("behind", t("true class behind, at most", "正确类最多落后"), drawing.PURPLE, drawing.STYLES[1]),
    )
    reached = []
    for kind, label, color, style in kinds:
        values = np.array([vars(step)[kind] for step in stable.steps])
        places = np.arange(1, len(values) + 1)[np.isfinite(values)]
        few = {"marker": "o"} if len(values) < 4 else {}
        axes.plot(places, values[places - 1], color=color, linestyle=style, linewidth=1.5, label=label, **few)
        reached.append(float(values[places - 1].max()))
    for level, label, color in (
        (limits.overflow, t("exp overflows: {s}", "exp 上溢：{s}"), drawing.BLUE),
        (-limits.underflow, t("probability underflows: {s}", "概率下溢：{s}"), drawing.PURPLE),
    ):
        text = label.format(s=significant(level, 4))
        axes.axhline(level, color=color, linewidth=1.2, linestyle=drawing.STYLES[2], label=text)
    if naive.broken:
        _mark_break(axes, len(naive.steps), drawing.VERMILION)
    axes.set_yscale("log")
    top = 4 * max(-limits.underflow, *reached)
    axes.set_ylim(limits.overflow / max(300, (top / limits.overflow) ** 0.8), top)  # room for the legend
    axes.legend(loc="lower right")
    drawing.log_ticks(axes.yaxis)
    _count_minibatches(axes, len(stable.steps))
    title = t("scores in the run with log-sum-exp", "用 log-sum-exp 训练时的得分")
    drawing.label_axes(axes, t("minibatch", "小批量"), title)
    words = t(
        "Scores of each minibatch in the run with log-sum-exp: the largest reaches {a}, exp overflows at {c}; the true "
        "class falls behind by up to {b}, its probability underflows at {d}.",
        "用 log-sum-exp 训练时每个小批量的得分：最大的达到 {a}，exp 在 {c} 处上溢；"
        "正确类最多落后 {b}，它的概率在 {d} 处下溢。",
    )
    a, b, c, d = (significant(value, 4) for value in (*reached, limits.overflow, -limits.underflow))
    return Drawing(figure, words.format(a=a, b=b, c=c, d=d))


def _count_minibatches(axes: Axes, n: int) -> None:
    margin = max(1.0, 0.03 * n)
    axes.set_xlim(1 - margin, n + margin)
    axes.locator_params(axis="x", integer=True)


def _mark_break(axes: Axes, place: int, color: str) -> None:
    axes.axvline(place, color=color, linewidth=1, linestyle=drawing.STYLES[2])
    axes.annotate(
        "nan",
        (place, 1),
        (4, -2),
        xycoords=axes.get_xaxis_transform(),
        textcoords="offset points",
        va="top",
        color=color,
        fontsize=9,
    )


def _fate(run: Run, name: str, t: Words) -> str:
    if run.broken:
        words = t("{name}: breaks in minibatch {n}.", "{name}：在第 {n} 个小批量处中断。")
    else:
        words = t("{name}: {loss} after {n} minibatches.", "{name}：{n} 个小批量之后为 {loss}。")
    return words.format(name=name, n=len(run.steps), loss=significant(run.last.loss, 3))

"""The figures of the page on validation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from onelayer.course.book import drawing
from onelayer.course.book.heat_map import heat_map
from onelayer.course.book.page import Drawing
from onelayer.course.book.parameters import Settings
from onelayer.course.book.words import Words
from onelayer.course.pages.validation.early_stopping import EarlyStopping
from onelayer.course.pages.validation.grid_search import ALPHAS, RATES, Grid
from onelayer.course.pages.validation.learning_curve import LearningCurve
from onelayer.course.pages.validation.polynomials import NORTH, SOUTH, Draw, features
from onelayer.report.numbers import percent, significant

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from onelayer.course.pages.validation.page import Found

_PRICES = (100_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000)
_ERRORS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1, 1.5, 2, 3)
_HIGHEST = 3.3  # error that is still drawn
_BINS = 40
_OTHERS = 350  # sales held out that are shown


def best(p: Settings, r: Found, t: Words) -> Drawing:
    """Draw how good one model looks, and the best of all, over the repetitions."""
    figure, axes = drawing.figure()
    right = [np.rint(each * p.validation_rows).astype(int) for each in (r.alone, r.best)]
    low, high = min(each.min() for each in right), max(each.max() for each in right)
    step = max(1, -(-(high - low + 1) // _BINS))
    edges = np.arange(low, high + step + 1, step)
    looks = (
        (t("one model", "一个模型"), drawing.BLUE, 0.35),
        (t(f"best of {p.models:,}", f"{p.models:,} 个里最好的"), drawing.VERMILION, 0.55),
    )
    for each, (label, color, alpha) in zip(right, looks, strict=True):
        shares = np.histogram(each, edges)[0] / len(each)
        axes.stairs(
            shares, (edges - 0.5) / p.validation_rows, fill=True, color=color, alpha=alpha, label=label
        )
    axes.axvline(r.accuracy, color=drawing.INK, linewidth=1.2, linestyle=drawing.STYLES[1])
    axes.set_ylim(top=1.35 * axes.get_ylim()[1])
    axes.legend(loc="upper left", bbox_to_anchor=(0, 1.02))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    drawing.label_axes(
        axes,
        t("accuracy on the validation set", "验证集上的准确率"),
        t("share of repetitions", "占重复次数的比例"),
    )
    words = t(
        "How good models with an accuracy of {truth} look on {n} rows: one model {one} on average, the best of {m} "
        "{many}.",
        "准确率为 {truth} 的模型在 {n} 行上看起来有多好：一个模型平均 {one}，{m} 个里最好的平均 {many}。",
    )
    text = words.format(
        truth=percent(r.accuracy),
        n=p.validation_rows,
        one=percent(r.alone.mean()),
        m=p.models,
        many=percent(r.best.mean()),
    )
    return Drawing(figure, text)


def optimism(r: Found, t: Words) -> Drawing:
    """Draw how much better the best looks against the number of models, for three sizes of validation set."""
    figure, axes = drawing.figure()
    looks = zip(drawing.SERIES, drawing.STYLES, drawing.MARKERS, strict=True)
    for each, (color, style, marker) in zip(r.optimism, looks, strict=False):
        excess = 100 * (each.exact - r.accuracy)
        axes.semilogx(each.models, excess, color=color, linestyle=style)
        label = t(f"{each.rows:,} rows", f"{each.rows:,} 行")
        simulated = 100 * (each.simulated - r.accuracy)
        axes.plot(each.models, simulated, color=color, marker=marker, linestyle="none", label=label)
    axes.legend(loc="upper left")
    drawing.log_ticks(axes.xaxis)
    drawing.label_axes(
        axes,
        t("models to choose from", "可供挑选的模型数"),
        t("looks better by, points", "看起来偏高（百分点）"),
    )
    words = t(
        "By how much the best of equally good models seems better than it is, against their number; markers simulated, "
        "lines exact. With 1,000 models: {ends}.",
        "同样好的模型里，最好的看起来比实际好多少，随模型数的变化；标记为模拟，线为精确值。1,000 个模型时：{ends}。",
    )
    ends = ", ".join(
        t("{x} points on {n} rows", "{n} 行时 {x} 个百分点").format(
            x=significant(100 * (each.exact[-1] - r.accuracy), 2), n=f"{each.rows:,}"
        )
        for each in r.optimism
    )
    return Drawing(figure, words.format(ends=ends))


def polynomials(r: Found, t: Words) -> Drawing:
    """Draw the few sales, some others, and polynomials of three degrees."""
    figure, axes = drawing.figure(height=3.4)
    draw, sales = r.shown, r.sales
    place = (SOUTH + NORTH) / 2 + sales.X[draw.rows, 1] * (NORTH - SOUTH) / 2
    others = (SOUTH + NORTH) / 2 + sales.X_held[:_OTHERS, 1] * (NORTH - SOUTH) / 2
    dots = {"marker": "o", "linestyle": "none"}
    axes.plot(others, sales.y_held[:_OTHERS], markersize=2, color=drawing.SOFT, alpha=0.35, **dots)
    axes.plot(place[:250], sales.y[draw.rows[:250]], markersize=3.6, color=drawing.INK, **dots)
    across = np.linspace(SOUTH, NORTH, 301)
    curves = draw.W @ features(across, draw.W.shape[1] - 1).T
    degrees = sorted({1, r.right_degree, len(curves)})
    for degree, color, style in zip(degrees, drawing.SERIES, drawing.STYLES, strict=False):
        label = t(f"degree {degree}", f"{degree} 次")
        axes.plot(across, curves[degree - 1], color=color, linestyle=style, label=label)
    axes.set(xlim=(SOUTH, NORTH), ylim=np.log([80_000, 6_000_000]))
    axes.set_yticks(np.log(_PRICES), [f"{price / 1e6:g}" for price in _PRICES])
    axes.legend(loc="upper left")
    drawing.label_axes(
        axes, t("latitude, °N", "纬度（北纬，度）"), t("price, million dollars", "价格（百万美元）")
    )
    words = t(
        "{n} sales (large dots), others (small), and polynomials of the latitude of degree {degrees}. The higher the "
        "degree, the closer the curve follows the large dots; near the ends of the county it swings.",
        "{n} 笔成交（大点）、其他成交（小点），以及纬度的 {degrees} 次多项式。"
        "次数越高，曲线越贴着大点走；到了县的南北两端，它会甩出去。",
    )
    return Drawing(figure, words.format(n=len(draw.rows), degrees=t(", ", "、").join(map(str, degrees))))


def degrees(r: Found, t: Words) -> Drawing:
    """Draw errors in training and on other sales against the degree."""
    figure, axes = drawing.figure(height=3.4)
    degree = np.arange(1, len(r.train) + 1)
    looks = (
        ("train", r.train, t("training", "训练"), drawing.BLUE, drawing.STYLES[0], "o"),
        ("held_out", r.held_out, t("held out", "留出"), drawing.VERMILION, drawing.STYLES[1], "s"),
    )
    for name, median, label, color, style, marker in looks:
        quarters = np.quantile([getattr(draw, name) for draw in r.draws], (0.25, 0.75), axis=0)
        axes.fill_between(degree, *quarters, color=color, alpha=0.18, linewidth=0)
        axes.semilogy(degree, median, color=color, linestyle=style, marker=marker, label=label)
    lowest = r.right_degree
    axes.plot(
        lowest, r.held_out[lowest - 1], marker="*", markersize=13, color=drawing.GREEN, linestyle="none"
    )
    axes.legend(loc="upper left")
    _error_axis(axes, r.train.min(), r.held_out.max())
    axes.set_xticks(degree)
    drawing.label_axes(axes, t("degree", "次数"), t("error of the log price", "对数价格的误差"))
    words = t(
        "Median errors over {draws} draws, against the degree. In training they fall from {a} to {b}; on sales held "
        "out they go from {c} at degree 1 over {best} at degree {lowest} to {d}.",
        "{draws} 次抽取的误差中位数随次数的变化。训练误差从 {a} 降到 {b}；"
        "留出成交上的误差从 1 次的 {c}，经 {lowest} 次的 {best}，到最后的 {d}。",
    )
    a, b, c, d = (significant(float(each[i]), 2) for each in (r.train, r.held_out) for i in (0, -1))
    text = words.format(
        draws=len(r.draws), a=a, b=b, c=c, d=d, best=significant(float(r.held_out.min()), 2), lowest=lowest
    )
    return Drawing(figure, text)


def few_and_many(r: Found, t: Words) -> Drawing:
    """Draw both errors against the number of sales, for the smallest and the largest degree."""
    figure, axes = drawing.figure(height=3.4)
    train, held_out = r.curves
    last = train.shape[1]
    ends = []
    for degree, color, marker in ((1, drawing.BLUE, "o"), (last, drawing.VERMILION, "s")):
        name = t(f"degree {degree}", f"{degree} 次")
        for errors, kind, style in (
            (held_out, t("held out", "留出"), drawing.STYLES[0]),
            (train, t("training", "训练"), drawing.STYLES[1]),
        ):
            curve = errors[:, degree - 1]
            label = f"{name}, {kind}" if t.lang == "en" else f"{name}，{kind}"
            axes.loglog(
                r.sizes, curve, color=color, linestyle=style, marker=marker, markersize=3.5, label=label
            )
            ends.append(f"{label}: {significant(float(curve[0]), 2)} → {significant(float(curve[-1]), 2)}")
    axes.legend(loc="upper right")
    _error_axis(axes, train.min(), held_out.max())
    axes.set_xticks(r.sizes, [f"{size}" for size in r.sizes])
    axes.set_xticks([], minor=True)
    drawing.label_axes(
        axes, t("sales to train on", "训练所用的成交数"), t("error of the log price", "对数价格的误差")
    )
    words = t(
        "Median errors against the number of sales, from {few} to {many}. {ends}.",
        "误差的中位数随成交数（{few} 到 {many}）的变化。{ends}。",
    )
    return Drawing(figure, words.format(few=r.sizes[0], many=r.sizes[-1], ends="; ".join(ends)))


def images(curve: LearningCurve, t: Words) -> Drawing:
    """Draw accuracy in training and on the test images against the number of images."""
    figure, axes = drawing.figure(height=3.4)
    looks = (
        (curve.train, t("training images", "训练图像"), drawing.BLUE, drawing.STYLES[1], "o"),
        (curve.test, t("test images", "测试图像"), drawing.VERMILION, drawing.STYLES[0], "s"),
    )
    axes.fill_between(curve.sizes, curve.train, curve.test, color=drawing.SOFT, alpha=0.14, linewidth=0)
    for accuracy, label, color, style, marker in looks:
        axes.semilogx(curve.sizes, accuracy, color=color, linestyle=style, marker=marker, label=label)
    axes.legend(loc="lower right")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    drawing.log_ticks(axes.xaxis)
    drawing.label_axes(axes, t("images to train on", "训练所用的图像数"), t("accuracy", "准确率"))
    words = t(
        "Accuracy against the number of images, from {few} to {many}: in training it goes from {a} to {b}, on test "
        "images from {c} to {d}.",
        "准确率随图像数（{few} 到 {many}）的变化：训练图像上从 {a} 到 {b}，测试图像上从 {c} 到 {d}。",
    )
    a, b, c, d = (percent(float(each[i])) for each in (curve.train, curve.test) for i in (0, -1))
    text = words.format(few=curve.sizes[0], many=f"{curve.sizes[-1]:,}", a=a, b=b, c=c, d=d)
    return Drawing(figure, text)


def folds(draw: Draw, t: Words) -> Drawing:
    """Draw the errors of each fold, of all of them together, and on sales held out."""
    figure, axes = drawing.figure(height=3.4)
    degree = np.arange(1, len(draw.train) + 1)
    for number, each in enumerate(draw.folds):
        label = t("each fold", "每一折") if number == 0 else None
        axes.semilogy(degree, each, color=drawing.SOFT, linewidth=0.8, alpha=0.7, label=label)
    together = draw.cross_validated
    axes.semilogy(
        degree,
        together,
        color=drawing.BLUE,
        marker="o",
        label=t(f"{len(draw.folds)} folds", f"{len(draw.folds)} 折"),
    )
    axes.semilogy(
        degree,
        draw.held_out,
        color=drawing.VERMILION,
        linestyle=drawing.STYLES[1],
        marker="s",
        markersize=3.5,
        label=t("held out", "留出"),
    )
    choice = draw.choices["folds"]
    axes.plot(choice, together[choice - 1], marker="*", markersize=13, color=drawing.GREEN, linestyle="none")
    axes.legend(loc="upper left")
    _error_axis(axes, draw.folds.min(), max(draw.folds.max(), draw.held_out.max()))
    axes.set_xticks(degree)
    drawing.label_axes(axes, t("degree", "次数"), t("error of the log price", "对数价格的误差"))
    words = t(
        "Errors of each of {k} folds and of all together, against the degree, beside the error on sales held out. "
        "Cross-validation is lowest at degree {choice}, the sales held out at degree {oracle}.",
        "{k} 折中每一折的误差、合起来的误差，以及留出成交上的误差，随次数的变化。"
        "交叉验证在 {choice} 次最低，留出成交在 {oracle} 次最低。",
    )
    return Drawing(figure, words.format(k=len(draw.folds), choice=choice, oracle=draw.choices["oracle"]))


def stopping(run: EarlyStopping, t: Words) -> Drawing:
    """Draw training and validation loss against the epoch, and where training stops."""
    figure, axes = drawing.figure()
    epochs = np.arange(1, len(run.train) + 1)
    axes.plot(epochs, run.train, color=drawing.BLUE, linestyle=drawing.STYLES[1], label=t("training", "训练"))
    axes.plot(epochs, run.validation, color=drawing.VERMILION, label=t("validation", "验证"))
    axes.plot(
        run.best,
        run.validation[run.best - 1],
        marker="*",
        markersize=13,
        color=drawing.GREEN,
        linestyle="none",
    )
    axes.axvline(run.stopped, color=drawing.SOFT, linewidth=1, linestyle=drawing.STYLES[2])
    axes.set_ylim(0, 1.15 * max(run.validation[2:].max(), run.train[2]))
    axes.legend(loc="lower right", bbox_to_anchor=(1, 0.12))
    drawing.label_axes(axes, t("epoch", "轮"), t("cross-entropy", "交叉熵"))
    words = t(
        "Loss against the epoch. In training it falls to {train}; on the validation set it is {best_loss} in epoch "
        "{best}, the star, and {end} at the end. The dotted line is epoch {stopped}, where training stops.",
        "损失随轮数的变化。训练损失降到 {train}；验证损失在第 {best} 轮（星号）为 {best_loss}，最后为 {end}。"
        "点线是第 {stopped} 轮，训练在此停止。",
    )
    train, best_loss, end = (
        significant(float(each), 3)
        for each in (run.train[-1], run.validation[run.best - 1], run.validation[-1])
    )
    text = words.format(train=train, best=run.best, best_loss=best_loss, end=end, stopped=run.stopped)
    return Drawing(figure, text)


def stopping_accuracy(run: EarlyStopping, t: Words) -> Drawing:
    """Draw accuracy on the validation set against the epoch."""
    figure, axes = drawing.figure()
    epochs = np.arange(1, len(run.accuracy) + 1)
    axes.plot(epochs, run.accuracy, color=drawing.VERMILION, label=t("validation", "验证"))
    axes.axvline(run.stopped, color=drawing.SOFT, linewidth=1, linestyle=drawing.STYLES[2])
    axes.plot(
        run.best, run.accuracy[run.best - 1], marker="*", markersize=13, color=drawing.GREEN, linestyle="none"
    )
    axes.set_ylim(run.accuracy[2:].min() - 0.03, run.accuracy.max() + 0.03)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    drawing.label_axes(axes, t("epoch", "轮"), t("accuracy on the validation set", "验证集上的准确率"))
    words = t(
        "Accuracy on the validation set against the epoch: {best} in epoch {epoch}, whose model is kept, and {end} at "
        "the end.",
        "验证集上的准确率随轮数的变化：被保留的第 {epoch} 轮为 {best}，最后为 {end}。",
    )
    kept, end = (percent(float(run.accuracy[i])) for i in (run.best - 1, -1))
    return Drawing(figure, words.format(best=kept, epoch=run.best, end=end))


def grid(found: Grid, t: Words) -> Drawing:
    """Draw the table of the search: the loss for each pair of hyperparameters."""
    figure, axes = drawing.figure(width=5.4, height=3.3)
    means = found.means
    low, high = found.smallest, np.nanmax(means)
    shares = np.clip(1 - np.sqrt((means - low) / max(high - low, 1e-9)), 0, 1)
    texts = [["×" if np.isnan(loss) else f"{loss:.3f}" for loss in row] for row in means]
    heat_map(axes, shares, texts, marked=found.best, fontsize=9)
    axes.set_xticklabels([f"{rate:g}" for rate in RATES])
    axes.set_yticklabels([f"{alpha:g}" for alpha in ALPHAS])
    drawing.label_axes(axes, t("learning rate η", "学习率 η"), t("penalty α", "惩罚系数 α"))
    words = t(
        "Validation loss for penalties (rows) and learning rates (columns); × where training diverged. The smallest is "
        "{loss}, with rate {rate} and penalty {alpha}.",
        "验证损失，行为惩罚系数 α，列为学习率 η；× 表示发散。最小的是 {loss}，学习率 {rate}，惩罚系数 {alpha}。",
    )
    text = words.format(loss=significant(low, 3), rate=f"{found.rate:g}", alpha=f"{found.alpha:g}")
    return Drawing(figure, text)


def _error_axis(axes: Axes, low: float, high: float) -> None:
    """Give a logarithmic axis of errors its range and plain numbers."""
    low, high = max(0.85 * float(low), 0.05), min(1.6 * float(high), _HIGHEST)
    axes.set_ylim(low, high)
    ticks = [tick for tick in _ERRORS if low <= tick <= high]
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_yticks([], minor=True)

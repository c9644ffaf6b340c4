"""The figures of the page on noise and loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from onelayer.course.book import drawing
from onelayer.course.book.page import Drawing
from onelayer.course.book.parameters import Settings
from onelayer.course.book.words import Words
from onelayer.course.experiments.three_losses import LOOKS, losses
from onelayer.course.pages.noise_and_loss.noise_study import DENSITIES
from onelayer.losses import Gaussian
from onelayer.report.numbers import significant

if TYPE_CHECKING:
    from onelayer.course.pages.noise_and_loss.page import Found, Trial

_FAMILIES = {
    "gaussian": ("Gaussian", "正态"),
    "laplace": ("Laplace", "拉普拉斯"),
    "student-t": ("Student t", "学生 t"),
    "contaminated": ("contaminated", "受污染"),
}
_TAILS = 7.0  # standard deviations
_NATS = 10.0


def normal_density(y: NDArray, mean: float, deviation: float) -> NDArray:
    """Return exp(−(y − μ)²/2σ²) / (σ·√2π).

    Examples
    --------
    >>> normal_density(np.array([0.0]), 0.0, 1.0).round(4)
    array([0.3989])
    """
    return np.exp(Gaussian().log_density(y - mean, deviation))


def normal(p: Settings, t: Words) -> Drawing:
    """Draw the standard normal density, a shifted one and a widened one."""
    figure, axes = drawing.figure()
    reach = 3 * max(1.0, p.sigma) + abs(p.mu)
    y = np.linspace(-reach, reach, 401)
    curves = ((0.0, 1.0), (p.mu, 1.0), (0.0, p.sigma))
    for (mean, deviation), color, style in zip(curves, drawing.SERIES, drawing.STYLES, strict=False):
        density = normal_density(y, mean, deviation)
        axes.plot(y, density, color=color, linestyle=style, label=f"μ = {mean:g}, σ = {deviation:g}")
    axes.set_ylim(0, 1.45 * max(1, 1 / p.sigma) * 0.4)
    axes.legend(loc="upper left")
    drawing.label_axes(axes, "y", t("density", "密度"))
    words = t(
        "Three normal densities. With mean {mu} the curve is shifted by as much; with standard deviation {sigma} its "
        "peak is {peak} instead of 0.399.",
        "三条正态密度曲线。均值为 {mu} 时曲线平移同样的距离；标准差为 {sigma} 时峰值是 {peak} 而不是 0.399。",
    )
    peak = significant(0.3989423 / p.sigma, 3)
    return Drawing(figure, words.format(mu=p.mu, sigma=p.sigma, peak=peak))


def noises(t: Words) -> Drawing:
    """Draw the densities of the four kinds of noise on a logarithmic axis."""
    figure, axes = drawing.figure()
    e = np.linspace(-8, 8, 321)
    for (family, density), color, style in zip(
        DENSITIES.items(), drawing.SERIES, drawing.STYLES, strict=False
    ):
        values = [density.value(abs(each)) for each in e]
        axes.plot(e, values, color=color, linestyle=style, label=t(*_FAMILIES[family]))
    axes.set_yscale("log")
    axes.set_ylim(1e-6, 60)
    axes.legend(loc="upper right", ncols=2)
    drawing.log_ticks(axes.yaxis)
    drawing.label_axes(axes, t("noise ε, in scales", "噪声 ε，以尺度为单位"), t("density", "密度"))
    at_six = ", ".join(
        f"{t(*_FAMILIES[family])} {significant(density.value(6.0), 2)}"
        for family, density in DENSITIES.items()
    )
    words = t(
        "Densities of four kinds of noise on a logarithmic axis: the Gaussian falls like a parabola, the others have "
        "heavier tails. At ε = 6: {values}.",
        "四种噪声的密度，对数坐标：正态分布像抛物线一样下降，其余的尾部更重。在 ε = 6 处：{values}。",
    )
    return Drawing(figure, words.format(values=at_six))


def middle(r: Found, t: Words) -> Drawing:
    """Draw the negative log-likelihood of a few numbers against the centre."""
    figure, axes = drawing.figure()
    for name, look in LOOKS.items():
        found = r.middles[name]
        shown = np.where(found.nats < _NATS, found.nats, np.nan)
        axes.plot(found.centres, shown, label=look.label(t), **look.style())
        axes.plot(found.lowest, 0, clip_on=False, zorder=3, **look.style(marker=True))
    axes.set_ylim(0, 1.7 * _NATS)
    axes.plot(r.sample, np.full(len(r.sample), 0.05 * _NATS), "|", color=drawing.INK, markersize=9)
    axes.legend(loc="upper center")
    drawing.label_axes(axes, t("centre μ", "中心 μ"), t("nats above the smallest", "比最小值高出的奈特数"))
    words = t(
        "Negative log-likelihood of {n} numbers against their centre, for three noises. Lowest points: {list}.",
        "{n} 个数的负对数似然随中心的变化，三种噪声。最低点：{list}。",
    )
    lowest = ", ".join(
        f"{look.label(t)} {significant(r.middles[name].lowest, 3)}" for name, look in LOOKS.items()
    )
    return Drawing(figure, words.format(n=len(r.sample), list=lowest))


def simulation(r: Found, t: Words) -> Drawing:
    """Draw the error of each loss under each noise, with what theory says and the least possible."""
    figure, axes = drawing.figure(height=3.4)
    places = np.arange(len(r.study))
    for shift, (name, look) in zip((-0.22, 0.0, 0.22), LOOKS.items(), strict=True):
        found = [estimates[name] for estimates in r.study.values()]
        axes.errorbar(
            places + shift,
            [each.variance for each in found],
            yerr=[2 * each.variance_error for each in found],
            color=look.color,
            marker=look.marker,
            linestyle="none",
            capsize=3,
            label=look.label(t),
        )
        theory = [each.variance_theory for each in found]
        axes.hlines(theory, places + shift - 0.1, places + shift + 0.1, color=look.color, linewidth=1.2)
    axes.hlines(
        list(r.bounds.values()),
        places - 0.42,
        places + 0.42,
        color=drawing.SOFT,
        linestyle=":",
        label=t("least possible", "可能的最小值"),
    )
    axes.set_yscale("log")
    ticks = [1, 2, 5, 10, 20, 50]
    axes.set_yticks(ticks, labels=[str(tick) for tick in ticks])
    axes.set_yticks([], minor=True)
    axes.set_ylim(
        0.8, 1.4 * max(e.variance + 2 * e.variance_error for f in r.study.values() for e in f.values())
    )
    axes.set_xticks(places, labels=[t(*_FAMILIES[family]) for family in r.study])
    axes.grid(visible=False, axis="x")
    axes.legend(loc="upper left")
    drawing.label_axes(
        axes, t("noise", "噪声"), t("rows × mean squared error of a weight", "行数 × 权重的均方误差")
    )
    words = t(
        "Rows times the mean squared error of a weight, with error bars: three losses, four kinds of noise. {list}",
        "四种噪声下，三种损失的行数乘以权重均方误差，带误差棒。{list}",
    )
    rows = "; ".join(
        f"{t(*_FAMILIES[family])}: "
        + ", ".join(f"{look.label(t)} {significant(found[name].variance, 3)}" for name, look in LOOKS.items())
        for family, found in r.study.items()
    )
    return Drawing(figure, words.format(list=rows + t(".", "。")))


def tails(trial: Trial, target: str, t: Words) -> Drawing:
    """Draw the residuals held out, and the densities that the three kinds of noise would give them."""
    figure, axes = drawing.figure()
    edges = np.linspace(-_TAILS, _TAILS, 57)
    inside = trial.residuals[np.abs(trial.residuals) < _TAILS]
    heights = np.histogram(inside, edges)[0] / (len(trial.residuals) * (edges[1] - edges[0]))
    axes.stairs(
        heights, edges, fill=True, color=drawing.SOFT, alpha=0.35, label=t("sales held out", "留出的成交")
    )
    u = np.linspace(-_TAILS, _TAILS, 281)
    for name, loss in losses(1.0).items():
        look = LOOKS[name]
        scale = loss.noise.fit_scale(trial.residuals)
        axes.plot(u, np.exp(loss.noise.log_density(u, scale)), label=look.label(t), **look.style())
    axes.set_yscale("log")
    axes.set_ylim(1e-4, 30)
    axes.legend(loc="upper left", ncols=2)
    drawing.log_ticks(axes.yaxis)
    drawing.label_axes(
        axes,
        t("residual of {target}, in σ", "{target}的残差，以 σ 为单位").format(target=target),
        t("density", "密度"),
    )
    far = float(np.mean(np.abs(trial.residuals) > 4))
    words = t(
        "Residuals of {target} on the sales held out, and the densities of three noises, on a logarithmic axis. "
        "{far} of the residuals are beyond 4σ; of Gaussian noise it would be 0.006 %.",
        "留出的成交中{target}的残差，以及三种噪声的密度，对数坐标。"
        "残差超过 4σ 的占 {far}；若是正态噪声，应为 0.006%。",
    )
    return Drawing(figure, words.format(target=target, far=f"{significant(100 * far, 2)} %"))


def gain(trial: Trial, target: str, t: Words) -> Drawing:
    """Draw by how many nats per sale each loss is above the squared one, against Huber's δ."""
    figure, axes = drawing.figure()
    squared, absolute, *huber = trial.verdicts
    ordered = [absolute, *huber, squared]
    for place, verdict in enumerate(ordered):
        look = LOOKS[verdict.name]
        bar = 2 * verdict.gain_error
        axes.errorbar(place, verdict.gain, yerr=bar, color=look.color, marker=look.marker, capsize=3)
    axes.axhline(0, color=drawing.SOFT, linewidth=1)
    axes.set_xticks(range(len(ordered)), labels=["L1", *(f"{each.delta:g}" for each in huber), "L2"])
    axes.grid(visible=False, axis="x")
    drawing.label_axes(
        axes,
        t("Huber's δ, between L1 and L2", "Huber 的 δ，介于 L1 与 L2 之间"),
        t("{target}: nats per sale above squared", "{target}：比平方损失多出的奈特/笔").format(target=target),
    )
    words = t(
        "{target}: mean held-out log-density above that of the squared loss, in nats per sale, with error bars of two "
        "standard errors. {list}.",
        "{target}：留出数据的平均对数密度比平方损失高出多少，单位为每笔成交的奈特数，误差棒为两倍标准误差。{list}。",
    )
    values = ", ".join(f"{each.label} {significant(each.gain, 2)}" for each in ordered)
    return Drawing(figure, words.format(target=target, list=values))

"""From an assumption about the noise to a loss, and back: maximum likelihood, simulation, and held-out likelihood."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onelayer.course.book.page import Drawing, Page
from onelayer.course.book.parameters import Parameter, Settings
from onelayer.course.book.words import Words
from onelayer.course.experiments.houses import Houses, houses
from onelayer.course.experiments.three_losses import OneOfThree, losses
from onelayer.course.pages.noise_and_loss import held_out_likelihood, noise_figures, noise_study
from onelayer.course.pages.noise_and_loss.noise_study import DENSITIES, mean_with_error, ratio_with_error
from onelayer.losses import Absolute, Huber, Squared

_DELTAS = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0)
_SAMPLE = 9


@dataclass(frozen=True)
class Middle:
    """The negative log-likelihood of a few numbers around a centre, for one noise.

    Attributes
    ----------
    centres, nats : arrays
        Centres tried, and the negative log-likelihood of each, less the smallest.
    lowest : float
        The centre with the smallest.
    constant : float
        The best constant of the loss: the mean, the median, Huber's location.
    """

    centres: NDArray
    nats: NDArray
    lowest: float
    constant: float


@dataclass(frozen=True)
class Estimate:
    """How well a loss finds the weights under a noise: measured with standard errors, and by theory.

    Attributes
    ----------
    variance, variance_error, variance_theory : float
        Rows times the mean squared error of a weight.
    efficiency, efficiency_error, efficiency_theory : float
        The variance of the squared loss, divided by this one.
    """

    variance: float
    variance_error: float
    variance_theory: float
    efficiency: float
    efficiency_error: float
    efficiency_theory: float


@dataclass(frozen=True)
class Verdict:
    """A loss on the sales held out.

    Attributes
    ----------
    name : str
    delta : float
        Huber's δ; NaN for the others.
    scale : float
        The likeliest scale of the residuals in training.
    nats, nats_error : float
        Mean log-density of a price, per dollar, with its standard error.
    gain, gain_error : float
        By how much that is above the squared loss.
    behind, behind_error : float
        By how much it is below the best.
    """

    name: str
    delta: float
    scale: float
    nats: float
    nats_error: float
    gain: float
    gain_error: float
    behind: float
    behind_error: float

    @property
    def times(self) -> float:
        """How many times as probable as by the squared loss a price is, in the geometric mean."""
        return math.exp(self.gain)

    @property
    def label(self) -> str:
        """A short name, the same in both languages."""
        return {"squared": "L2", "absolute": "L1"}.get(self.name, f"Huber δ = {self.delta:g}")


@dataclass(frozen=True)
class Trial:
    """All losses on one target: verdicts, the best of them with its log-densities, and the residuals when squared."""

    verdicts: list[Verdict]
    best: Verdict
    log_density: NDArray
    residuals: NDArray

    @property
    def level(self) -> list[Verdict]:
        """The verdicts less than two standard errors behind the best, and the best."""
        return [v for v in self.verdicts if v.behind < 2 * v.behind_error or v is self.best]


@dataclass(frozen=True)
class Found:
    """What the experiments return.

    Attributes
    ----------
    sample : array
        A few numbers.
    middles : dict of Middle
        By loss.
    study : dict of dict of Estimate
        By family of noise and loss.
    bounds : dict of float
        The least variance of an unbiased estimate, by family.
    price, log_price : Trial
    log_gain, log_gain_error : float
        By how much the best loss on the logarithm of the price is above the best on the price, in nats per sale.
    n_train, n_test : int
        Sales.
    """

    sample: NDArray
    middles: dict[str, Middle]
    study: dict[str, dict[str, Estimate]]
    bounds: dict[str, float]
    price: Trial
    log_price: Trial
    log_gain: float
    log_gain_error: float
    n_train: int
    n_test: int


class NoiseAndLoss(Page[Found]):
    """Which noise each loss stands for, what it costs to take another, and how data choose between them."""

    parameters = (
        Parameter("mu", 2.0, "mean μ of the shifted density", "平移后的密度的均值 μ", -6, 6),
        Parameter(
            "sigma", 2.0, "standard deviation σ of the widened density", "变宽后的密度的标准差 σ", 0.2, 6
        ),
        Parameter("rows", 100, "rows in each repetition of the simulation", "模拟中每次重复的行数", 10, 2000),
        Parameter("repetitions", 2000, "repetitions of the simulation", "模拟的重复次数", 20, 20_000),
        Parameter(
            "delta",
            1.345,
            "δ of Huber's loss in the simulation, in scales of the noise",
            "模拟中 Huber 损失的 δ，以噪声的尺度为单位",
            0.01,
            100,
        ),
        Parameter("sales", 21_613, "house sales used", "使用的房屋成交数", 500, 21_613),
        Parameter("seed", 0, "seed of the random numbers", "随机种子", 0, 2**32 - 1),
    )
    small = ("rows=40", "repetitions=60", "sales=1500")

    def run(self, p: Settings) -> Found:
        """Fit a centre to a few numbers, simulate, and hold losses against house sales."""
        sample = np.sort(np.random.RandomState(p.seed).standard_t(3, _SAMPLE) + 5)
        sales = houses(held_out_likelihood.COLUMNS, rows=p.sales, seed=p.seed)
        price, log_price = (_trial(sales, log_price=log) for log in (False, True))
        return Found(
            sample,
            {name: _middle(loss, sample) for name, loss in losses(1.0).items()},
            {family: _estimates(p, family) for family in DENSITIES},
            {family: noise_study.least_variance(density) for family, density in DENSITIES.items()},
            price,
            log_price,
            *mean_with_error(log_price.log_density - price.log_density),
            len(sales.y),
            len(sales.y_test),
        )

    def figures(self, p: Settings, r: Found, t: Words) -> dict[str, Drawing]:
        """Draw densities, likelihoods, the simulation, and the verdict of the sales."""
        draw = noise_figures
        return {
            "normal": draw.normal(p, t),
            "noises": draw.noises(t),
            "middle": draw.middle(r, t),
            "simulation": draw.simulation(r, t),
            "tails_price": draw.tails(r.price, t("price", "价格"), t),
            "tails_log": draw.tails(r.log_price, t("log price", "价格的对数"), t),
            "gain_price": draw.gain(r.price, t("price", "价格"), t),
            "gain_log": draw.gain(r.log_price, t("log price", "价格的对数"), t),
        }


def _middle(loss: OneOfThree, sample: NDArray) -> Middle:
    """Go through centres from the smallest number to the largest."""
    centres = np.linspace(sample[0], sample[-1], 2001)
    nats = -loss.noise.log_density(sample - centres[:, None]).sum(axis=1)
    constant = float(loss.constant(sample[:, None], None, 1)[0])
    return Middle(centres, nats - nats.min(), float(centres[nats.argmin()]), constant)


def _estimates(p: Settings, family: str) -> dict[str, Estimate]:
    three = losses(p.delta)
    errors = noise_study.simulate(three, family, p.rows, p.repetitions, p.seed)
    n_weights = len(noise_study.WEIGHTS)
    theory = {
        name: noise_study.asymptotic_variance(loss, DENSITIES[family], p.delta)
        for name, loss in three.items()
    }
    return {
        name: Estimate(
            *mean_with_error(p.rows / n_weights * errors[name]),
            theory[name],
            *ratio_with_error(errors["squared"], errors[name]),
            theory["squared"] / theory[name],
        )
        for name in three
    }


def _trial(sales: Houses, *, log_price: bool) -> Trial:
    candidates: list[OneOfThree] = [Squared(), Absolute(), *map(Huber, _DELTAS)]
    judged = [held_out_likelihood.judge(sales, loss, log_price=log_price) for loss in candidates]
    squared, first = judged[0], int(np.argmax([each.log_density.mean() for each in judged]))
    best = judged[first]
    deltas = (math.nan, math.nan, *_DELTAS)
    verdicts = [
        Verdict(
            loss.name,
            delta,
            each.scale,
            *mean_with_error(each.log_density),
            *mean_with_error(each.log_density - squared.log_density),
            *mean_with_error(best.log_density - each.log_density),
        )
        for loss, delta, each in zip(candidates, deltas, judged, strict=True)
    ]
    return Trial(verdicts, verdicts[first], best.log_density, squared.residuals)


PAGE = NoiseAndLoss()

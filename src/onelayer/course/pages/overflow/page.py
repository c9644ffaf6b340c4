"""Overflow and underflow: where the softmax as its formula stands breaks, the cure, and a run without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from onelayer.course import concise, scratch
from onelayer.course.book.page import Drawing, Page
from onelayer.course.book.parameters import Parameter, Settings
from onelayer.course.book.words import Words
from onelayer.course.experiments.images import LabelledImages, fashion_mnist
from onelayer.course.pages.overflow import overflow_figures
from onelayer.course.pages.overflow.exponential_range import TYPES, Range
from onelayer.course.pages.overflow.loss_errors import LossErrors
from onelayer.course.pages.overflow.loss_forms import (
    FORMS,
    Outcome,
    by_training_loop,
    exact,
    forms,
    naive,
    outcome,
)
from onelayer.course.pages.overflow.watched_training import BATCH_SIZE, Run, watched_run
from onelayer.errors import DivergenceError
from onelayer.estimators.softmax_regression import SoftmaxRegression

_CASES = (
    ((1.0, 0.0), 0),
    ((40.0, 0.0), 0),
    ((60.0, -60.0), 1),
    ((89.0, 0.0), 0),
    ((89.0, 0.0), 1),
    ((88.5, 88.5), 0),
    ((-110.0, -111.0), 0),
)
_SETTINGS = ((1.0, 0.1), (1.0, 0.3), (1.0, 1.0), (1.0, 10.0), (255.0, 0.1))
_HUGE = 1e4


class Case(NamedTuple):
    """A row of scores and what the naive form makes of it in float32."""

    scores: tuple[float, float]
    label: int
    exponentials: list[float]
    probabilities: list[float]
    naive: Outcome
    truth: float

    @classmethod
    def of(cls, scores: tuple[float, float], label: int) -> Case:
        """Follow two scores through the formula."""
        row = torch.tensor([scores])
        return cls(
            scores,
            label,
            row.exp()[0].tolist(),
            scratch.naive_softmax(row)[0].tolist(),
            outcome(naive, list(scores), label, "float32"),
            float(exact(scores[label] - scores[1 - label])),
        )


class Trial(NamedTuple):
    """The first minibatches of training with one scale of the pixels and one rate: a run for each form and type."""

    largest_pixel: float
    learning_rate: float
    naive: dict[str, Run]
    stable: dict[str, Run]


@dataclass(frozen=True)
class Found:
    """What the experiment returns.

    Attributes
    ----------
    ranges : dict of Range
        For each type of number.
    cases : list of Case
    right, wrong : dict of dict of Outcome
        For each type and form, what it makes of the scores (s, 0) if the first class is true, and if the second is.
    true_right, true_wrong : float
        The exact losses.
    right_errors, wrong_errors : dict
        LossErrors for each (form, type).
    huge_right, huge_wrong : dict of dict of Outcome
        The same for the scores (10⁴, −10⁴).
    in_loop : dict of (float, float)
        The losses of these from the compiled training loop, right and wrong.
    naive, stable : Run
        Training with the naive form and with log-sum-exp.
    n_batches : int
        Minibatches in an epoch.
    trials : list of Trial
    twice : float
        The loss of a certain and right prediction of ten classes whose probabilities are taken for scores.
    refusal : str or None
        What onelayer says of training with this rate; None if it trains.
    automatic : float
        Test accuracy of onelayer with a rate that it chooses by itself.
    """

    ranges: dict[str, Range]
    cases: list[Case]
    right: dict[str, dict[str, Outcome]]
    wrong: dict[str, dict[str, Outcome]]
    true_right: float
    true_wrong: float
    right_errors: dict[tuple[str, str], LossErrors]
    wrong_errors: dict[tuple[str, str], LossErrors]
    huge_right: dict[str, dict[str, Outcome]]
    huge_wrong: dict[str, dict[str, Outcome]]
    in_loop: dict[str, tuple[float, float]]
    naive: Run
    stable: Run
    n_batches: int
    trials: list[Trial]
    twice: float
    refusal: str | None
    automatic: float

    @property
    def forgotten(self) -> Run:
        """The naive run in float32 with pixels from 0 to 255."""
        return self.trials[-1].naive["float32"]

    @property
    def scores_left_the_type(self) -> bool:
        """Whether a run of the table broke although its loss was computed by log-sum-exp."""
        return any(run.broken for trial in self.trials for run in trial.stable.values())


class Overflow(Page[Found]):
    """The limits of the types, the loss in several forms, and a training run that the naive one breaks."""

    parameters = (
        Parameter("score", 40.0, "the score s of the row (s, 0)", "一行 (s, 0) 中的得分 s", 5, 1000),
        Parameter(
            "largest_pixel",
            1.0,
            "the value of a white pixel: 1, or 255 if one forgets to divide",
            "白色像素的取值：1；忘了除以 255 就是 255",
            0,
            255,
            low_open=True,
        ),
        Parameter(
            "learning_rate", 1.0, "learning rate η of the run", "训练的学习率 η", 0, 1000, low_open=True
        ),
        Parameter(
            "dtype",
            "float32",
            "type of number in which the loss is computed",
            "计算损失所用的数据类型",
            choices=tuple(TYPES),
        ),
        Parameter("epochs", 3, "passes over the images", "遍历图像的轮数", 1, 100),
        Parameter(
            "minibatches", 12, "minibatches of each run in the table", "表中每次训练的小批量数", 1, 1000
        ),
        Parameter("rows", 6000, "training images", "训练图像数", 256, 60_000),
        Parameter("seed", 0, "seed of the random numbers", "随机种子", 0, 2**32 - 1),
    )
    small = ("rows=600", "epochs=1", "minibatches=3")

    def run(self, p: Settings) -> Found:
        """Find the limits, compute the losses, and train."""
        images, test_images = fashion_mnist(p.rows)
        y, y_test = (torch.as_tensor(part.y) for part in (images, test_images))
        X, X_test = scratch.pixels(images.X), scratch.pixels(test_images.X)

        def training(form: str, largest_pixel: float, rate: float, n_steps: int, dtype: str) -> Run:
            train, test = (X * largest_pixel, y), (X_test * largest_pixel, y_test)
            return watched_run(train, test, FORMS[form], rate, n_steps, TYPES[dtype], p.seed)

        def trial(largest_pixel: float, rate: float) -> Trial:
            runs = (
                {name: training(form, largest_pixel, rate, p.minibatches, name) for name in TYPES}
                for form in ("naive", "log-sum-exp")
            )
            return Trial(largest_pixel, rate, *runs)

        n_batches = -(-len(X) // BATCH_SIZE)
        own = p.largest_pixel, p.learning_rate, p.epochs * n_batches, p.dtype
        return Found(
            {name: Range.of(name) for name in TYPES},
            [Case.of(*case) for case in _CASES],
            {name: forms([p.score, 0.0], 0, name) for name in TYPES},
            {name: forms([p.score, 0.0], 1, name) for name in TYPES},
            float(exact(p.score)),
            float(exact(-p.score)),
            {
                (form, name): LossErrors.of(form, 0, name)
                for form in ("naive", "log-sum-exp", "onelayer")
                for name in TYPES
            },
            {
                (form, name): LossErrors.of(form, 1, name)
                for form in ("naive", "shifted", "log-sum-exp")
                for name in TYPES
            },
            {name: forms([_HUGE, -_HUGE], 0, name) for name in TYPES},
            {name: forms([_HUGE, -_HUGE], 1, name) for name in TYPES},
            {
                name: (by_training_loop(_HUGE, 0, name), by_training_loop(_HUGE, 1, name))
                for name in ("float32", "float64")
            },
            training("naive", *own),
            training("log-sum-exp", *own),
            n_batches,
            [trial(*setting) for setting in _SETTINGS],
            float(concise.cross_entropy(torch.eye(10), torch.arange(10))),
            *_engine(images, test_images, p),
        )

    def figures(self, p: Settings, r: Found, t: Words) -> dict[str, Drawing]:
        """Draw the limits, the errors, the smooth maximum and the run."""
        return {
            "ranges": overflow_figures.ranges(r.ranges, t),
            "wrong": overflow_figures.errors(r.wrong_errors, r.ranges, t, right=False),
            "right": overflow_figures.errors(r.right_errors, r.ranges, t, right=True),
            "maximum": overflow_figures.smooth_maximum(t),
            "slope": overflow_figures.smooth_choice(t),
            "losses": overflow_figures.run_losses(r.naive, r.stable, t),
            "scores": overflow_figures.run_scores(r.naive, r.stable, r.ranges[p.dtype], t),
        }


def _engine(images: LabelledImages, test_images: LabelledImages, p: Settings) -> tuple[str | None, float]:
    """Train with onelayer: with the rate of the run, and with one of its own and pixels from 0 to 255."""
    model = SoftmaxRegression(
        solver="sgd", epochs=p.epochs, learning_rate=p.learning_rate, random_state=p.seed, n_threads=1
    )
    refusal = None
    try:
        model.fit(images.X, images.y)
    except DivergenceError as error:
        refusal = str(error)
    model = SoftmaxRegression(solver="sgd", epochs=p.epochs, random_state=p.seed, n_threads=1)
    model.fit(images.X.astype(np.float32), images.y)
    return refusal, model.score(test_images.X.astype(np.float32), test_images.y)


PAGE = Overflow()

"""Calibration: whether 80 % means 80 %, before and after temperature scaling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from onelayer.course.book import drawing
from onelayer.course.book.page import Drawing, Page
from onelayer.course.book.parameters import Parameter, Settings
from onelayer.course.book.words import Words
from onelayer.course.experiments import temperature
from onelayer.course.experiments.images import fashion_mnist
from onelayer.course.experiments.temperature import Example
from onelayer.course.pages.calibration import (
    on_average,
    overconfidence,
    reliability,
    sample_size,
    temperature_fit,
)
from onelayer.course.pages.calibration.on_average import OneClass
from onelayer.course.pages.calibration.overconfidence import Images, Trained
from onelayer.course.pages.calibration.reliability import Chance, Judged
from onelayer.course.pages.calibration.sample_size import BySize
from onelayer.course.pages.calibration.temperature_fit import TemperatureFit
from onelayer.data.dataset import ClassNames

_SAID = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_EPOCHS = (1, 3, 10, 30, 100, 300)
_ALPHAS = (0.0, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
_BINS = (5, 10, 15, 30, 100)
_MOVES = (0, 1, 2, 3, 4)
_EXAMPLE = 0.95  # about how sure the model is of the example, wrongly


class Near(NamedTuple):
    """Images that got about one probability: how many, and the share that is right, as trained and after."""

    said: float
    n_before: int
    right_before: float
    n_after: int
    right_after: float


class Binned(NamedTuple):
    """Expected calibration errors with one number of bins, and what chance alone gives."""

    n_bins: int
    before: float
    after: float
    chance: float


@dataclass(frozen=True, eq=False)
class Found:
    """What the experiment returns.

    Attributes
    ----------
    names : ClassNames
    n_held, n_test : int
        Images held out, and test images.
    trained : Trained
        The model of the page, with its judgements as trained and with its temperature.
    seen : Judged
        The same model judged on the images that it was trained on.
    fit : TemperatureFit
    near : list of Near
    chance_before, chance_after : Chance
    by_size : BySize
    binned : list of Binned
    example : Example
        A test image that the model is wrong about, and sure of it.
    base_rate : Judged
        What gives every image the frequencies of the classes.
    classes : list of OneClass
        After temperature scaling.
    moves : list of Judged
        The same of test images moved to the right by 0, 1, 2, … pixels.
    by_epochs, by_rows, by_alpha : lists of Trained
        Trained for fewer epochs, on more images, with a penalty.
    """

    names: ClassNames
    n_held: int
    n_test: int
    trained: Trained
    seen: Judged
    fit: TemperatureFit
    near: list[Near]
    chance_before: Chance
    chance_after: Chance
    by_size: BySize
    binned: list[Binned]
    example: Example
    base_rate: Judged
    classes: list[OneClass]
    moves: list[Judged]
    by_epochs: list[Trained]
    by_rows: list[Trained]
    by_alpha: list[Trained]

    @property
    def before(self) -> Judged:
        """The test images as trained."""
        return self.trained.before

    @property
    def after(self) -> Judged:
        """The test images with the temperature."""
        return self.trained.after

    @property
    def verdict(self) -> int:
        """1 if the model as trained is too sure, −1 if not sure enough, 0 if chance may have done it."""
        return int(np.sign(self.before.gap)) * (abs(self.before.gap) > 2 * self.before.standard_error)

    @property
    def changed(self) -> int:
        """Test images whose predicted class is another one with the temperature."""
        scores = self.trained.scores
        return int((scores.argmax(axis=1) != (scores / self.fit.temperature).argmax(axis=1)).sum())

    @property
    def worst(self) -> OneClass:
        """The class with the largest gap, counted in standard errors."""
        return max(self.classes, key=lambda each: abs(each.gap) / each.standard_error)

    @property
    def stopped(self) -> Trained:
        """The number of epochs that the held-out images would choose."""
        return min(self.by_epochs, key=lambda each: each.held_out_loss)

    @property
    def penalised(self) -> Trained:
        """The penalty that the held-out images would choose."""
        return min(self.by_alpha, key=lambda each: each.held_out_loss)


class Calibration(Page[Found]):
    """Reliability before and after temperature scaling, what it does and what it does not."""

    parameters = (
        Parameter("rows", 3000, "images to train on", "训练图像数", 200, 50_000),
        Parameter("epochs", 100, "passes over these images", "遍历这些图像的轮数", 1, 1000),
        Parameter("held_out", 5000, "images to fit the temperature on", "用来拟合温度的图像数", 100, 5000),
        Parameter("test", 10_000, "test images to judge by", "用来评判的测试图像数", 100, 10_000),
        Parameter("bins", 15, "bins of the confidence", "置信度分成的区间数", 1, 200),
        Parameter("draws", 100, "simulations of chance", "模拟偶然的次数", 20, 2000),
        Parameter(
            "images", 48_000, "images of the largest training set", "最大的训练集的图像数", 200, 55_000
        ),
        Parameter("seed", 0, "seed of the random numbers", "随机种子", 0, 2**32 - 1),
    )
    small = ("rows=300", "epochs=20", "held_out=400", "draws=20", "images=1200")

    def run(self, p: Settings) -> Found:
        """Train too long on too little, fit a temperature, and judge both; then train otherwise."""
        train, test = fashion_mnist(p.held_out + max(p.rows, p.images))
        images = Images.of(train, test, p.held_out, p.test)
        rows = min(p.rows, len(images.y))
        sizes = [rows]
        while 2 * sizes[-1] <= min(p.images, len(images.y)):
            sizes.append(2 * sizes[-1])

        def trained(rows: int, epochs: int, alpha: float) -> Trained:
            return Trained.of(images, rows, epochs, alpha, p.bins, p.seed)

        model = trained(rows, p.epochs, 0.0)
        scores, T = model.scores, model.temperature
        random_state = np.random.RandomState(p.seed)
        by_size = BySize.of(scores, images.y_test, T, p.bins, p.draws, random_state)
        chance_before = Chance.of(reliability.simulate(scores, p.bins, p.draws, random_state))
        seen = model.model.decision_function(images.X[:rows]).astype(float)
        frequencies = np.bincount(images.y[:rows], minlength=10) / rows
        sure_and_wrong = np.abs(model.before.confidence - _EXAMPLE) + model.before.right
        chosen = int(sure_and_wrong.argmin())
        return Found(
            train.classes,
            len(images.y_held),
            len(images.y_test),
            model,
            Judged.of(seen, images.y[:rows], p.bins),
            TemperatureFit.of(model.scores_held, images.y_held),
            [
                Near(said, *reliability.near(said, model.before), *reliability.near(said, model.after))
                for said in _SAID
            ],
            chance_before,
            by_size.chance[-1],
            by_size,
            [
                Binned(
                    n_bins,
                    Judged.of(scores, images.y_test, n_bins).ece,
                    Judged.of(scores / T, images.y_test, n_bins).ece,
                    reliability.chance_error(model.after.confidence, n_bins),
                )
                for n_bins in _BINS
            ],
            Example(images.X_test[chosen], int(images.y_test[chosen]), scores[chosen]),
            Judged.of(np.tile(np.log(frequencies), (len(scores), 1)), images.y_test, p.bins),
            on_average.by_class(model.after, scores.argmax(axis=1)),
            [
                Judged.of(
                    model.model.decision_function(on_average.moved(images.X_test, pixels)).astype(float) / T,
                    images.y_test,
                    p.bins,
                )
                for pixels in _MOVES
            ],
            [*(trained(rows, epochs, 0.0) for epochs in _EPOCHS if epochs < p.epochs), model],
            [model, *(trained(n, max(1, round(p.epochs * rows / n)), 0.0) for n in sizes[1:])],
            [model, *(trained(rows, p.epochs, alpha) for alpha in _ALPHAS[1:])],
        )

    def figures(self, p: Settings, r: Found, t: Words) -> dict[str, Drawing]:
        """Draw the diagrams, the temperature, chance, what stays wrong, and the other ways."""
        names = r.names.zh if t.lang == "zh" else r.names.en
        rounded = round(r.fit.temperature, 2)

        def gaps(
            judged: list[Judged], places: list[str], en: str, zh: str, height: float = drawing.HEIGHT
        ) -> Drawing:
            return overconfidence.draw(judged, places, t(en, zh), t, height)

        return {
            "before": reliability.diagram(r.before, r.chance_before, drawing.VERMILION, t),
            "after": reliability.diagram(r.after, r.chance_after, drawing.BLUE, t),
            "temperature": temperature_fit.draw(r.fit, t),
            "bars": temperature.bars(r.example, rounded, names, t),
            "curves": temperature.curves(r.example, rounded, names, t),
            "chance": sample_size.draw(r.by_size, t),
            "classes": on_average.draw(r.classes, names, t),
            "moves": gaps(
                r.moves,
                [str(move) for move in _MOVES],
                "pixels moved",
                "平移的像素数",
                on_average.HEIGHT,
            ),
            "epochs": gaps(
                [each.before for each in r.by_epochs],
                [str(each.epochs) for each in r.by_epochs],
                "epochs",
                "训练轮数",
                reliability.HEIGHT,
            ),
            "rows": gaps(
                [each.before for each in r.by_rows],
                [f"{each.rows:,}" for each in r.by_rows],
                "training images",
                "训练图像数",
            ),
            "alpha": gaps(
                [each.before for each in r.by_alpha],
                [f"{each.alpha:g}" for each in r.by_alpha],
                "penalty α",
                "惩罚 α",
            ),
        }


PAGE = Calibration()

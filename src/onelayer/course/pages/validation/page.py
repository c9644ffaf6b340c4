"""Validation: the best of many looks better than it is; under- and overfitting; choosing by rows set aside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onelayer.course.book.page import Drawing, Page
from onelayer.course.book.parameters import Parameter, Settings
from onelayer.course.book.words import Words
from onelayer.course.experiments.images import fashion_mnist
from onelayer.course.pages.validation import validation_figures
from onelayer.course.pages.validation.best_of_many import Optimism, best_of_many, expected_best
from onelayer.course.pages.validation.early_stopping import EarlyStopping
from onelayer.course.pages.validation.grid_search import Tuned
from onelayer.course.pages.validation.learning_curve import LearningCurve
from onelayer.course.pages.validation.polynomials import Draw, Sales

ACCURACY = 0.84
_REPETITIONS, _CURVE_REPETITIONS = 1000, 300
_NUMBERS = (1, 3, 10, 30, 100, 300, 1000)  # of models
_SIZES = (20, 40, 80, 160, 320, 640, 1280)  # of training sets of sales
_CURVE_DRAWS = 25
_STOP_VALIDATION = 1000  # images


@dataclass(frozen=True)
class Chosen:
    """What a way of choosing a degree led to over all draws.

    Attributes
    ----------
    usual : int
        The degree most often chosen.
    median, bad : float
        Error of the degree chosen on sales held out: the median, and what one draw in ten exceeds.
    """

    usual: int
    median: float
    bad: float


@dataclass(frozen=True)
class Found:
    """What the experiments return.

    Attributes
    ----------
    accuracy : float
        Of every one of the equally good models.
    alone, best : arrays
        Accuracies on the validation rows: of one model, and of the best of all, each time.
    optimism : list of Optimism
        For as many rows as the validation set has, for ten and for a hundred times as many.
    sales : Sales
    draws : list of Draw
        A few sales each; the first is the one that is shown.
    sizes : tuple of int
        Numbers of sales.
    curves : (train, held-out) arrays
        Median errors, each of shape (n_sizes, n_degrees).
    images : LearningCurve
    stopping : EarlyStopping
    tuned : Tuned
    """

    accuracy: float
    alone: NDArray
    best: NDArray
    optimism: list[Optimism]
    sales: Sales
    draws: list[Draw]
    sizes: tuple[int, ...]
    curves: tuple[NDArray, NDArray]
    images: LearningCurve
    stopping: EarlyStopping
    tuned: Tuned

    def expected(self, models: int) -> float:
        """Return how good the best of so many models looks on the rows of the validation set, on average."""
        return expected_best(models, self.optimism[0].rows, self.accuracy)

    @property
    def shown(self) -> Draw:
        """The few sales of the figures."""
        return self.draws[0]

    @property
    def train(self) -> NDArray:
        """Median error in training over the draws, of each degree."""
        return np.median([draw.train for draw in self.draws], axis=0)

    @property
    def held_out(self) -> NDArray:
        """Median error on sales held out over the draws, of each degree."""
        return np.median([draw.held_out for draw in self.draws], axis=0)

    @property
    def largest_degree(self) -> int:
        """The largest degree that was fitted."""
        return len(self.train)

    @property
    def between(self) -> float:
        """The same for the largest degree, on sales between the southernmost and the northernmost of those drawn."""
        return float(np.median([draw.between[-1] for draw in self.draws]))

    @property
    def right_degree(self) -> int:
        """The degree with the smallest of these."""
        return int(np.argmin(self.held_out)) + 1

    @property
    def underfits(self) -> bool:
        """Whether the smallest degree is clearly worse than the right one, on sales held out."""
        return bool(self.held_out[0] > 1.02 * self.held_out.min())

    @property
    def overfits(self) -> bool:
        """Whether the largest degree is clearly worse than the right one, on sales held out."""
        return bool(self.held_out[-1] > 1.02 * self.held_out.min())

    @property
    def noise(self) -> float:
        """Error that no polynomial removes: that of the largest degree, fitted to the most sales."""
        return float(self.curves[1][-1, -1])

    @property
    def factor(self) -> float:
        """The same as a factor of the price."""
        return float(np.exp(self.noise))

    @property
    def foretold(self) -> tuple[float, float]:
        """Errors of the largest degree in training and on new prices at the same places, σ√(1 ∓ p/n)."""
        share = self.shown.W.shape[1] / len(self.shown.rows)
        return self.noise * float(np.sqrt(1 - share)), self.noise * float(np.sqrt(1 + share))

    @property
    def chosen(self) -> dict[str, Chosen]:
        """What each way of choosing a degree led to."""
        found = {}
        for way in self.shown.choices:
            degrees = np.array([draw.choices[way] for draw in self.draws])
            errors = np.array([draw.held_out[draw.choices[way] - 1] for draw in self.draws])
            usual = int(np.bincount(degrees).argmax())
            found[way] = Chosen(usual, float(np.median(errors)), float(np.quantile(errors, 0.9)))
        return found


class Validation(Page[Found]):
    """Choosing hyperparameters by rows that were not trained on, and saying honestly how good the choice is."""

    parameters = (
        Parameter("models", 100, "equally good models to choose from", "可供挑选的同样好的模型数", 1, 2000),
        Parameter(
            "validation_rows",
            100,
            "rows of the validation set that judges them",
            "评判它们的验证集的行数",
            20,
            1000,
        ),
        Parameter("sales", 60, "house sales to train on", "训练所用的房屋成交数", 30, 2000),
        Parameter("degree", 10, "largest degree of the polynomials", "多项式的最高次数", 2, 12),
        Parameter("folds", 5, "folds of the cross-validation", "交叉验证的折数", 2, 15),
        Parameter("draws", 100, "times that sales are drawn anew", "重新抽取成交的次数", 5, 500),
        Parameter("most", 60_000, "images of the largest training set", "最大训练集的图像数", 300, 60_000),
        Parameter(
            "stop_images", 1000, "images to train on with early stopping", "早停实验的训练图像数", 200, 20_000
        ),
        Parameter("stop_epochs", 150, "epochs without early stopping", "不早停时的轮数", 10, 500),
        Parameter(
            "patience", 10, "epochs to wait for a lower validation loss", "等待验证损失下降的轮数", 1, 500
        ),
        Parameter(
            "images",
            3000,
            "images for the search, a third of them to validate",
            "搜索所用的图像数，三分之一用于验证",
            300,
            12_000,
        ),
        Parameter("epochs", 40, "epochs of each model of the search", "搜索中每个模型训练的轮数", 1, 200),
        Parameter("seed", 0, "seed of the random numbers", "随机种子", 0, 2**32 - 1),
    )
    small = (
        "most=300",
        "images=300",
        "epochs=4",
        "stop_images=200",
        "stop_epochs=40",
        "draws=10",
        "sales=40",
    )

    def run(self, p: Settings) -> Found:
        """Choose among equals; fit polynomials to a few sales; train on few and many images; stop early; search."""
        luck, drawing, more = (np.random.RandomState([p.seed, part]) for part in range(3))
        alone, best = (
            best_of_many(models, p.validation_rows, ACCURACY, _REPETITIONS, luck) for models in (1, p.models)
        )
        optimism = [
            Optimism.of(_NUMBERS, factor * p.validation_rows, ACCURACY, _CURVE_REPETITIONS, luck)
            for factor in (1, 10, 100)
        ]
        sales = Sales.of(p.degree)
        draws = [sales.draw(p.sales, p.folds, drawing) for _ in range(p.draws)]
        curves = sales.curves(_SIZES, _CURVE_DRAWS, more)
        train, test = fashion_mnist(max(p.most, p.images, p.stop_images + _STOP_VALIDATION))
        X, y, X_test, y_test = train.X, train.y, test.X, test.y
        last = len(y) - _STOP_VALIDATION
        few = slice(min(p.stop_images, last))
        stopping = EarlyStopping.of(X[few], y[few], X[last:], y[last:], p.stop_epochs, p.patience)
        return Found(
            ACCURACY,
            alone,
            best,
            optimism,
            sales,
            draws,
            _SIZES,
            curves,
            LearningCurve.of(X, y, X_test, y_test, min(p.most, len(y))),
            stopping,
            Tuned.of(X[: p.images], y[: p.images], X_test, y_test, p.epochs),
        )

    def figures(self, p: Settings, r: Found, t: Words) -> dict[str, Drawing]:
        """Draw the choice among equals, the polynomials and their errors, and the curves of training."""
        draw = validation_figures
        return {
            "best": draw.best(p, r, t),
            "optimism": draw.optimism(r, t),
            "polynomials": draw.polynomials(r, t),
            "degrees": draw.degrees(r, t),
            "few-many": draw.few_and_many(r, t),
            "images": draw.images(r.images, t),
            "folds": draw.folds(r.shown, t),
            "stopping": draw.stopping(r.stopping, t),
            "stopping-accuracy": draw.stopping_accuracy(r.stopping, t),
            "grid": draw.grid(r.tuned.grid, t),
        }


PAGE = Validation()

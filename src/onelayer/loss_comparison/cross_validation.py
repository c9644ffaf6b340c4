"""Each loss fitted in folds, and the density that its noise model gives to the rows left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import KFold

from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.loss_comparison.comparison import SIMPLEST_FIRST, LossComparison, NoiseModel
from onelayer.loss_comparison.fit import Fitter
from onelayer.loss_comparison.rows import Rows
from onelayer.losses import Absolute, Huber, Squared
from onelayer.losses.regression import RegressionLoss
from onelayer.validation import (
    check_choice,
    check_integer,
    check_random_state,
    check_real,
)

DELTAS = (0.5, 0.75, 1.0, 1.5, 2.0)
_PILOT = 1.0
_ROUNDING = 100 * float(np.finfo(np.float64).eps)


def compare_losses(
    X: ArrayLike,
    y: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    losses: Sequence[str] = ("squared", "absolute", "huber"),
    cv: int = 5,
    alpha: float = 0.0,
    max_rows: int = 200_000,
    random_state: int | np.random.RandomState | None = None,
    n_threads: int | None = None,
) -> LossComparison:
    """Say which loss the data favour, by the likelihood of rows that were held out.

    A loss ℓ is the negative log-likelihood of the noise p(r | σ) = exp(−ℓ(r/σ)) / (σ·Z): squared of Gaussian noise,
    absolute of Laplace noise, Huber's of a Gaussian with the tails of a Laplace. For each of ``cv`` folds a linear
    model is fitted to the other rows by each loss, and the mean log p of the fold's residuals is what the losses are
    compared by. It is in nats a row for all of them, where the losses themselves are in different units.

    σ of a fold is the likeliest for the residuals of the rows outside the fold, each predicted by the fit of its own
    fold, which has not seen it. Residuals of rows that a fit has seen are too small, the more so the more columns there
    are, and of a squared loss more than of the others. Huber's δ is in units of σ; each fold has the likeliest of
    0.5, 0.75, 1, 1.5 and 2 for the residuals outside it, by the fits with δ = 1.

    Parameters
    ----------
    X : (n_rows, n_features) array
    y : (n_rows,) array
    sample_weight : (n_rows,) array, optional
        Rows of weight 0 do not take part.
    losses : sequence of {"squared", "absolute", "huber"}
        At least two.
    cv : int
        Number of folds, at least 2. Rows are assigned to them at random.
    alpha : float
        Weight of the L2 penalty of every fit; see ``LinearRegression``.
    max_rows : int
        Of more rows, as many are drawn at random.
    random_state : int, RandomState or None
        Of the folds and of the rows that are drawn.
    n_threads : int, optional
        All cores by default.

    Returns
    -------
    LossComparison

    Raises
    ------
    InvalidDataError
        Values that are not finite; several targets; a constant y; fewer rows than the comparison needs; y that is a
        linear function of X, or is met exactly by a fit in every row outside a fold, so that there is no noise to
        compare by.
    InvalidParameterError

    Notes
    -----
    Cost: ``cv`` fits by each loss, by Huber's twice as many, on at most ``max_rows`` rows.

    The density of a target belongs to its unit: of y in cents instead of dollars every log-likelihood is log 100 lower,
    and no difference changes. So log y and y cannot be compared by these figures as they are.

    References
    ----------
    Stone, "Cross-validatory choice and assessment of statistical predictions", *Journal of the Royal Statistical
    Society B* 36, 1974. Vehtari, Gelman and Gabry, "Practical Bayesian model evaluation using leave-one-out
    cross-validation and WAIC", *Statistics and Computing* 27, 2017.

    Examples
    --------
    >>> from onelayer.losses import Laplace
    >>> X = np.linspace(0, 1, 2000)[:, None]
    >>> y = 3 * X[:, 0] + Laplace().sample(2000, random_state=0)
    >>> found = compare_losses(X, y, losses=("squared", "absolute"), random_state=0)
    >>> found.best, found.clear
    ('absolute', True)
    """
    names = _check_losses(losses)
    n_folds, alpha = check_integer("cv", cv, 2), check_real("alpha", alpha, 0, low_included=True)
    max_rows = check_integer("max_rows", max_rows, 2)
    threads = None if n_threads is None else check_integer("n_threads", n_threads)
    random = check_random_state(random_state)
    rows, n_total = Rows.of(X, y, sample_weight).drawn(max_rows, random)
    rows.check_enough(n_folds, alpha)
    folds = KFold(n_folds, shuffle=True, random_state=random)
    fold = np.empty(len(rows.y), dtype=np.intp)
    for number, (_, held_out) in enumerate(folds.split(rows.y)):
        fold[held_out] = number
    split = Split(rows, fold, Fitter(alpha, threads))
    log_densities, noises = {}, {}
    for name in names:
        log_densities[name], noises[name] = _JUDGED[name](split)
    return LossComparison.of(log_densities, noises, rows.weights, fold, n_total=n_total)


@dataclass(frozen=True)
class Split:
    """Rows in folds.

    Attributes
    ----------
    rows : Rows
    fold : (n_rows,) array of int
        The fold in which each row is held out.
    fitter : Fitter
    """

    rows: Rows
    fold: NDArray[np.intp]
    fitter: Fitter

    def residuals(self, losses: Sequence[RegressionLoss]) -> NDArray:
        """Return y − s of each row by the fit to the other folds, with a loss for each fold."""
        rows, residuals = self.rows, np.empty(len(self.rows.y))
        for number, loss in enumerate(losses):
            out, kept = self.fold == number, self.fold != number
            scores = self.fitter.scores(loss, rows.X[kept], rows.y[kept], rows.weights[kept], rows.X[out])
            residuals[out] = rows.y[out] - scores
        size = float(np.abs(residuals).max())
        if size <= self.rounding:
            raise InvalidDataError(
                f"y is a linear function of X but for rounding (no residual is above {size:.2g}); there is no noise to "
                f"compare losses by"
            )
        return residuals

    def scale(self, loss: RegressionLoss, residuals: NDArray, number: int) -> float:
        """Return the likeliest scale of the residuals outside a fold."""
        kept = self.fold != number
        if np.abs(residuals[kept]).max() <= self.rounding:
            value = float(np.median(self.rows.y[kept]))
            raise InvalidDataError(
                f"by the {loss.name} loss every row outside a fold is met exactly, so its noise has no scale; is y "
                f"{value:g} in nearly all rows?"
            )
        return loss.noise.fit_scale(residuals[kept], self.rows.weights[kept])

    def log_density(self, losses: Sequence[RegressionLoss], residuals: NDArray) -> NDArray:
        """Return the log density of each row, by the noise of its fold's loss with a scale from outside the fold."""
        density = np.empty(len(residuals))
        for number, loss in enumerate(losses):
            out = self.fold == number
            density[out] = loss.noise.log_density(residuals[out], self.scale(loss, residuals, number))
        return density

    @property
    def rounding(self) -> float:
        """How large a residual may be that is nothing but rounding."""
        return _ROUNDING * float(np.abs(self.rows.y).max())

    @property
    def n_folds(self) -> int:
        """How many there are."""
        return int(self.fold.max()) + 1


def _judged(split: Split, loss: RegressionLoss) -> tuple[NDArray, NoiseModel]:
    """Return the log density of each row under the noise of a loss, and that noise as found in all rows."""
    losses = [loss] * split.n_folds
    residuals = split.residuals(losses)
    noise = NoiseModel(loss.noise.fit_scale(residuals, split.rows.weights))
    return split.log_density(losses, residuals), noise


def _huber(split: Split) -> tuple[NDArray, NoiseModel]:
    """Return the same for Huber's loss, with the likeliest δ for each fold."""
    weights, pilot = split.rows.weights, split.residuals([Huber(_PILOT)] * split.n_folds)
    kept = [split.fold != number for number in range(split.n_folds)]
    losses = [_likeliest(pilot[rows], weights[rows]) for rows in kept]
    residuals = pilot if all(loss.delta == _PILOT for loss in losses) else split.residuals(losses)
    overall = _likeliest(residuals, weights)
    noise = NoiseModel(overall.noise.fit_scale(residuals, weights), overall.delta)
    return split.log_density(losses, residuals), noise


def _likeliest(residuals: NDArray, weights: NDArray) -> Huber:
    """Return Huber's loss with the δ of ``DELTAS`` whose noise gives residuals the greatest likelihood."""

    def log_likelihood(loss: Huber) -> float:
        scale = loss.noise.fit_scale(residuals, weights)
        return float(np.average(loss.noise.log_density(residuals, scale), weights=weights))

    return max(map(Huber, DELTAS), key=log_likelihood)


_JUDGED: dict[str, Callable[[Split], tuple[NDArray, NoiseModel]]] = {
    "squared": partial(_judged, loss=Squared()),
    "absolute": partial(_judged, loss=Absolute()),
    "huber": _huber,
}


def _check_losses(losses: Sequence[str]) -> tuple[str, ...]:
    """Return the names of at least two losses, each once."""
    names = (losses,) if isinstance(losses, str) else tuple(losses)
    for name in names:
        check_choice("losses", name, SIMPLEST_FIRST)
    if len(set(names)) < 2 or len(set(names)) < len(names):
        raise InvalidParameterError(f"losses={losses!r}: expected at least two different losses")
    return names

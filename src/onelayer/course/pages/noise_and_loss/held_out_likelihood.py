"""Choosing a loss by what it stands for: the density that it gives to sales it has not seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onelayer.course.experiments import reweighting
from onelayer.course.experiments.houses import Houses
from onelayer.course.experiments.three_losses import OneOfThree

COLUMNS = (
    "bedrooms",
    "bathrooms",
    "sqft_living",
    "sqft_lot",
    "floors",
    "waterfront",
    "view",
    "condition",
    "grade",
    "yr_built",
    "lat",
    "long",
    "sqft_living15",
)


@dataclass(frozen=True)
class Judged:
    """A loss with what it found, and what it made of the sales held out.

    Attributes
    ----------
    scale : float
        The likeliest σ of the residuals in training.
    residuals : (n_test,) array
        Of the sales held out, in units of σ.
    log_density : (n_test,) array
        Logarithm of the density of each price held out, per dollar.
    """

    scale: float
    residuals: NDArray
    log_density: NDArray


def fit_with_scale(X: NDArray, y: NDArray, loss: OneOfThree) -> tuple[NDArray, float]:
    """Return weights and scale with the greatest likelihood, each in turn, until the scale stands still.

    Huber's δ counts in units of the scale, so that the two depend on one another.
    """
    w = reweighting.least_squares(X, y[None], np.ones((1, len(y))), np.zeros((1, len(y))))
    scale, before = loss.noise.fit_scale(y - X @ w[0]), np.inf
    while abs(scale / before - 1) > 1e-4:
        w = scale * reweighting.fit(X, y[None] / scale, loss, start=w / scale, tol=1e-6)
        scale, before = loss.noise.fit_scale(y - X @ w[0]), scale
    return w[0], scale


def judge(sales: Houses, loss: OneOfThree, *, log_price: bool) -> Judged:
    """Fit a linear model to price, or to its logarithm, and give each price held out its density.

    A density of log y is one of y when it is divided by y, the slope of the inverse. So the two models
    are measured by the same thing, the density of a price per dollar.
    """
    X, X_test = _inputs(sales)
    target = np.log if log_price else np.asarray
    y, y_test = target(sales.y), target(sales.y_test)
    w, scale = fit_with_scale(X, y, loss)
    residuals = y_test - X_test @ w
    log_density = loss.noise.log_density(residuals, scale)
    if log_price:
        log_density = log_density - y_test
    return Judged(scale, residuals / scale, log_density)


def _inputs(sales: Houses) -> tuple[NDArray, NDArray]:
    """Return the columns that vary in training, standardised, and ones for the intercept, of both parts."""
    mean, deviation = sales.X.mean(axis=0), sales.X.std(axis=0)
    varies = deviation > 1e-9 * np.abs(mean)

    def standardised(X: NDArray) -> NDArray:
        return np.column_stack([(X - mean)[:, varies] / deviation[varies], np.ones(len(X))])

    return standardised(sales.X), standardised(sales.X_test)

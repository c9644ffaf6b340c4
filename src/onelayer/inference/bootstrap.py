"""The bootstrap: how much coefficients would vary from one sample of rows to the next, whatever the loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onelayer.inference.covariance import Covariance
from onelayer.validation import check_integer, check_random_state, check_real

Refit = Callable[[NDArray[np.float64]], tuple[NDArray, NDArray]]
"""Fits the same model with other weights of the rows and returns coef (n_outputs, n_features) and intercept."""


@dataclass(frozen=True)
class Bootstrap:
    """Coefficients fitted to resampled rows; see :func:`bootstrap`.

    Attributes
    ----------
    samples : (n_resamples, n_outputs, 1 + n_features) float64
        Of each fit, index 0 the intercept.
    """

    samples: NDArray[np.float64]

    @property
    def n_resamples(self) -> int:
        """Number of fits."""
        return len(self.samples)

    def covariance(self, output: int = 0) -> Covariance:
        """Return the covariance of the samples of an output, whose diagonal holds the squared standard errors."""
        samples = self.samples[:, output]
        return Covariance(
            "bootstrap", np.zeros(samples.shape[1] - 1), np.atleast_2d(np.cov(samples, rowvar=False))
        )

    def interval(self, level: float = 0.95, output: int = 0) -> NDArray[np.float64]:
        """Return the percentile interval of each coefficient of an output, shape (2, 1 + n_features).

        Its bounds are the (1 − level)/2 and (1 + level)/2 quantiles of the samples.
        """
        level = check_real("level", level, 0, 1)
        return np.quantile(self.samples[:, output], [0.5 - 0.5 * level, 0.5 + 0.5 * level], axis=0)


def bootstrap(
    refit: Refit,
    n_rows: int,
    weights: NDArray | None = None,
    *,
    n_resamples: int = 200,
    random_state: int | np.random.RandomState | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Bootstrap:
    """Fit a model again and again to rows drawn with replacement.

    Rows are drawn with their targets, all with the same probability, and are not copied: a row that was drawn k times
    has k times its weight. Nothing is assumed of the noise but that rows are independent of each other. Standard errors
    from 200 resamples are themselves uncertain by about 5 %; the ends of an interval at 0.95 want 1,000 or more.
    Cost: that of n_resamples fits; memory: 16·n_rows bytes.

    Source: Efron and Tibshirani, *An Introduction to the Bootstrap* (1993), chapters 6, 9.5 and 13.

    Parameters
    ----------
    refit : callable
        Takes weights (n_rows,) float64, at least 0, and returns coef (n_outputs, n_features) and intercept
        (n_outputs,) of the fit with these.
    n_rows : int
    weights : (n_rows,) float64, optional
        Of the original fit.
    n_resamples : int
        At least 2.
    random_state : int, RandomState or None
    progress : callable, optional
        Called as ``progress(done, n_resamples)`` after each fit.

    Raises
    ------
    InvalidParameterError

    Examples
    --------
    The standard error of a mean is that of its rows over √n, here 5.44/√12 = 1.57:

    >>> y = np.linspace(-8.66, 8.66, 12)
    >>> def mean(weights):
    ...     return np.zeros((1, 0)), np.average(y, weights=weights, keepdims=True)
    >>> float(bootstrap(mean, 12, n_resamples=5000, random_state=7).covariance().standard_errors[0].round(2))
    1.57
    """
    n_rows, n_resamples = check_integer("n_rows", n_rows), check_integer("n_resamples", n_resamples, 2)
    random = check_random_state(random_state)
    samples = []
    for done in range(n_resamples):
        counts = np.bincount(random.randint(n_rows, size=n_rows), minlength=n_rows).astype(np.float64)
        coef, intercept = refit(counts if weights is None else counts * weights)
        samples.append(np.column_stack([intercept, coef]))
        if progress is not None:
            progress(done + 1, n_resamples)
    return Bootstrap(np.array(samples))

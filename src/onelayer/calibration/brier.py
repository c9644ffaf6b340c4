"""The Brier score of probabilities, and the parts that it is the sum of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from onelayer.calibration.binned_forecasts import BinnedForecasts


@dataclass(frozen=True)
class BrierScore:
    """The Brier score, score = reliability − resolution + uncertainty + within_bin_variance − within_bin_covariance.

    Attributes
    ----------
    score : float
        Σₖ (pₖ − yₖ)², the mean over the rows: from 0, certain and right, to 2, certain and wrong. Of two classes it
        is twice the score of the one probability.
    reliability : float
        Squared gap between probability and frequency: 0 for a calibrated model. Less is better.
    resolution : float
        Squared distance of the bins' frequencies from the overall one: what the model tells apart. More is better.
    uncertainty : float
        Score of always giving the frequencies of the classes; it belongs to the rows and not to the model.
    within_bin_variance, within_bin_covariance : float
        What the bins hide: variance of the probabilities within a bin, and twice their covariance with the outcomes.
    """

    score: float
    reliability: float
    resolution: float
    uncertainty: float
    within_bin_variance: float
    within_bin_covariance: float

    @property
    def generalised_resolution(self) -> float:
        """Resolution − within-bin variance + within-bin covariance; score = reliability − this + uncertainty."""
        return self.resolution - self.within_bin_variance + self.within_bin_covariance

    @property
    def skill(self) -> float:
        """1 − score/uncertainty: 1 for certain and right, 0 for no better than the frequencies; NaN of one class."""
        return 1 - self.score / self.uncertainty if self.uncertainty > 0 else np.nan

    @classmethod
    def of(cls, forecasts: BinnedForecasts) -> BrierScore:
        """Return score and parts from the sums over the rows, those of all columns added.

        Examples
        --------
        >>> BrierScore.of(BinnedForecasts.of([[True], [False]], [[0.75], [0.25]], n_bins=2)).score
        0.0625
        """
        weight = forecasts.weight
        total = float(weight[0].sum())
        share = np.where(weight > 0, weight, 1.0)
        p, y = forecasts.probability / share, forecasts.outcome / share
        overall = forecasts.outcome.sum(axis=1, keepdims=True) / total
        square, product = forecasts.square.sum(), forecasts.product.sum()
        return cls(
            score=float(square - 2 * product + forecasts.outcome.sum()) / total,
            reliability=float((weight * (p - y) ** 2).sum()) / total,
            resolution=float((weight * (y - overall) ** 2).sum()) / total,
            uncertainty=float((overall * (1 - overall)).sum()),
            within_bin_variance=float(np.maximum(forecasts.square - weight * p**2, 0).sum()) / total,
            within_bin_covariance=2 * float((forecasts.product - weight * p * y).sum()) / total,
        )


def brier_score(
    y: Any, proba: Any, *, classes: Any = None, sample_weight: Any = None, n_bins: int = 15
) -> BrierScore:
    """Return the Brier score of the probabilities of all classes, and its decomposition.

    With the rows of each class's column in ``n_bins`` bins of equal width, w the share of the rows in a bin, p̄ and ȳ
    the mean probability and outcome there, and ȳₖ the share of class k,

        (1/n)·Σᵢₖ (pᵢₖ − yᵢₖ)² = Σ w·(p̄ − ȳ)² − Σ w·(ȳ − ȳₖ)² + Σₖ ȳₖ·(1 − ȳₖ) + Σ w·var(p) − 2·Σ w·cov(p, y),

    which holds for any bins. Where bins hold few rows, reliability and resolution come out too large by nearly the same
    amount (Ferro and Fricker, "A bias-corrected decomposition of the Brier score", 2012). Cost: O(n_rows · n_classes ·
    log n_bins). Sources: Brier, "Verification of forecasts expressed in terms of probability", 1950; Murphy, "A new
    vector partition of the probability score", 1973, for probabilities that are all the same in a bin; Stephenson,
    Coelho and Jolliffe, "Two extra components in the Brier score decomposition", 2008, for the last two terms.

    Parameters
    ----------
    y : (n_rows,) labels
    proba : (n_rows, n_classes) float
        As from ``predict_proba``.
    classes : (n_classes,) labels, optional
        Labels of the columns; 0, 1, 2, … by default.
    sample_weight : (n_rows,) float, optional
    n_bins : int

    Raises
    ------
    InvalidDataError, InvalidParameterError

    Examples
    --------
    >>> found = brier_score([0, 0, 0, 1], [[0.75, 0.25]] * 4)
    >>> found.score, found.reliability, found.uncertainty
    (0.375, 0.0, 0.375)
    """
    return BrierScore.of(
        BinnedForecasts.of_classes(y, proba, classes=classes, sample_weight=sample_weight, n_bins=n_bins)
    )

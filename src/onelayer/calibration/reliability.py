"""Reliability: how often what was foretold came true, at each probability that it was given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from onelayer import validation
from onelayer.calibration.binned_forecasts import BinnedForecasts
from onelayer.errors import InvalidDataError


@dataclass(frozen=True)
class ReliabilityCurve:
    """Probabilities in bins of equal width, and how often they came true; see :func:`reliability_curve`.

    Attributes
    ----------
    edges : (n_bins + 1,) float64
        Bin m holds the probabilities in (edges[m], edges[m + 1]]; the first bin holds 0 too.
    counts : (n_bins,) int64
        Predictions in each bin.
    probability : (n_bins,) float64
        Mean probability in each bin; NaN in an empty one.
    frequency : (n_bins,) float64
        Share of each bin's predictions that came true; NaN in an empty one.
    """

    edges: np.ndarray
    counts: np.ndarray
    probability: np.ndarray
    frequency: np.ndarray

    @property
    def expected_calibration_error(self) -> float:
        """Σₘ (nₘ/n)·|frequencyₘ − probabilityₘ|, between 0 (calibrated) and 1."""
        filled = self.counts > 0
        gaps = np.abs(self.frequency[filled] - self.probability[filled])
        return float(np.average(gaps, weights=self.counts[filled]))

    @property
    def maximum_calibration_error(self) -> float:
        """maxₘ |frequencyₘ − probabilityₘ| over the bins that hold predictions."""
        return float(np.nanmax(np.abs(self.frequency - self.probability)))

    def interval(self, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Return an interval for the true frequency of each bin, by itself: its lower and its upper ends.

        It is that of Clopper and Pearson ("The use of confidence or fiducial limits illustrated in the case of the
        binomial", Biometrika 26, 1934), and holds the mean chance of a bin's predictions with a probability of at
        least ``level``, however few they are. That holds too where the chances within a bin differ: of all chances
        with one mean, equal ones scatter the most (Hoeffding, "On the distribution of the number of successes in
        independent trials", 1956).

        Parameters
        ----------
        level : float
            Between 0 and 1.

        Returns
        -------
        low, high : (n_bins,) float64
            NaN in an empty bin.

        Examples
        --------
        Three predictions with 90 % that all failed are no accident; one could be:

        >>> three, one = (reliability_curve([False] * n, [0.9] * n, n_bins=1).interval()[1] for n in (3, 1))
        >>> three.round(3), one.round(3)
        (array([0.708]), array([0.975]))
        """
        from scipy.special import betaincinv

        tail = (1 - validation.check_real("level", level, 0, 1)) / 2
        filled = self.counts > 0
        hits = np.where(filled, np.rint(self.frequency * self.counts), 0.0)
        misses = self.counts - hits
        low = np.where(hits > 0, betaincinv(np.maximum(hits, 1), misses + 1, tail), 0.0)
        high = np.where(misses > 0, betaincinv(hits + 1, np.maximum(misses, 1), 1 - tail), 1.0)
        return np.where(filled, low, np.nan), np.where(filled, high, np.nan)

    @classmethod
    def of(cls, forecasts: BinnedForecasts, column: int = 0) -> ReliabilityCurve:
        """Return the curve of one column of probabilities, from its sums.

        Examples
        --------
        >>> forecasts = BinnedForecasts.of([[True, False]], [[0.75, 0.25]], n_bins=2)
        >>> ReliabilityCurve.of(forecasts, 1).frequency
        array([ 0., nan])
        """
        counts, weight = forecasts.counts[column], forecasts.weight[column]
        with np.errstate(invalid="ignore"):
            probability = forecasts.probability[column] / weight
            frequency = forecasts.outcome[column] / weight
        return cls(np.arange(len(counts) + 1) / len(counts), counts, probability, frequency)


def reliability_curve(outcomes: Any, probabilities: Any, *, n_bins: int = 15) -> ReliabilityCurve:
    """Compare probabilities with the frequency of what they foretold, in bins of equal width.

    For a multiclass model, ``probabilities`` is the confidence in the predicted class and ``outcomes`` says
    whether that class was right (:func:`top_label`); or they are one class's column and whether the row is of
    that class.
    Cost: O(n_rows·log n_bins). Source: Niculescu-Mizil and Caruana, "Predicting good probabilities with
    supervised learning", ICML 2005; the bins are those of :func:`expected_calibration_error`'s sources.

    Parameters
    ----------
    outcomes : (n_rows,) bool
        Whether what was foretold came true.
    probabilities : (n_rows,) float
        The probability it was given, in [0, 1].
    n_bins : int

    Raises
    ------
    InvalidDataError
        No rows, lengths that differ, a probability outside [0, 1] or NaN, an outcome other than 0 or 1.
    InvalidParameterError
        ``n_bins`` below 1.

    Examples
    --------
    >>> curve = reliability_curve([True, False, True, True], [0.6, 0.7, 0.9, 0.9], n_bins=2)
    >>> curve.counts, curve.frequency
    (array([0, 4]), array([ nan, 0.75]))
    >>> round(curve.expected_calibration_error, 3)
    0.025
    """
    probabilities = np.asarray(probabilities, dtype=np.float64)
    outcomes = np.asarray(outcomes, dtype=np.float64)
    if probabilities.ndim != 1 or probabilities.shape != outcomes.shape or not len(probabilities):
        raise InvalidDataError(
            f"outcomes and probabilities must be two lists of one length, not of shapes {outcomes.shape} "
            f"and {probabilities.shape}"
        )
    return ReliabilityCurve.of(BinnedForecasts.of(outcomes[:, None], probabilities[:, None], n_bins=n_bins))


def class_reliability_curves(
    y: Any, proba: Any, *, classes: Any = None, n_bins: int = 15
) -> list[ReliabilityCurve]:
    """Return a curve for each class: its own probability in every row against how often the row is of the class.

    Parameters
    ----------
    y : (n_rows,) labels
    proba : (n_rows, n_classes) float
        As from ``predict_proba``.
    classes : (n_classes,) labels, optional
        Labels of the columns; 0, 1, 2, … by default.
    n_bins : int

    Raises
    ------
    InvalidDataError, InvalidParameterError

    Examples
    --------
    >>> cat, dog = class_reliability_curves([0, 1], [[0.75, 0.25], [0.75, 0.25]], n_bins=4)
    >>> cat.frequency, dog.frequency
    (array([nan, nan, 0.5, nan]), array([0.5, nan, nan, nan]))
    """
    forecasts = BinnedForecasts.of_classes(y, proba, classes=classes, n_bins=n_bins)
    return [ReliabilityCurve.of(forecasts, k) for k in range(len(forecasts.counts))]

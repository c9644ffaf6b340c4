"""Whether probabilities can be taken at their word: reliability curves, calibration errors, and temperature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.labels import check_known
from onelayer.losses import Categorical


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
    if not isinstance(n_bins, int | np.integer) or n_bins < 1:
        raise InvalidParameterError(f"n_bins must be a whole number of at least 1, not {n_bins!r}")
    probabilities = np.asarray(probabilities, dtype=np.float64)
    outcomes = np.asarray(outcomes, dtype=np.float64)
    if probabilities.ndim != 1 or probabilities.shape != outcomes.shape or not len(probabilities):
        raise InvalidDataError(
            f"outcomes and probabilities must be two lists of one length, not of shapes {outcomes.shape} "
            f"and {probabilities.shape}"
        )
    _refuse(~((probabilities >= 0) & (probabilities <= 1)), probabilities, "probability", "between 0 and 1")
    _refuse((outcomes != 0) & (outcomes != 1), outcomes, "outcome", "0 or 1")
    edges = np.arange(n_bins + 1) / n_bins
    bins = np.searchsorted(edges[1:-1], probabilities, side="left")
    counts = np.bincount(bins, minlength=n_bins)
    with np.errstate(invalid="ignore"):
        probability = np.bincount(bins, weights=probabilities, minlength=n_bins) / counts
        frequency = np.bincount(bins, weights=outcomes, minlength=n_bins) / counts
    return ReliabilityCurve(edges, counts, probability, frequency)


def top_label(y: Any, proba: Any, *, classes: Any = None) -> tuple[np.ndarray, np.ndarray]:
    """Whether the most probable class was right, and the probability it was given: the arguments of a curve.

    Parameters
    ----------
    y : (n_rows,) labels
    proba : (n_rows, n_classes) float
        As from ``predict_proba``.
    classes : (n_classes,) labels, optional
        Labels of the columns; 0, 1, 2, … by default.

    Returns
    -------
    correct : (n_rows,) bool
    confidence : (n_rows,) float64

    Examples
    --------
    >>> top_label(["cat", "dog"], [[0.8, 0.2], [0.6, 0.4]], classes=["cat", "dog"])
    (array([ True, False]), array([0.8, 0.6]))
    """
    y, proba, classes = _columns(y, proba, classes)
    return classes[proba.argmax(axis=1)] == y, proba.max(axis=1)


def expected_calibration_error(y: Any, proba: Any, *, classes: Any = None, n_bins: int = 15) -> float:
    """Mean gap between the confidence in the predicted class and the accuracy at that confidence.

    ECE = Σₘ (nₘ/n)·|acc(Bₘ) − conf(Bₘ)| over ``n_bins`` bins of equal width. Sources: Naeini, Cooper and
    Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", AAAI 2015; Guo, Pleiss, Sun
    and Weinberger, "On calibration of modern neural networks", ICML 2017.

    Parameters
    ----------
    y, proba, classes
        As for :func:`top_label`.
    n_bins : int

    Examples
    --------
    >>> proba = [[0.8, 0.2], [0.8, 0.2], [0.8, 0.2], [0.8, 0.2]]
    >>> round(expected_calibration_error([0, 0, 0, 1], proba), 3)
    0.05
    """
    correct, confidence = top_label(y, proba, classes=classes)
    return reliability_curve(correct, confidence, n_bins=n_bins).expected_calibration_error


def classwise_calibration_error(y: Any, proba: Any, *, classes: Any = None, n_bins: int = 15) -> np.ndarray:
    """Return the calibration error of each class's own probability, whose mean is the classwise ECE.

    Entry k of the (n_classes,) result is the expected calibration error of column k of ``proba`` against "the
    row is of class k". Source: Kull et al., "Beyond temperature scaling", NeurIPS 2019.

    Parameters
    ----------
    y, proba, classes
        As for :func:`top_label`.
    n_bins : int

    Examples
    --------
    >>> classwise_calibration_error([0, 1], [[0.75, 0.25], [0.25, 0.75]])
    array([0.25, 0.25])
    """
    y, proba, classes = _columns(y, proba, classes)
    curves = (
        reliability_curve(y == label, column, n_bins=n_bins)
        for label, column in zip(classes, proba.T, strict=True)
    )
    return np.array([curve.expected_calibration_error for curve in curves])


def temperature(y: Any, scores: Any, *, classes: Any = None) -> float:
    """Return the temperature T at which softmax(scores / T) gives the labels the greatest likelihood.

    One number, found on rows that the model was not trained on, mends a model that is too sure (T > 1) or not sure
    enough (T < 1). The predicted classes stay as they are. Source: Guo, Pleiss, Sun and Weinberger, "On calibration
    of modern neural networks", ICML 2017. Cost: O(n_rows · n_classes) for each of some 20 steps.

    Parameters
    ----------
    y : (n_rows,) labels
    scores : (n_rows, n_classes) float, or (n_rows,) for two classes
        As from ``decision_function``; of two classes, the second's score less the first's.
    classes : (n_classes,) labels, optional
        Labels of the columns; 0, 1, 2, … by default.

    Raises
    ------
    InvalidDataError
        Labels that do not fit the scores, scores that are not finite, or no likeliest temperature: every label has
        the highest score of its row, or labels are no likelier where scores are higher.

    Examples
    --------
    A model that is right in three rows of four, and too sure of it:

    >>> scores = np.array([[2.0, 0.0]] * 4)
    >>> T = temperature(["cat", "cat", "cat", "dog"], scores, classes=["cat", "dog"])
    >>> round(float(T * np.log(3)), 6)
    2.0
    >>> np.exp(scores[0] / T) / np.exp(scores[0] / T).sum()
    array([0.75, 0.25])
    """
    scores = np.asarray(scores, dtype=np.float64)
    if scores.ndim == 1:
        scores = np.column_stack([np.zeros_like(scores), scores])
    y, scores, classes = _columns(y, scores, classes, "scores")
    order = np.argsort(classes)
    return Categorical().fit_scale(scores, order[np.searchsorted(classes, y, sorter=order)])


def _columns(
    y: Any, columns: Any, classes: Any, name: str = "proba"
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Check that probabilities, or scores, have a row for each label and a column for each class."""
    y, columns = np.asarray(y), np.asarray(columns, dtype=np.float64)
    if columns.ndim != 2 or y.shape != columns.shape[:1]:
        raise InvalidDataError(
            f"{name} must be (n_rows, n_classes) with a row for each label, but y has shape {y.shape} "
            f"and {name} {columns.shape}"
        )
    classes = np.arange(columns.shape[1]) if classes is None else np.asarray(classes)
    if len(classes) != columns.shape[1]:
        raise InvalidDataError(f"{name} has {columns.shape[1]} columns, but there are {len(classes)} classes")
    check_known(y, classes)
    return y, columns, classes


def _refuse(bad: np.ndarray, values: np.ndarray, noun: str, demand: str) -> None:
    """Raise for the first row that is marked as bad."""
    if bad.any():
        row = int(bad.argmax())
        raise InvalidDataError(
            f"the {noun} in row {row} is {values[row : row + 1].tolist()[0]!r}; it must be {demand}"
        )

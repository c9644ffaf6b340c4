"""Selective prediction: how often a model is right if it may leave out the rows that it is least sure of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from onelayer import validation
from onelayer.errors import InvalidDataError


@dataclass(frozen=True)
class AccuracyCoverageCurve:
    """Accuracy against coverage; see :func:`accuracy_coverage_curve`.

    Attributes
    ----------
    threshold : (n_points,) float64
        Confidences that occur, falling. A point takes all rows of at least this confidence: equal ones go together.
    counts, errors : (n_points,) int64
        Rows that are taken, and how many of them are predicted wrong.
    """

    threshold: np.ndarray
    counts: np.ndarray
    errors: np.ndarray

    @property
    def coverage(self) -> np.ndarray:
        """(n_points,) float64: share of the rows that are taken; the last is 1."""
        return self.counts / self.counts[-1]

    @property
    def accuracy(self) -> np.ndarray:
        """(n_points,) float64: share of the rows taken that are right."""
        return (self.counts - self.errors) / self.counts

    @property
    def area(self) -> float:
        """Area under the risk–coverage curve (AURC): the mean of 1 − accuracy over all numbers of rows taken.

        (1/n)·Σⱼ E[errors among the j surest rows]/j, the expectation being over the order of rows of equal
        confidence, so that it does not depend on how they happen to lie. Less is better.
        """
        n = int(self.counts[-1])
        taken = np.arange(1, n + 1)
        return float(np.mean(np.interp(taken, [0, *self.counts], [0, *self.errors]) / taken))

    @property
    def excess_area(self) -> float:
        """``area`` less what it would be if every right prediction were surer than every wrong one (E-AURC)."""
        n, wrong = int(self.counts[-1]), int(self.errors[-1])
        return self.area - float(np.sum(np.arange(1, wrong + 1) / np.arange(n - wrong + 1, n + 1))) / n

    def accuracy_at(self, coverage: float) -> float:
        """Return the accuracy on the surest rows, as few as make up this share of all or more.

        Examples
        --------
        >>> accuracy_coverage_curve([True, True, False, False], [0.9, 0.8, 0.7, 0.6]).accuracy_at(0.5)
        1.0
        """
        coverage = 1.0 if coverage == 1 else validation.check_real("coverage", coverage, 0, 1)
        point = np.searchsorted(self.counts, coverage * self.counts[-1] * (1 - 1e-12), side="left")
        return float(self.accuracy[point])

    def threshold_for(self, accuracy: float) -> float | None:
        """Return the least confidence from which on this accuracy is reached, on most rows; None if on none.

        The accuracy was reached on these rows; on others it can be lower.

        Examples
        --------
        >>> accuracy_coverage_curve([True, False, True, False], [0.9, 0.8, 0.7, 0.6]).threshold_for(0.6)
        0.7
        """
        accuracy = 1.0 if accuracy == 1 else validation.check_real("accuracy", accuracy, 0, 1)
        reached = np.flatnonzero(self.accuracy >= accuracy)
        return float(self.threshold[reached[-1]]) if len(reached) else None


def accuracy_coverage_curve(correct: Any, confidence: Any) -> AccuracyCoverageCurve:
    """Sort predictions by confidence and say how many are right among the surest ones, for every number of them.

    Cost: O(n_rows · log n_rows). Sources: El-Yaniv and Wiener, "On the foundations of noise-free selective
    classification", JMLR 2010; Geifman and El-Yaniv, "Selective classification for deep neural networks", NeurIPS
    2017; the areas: Geifman, Uziel and El-Yaniv, "Bias-reduced uncertainty estimation for deep neural classifiers",
    ICLR 2019; what they measure: Ding et al., "Revisiting the evaluation of uncertainty estimation and its
    application to explore model complexity-uncertainty trade-off", CVPR Workshops 2020.

    Parameters
    ----------
    correct : (n_rows,) bool
        Whether the predicted class was right; see :func:`top_label`.
    confidence : (n_rows,) float
        Anything that orders the predictions: probabilities, their logarithms, margins.

    Raises
    ------
    InvalidDataError
        No rows, lengths that differ, a confidence that is NaN, what is no truth value.

    Examples
    --------
    >>> curve = accuracy_coverage_curve([True, True, False, True], [0.9, 0.8, 0.8, 0.5])
    >>> curve.coverage, curve.accuracy.round(3)
    (array([0.25, 0.75, 1.  ]), array([1.   , 0.667, 0.75 ]))
    >>> round(curve.area, 4)  # the mean of 0, 1/4, 1/3 and 1/4
    0.2083
    """
    correct, confidence = np.asarray(correct), np.asarray(confidence, dtype=np.float64)
    if confidence.ndim != 1 or correct.shape != confidence.shape or not len(confidence):
        raise InvalidDataError(
            f"correct and confidence must be two lists of one length, not of shapes {correct.shape} and "
            f"{confidence.shape}"
        )
    wrong = (correct != 0) & (correct != 1) | np.isnan(confidence)
    if wrong.any():
        row = int(wrong.argmax())
        raise InvalidDataError(
            f"row {row} has the confidence {confidence[row]} and correct = {correct[row : row + 1].tolist()[0]!r}; "
            "expected a number, and True or False"
        )
    order = np.argsort(-confidence, kind="stable")
    falling, errors = confidence[order], np.cumsum(1 - correct[order].astype(np.int64))
    last = np.flatnonzero(np.append(falling[1:] != falling[:-1], True))
    return AccuracyCoverageCurve(falling[last], last + 1, errors[last])

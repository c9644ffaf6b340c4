"""The gap between what a model claims and what comes true, as one number."""

from __future__ import annotations

from typing import Any

import numpy as np

from onelayer.calibration.class_columns import top_label
from onelayer.calibration.reliability import class_reliability_curves, reliability_curve


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


def maximum_calibration_error(y: Any, proba: Any, *, classes: Any = None, n_bins: int = 15) -> float:
    """Largest gap in a bin between the confidence in the predicted class and the accuracy at that confidence.

    MCE = maxₘ |acc(Bₘ) − conf(Bₘ)| over the bins that hold rows. A bin of few rows can have a large gap by chance;
    ``ReliabilityCurve.interval`` tells. Source: Naeini, Cooper and Hauskrecht 2015.

    Parameters
    ----------
    y, proba, classes
        As for :func:`top_label`.
    n_bins : int

    Examples
    --------
    >>> round(maximum_calibration_error([0, 0, 0], [[0.8, 0.2], [0.8, 0.2], [0.5, 0.5]]), 3)
    0.5
    """
    correct, confidence = top_label(y, proba, classes=classes)
    return reliability_curve(correct, confidence, n_bins=n_bins).maximum_calibration_error


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
    curves = class_reliability_curves(y, proba, classes=classes, n_bins=n_bins)
    return np.array([curve.expected_calibration_error for curve in curves])

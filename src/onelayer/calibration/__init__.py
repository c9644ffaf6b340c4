"""Whether probabilities can be taken at their word, how good they are beyond that, and how a temperature mends them.

Examples
--------
>>> y, proba, classes = ["cat", "cat", "cat", "dog"], [[0.75, 0.25]] * 4, ["cat", "dog"]
>>> expected_calibration_error(y, proba, classes=classes), brier_score(y, proba, classes=classes).score
(0.0, 0.375)
"""

from __future__ import annotations

from onelayer.calibration.accuracy_coverage import AccuracyCoverageCurve, accuracy_coverage_curve
from onelayer.calibration.binned_forecasts import BinnedForecasts
from onelayer.calibration.brier import BrierScore, brier_score
from onelayer.calibration.calibration_error import (
    classwise_calibration_error,
    expected_calibration_error,
    maximum_calibration_error,
)
from onelayer.calibration.class_columns import top_label
from onelayer.calibration.reliability import ReliabilityCurve, class_reliability_curves, reliability_curve
from onelayer.calibration.temperature_scaling import temperature

__all__ = [
    "AccuracyCoverageCurve",
    "BinnedForecasts",
    "BrierScore",
    "ReliabilityCurve",
    "accuracy_coverage_curve",
    "brier_score",
    "class_reliability_curves",
    "classwise_calibration_error",
    "expected_calibration_error",
    "maximum_calibration_error",
    "reliability_curve",
    "temperature",
    "top_label",
]

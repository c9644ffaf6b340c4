"""The figures of a fit, in the manner of scikit-learn's Display classes.

Each display has ``from_estimator`` or ``from_predictions``, which computes and draws, ``plot(ax=None)``,
which draws again, and the attributes ``ax_`` and ``figure_``. Three are scikit-learn's own, here under their
names: ``ConfusionMatrixDisplay``, ``PredictionErrorDisplay`` (predicted against true, or residuals) and
``LearningCurveDisplay`` (the score against the number of rows).
Drawing needs matplotlib (``pip install 'onelayer[app]'``); the report draws the same numbers without it.

Examples
--------
>>> import matplotlib
>>> matplotlib.use("agg")
>>> display = ReliabilityDisplay.from_predictions([0, 1, 1], [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
>>> display.ax_.get_xlabel()
'Confidence'
"""

from __future__ import annotations

import importlib
from typing import Any

from onelayer.plots.accuracy_coverage import AccuracyCoverageDisplay
from onelayer.plots.class_reliability import ClassReliabilityDisplay
from onelayer.plots.coefficients import CoefficientsDisplay
from onelayer.plots.effects import EffectsDisplay
from onelayer.plots.explanation import ExplanationDisplay
from onelayer.plots.gallery import GalleryDisplay
from onelayer.plots.history import HistoryDisplay
from onelayer.plots.influence import InfluenceDisplay
from onelayer.plots.intervals import CoefficientIntervalsDisplay
from onelayer.plots.qq import QQDisplay
from onelayer.plots.regularization_path import RegularizationPathDisplay
from onelayer.plots.reliability import ReliabilityDisplay
from onelayer.plots.residuals import ResidualsDisplay
from onelayer.plots.residuals_vs_fitted import ResidualsVersusFittedDisplay
from onelayer.plots.weights import WeightsDisplay

_FROM_SCIKIT_LEARN = {
    "ConfusionMatrixDisplay": "sklearn.metrics",
    "LearningCurveDisplay": "sklearn.model_selection",
    "PredictionErrorDisplay": "sklearn.metrics",
}

__all__ = [
    "AccuracyCoverageDisplay",
    "ClassReliabilityDisplay",
    "CoefficientIntervalsDisplay",
    "CoefficientsDisplay",
    "ConfusionMatrixDisplay",
    "EffectsDisplay",
    "ExplanationDisplay",
    "GalleryDisplay",
    "HistoryDisplay",
    "InfluenceDisplay",
    "LearningCurveDisplay",
    "PredictionErrorDisplay",
    "QQDisplay",
    "RegularizationPathDisplay",
    "ReliabilityDisplay",
    "ResidualsDisplay",
    "ResidualsVersusFittedDisplay",
    "WeightsDisplay",
]


def __getattr__(name: str) -> Any:
    """Import scikit-learn's displays when they are asked for, since its metrics take a while to import."""
    if name in _FROM_SCIKIT_LEARN:
        return getattr(importlib.import_module(_FROM_SCIKIT_LEARN[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

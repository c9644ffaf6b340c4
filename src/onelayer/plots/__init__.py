"""The figures of a fit, in the manner of scikit-learn's Display classes.

Each display has ``from_estimator`` or ``from_predictions``, which computes and draws, ``plot(ax=None)``,
which draws again, and the attributes ``ax_`` and ``figure_``. Two are scikit-learn's own, here under their
names: ``ConfusionMatrixDisplay`` and ``PredictionErrorDisplay`` (predicted against true, or residuals).
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

from typing import Any

from onelayer.plots.coefficients import CoefficientsDisplay
from onelayer.plots.gallery import GalleryDisplay
from onelayer.plots.history import HistoryDisplay
from onelayer.plots.reliability import ReliabilityDisplay
from onelayer.plots.residuals import ResidualsDisplay
from onelayer.plots.weights import WeightsDisplay

_FROM_SCIKIT_LEARN = ("ConfusionMatrixDisplay", "PredictionErrorDisplay")

__all__ = [
    "CoefficientsDisplay",
    "ConfusionMatrixDisplay",
    "GalleryDisplay",
    "HistoryDisplay",
    "PredictionErrorDisplay",
    "ReliabilityDisplay",
    "ResidualsDisplay",
    "WeightsDisplay",
]


def __getattr__(name: str) -> Any:
    """Import scikit-learn's displays when they are asked for, since its metrics take a while to import."""
    if name in _FROM_SCIKIT_LEARN:
        import sklearn.metrics

        return getattr(sklearn.metrics, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

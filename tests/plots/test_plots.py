import subprocess
import sys

import sklearn.metrics
import sklearn.model_selection

from onelayer import plots


def test_every_public_name_is_there():
    assert all(getattr(plots, name).__name__ == name for name in plots.__all__)


def test_scikit_learns_own_displays_are_not_rewritten(digits):
    X, y, model = digits
    assert plots.ConfusionMatrixDisplay is sklearn.metrics.ConfusionMatrixDisplay
    assert plots.PredictionErrorDisplay is sklearn.metrics.PredictionErrorDisplay
    assert plots.LearningCurveDisplay is sklearn.model_selection.LearningCurveDisplay
    names = [f"digit {k}" for k in range(10)]
    display = plots.ConfusionMatrixDisplay.from_estimator(model, X, y, display_labels=names)
    assert display.confusion_matrix.sum() == len(X)


def test_an_unknown_name_is_an_attribute_error():
    assert getattr(plots, "PieChartDisplay", None) is None


def test_importing_plots_does_not_import_matplotlib():
    code = "import sys, onelayer.plots; print({'matplotlib', 'polars', 'sklearn.metrics'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"

"""onelayer: the single-layer neural network done right.

>>> import onelayer as ol
>>> train, test = ol.datasets.fashion_mnist(subset=True)
>>> model = ol.SoftmaxRegression(epochs=10, batch_size=256, learning_rate=0.1, random_state=0)
>>> model.fit(train.X, train.y, X_val=test.X, y_val=test.y).score(test.X, test.y) > 0.7
True

Importing this package imports nothing else: each name is brought in when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from onelayer import calibration, callbacks, errors, losses, plots
    from onelayer.data import datasets
    from onelayer.estimators.linear_regression import LinearRegression
    from onelayer.estimators.regularization_path import regularization_path
    from onelayer.estimators.softmax_regression import SoftmaxRegression
    from onelayer.estimators.sweep.grid_sweep import GridSweep
    from onelayer.estimators.sweep.tune import tune
    from onelayer.estimators.table_model import TableModel
    from onelayer.loss_comparison import compare_losses
    from onelayer.model_files import load

__version__ = "0.1.0"

_PLACES = {
    "GridSweep": ("onelayer.estimators.sweep.grid_sweep", "GridSweep"),
    "LinearRegression": ("onelayer.estimators.linear_regression", "LinearRegression"),
    "SoftmaxRegression": ("onelayer.estimators.softmax_regression", "SoftmaxRegression"),
    "TableModel": ("onelayer.estimators.table_model", "TableModel"),
    "calibration": ("onelayer.calibration", None),
    "callbacks": ("onelayer.callbacks", None),
    "compare_losses": ("onelayer.loss_comparison", "compare_losses"),
    "datasets": ("onelayer.data.datasets", None),
    "errors": ("onelayer.errors", None),
    "load": ("onelayer.model_files", "load"),
    "losses": ("onelayer.losses", None),
    "plots": ("onelayer.plots", None),
    "regularization_path": ("onelayer.estimators.regularization_path", "regularization_path"),
    "tune": ("onelayer.estimators.sweep.tune", "tune"),
}

__all__ = [
    "GridSweep",
    "LinearRegression",
    "SoftmaxRegression",
    "TableModel",
    "__version__",
    "calibration",
    "callbacks",
    "compare_losses",
    "datasets",
    "errors",
    "load",
    "losses",
    "plots",
    "regularization_path",
    "tune",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'onelayer' has no attribute {name!r}")
    module, attribute = _PLACES[name]
    place = importlib.import_module(module)
    value = place if attribute is None else getattr(place, attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)

"""Every exception and warning of onelayer: each message says what was wrong, where, and what to do.

All exceptions derive from :class:`OnelayerError`, and each also from the built-in exception that scikit-learn and
the standard library would raise in its place, so that existing ``except ValueError`` clauses keep working.
"""

from __future__ import annotations

import importlib
import math
import os
import sys
import warnings
from types import FrameType, ModuleType


class OnelayerError(Exception):
    """Base class of every error that onelayer raises on purpose."""


class InvalidDataError(OnelayerError, ValueError):
    """Values that cannot be trained on: NaN, infinity, one class only, an empty set, lengths that differ."""


class InvalidParameterError(OnelayerError, ValueError):
    """A parameter outside its range; the message names the parameter, its value and the range."""


class DataFileError(OnelayerError, ValueError):
    """A data file that is not what it declares to be; the message names the file and the place in it."""


class DataNotFoundError(OnelayerError, FileNotFoundError):
    """A data set, file or folder that is not there; the message says where it was looked for."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class DownloadError(OnelayerError, OSError):
    """No mirror delivered the file; the message lists each mirror with its reason."""


class ModelFileError(OnelayerError, ValueError):
    """A model file of another format or version, or one that was damaged."""


class OutputError(OnelayerError, OSError):
    """A result that could not be written; nothing was left behind."""


class DivergenceError(OnelayerError, ArithmeticError):
    """Training diverged; the message gives the epoch and a learning rate to try.

    Attributes
    ----------
    epoch : int
        The epoch, from 1, in which the loss ran away.
    learning_rate : float
        The learning rate that was used.
    suggestion : float
        A learning rate below the stability limit of these data; NaN where there is none to be had.
    """

    def __init__(self, epoch: int, learning_rate: float, suggestion: float) -> None:
        self.epoch = epoch
        self.learning_rate = learning_rate
        self.suggestion = suggestion
        advice = f"try learning_rate={suggestion:.2g}, or learning_rate='auto'"
        if math.isnan(suggestion):
            advice = "the values are too large to train on; scale X, and y of a regression, to order one"
        super().__init__(f"training diverged in epoch {epoch} with learning_rate={learning_rate:g}; {advice}")

    def __reduce__(self) -> tuple[type[DivergenceError], tuple[int, float, float]]:
        return type(self), (self.epoch, self.learning_rate, self.suggestion)


class MissingDependencyError(OnelayerError, ImportError):
    """An optional dependency is not installed; the message names the extra to install."""


class SubsetWarning(UserWarning):
    """The bundled subset stands in for a data set that could not be found or downloaded."""


class RankWarning(UserWarning):
    """Columns depend on others, so that many solutions are equally good; the message names them."""


class ConditionWarning(UserWarning):
    """Columns depend on others but for the rounding of their values, so that coefficients mean little."""


class TableWarning(UserWarning):
    """Something about a table that its owner should know: a constant or a duplicate column, a level never seen."""


def warn(message: str, category: type[Warning]) -> None:
    """Warn at the line that called onelayer, however deep in it the reason was found.

    Examples
    --------
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn("a column is constant", TableWarning)
    >>> caught[0].category.__name__, str(caught[0].message)
    ('TableWarning', 'a column is constant')
    """
    here, level = os.path.dirname(__file__) + os.sep, 1
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code.co_filename.startswith(here):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def optional_dependency(module: str, extra: str) -> ModuleType:
    """Import an optional dependency, or say which extra brings it.

    Examples
    --------
    >>> optional_dependency("json", "app").__name__
    'json'
    >>> optional_dependency("no_such_module", "app")
    Traceback (most recent call last):
    ...
    onelayer.errors.MissingDependencyError: no_such_module is not installed; run: pip install 'onelayer[app]'
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        name = module.partition(".")[0]
        if error.name and error.name.partition(".")[0] != name:
            raise
        raise MissingDependencyError(
            f"{name} is not installed; run: pip install 'onelayer[{extra}]'"
        ) from None

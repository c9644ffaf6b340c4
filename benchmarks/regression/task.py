"""What takes part in a race: a piece of work on the rows of a table."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np


class Task(ABC):
    """One way to do the work of a problem.

    Attributes
    ----------
    label : str
        What the tables call it.
    distributions : tuple of str
        The packages whose versions the results name.
    threads : int
        Threads that it may use.
    """

    label: ClassVar[str]
    distributions: ClassVar[tuple[str, ...]]

    def __init__(self, threads: int) -> None:
        self.threads = threads

    def take(self, X: np.ndarray, y: np.ndarray) -> None:
        """Take the rows."""
        self.X, self.y = X, y

    @abstractmethod
    def run(self) -> None:
        """Do the work; this is what is timed."""

    @abstractmethod
    def outcome(self) -> dict[str, Any]:
        """Return what came of it: ``coef`` and ``intercept`` of a fit, and what else is to be shown."""


def coefficients(model: Any) -> dict[str, Any]:
    """Return the coefficients of an estimator in scikit-learn's shape."""
    return {"coef": np.ravel(model.coef_).tolist(), "intercept": float(np.ravel(model.intercept_)[0])}

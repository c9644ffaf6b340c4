"""What takes part in a race: a way to fit the softmax of a problem, or a floor beneath all of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np


class Task(ABC):
    """One way to do the work of a problem, with as much effort as is asked for.

    Attributes
    ----------
    label : str
        What the tables call it.
    effort : str
        The parameter by which it is told when to stop; empty if it has none.
    distributions : tuple of str
        The packages whose versions the results name.
    threads : int
        Threads that it may use.
    """

    label: ClassVar[str]
    effort: ClassVar[str] = ""
    distributions: ClassVar[tuple[str, ...]]

    def __init__(self, threads: int) -> None:
        self.threads = threads

    @abstractmethod
    def take(self, X: Any, y: np.ndarray, alpha: float) -> None:
        """Take rows, labels and the weight of the penalty, and put them once into the form wanted."""

    @abstractmethod
    def run(self, effort: float) -> None:
        """Do the work; this is what is timed."""

    @abstractmethod
    def outcome(self) -> dict[str, Any]:
        """Return what came of it, of a fit ``coef`` and ``intercept``.

        They are in scikit-learn's shapes, and belong to the rows multiplied by ``scale``.
        """

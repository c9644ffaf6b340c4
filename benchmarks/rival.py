"""What takes part in a benchmark: the recipe that everybody follows, and the interface of a rival."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np


@dataclass(frozen=True)
class Recipe:
    """Minibatch SGD on the mean cross-entropy of a softmax, without penalty, at a constant rate, from zero.

    Attributes
    ----------
    n_classes : int
        Number of outputs.
    batch_size : int
        Rows per step; the last batch of an epoch holds what is left.
    learning_rate : float
        Rate for inputs that were multiplied by ``scale(X)``.
    threads : int
        Threads that a rival may use.
    seed : int
        Seed of the shuffling.
    """

    n_classes: int
    batch_size: int
    learning_rate: float
    threads: int
    seed: int = 0


def scale(X: np.ndarray) -> float:
    """Return what inputs are multiplied by before training: 1/255 for images, 1 for floats."""
    return 1 / 255 if X.dtype == np.uint8 else 1.0


class Rival(ABC):
    """One way to train the softmax of a :class:`Recipe`.

    Attributes
    ----------
    label : str
        What the tables call it.
    distributions : tuple of str
        The packages whose versions the results name.
    """

    label: ClassVar[str]
    distributions: ClassVar[tuple[str, ...]]

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe

    @abstractmethod
    def prepare(self, X: np.ndarray, y: np.ndarray) -> None:
        """Take the rows (uint8 or float32) and labels (int64), and put them once into the form wanted."""

    @abstractmethod
    def train(self, epochs: int, pause: Callable[[], None]) -> None:
        """Train from zero for ``epochs`` passes over the data; call ``pause`` when each of them is done."""

    @abstractmethod
    def probabilities(self, X: np.ndarray) -> np.ndarray:
        """Return the (n_rows, n_classes) probabilities of the last training."""

"""The problems: the course's recipe on Fashion-MNIST, and extremes of batch size, features and outputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.floor import flops_of_epoch

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Problem:
    """Rows and labels, and how to train on them.

    Attributes
    ----------
    name, title : str
        Its name on the command line, and in the tables.
    n_rows, n_features, n_outputs : int
        The size of the work.
    batch_size, learning_rate : int, float
        The recipe; the rate belongs to inputs that were scaled to [0, 1].
    make : callable
        Returns the arrays ``X``, ``y``, and ``X_test``, ``y_test`` where there is a test set.
    """

    name: str
    title: str
    n_rows: int
    n_features: int
    n_outputs: int
    batch_size: int
    learning_rate: float
    make: Callable[[Problem], Arrays]

    @property
    def flops(self) -> int:
        """Floating-point operations of an epoch."""
        return flops_of_epoch(self.n_rows, self.n_features, self.n_outputs)

    def write(self, folder: Path) -> None:
        """Write each array as ``NAME.npy``, for the workers to read."""
        for name, array in self.make(self).items():
            np.save(folder / f"{name}.npy", array)


@cache
def fashion() -> Arrays:
    """Return the whole of Fashion-MNIST, or end the run: the bundled subset is another problem."""
    from onelayer.data.datasets import fashion_mnist

    train, test = fashion_mnist()
    if train.subset:
        raise SystemExit("the benchmarks need all of Fashion-MNIST: onelayer datasets fetch fashion-mnist")
    return {
        "X": train.X,
        "y": np.asarray(train.y, dtype=np.int64),
        "X_test": test.X,
        "y_test": np.asarray(test.y, dtype=np.int64),
    }


def labels(problem: Problem) -> np.ndarray:
    """Return random labels in which every class is as frequent as any other."""
    return np.random.default_rng(0).permutation(np.arange(problem.n_rows) % problem.n_outputs)


def images(problem: Problem) -> Arrays:
    """Return the first rows of Fashion-MNIST with its own labels, and its test set."""
    arrays = fashion()
    return {**arrays, "X": arrays["X"][: problem.n_rows], "y": arrays["y"][: problem.n_rows]}


def images_of_many_classes(problem: Problem) -> Arrays:
    """Return the first images of Fashion-MNIST under random labels."""
    return {"X": fashion()["X"][: problem.n_rows], "y": labels(problem)}


def clusters(problem: Problem) -> Arrays:
    """Return float32 rows, normal around a centre for each class."""
    draw = np.random.default_rng(1)
    y = labels(problem)
    centres = draw.standard_normal((problem.n_outputs, problem.n_features), dtype=np.float32)
    X = centres[y] + draw.standard_normal((problem.n_rows, problem.n_features), dtype=np.float32)
    return {"X": X, "y": y}


def wide_pixels(problem: Problem) -> Arrays:
    """Return uint8 rows of noise under random labels."""
    draw = np.random.default_rng(1)
    X = draw.integers(256, size=(problem.n_rows, problem.n_features), dtype=np.uint8)
    return {"X": X, "y": labels(problem)}


RECIPE = Problem("recipe", "the course's recipe", 60_000, 784, 10, 256, 0.1, images)

EXTREMES = (
    Problem("batch-1", "batch size 1", 5_000, 784, 10, 1, 0.001, images),
    Problem("batch-60000", "batch size 60,000", 60_000, 784, 10, 60_000, 0.1, images),
    Problem("features-2", "2 features", 60_000, 2, 10, 256, 0.1, clusters),
    Problem("features-100000", "100,000 features", 512, 100_000, 10, 256, 1e-5, wide_pixels),
    Problem("outputs-1000", "1,000 outputs", 20_000, 784, 1_000, 256, 0.1, images_of_many_classes),
)

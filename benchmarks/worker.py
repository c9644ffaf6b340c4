"""The process of one rival.

``prepare`` warms the code and takes the data; ``turns`` trains and waits for its turn before each epoch;
``fit`` trains without waiting; then there are ``evaluate`` and ``memory``. The clock is this process's own
and runs only while it works.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks import resident
from benchmarks.rival import Recipe
from benchmarks.rivals import create
from benchmarks.serving import Harness

WARM_ROWS = 2_048
CHUNK_ROWS = 5_000


class Worker:
    """Train one rival on the arrays of one folder, as it is told to."""

    def __init__(self, name: str, recipe: Recipe, folder: Path, harness: Harness) -> None:
        self.name, self.recipe, self.folder, self.harness = name, recipe, folder, harness
        self.X, self.y = np.load(folder / "X.npy"), np.load(folder / "y.npy")
        self.rival = create(name, recipe)

    def prepare(self) -> None:
        """Warm the code on a few rows, then put the data into the rival's form."""
        self._warm()
        start = perf_counter()
        self.rival.prepare(self.X, self.y)
        self.harness.answer(seconds=perf_counter() - start)

    def _warm(self) -> None:
        self.rival.prepare(self.X[:WARM_ROWS], self.y[:WARM_ROWS])
        self.rival.train(1, _go_on)
        self.rival = create(self.name, self.recipe)

    def turns(self, epochs: int) -> None:
        """Train; before each epoch wait for a line, after it answer with its seconds."""
        left = epochs
        _wait()
        start = perf_counter()

        def pause() -> None:
            nonlocal left, start
            self.harness.answer(seconds=perf_counter() - start)
            left -= 1
            if left:
                _wait()
            start = perf_counter()

        self.rival.train(epochs, pause)

    def fit(self, epochs: int, seed: int) -> None:
        """Train from beginning to end with this seed; answer with the seconds of the whole."""
        self.rival.recipe = replace(self.recipe, seed=seed)
        start = perf_counter()
        self.rival.train(epochs, _go_on)
        self.harness.answer(seconds=perf_counter() - start)

    def evaluate(self) -> None:
        """Answer with the mean cross-entropy in nats and the accuracy on each part of the data."""
        parts = {"train": ("X", "y")}
        if (self.folder / "X_test.npy").exists():
            parts["test"] = ("X_test", "y_test")
        self.harness.answer(**{part: self._quality(*names) for part, names in parts.items()})

    def _quality(self, rows: str, labels: str) -> dict[str, float]:
        X, y = (np.load(self.folder / f"{name}.npy") for name in (rows, labels))
        loss = right = 0.0
        for start in range(0, len(X), CHUNK_ROWS):
            own = y[start : start + CHUNK_ROWS]
            P = self.rival.probabilities(X[start : start + CHUNK_ROWS])
            winners = np.maximum(P[np.arange(len(own)), own].astype(np.float64), np.finfo(np.float32).tiny)
            loss -= np.log(winners).sum()
            right += np.count_nonzero(P.argmax(axis=1) == own)
        return {"loss": loss / len(X), "accuracy": right / len(X)}

    def memory(self, epochs: int) -> None:
        """Answer with the resident bytes before a fit, code and data loaded, and with those at its peak."""
        self._warm()
        before = resident.settle()
        self.rival.prepare(self.X, self.y)
        self.rival.train(epochs, _go_on)
        self.harness.answer(before=before, peak=resident.peak(), data=self.X.nbytes)


def _wait() -> None:
    """Wait for a line from the harness; end when there will be none."""
    if not sys.stdin.readline():
        raise SystemExit


def _go_on() -> None:
    """Go on to the next epoch at once."""


def main() -> None:
    """Serve one rival until standard input ends."""
    harness = Harness()
    name, folder, recipe = sys.argv[1:]
    worker = Worker(name, Recipe(**json.loads(recipe)), Path(folder), harness)
    rival = worker.rival
    harness.answer(label=rival.label, versions={name: version(name) for name in rival.distributions})
    harness.serve(
        {
            "prepare": worker.prepare,
            "turns": worker.turns,
            "fit": worker.fit,
            "evaluate": worker.evaluate,
            "memory": worker.memory,
        }
    )


if __name__ == "__main__":
    main()

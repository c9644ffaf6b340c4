"""The process of one task.

``warm`` warms the code on a few rows and takes all; ``run`` does the work once; then there are ``outcome`` and
``memory``. The clock is this process's own.
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks import resident
from benchmarks.regression.rivals import create
from benchmarks.serving import Harness

WARM_ROWS = 2_048


class Worker:
    """Do one task on the arrays of one folder, as it is told to."""

    def __init__(self, name: str, threads: int, folder: Path, harness: Harness) -> None:
        self.name, self.threads, self.harness = name, threads, harness
        self.X, self.y = np.load(folder / "X.npy"), np.load(folder / "y.npy")
        self.task = create(name, threads)

    def warm(self) -> None:
        """Warm the code on a few rows, and take all."""
        self._warm()
        self.harness.answer()

    def _warm(self) -> None:
        task = create(self.name, self.threads)
        task.take(self.X[:WARM_ROWS], self.y[:WARM_ROWS])
        task.run()
        self.task.take(self.X, self.y)

    def run(self) -> None:
        """Do the work; answer with its seconds."""
        start = perf_counter()
        self.task.run()
        self.harness.answer(seconds=perf_counter() - start)

    def outcome(self) -> None:
        """Answer with what came of the work."""
        self.harness.answer(**self.task.outcome())

    def memory(self) -> None:
        """Answer with the resident bytes before the work, code and data loaded, and with those at its peak."""
        self._warm()
        before = resident.settle()
        self.task.run()
        self.harness.answer(before=before, peak=resident.peak(), data=self.X.nbytes)


def main() -> None:
    """Serve one task until standard input ends."""
    harness = Harness()
    name, threads, folder = sys.argv[1:]
    worker = Worker(name, int(threads), Path(folder), harness)
    task = worker.task
    harness.answer(label=task.label, versions={name: version(name) for name in task.distributions})
    harness.serve(
        {"warm": worker.warm, "run": worker.run, "outcome": worker.outcome, "memory": worker.memory}
    )


if __name__ == "__main__":
    main()

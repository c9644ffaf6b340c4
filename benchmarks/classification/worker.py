"""The process of one task.

``warm`` warms the code on a few rows and takes all; ``run`` does the work once with some effort; ``outcome`` writes
what came of it to a file; ``peak`` tells the memory. The clock is this process's own.
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks import resident
from benchmarks.classification.problems import read
from benchmarks.classification.rivals import create
from benchmarks.serving import Harness

WARM_ROWS = 512


class Worker:
    """Do one task on the arrays of one folder, as it is told to."""

    def __init__(self, name: str, threads: int, folder: Path, harness: Harness) -> None:
        self.name, self.threads, self.folder, self.harness = name, threads, folder, harness
        self.task = create(name, threads)

    def warm(self, effort: float) -> None:
        """Do the work on a few rows, so that code is loaded and compiled, and take all rows."""
        X, y = read(self.folder, "X"), read(self.folder, "y")
        few = create(self.name, self.threads)
        few.take(X[:WARM_ROWS], y[:WARM_ROWS], 1 / min(WARM_ROWS, len(y)))
        few.run(effort)
        self.task.take(X, y, 1 / len(y))
        del X, y, few
        self.before = resident.settle()
        self.harness.answer()

    def run(self, effort: float) -> None:
        """Do the work; answer with its seconds."""
        start = perf_counter()
        self.task.run(effort)
        self.harness.answer(seconds=perf_counter() - start)

    def outcome(self) -> None:
        """Write what came of the work as ``outcome.npz``."""
        np.savez(self.folder / "outcome.npz", **self.task.outcome())
        self.harness.answer()

    def peak(self) -> None:
        """Answer with the resident bytes before the first work, code and rows loaded, and with those at the peak."""
        self.harness.answer(before=self.before, peak=resident.peak())


def main() -> None:
    """Serve one task until standard input ends."""
    harness = Harness()
    name, threads, folder = sys.argv[1:]
    worker = Worker(name, int(threads), Path(folder), harness)
    task = worker.task
    versions = {name: version(name) for name in task.distributions}
    harness.answer(label=task.label, effort=task.effort, versions=versions)
    harness.serve({"warm": worker.warm, "run": worker.run, "outcome": worker.outcome, "peak": worker.peak})


if __name__ == "__main__":
    main()

"""The process of one task: commands come on standard input, answers go to standard output, a JSON line each.

``prepare`` warms the code on a few rows and takes all; ``run`` does the work once; then there are ``outcome`` and
``memory``. The clock is this process's own.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks import resident
from benchmarks.regression.rivals import create

WARM_ROWS = 2_048


class Worker:
    """Do one task on the arrays of one folder, as it is told to."""

    def __init__(self, name: str, threads: int, folder: Path) -> None:
        self.name, self.threads = name, threads
        self.X, self.y = np.load(folder / "X.npy"), np.load(folder / "y.npy")
        self.task = create(name, threads)

    def warm(self) -> dict[str, Any]:
        """Do the work on a few rows, so that code is loaded and compiled."""
        task = create(self.name, self.threads)
        task.take(self.X[:WARM_ROWS], self.y[:WARM_ROWS])
        task.run()
        self.task.take(self.X, self.y)
        return {}

    def run(self) -> dict[str, Any]:
        """Do the work; answer with its seconds."""
        start = perf_counter()
        self.task.run()
        return {"seconds": perf_counter() - start}

    def outcome(self) -> dict[str, Any]:
        """Answer with what came of the work."""
        return self.task.outcome()

    def memory(self) -> dict[str, Any]:
        """Answer with the resident bytes before the work, code and data loaded, and with those at its peak."""
        self.warm()
        before = resident.settle()
        self.task.run()
        return {"before": before, "peak": resident.peak(), "data": self.X.nbytes}


def main() -> None:
    """Serve until standard input ends; whatever else is printed goes to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    name, threads, folder = sys.argv[1:]
    worker = Worker(name, int(threads), Path(folder))
    commands: dict[str, Callable[[], dict[str, Any]]] = {
        "warm": worker.warm,
        "run": worker.run,
        "outcome": worker.outcome,
        "memory": worker.memory,
    }

    def answer(message: dict[str, Any]) -> None:
        print(json.dumps(message), file=answers, flush=True)

    task = worker.task
    answer({"label": task.label, "versions": {name: version(name) for name in task.distributions}})
    for line in iter(sys.stdin.readline, ""):
        (command,) = json.loads(line)
        answer(commands[command]())


if __name__ == "__main__":
    main()

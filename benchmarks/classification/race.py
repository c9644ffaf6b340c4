"""The race: every contestant in a process of its own, all doing their fits in turn, round by round."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.classification.judgement import judge
from benchmarks.classification.problems import Problem
from benchmarks.machine import CORES
from benchmarks.process import Process


@dataclass(frozen=True)
class Runner:
    """A task, and how it takes part.

    Attributes
    ----------
    task : str
        Its name in ``rivals``.
    efforts : tuple of float
        The ladder: what it is told, fit by fit, to stop at; one 0 for what has no such parameter.
    rounds : int
        After how many rounds it leaves; 0 for all. The slow ones leave early.
    threads : int
        That each of its pools may use.
    """

    task: str
    efforts: tuple[float, ...] = (0,)
    rounds: int = 0
    threads: int = CORES

    @property
    def key(self) -> str:
        """What the results call it."""
        return self.task if self.threads == CORES else f"{self.task}, threads={self.threads}"


def race(problem: Problem, runners: Sequence[Runner], *, rounds: int) -> dict[str, Any]:
    """Return the size of the problem, and of each contestant every fit: raw seconds and what came of it.

    Each warms up on a few rows; those in all rounds also do the first fit of their ladder once before the clock counts.
    Then all take turns, a ladder each.
    """
    with TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        problem.write(folder)
        processes = {
            runner: stack.enter_context(
                Process(
                    runner.key,
                    runner.threads,
                    ("benchmarks.classification.worker", runner.task, str(runner.threads), folder),
                )
            )
            for runner in runners
        }
        records = {runner.key: {**process.answer(), "fits": []} for runner, process in processes.items()}
        for runner in runners:
            if runner.threads != CORES:
                records[runner.key]["label"] += f", {runner.threads} thread"
        for runner, process in processes.items():
            process.ask("warm", runner.efforts[0])
            if not runner.rounds:
                process.ask("run", runner.efforts[0])
        for number in range(rounds):
            for runner, process in processes.items():
                if number < (runner.rounds or rounds):
                    _climb(records[runner.key]["fits"], runner, process, problem, folder)
        for runner, process in processes.items():
            records[runner.key]["memory"] = process.ask("peak")
    sizes = {"n_rows": problem.n_rows, "n_features": problem.n_features, "n_classes": problem.n_classes}
    return {**sizes, "who": records}


def _climb(
    fits: list[dict[str, Any]], runner: Runner, process: Process, problem: Problem, folder: Path
) -> None:
    """Do every fit of a ladder once; judge it when it is new."""
    for place, effort in enumerate(runner.efforts):
        seconds = process.ask("run", effort)["seconds"]
        if place == len(fits):
            process.ask("outcome")
            fits.append({"effort": effort, "seconds": [], **_came_of_it(problem, folder)})
        fits[place]["seconds"].append(seconds)


def _came_of_it(problem: Problem, folder: Path) -> dict[str, Any]:
    """Return what is to be known of the last work."""
    with np.load(folder / "outcome.npz") as found:
        outcome = {name: found[name] for name in found.files}
    weights = [outcome.pop(name) for name in ("coef", "intercept") if name in outcome]
    judged = judge(folder, *weights, problem.alpha) if weights else {}
    return judged | {name: value.tolist() for name, value in outcome.items()}

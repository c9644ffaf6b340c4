"""The contest: every rival in a process of its own, all taking turns, an epoch each, round by round."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.problems import Problem
from benchmarks.process import Process
from benchmarks.rival import Recipe


@dataclass(frozen=True)
class Contestant:
    """A rival with a number of threads.

    Attributes
    ----------
    rival : str
        Its name in ``rivals``.
    threads : int
        Threads that it may use.
    quick : bool
        Whether its epochs are so short that warming up on one costs little.
    fits : bool
        Whether it also takes part with whole trainings.
    """

    rival: str
    threads: int = 2
    quick: bool = True
    fits: bool = True

    @property
    def key(self) -> str:
        """Its name in the results: ``onelayer@2``."""
        return f"{self.rival}@{self.threads}"


class Entrant(Process):
    """The worker of a contestant, on the arrays of a folder."""

    def __init__(self, contestant: Contestant, problem: Problem, folder: Path) -> None:
        self.contestant = contestant
        recipe = Recipe(problem.n_outputs, problem.batch_size, problem.learning_rate, contestant.threads)
        arguments = ("benchmarks.worker", contestant.rival, folder, json.dumps(asdict(recipe)))
        super().__init__(contestant.key, contestant.threads, arguments)


def compete(
    problem: Problem,
    contestants: Sequence[Contestant],
    *,
    rounds: int,
    slow_rounds: int = 0,
    fits: int = 0,
    fit_epochs: int = 10,
) -> dict[str, dict[str, Any]]:
    """Return for each contestant its raw seconds and the quality of what it learnt.

    Each first warms up on a few rows, and the ``quick`` ones on a whole epoch too. Then comes one training of
    as many epochs as there are ``rounds``, in which all take turns; those that are not quick leave after
    ``slow_rounds``. Then come, for those who take part with them, ``fits`` whole trainings of ``fit_epochs``
    each, in turn again, with the seeds 0, 1, 2, …
    """

    def turns(process: Entrant) -> int:
        return rounds if process.contestant.quick else slow_rounds

    with TemporaryDirectory() as folder, ExitStack() as stack:
        problem.write(Path(folder))
        processes = [stack.enter_context(Entrant(entry, problem, Path(folder))) for entry in contestants]
        greetings = {process.contestant.key: process.answer() for process in processes}
        records: dict[str, dict[str, Any]] = {}
        for process in processes:
            records[process.contestant.key] = {
                **greetings[process.contestant.key],
                "threads": process.contestant.threads,
                "prepare_seconds": process.ask("prepare")["seconds"],
                "turns": {"epochs": turns(process), "seconds": []},
            }
            if process.contestant.quick:
                process.ask("fit", 1, 0)
            process.tell("turns", turns(process))
        for number in range(rounds):
            for process in processes:
                if number < turns(process):
                    seconds = process.ask("turn")["seconds"]
                    records[process.contestant.key]["turns"]["seconds"].append(seconds)
        for process in processes:
            records[process.contestant.key]["turns"]["quality"] = process.ask("evaluate")
        fitters = [process for process in processes if process.contestant.fits and fits]
        for process in fitters:
            records[process.contestant.key]["fits"] = {"epochs": fit_epochs, "seconds": [], "qualities": []}
        for seed in range(fits):
            for process in fitters:
                record = records[process.contestant.key]["fits"]
                record["seconds"].append(process.ask("fit", fit_epochs, seed)["seconds"])
                record["qualities"].append(process.ask("evaluate"))
    return records


def peaks(problem: Problem, contestants: Sequence[Contestant], *, epochs: int) -> dict[str, dict[str, Any]]:
    """Return each contestant's resident bytes, alone in a fresh process, before a fit and at its peak."""
    records = {}
    with TemporaryDirectory() as folder:
        problem.write(Path(folder))
        for entry in contestants:
            with Entrant(entry, problem, Path(folder)) as process:
                records[entry.key] = process.answer() | process.ask("memory", epochs)
    return records

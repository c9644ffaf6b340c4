"""The race: every contestant in a process of its own, all doing their work in turn, round by round."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.machine import CORES
from benchmarks.process import Process
from benchmarks.regression import judgement
from benchmarks.regression.problems import Problem


@dataclass(frozen=True)
class Runner:
    """A task, and how it takes part.

    Attributes
    ----------
    task : str
        Its name in ``rivals``.
    rounds : int
        After how many rounds it leaves; 0 for all. The slow ones leave early.
    """

    task: str
    rounds: int = 0


def race(problem: Problem, runners: Sequence[Runner], *, rounds: int) -> dict[str, Any]:
    """Return the size of the problem, and for each contestant its raw seconds, what came of its work, and its memory.

    Each warms up on a few rows; those in all rounds also do the work once before the clock counts. Then all take
    turns. Afterwards each does the work once more in a fresh process, for its peak of memory.
    """
    with TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        problem.write(folder)

        def process(runner: Runner) -> Process:
            arguments = ("benchmarks.regression.worker", runner.task, str(CORES), folder)
            return Process(runner.task, CORES, arguments)

        processes = {runner: stack.enter_context(process(runner)) for runner in runners}
        records = {runner.task: {**each.answer(), "seconds": []} for runner, each in processes.items()}
        for runner, each in processes.items():
            each.ask("warm")
            if not runner.rounds:
                each.ask("run")
        for number in range(rounds):
            for runner, each in processes.items():
                if number < (runner.rounds or rounds):
                    records[runner.task]["seconds"].append(each.ask("run")["seconds"])
        for runner, each in processes.items():
            records[runner.task]["outcome"] = each.ask("outcome")
        stack.pop_all().close()
        for runner in runners:
            with process(runner) as alone:
                alone.answer()
                records[runner.task]["memory"] = alone.ask("memory")
        judgement.judge(records, folder)
    return {"n_rows": problem.n_rows, "n_features": problem.n_features, "who": records}

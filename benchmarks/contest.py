"""The contest: every rival in a process of its own, all taking turns, an epoch each, round by round."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, TextIO, cast

from benchmarks.problems import Problem
from benchmarks.rival import Recipe

ROOT = Path(__file__).parent.parent


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


class Process:
    """The worker of a contestant, stopped whenever it is not asked; leaving the context ends it.

    A process that waits still disturbs the others, since the threads of its pools go on spinning for a while:
    in a contest of PyTorch with itself, the one that came 50 ms after NumPy's matrix product was 1.3 to 1.8
    times as slow as the other. A stopped process does nothing.
    """

    def __init__(self, contestant: Contestant, problem: Problem, folder: Path) -> None:
        self.contestant = contestant
        recipe = Recipe(problem.n_outputs, problem.batch_size, problem.learning_rate, contestant.threads)
        threads = str(contestant.threads)
        worker = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", contestant.rival, folder, json.dumps(asdict(recipe))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=os.environ
            | {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads, "JAX_PLATFORMS": "cpu"},
        )
        self._worker = worker
        self._commands, self._answers = cast(TextIO, worker.stdin), cast(TextIO, worker.stdout)

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._worker.send_signal(signal.SIGCONT)
        self._worker.communicate()

    def tell(self, *command: Any) -> None:
        """Send a command."""
        print(json.dumps(command), file=self._commands, flush=True)

    def answer(self) -> dict[str, Any]:
        """Wait for the worker's answer."""
        line = self._answers.readline()
        if not line:
            raise SystemExit(
                f"{self.contestant.key} ended with code {self._worker.wait()}; its error is above"
            )
        return json.loads(line)

    def ask(self, *command: Any) -> Any:
        """Wake the worker, send it a command, wait for its answer, and stop it again."""
        self._worker.send_signal(signal.SIGCONT)
        self.tell(*command)
        answer = self.answer()
        self._worker.send_signal(signal.SIGSTOP)
        return answer


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

    def turns(process: Process) -> int:
        return rounds if process.contestant.quick else slow_rounds

    with TemporaryDirectory() as folder, ExitStack() as stack:
        problem.write(Path(folder))
        processes = [stack.enter_context(Process(entry, problem, Path(folder))) for entry in contestants]
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
            with Process(entry, problem, Path(folder)) as process:
                records[entry.key] = process.answer() | process.ask("memory", epochs)
    return records

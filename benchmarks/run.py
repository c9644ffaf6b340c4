"""``python -m benchmarks.run``: measure, print the tables, write them and all raw timings to ``results/``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks import contest, machine, startup, tables
from benchmarks.contest import Contestant
from benchmarks.problems import EXTREMES, RECIPE, Problem

RESULTS = Path(__file__).parent / "results"

ONELAYER, ONE_THREAD = Contestant("onelayer"), Contestant("onelayer", threads=1)
TORCH, JAX, NULL = Contestant("torch-memory"), Contestant("jax"), Contestant("null")
SGEMM = Contestant("sgemm", fits=False)
DATALOADER = Contestant("torch-dataloader", quick=False, fits=False)
DATALOADER_WORKERS = Contestant("torch-dataloader-workers", quick=False, fits=False)
SKLEARN = Contestant("sklearn", quick=False, fits=False)


@dataclass(frozen=True)
class Extent:
    """Which parts are left out, who takes part in the others, and how often each thing is measured."""

    left_out: tuple[str, ...]
    recipe: tuple[Contestant, ...]
    memory: tuple[Contestant, ...]
    rounds: int
    slow_rounds: int
    fits: int
    extreme_rounds: int
    import_rounds: int
    first_runs: int
    warm_runs: int


FULL = Extent(
    left_out=(),
    recipe=(SGEMM, ONELAYER, TORCH, DATALOADER, DATALOADER_WORKERS, JAX, SKLEARN, NULL, ONE_THREAD),
    memory=(ONELAYER, TORCH, DATALOADER, DATALOADER_WORKERS, JAX, SKLEARN, NULL),
    rounds=10,
    slow_rounds=10,
    fits=5,
    extreme_rounds=5,
    import_rounds=9,
    first_runs=2,
    warm_runs=5,
)
QUICK = Extent(
    left_out=("features-100000", "outputs-1000", "command"),
    recipe=(SGEMM, ONELAYER, TORCH, DATALOADER, JAX, NULL, ONE_THREAD),
    memory=(ONELAYER, TORCH),
    rounds=5,
    slow_rounds=1,
    fits=1,
    extreme_rounds=2,
    import_rounds=2,
    first_runs=1,
    warm_runs=1,
)


def parts(results: dict[str, Any], extent: Extent) -> dict[str, Callable[[], None]]:
    """Return the parts of a run by name; each puts what it measured into ``results``."""

    def extreme(problem: Problem) -> Callable[[], None]:
        def measure() -> None:
            records = contest.compete(problem, (SGEMM, ONELAYER, TORCH), rounds=extent.extreme_rounds)
            results["problems"][problem.name] = records

        return measure

    def recipe() -> None:
        results["problems"][RECIPE.name] = contest.compete(
            RECIPE,
            extent.recipe,
            rounds=extent.rounds,
            slow_rounds=extent.slow_rounds,
            fits=extent.fits,
        )

    def memory() -> None:
        results["memory"] = contest.peaks(RECIPE, extent.memory, epochs=2)

    def imports() -> None:
        results["import"] = startup.imports(extent.import_rounds)

    def command() -> None:
        results["command"] = startup.commands(extent.first_runs, extent.warm_runs)

    return {
        RECIPE.name: recipe,
        **{problem.name: extreme(problem) for problem in EXTREMES},
        "memory": memory,
        "import": imports,
        "command": command,
    }


def versions(results: dict[str, Any]) -> dict[str, str]:
    """Return the versions that the workers named."""
    contests = (*results["problems"].values(), results.get("memory", {}))
    workers = (record for records in contests for record in records.values())
    return {name: number for record in workers for name, number in record["versions"].items()}


def main() -> None:
    """Measure what the command line asks for."""
    results: dict[str, Any] = {"problems": {}}
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=main.__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds and fewer parts, less than a minute")
    parser.add_argument("--only", action="append", choices=list(parts(results, FULL)), metavar="NAME",
                        help="one part alone, nothing written; may be repeated: %(choices)s")  # fmt: skip
    options = parser.parse_args()

    machine.pin()
    results |= {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "quick": options.quick,
        "machine": machine.describe(),
    }
    start, others = perf_counter(), machine.Others()
    extent = QUICK if options.quick else FULL
    for name, measure in parts(results, extent).items():
        if name in options.only if options.only else name not in extent.left_out:
            print(f"{perf_counter() - start:5.0f} s  {name}", file=sys.stderr, flush=True)
            measure()
    results |= {
        "seconds": perf_counter() - start,
        "share_of_others": others.share(),
        "versions": versions(results),
    }

    print(tables.page(results))
    if options.only is None:
        stem = RESULTS / ("quick" if options.quick else "full")
        stem.with_suffix(".md").write_text(tables.page(results), encoding="utf-8")
        record = {**results, "figures": tables.summary(results)}
        stem.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        print(f"written: {stem}.md and {stem}.json", file=sys.stderr)


if __name__ == "__main__":
    main()

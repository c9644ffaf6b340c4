"""The suite of images: the course's recipe on Fashion-MNIST, its extremes, memory, import and command."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks import contest, figures, markdown, page, startup
from benchmarks.contest import Contestant
from benchmarks.problems import EXTREMES, RECIPE, Problem
from benchmarks.suite import Results, Suite

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


def parts(quick: bool) -> dict[str, Callable[[Results], None]]:
    """Return the parts of a run by name; each puts what it measured into the results."""
    extent = QUICK if quick else FULL

    def extreme(problem: Problem) -> Callable[[Results], None]:
        def measure(results: Results) -> None:
            records = contest.compete(problem, (SGEMM, ONELAYER, TORCH), rounds=extent.extreme_rounds)
            results.setdefault("problems", {})[problem.name] = records

        return measure

    def recipe(results: Results) -> None:
        results.setdefault("problems", {})[RECIPE.name] = contest.compete(
            RECIPE,
            extent.recipe,
            rounds=extent.rounds,
            slow_rounds=extent.slow_rounds,
            fits=extent.fits,
        )

    def memory(results: Results) -> None:
        results["memory"] = contest.peaks(RECIPE, extent.memory, epochs=2)

    def imports(results: Results) -> None:
        results["import"] = startup.imports(extent.import_rounds)

    def command(results: Results) -> None:
        results["command"] = startup.commands(extent.first_runs, extent.warm_runs)

    everything = {
        RECIPE.name: recipe,
        **{problem.name: extreme(problem) for problem in EXTREMES},
        "memory": memory,
        "import": imports,
        "command": command,
    }
    return {name: part for name, part in everything.items() if name not in extent.left_out}


def versions(results: Results) -> dict[str, str]:
    """Return the versions that the workers named."""
    contests = (*results.get("problems", {}).values(), results.get("memory", {}))
    workers = (record for records in contests for record in records.values())
    return {name: number for record in workers for name, number in record["versions"].items()}


def summary(results: Results) -> dict[str, Any]:
    """Return the figures to reach for the JSON file."""
    return markdown.record(figures.read(results))


SUITE = Suite("images", ("full", "quick"), parts, versions, page.page, summary)

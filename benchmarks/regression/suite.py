"""The suite of tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks import markdown
from benchmarks.regression import accuracy, commands, figures, page, stream
from benchmarks.regression.problems import ABSOLUTE, GROWTH, HUBER, LEAST_SQUARES, SUMMARY, Problem
from benchmarks.regression.race import Runner, race
from benchmarks.suite import Results, Suite

GRAM = Runner("gram")
RACES: tuple[tuple[Problem, tuple[Runner, ...]], ...] = (
    (LEAST_SQUARES, (GRAM, Runner("onelayer"), Runner("sklearn-ridge"), Runner("sklearn", rounds=3))),
    (HUBER, (GRAM, Runner("onelayer-huber"), Runner("sklearn-huber", rounds=3))),
    (ABSOLUTE, (GRAM, Runner("onelayer-absolute", rounds=3))),
    (SUMMARY, (GRAM, Runner("onelayer-summary"), Runner("statsmodels", rounds=3))),
    *((problem, (Runner("onelayer-absolute"), Runner("sklearn-quantile", rounds=1))) for problem in GROWTH),
)
ROUNDS = 7
LENGTHS = (10_000_000, 20_000_000)
_SHORTER = 20
_QUICK_GROWTH = 1_000


def parts(quick: bool) -> dict[str, Callable[[Results], None]]:
    """Return the parts of a run by name; a quick one has a twentieth of the rows, and the shortest linear programme."""
    times, rounds = (_SHORTER, 2) if quick else (1, ROUNDS)

    def racing(problem: Problem, runners: tuple[Runner, ...]) -> Callable[[Results], None]:
        size = problem if problem in GROWTH else problem.shorter(times)

        def measure(results: Results) -> None:
            results.setdefault("races", {})[problem.name] = race(size, runners, rounds=rounds)

        return measure

    def streaming(results: Results) -> None:
        results["stream"] = stream.measure([n_rows // times for n_rows in LENGTHS], 1 if quick else 3)

    def digits(results: Results) -> None:
        results["accuracy"] = accuracy.measure()

    def whole(results: Results) -> None:
        results["commands"] = commands.measure(1 if quick else 3)

    races = {
        problem.name: racing(problem, runners)
        for problem, runners in RACES
        if not (quick and problem in GROWTH and problem.n_rows > _QUICK_GROWTH)
    }
    return {**races, "stream": streaming, "accuracy": digits, "table-commands": whole}


def versions(results: Results) -> dict[str, str]:
    """Return the versions that the workers named."""
    records = (record for race in results.get("races", {}).values() for record in race["who"].values())
    return {name: number for record in records for name, number in record["versions"].items()}


def summary(results: Results) -> dict[str, Any]:
    """Return the figures to reach for the JSON file."""
    return markdown.record(figures.read(results))


SUITE = Suite("tables", ("tables", "tables-quick"), parts, versions, page.page, summary)

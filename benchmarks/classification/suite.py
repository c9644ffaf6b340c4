"""The suite of classification."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from benchmarks import markdown
from benchmarks.classification import figures, page
from benchmarks.classification.problems import ALPHAS, EMBEDDINGS, FASHION, TEN, TEXT, TWO, Problem
from benchmarks.classification.race import Runner, race
from benchmarks.suite import Results, Suite

PRODUCTS = Runner("products")
ONELAYER = Runner("onelayer", (1e-2, 1e-3, 5e-4, 3e-4, 2e-4, 1e-4, 3e-5, 1e-6, 1e-7, 1e-12))
RACES: tuple[tuple[Problem, tuple[Runner, ...]], ...] = (
    (FASHION, (PRODUCTS, ONELAYER,
               Runner("sklearn-lbfgs-float32", (100, 780, 1150), rounds=1))),
    (TWO, (PRODUCTS, ONELAYER,
           Runner("sklearn-lbfgs", (10, 11, 21)),
           Runner("sklearn-lbfgs", (10, 11, 21), threads=1),
           Runner("sklearn-newton-cg", (4, 5, 6)),
           Runner("sklearn-newton-cholesky", (4, 5, 6)),
           Runner("sklearn-newton-cholesky", (4, 5, 6), threads=1),
           Runner("sklearn-sag", (3, 10, 30), rounds=1))),
    (TEN, (PRODUCTS, Runner("onelayer", (5e-4, 4e-4, 1.5e-4, 1e-6, 1e-7, 1e-12)),
           Runner("sklearn-lbfgs", (15, 21, 33)),
           Runner("sklearn-lbfgs", (15, 21, 33), threads=1),
           Runner("sklearn-newton-cg", (6, 7, 8)),
           Runner("sklearn-newton-cholesky", (5, 6), rounds=1))),
    (EMBEDDINGS, (PRODUCTS, Runner("onelayer", (1e-3, 3e-4, 1e-4, 3e-5, 1e-6), rounds=1),
                  Runner("sklearn-lbfgs", (400,), rounds=1),
                  Runner("sklearn-lbfgs-float32", (100, 200), rounds=1))),
    (TEXT, (PRODUCTS, ONELAYER,
            Runner("sklearn-lbfgs", (19, 25, 41), rounds=1),
            Runner("sklearn-lbfgs-float32", (19, 24, 39), rounds=1),
            Runner("sklearn-saga", (6, 7, 8, 9, 10, 15)))),
    (ALPHAS, (Runner("onelayer-alphas"), Runner("sklearn-alphas", rounds=1),
             Runner("sklearn-alphas-jobs", rounds=2, threads=1))),
)  # fmt: skip
ROUNDS, ROUNDS_OF_BRIEF = 3, 40
BRIEF = (TWO, TEN)  # a fit takes less than a second
_SHORTER = 20


def parts(quick: bool) -> dict[str, Callable[[Results], None]]:
    """Return the parts of a run by name; a quick one has a twentieth of the rows, and the first two fits of each."""
    times, fits = (_SHORTER, 2) if quick else (1, None)

    def racing(problem: Problem, runners: tuple[Runner, ...]) -> Callable[[Results], None]:
        def measure(results: Results) -> None:
            shorter = [replace(runner, efforts=runner.efforts[:fits]) for runner in runners]
            rounds = ROUNDS_OF_BRIEF if problem in BRIEF else ROUNDS
            found = race(problem.shorter(times), shorter, rounds=1 if quick else rounds)
            results.setdefault("races", {})[problem.name] = found

        return measure

    return {problem.name: racing(problem, runners) for problem, runners in RACES}


def versions(results: Results) -> dict[str, str]:
    """Return the versions that the workers named."""
    records = (record for race in results.get("races", {}).values() for record in race["who"].values())
    return {name: number for record in records for name, number in record["versions"].items()}


def summary(results: Results) -> dict[str, Any]:
    """Return the figures to reach for the JSON file."""
    return markdown.record(figures.read(results))


SUITE = Suite(
    "classification", ("classification", "classification-quick"), parts, versions, page.page, summary
)

"""The figures to reach in classification, and what a run measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from math import sqrt
from statistics import median
from typing import Any

from benchmarks.classification.problems import ALPHAS, EMBEDDINGS, FASHION, TEN, TEXT, TWO, Problem
from benchmarks.figure import Figure

Results = dict[str, Any]
Records = dict[str, Any]
DISTANCES = (1e-3, 1e-4, 1e-6)
OURS, THEIRS = "onelayer", "sklearn"
MEGABYTE = 1e6
_WITHIN = ", ".join(f"{within:.0e}" for within in DISTANCES)


@dataclass(frozen=True)
class Reach:
    """How long it takes to bring F within a distance of the least.

    Attributes
    ----------
    seconds : float
    reached : bool
        Whether it was reached; else it takes longer than ``seconds``, the longest fit that was tried.
    fit : dict
        The fit.
    """

    seconds: float
    reached: bool
    fit: Records

    def __str__(self) -> str:
        return f"{'' if self.reached else '> '}{self.seconds:.3g}"


def least(race: Records) -> Records:
    """Return the fit of the least objective of a race, which stands for the optimum."""
    fits = (fit for record in race["who"].values() for fit in record["fits"] if "objective" in fit)
    return min(fits, key=lambda fit: fit["objective"])


def distance(race: Records, fit: Records) -> float:
    """Return (F − F*)/F* of a fit."""
    bottom = least(race)["objective"]
    return (fit["objective"] - bottom) / bottom


def reach(race: Records, task: str, within: float) -> Reach:
    """Return the quickest fit of a contestant that is so near to the optimum, by medians."""
    fits = race["who"][task]["fits"]
    near = [fit for fit in fits if distance(race, fit) <= within]
    if near:
        best = min(near, key=lambda fit: median(fit["seconds"]))
        return Reach(median(best["seconds"]), True, best)
    longest = max(fits, key=lambda fit: median(fit["seconds"]))
    return Reach(median(longest["seconds"]), False, longest)


def tasks(race: Records, whose: str) -> list[str]:
    """Return the contestants whose names begin so."""
    return [task for task in race["who"] if task.startswith(whose)]


def quickest(race: Records, rivals: Iterable[str], within: float) -> Reach:
    """Return the first to be so near, or how long at least it takes where none of them was."""
    reaches = [reach(race, task, within) for task in rivals]
    return min(reaches, key=lambda each: (not each.reached, each.seconds))


def times(race: Records, rivals: Iterable[str], within: float) -> float:
    """Return the seconds of the quickest of some rivals over onelayer's; 0 where onelayer is never so near."""
    ours = reach(race, OURS, within)
    return quickest(race, rivals, within).seconds / ours.seconds if ours.reached else 0.0


def growth(record: Records) -> float:
    """Return by how many bytes the fits raised the peak of the process, the rows already in it."""
    return record["memory"]["peak"] - record["memory"]["before"]


def _sooner(within: float, asked: float, results: Results) -> Figure:
    race = results["races"][FASHION.name]
    theirs, ours = quickest(race, tasks(race, THEIRS), within), reach(race, OURS, within)
    ratio = times(race, tasks(race, THEIRS), within)
    return Figure(
        f"Fashion-MNIST, F within {within:.0e} of the least",
        f"≥ {asked:g} × faster than `LogisticRegression`",
        f"{ratio:.1f} ×, {ours} s against {theirs} s",
        ratio >= asked,
    )


def _nearest(results: Results) -> Figure:
    race = results["races"][FASHION.name]
    ours = reach(race, OURS, DISTANCES[-1])
    accuracy = ours.fit["accuracy"]
    return Figure(
        f"Fashion-MNIST, F within {DISTANCES[-1]:.0e} of the least",
        "≤ 60 s, test accuracy 0.844 ± 0.001",
        f"{ours} s, {accuracy:.4f}",
        ours.reached and ours.seconds <= 60 and abs(accuracy - 0.844) <= 0.001,
    )


def _never_slower(problem: Problem, results: Results) -> Figure:
    race = results["races"][problem.name]
    ratios = [times(race, tasks(race, THEIRS), within) for within in DISTANCES]
    return Figure(
        f"{problem.title}, F within {_WITHIN}",
        "never slower than scikit-learn's best solver",
        f"{_ratios(race)} × faster",
        min(ratios) >= 1,
    )


def _text(results: Results) -> Figure:
    race = results["races"][TEXT.name]
    ratios = [times(race, tasks(race, THEIRS), within) for within in DISTANCES]
    return Figure(
        f"{TEXT.title}, F within {_WITHIN}",
        "≥ 5 × faster than `lbfgs` and `saga`",
        f"{_ratios(race)} ×",
        min(ratios) >= 5,
    )


def _alphas(results: Results) -> Figure:
    race = results["races"][ALPHAS.name]
    ours, theirs = (quickest_of_alphas(race, whose) for whose in (OURS, THEIRS))
    ratio, of_usual = (
        median(each["seconds"]) / median(ours["seconds"]) for each in (theirs, usual_alphas(race))
    )
    best, rival = max(ours["scores"]), max(theirs["scores"])
    error = sqrt(rival * (1 - rival) / race["n_rows"])
    return Figure(
        ALPHAS.title,
        "≥ 20 × faster than `LogisticRegressionCV`, best score no lower by its standard error",
        f"{ratio:.1f} × its quickest use, {of_usual:.1f} × its usual one; "
        f"{best:.4f} against {rival:.4f} ± {error:.4f}",
        ratio >= 20 and best >= rival - error,
    )


def quickest_of_alphas(race: Records, whose: str) -> Records:
    """Return the only fit of the quickest of some contestants for the penalties."""
    fits = [race["who"][task]["fits"][0] for task in tasks(race, whose)]
    return min(fits, key=lambda fit: median(fit["seconds"]))


def usual_alphas(race: Records) -> Records:
    """Return the only fit of scikit-learn for the penalties as one has it who asks for nothing."""
    return race["who"][f"{THEIRS}-alphas"]["fits"][0]


def _ratios(race: Records) -> str:
    """Return by how many times onelayer is quicker, and where no rival came so near, that it is more than that."""
    rivals, texts = tasks(race, THEIRS), []
    for within in DISTANCES:
        bound = "" if quickest(race, rivals, within).reached else "> "
        texts.append(f"{bound}{times(race, rivals, within):.2f}")
    return ", ".join(texts)


#: The problem whose race a figure needs, and how it is read from the results.
FIGURES: tuple[tuple[Problem, Callable[[Results], Figure]], ...] = (
    (FASHION, partial(_sooner, 1e-3, 30)),
    (FASHION, partial(_sooner, 1e-4, 20)),
    (FASHION, _nearest),
    *((problem, partial(_never_slower, problem)) for problem in (TWO, TEN, EMBEDDINGS)),
    (TEXT, _text),
    (ALPHAS, _alphas),
)


def read(results: Results) -> list[Figure]:
    """Return the figures that this run measured; none of a quick one, whose problems are smaller."""
    races = results.get("races", {})
    return [figure(results) for problem, figure in FIGURES if problem.name in races and not results["quick"]]

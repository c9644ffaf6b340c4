"""The figures to reach on images, and what a run measured."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import median
from typing import Any

from benchmarks.figure import Figure
from benchmarks.floor import rate
from benchmarks.problems import EXTREMES, RECIPE

Results = dict[str, Any]
MEGABYTE = 1e6
COURSE = {
    "torch-dataloader@2": "without worker processes",
    "torch-dataloader-workers@2": "with two worker processes",
}


def epoch(results: Results, key: str, problem: str = RECIPE.name) -> float:
    """Return the median seconds of one epoch of a contestant."""
    return median(results["problems"][problem][key]["turns"]["seconds"])


def floor(results: Results, problem: str = RECIPE.name) -> float:
    """Return the seconds of an epoch's arithmetic at the median rate of the matrix products of that run."""
    flops = {entry.name: entry.flops for entry in (RECIPE, *EXTREMES)}[problem]
    return flops / rate(epoch(results, "sgemm@2", problem))


def ratio(results: Results, slow: str, fast: str = "onelayer@2", problem: str = RECIPE.name) -> float:
    """Return the ratio of two contestants' medians."""
    return epoch(results, slow, problem) / epoch(results, fast, problem)


def quality(record: Results, part: str, measure: str) -> float:
    """Return the median over the seeds of the whole trainings, or the one training's where there are none."""
    qualities = record["fits"]["qualities"] if "fits" in record else [record["turns"]["quality"]]
    return median(entry[part][measure] for entry in qualities)


def _recipe(results: Results) -> Figure:
    records = results["problems"][RECIPE.name]
    ours, torch = records["onelayer@2"], records["torch-memory@2"]
    fits = ours["fits"]
    accuracy, loss = quality(ours, "test", "accuracy"), quality(ours, "train", "loss")
    return Figure(
        f"the course's recipe, {fits['epochs']} epochs, median of {len(fits['qualities'])} seeds",
        "test accuracy ≥ 0.825, mean training cross-entropy ≤ 0.46",
        f"{accuracy:.4f} and {loss:.4f} (PyTorch: {quality(torch, 'test', 'accuracy'):.4f} and "
        f"{quality(torch, 'train', 'loss'):.4f})",
        accuracy >= 0.825 and loss <= 0.46,
    )


def _against_floor(results: Results) -> Figure:
    seconds, bottom = epoch(results, "onelayer@2"), floor(results)
    times = seconds / bottom
    measured = f"{1e3 * seconds:.1f} ms, {times:.2f} × the floor of {1e3 * bottom:.1f} ms"
    return Figure("one such epoch", "≤ 2 × floor", measured, times <= 2)


def _against_memory(results: Results) -> Figure:
    times = ratio(results, "torch-memory@2")
    return Figure("the same against the PyTorch loop in memory", "≥ 8 × faster", f"{times:.1f} ×", times >= 8)


def _against_dataloader(results: Results) -> Figure:
    times = {
        name: ratio(results, key) for key, name in COURSE.items() if key in results["problems"][RECIPE.name]
    }
    measured = ", ".join(f"{value:.0f} × {name}" for name, value in times.items())
    met = min(times.values()) >= 150
    return Figure("the same against the per-item DataLoader", "≥ 150 × faster", measured, met)


def _threads(results: Results) -> Figure:
    times = ratio(results, "onelayer@1")
    return Figure("2 threads against 1", "≥ 1.7 ×", f"{times:.2f} ×", times >= 1.7)


def _memory(results: Results) -> Figure:
    grown = growth(results["memory"]["onelayer@2"])
    return Figure("memory above the uint8 data during `fit`", "≤ 30 MB", f"{grown:.1f} MB", grown <= 30)


def growth(record: Results) -> float:
    """Return by how many megabytes a fit raised the peak of its process."""
    return (record["peak"] - record["before"]) / MEGABYTE


def _import(results: Results) -> Figure:
    base = median(results["import"]["without"])
    more, estimator = (median(results["import"][name]) - base for name in ("with", "estimator"))
    what = "`import onelayer`, above NumPy and scikit-learn's base"
    measured = (
        f"{more:.3f} s ({estimator:.3f} s with `SoftmaxRegression`, which is brought in when first used)"
    )
    return Figure(what, "≤ 0.3 s", measured, more <= 0.3)


def _warm(results: Results) -> Figure:
    seconds = median(results["command"]["command"])
    without = median(results["command"]["without_report"])
    measured = f"{seconds:.2f} s, model and report written ({without:.2f} s with `--no-report`)"
    return Figure("`onelayer fit fashion-mnist`, warm cache, 10 epochs", "≤ 3 s", measured, seconds <= 3)


def _first(results: Results) -> Figure:
    seconds = median(results["command"]["first"])
    return Figure("the same, first run ever", "≤ 20 s", f"{seconds:.1f} s", seconds <= 20)


def _extreme(name: str, what: str) -> Callable[[Results], Figure]:
    def figure(results: Results) -> Figure:
        ours = results["problems"][name]["onelayer@2"]
        times = ratio(results, "torch-memory@2", problem=name)
        works = math.isfinite(quality(ours, "train", "loss"))
        return Figure(
            f"`fit` with {what}",
            "works, no slower per row than the PyTorch loop",
            f"{times:.1f} × faster" if times >= 1 else f"{1 / times:.2f} × slower",
            works and times >= 1,
        )

    return figure


#: The parts of a run that a figure needs, and how it is read from the results.
FIGURES: tuple[tuple[str, Callable[[Results], Figure]], ...] = (
    (RECIPE.name, _recipe),
    (RECIPE.name, _against_floor),
    (RECIPE.name, _against_memory),
    (RECIPE.name, _against_dataloader),
    (RECIPE.name, _threads),
    ("memory", _memory),
    ("import", _import),
    ("command", _warm),
    ("command", _first),
    *((entry.name, _extreme(entry.name, entry.title)) for entry in EXTREMES[:4]),
)


def read(results: Results) -> list[Figure]:
    """Return the figures that this run measured."""
    measured = {*results, *results.get("problems", {})}
    return [figure(results) for part, figure in FIGURES if part in measured]

"""The results on images as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from benchmarks import figures, markdown
from benchmarks.figures import Results
from benchmarks.floor import SIZE, rate
from benchmarks.markdown import table
from benchmarks.problems import EXTREMES, RECIPE, Problem

NOT_TIMED = ("sgemm",)


def page(results: Results) -> str:
    """Return the page: the figures to reach, the recipe, the extremes, the waiting, and the machine."""
    problems = results.get("problems", {})
    sections = markdown.opening(results, figures.read(results))
    if RECIPE.name in problems:
        sections += ["## The course's recipe", _recipe(results)]
    extremes = [problem for problem in EXTREMES if problem.name in problems]
    if extremes:
        sections += ["## The extremes", _extremes(results, extremes)]
    if "memory" in results:
        sections += ["## Memory", _memory(results)]
    if "import" in results or "command" in results:
        sections += ["## Waiting", _waiting(results)]
    return "\n\n".join(sections) + "\n"


def _recipe(results: Results) -> str:
    records = results["problems"][RECIPE.name]
    bottom = figures.floor(results)
    speed = rate(figures.epoch(results, "sgemm@2"))
    note = (
        "60,000 × 784 uint8, 10 classes, batch 256, rate 0.1, α = 0. Floor of an epoch: "
        f"{RECIPE.flops / 1e9:.2f} GFLOP at the {speed / 1e9:.0f} GFLOP/s of a {SIZE}³ sgemm = "
        f"{1e3 * bottom:.2f} ms."
    )
    header = (
        "who", "threads", "ms an epoch, median", "least", "× floor", "× onelayer",
        "ms an epoch in a whole fit",
        "epochs, seeds", "test accuracy", "training cross-entropy",
    )  # fmt: skip
    rows = [
        _recipe_row(results, key, record)
        for key, record in sorted(records.items(), key=lambda item: median(item[1]["turns"]["seconds"]))
        if not key.startswith(NOT_TIMED)
    ]
    return f"{note}\n\n{table(header, rows)}"


def _recipe_row(results: Results, key: str, record: Results) -> tuple[str, ...]:
    seconds = record["turns"]["seconds"]
    whole, epochs, seeds = "", record["turns"]["epochs"], 1
    if "fits" in record:
        epochs, seeds = record["fits"]["epochs"], len(record["fits"]["seconds"])
        whole = f"{1e3 * median(record['fits']['seconds']) / epochs:.2f}"
    return (
        record["label"],
        str(record["threads"]),
        f"{1e3 * median(seconds):.2f}",
        f"{1e3 * min(seconds):.2f}",
        f"{median(seconds) / figures.floor(results):.2f}",
        f"{figures.ratio(results, key):.2f}",
        whole,
        f"{epochs}, {seeds}",
        f"{figures.quality(record, 'test', 'accuracy'):.4f}",
        f"{figures.quality(record, 'train', 'loss'):.4f}",
    )


def _extremes(results: Results, problems: Sequence[Problem]) -> str:
    header = (
        "problem", "rows × features → outputs", "batch", "onelayer, µs a row", "PyTorch, µs a row",
        "floor, µs a row",
        "PyTorch / onelayer", "onelayer / floor", "training cross-entropy: onelayer, PyTorch",
    )  # fmt: skip
    return table(header, (_extreme_row(results, problem) for problem in problems))


def _extreme_row(results: Results, problem: Problem) -> tuple[str, ...]:
    records = results["problems"][problem.name]
    bottom = figures.floor(results, problem.name)
    ours, torch = (figures.epoch(results, key, problem.name) for key in ("onelayer@2", "torch-memory@2"))
    losses = (figures.quality(records[key], "train", "loss") for key in ("onelayer@2", "torch-memory@2"))
    return (
        problem.title,
        f"{problem.n_rows:,} × {problem.n_features:,} → {problem.n_outputs:,}",
        f"{problem.batch_size:,}",
        *(f"{1e6 * seconds / problem.n_rows:.3f}" for seconds in (ours, torch, bottom)),
        f"{torch / ours:.2f}",
        f"{ours / bottom:.2f}",
        ", ".join(f"{loss:.4f}" for loss in losses),
    )


def _memory(results: Results) -> str:
    header = ("who", "MB before the fit, data and code loaded", "MB at the peak", "above it during the fit")
    rows: list[tuple[str, ...]] = []
    for record in sorted(results["memory"].values(), key=figures.growth):
        before, peak = (record[name] / figures.MEGABYTE for name in ("before", "peak"))
        rows.append((record["label"], f"{before:.1f}", f"{peak:.1f}", f"{peak - before:.1f}"))
    data = next(iter(results["memory"].values()))["data"] / figures.MEGABYTE
    note = f"Each alone in a fresh process; the uint8 images, {data:.1f} MB, are part of both columns."
    return f"{note}\n\n{table(header, rows)}"


def _waiting(results: Results) -> str:
    names = {
        "without": "`import numpy, sklearn.base`",
        "with": "the same and `import onelayer`",
        "estimator": "the same and `from onelayer import SoftmaxRegression`",
        "first": "`onelayer fit fashion-mnist`, first run ever",
        "command": "the same, caches full",
        "without_report": "the same with `--no-report`, caches full",
    }
    processes = results.get("import", {}) | results.get("command", {})
    rows = [
        (names[key], f"{median(seconds):.3f}", f"{min(seconds):.3f}", str(len(seconds)))
        for key, seconds in processes.items()
    ]
    return table(("whole process", "s, median", "least", "runs"), rows)

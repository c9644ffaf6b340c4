"""The suite of the sweep: 32 candidates trained side by side, beside one fit alone."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks import markdown
from benchmarks.figure import Figure
from benchmarks.suite import Results, Suite

EPOCHS, ROUNDS = 10, 5
RATES = [float(rate) for rate in np.logspace(-3, -1, 8)]
ALPHAS = [1e-6, 1e-5, 1e-4, 1e-3]
MOST = 6.0


def parts(quick: bool) -> dict[str, Callable[[Results], None]]:
    """Return the only part; a quick run has fewer rounds and compares fewer candidates with their own fits."""

    def measure(results: Results) -> None:
        results["sweep"] = run(2 if quick else ROUNDS, 7 if quick else 1)

    return {"sweep": measure}


def run(rounds: int, every: int) -> dict[str, Any]:
    """Return the seconds of one fit and of both sweeps, in turn, and how far candidates are from their own fits."""
    import onelayer as ol

    train, test = ol.datasets.fashion_mnist()
    model = ol.SoftmaxRegression(
        epochs=EPOCHS, batch_size=256, learning_rate=0.1, random_state=0, n_threads=2
    )
    grid = {"learning_rate": RATES, "alpha": ALPHAS}
    held_out = {"X_val": test.X, "y_val": test.y}
    sweeps = {"all to the end": None, "stopped early": 3}
    seconds: dict[str, list[float]] = {"one fit": [], **{name: [] for name in sweeps}}
    for turn in range(rounds + 1):  # the first compiles
        began = perf_counter()
        model.fit(train.X, train.y, **held_out)
        times = {"one fit": perf_counter() - began}
        for name, factor in sweeps.items():
            began = perf_counter()
            sweep = ol.GridSweep(model, grid, factor=factor).fit(train.X, train.y, **held_out)
            times[name] = perf_counter() - began
        for name, taken in times.items():
            if turn:
                seconds[name].append(taken)
    differences = []
    for i, candidate in enumerate(differing(model, grid, train, test)):
        if i % every == 0:
            own = ol.SoftmaxRegression(**{**model.get_params(), **candidate.params}).fit(train.X, train.y)
            differences.append(float(np.abs(candidate.coef - own.coef_).max() / np.abs(own.coef_).max()))
    return {
        "seconds": seconds,
        "differences": differences,
        "candidate_epochs": int(sweep.cv_results_["n_epochs"].sum()),
    }


def differing(model: Any, grid: dict[str, list[float]], train: Any, test: Any) -> Any:
    """Yield each candidate of a sweep with its parameters and coefficients."""
    from types import SimpleNamespace

    from onelayer.estimators.sweep.grid import candidates_of
    from onelayer.estimators.sweep.groups import groups_of
    from onelayer.estimators.sweep.splits import Part, splits_of

    candidates = candidates_of(model, grid)
    splits = splits_of(model, Part(train.X, train.y), Part(test.X, test.y), None)
    for (group,) in groups_of(model, candidates, splits):
        while group.running:
            group.epoch()
        for i in group.members:
            yield SimpleNamespace(params=candidates[i], coef=group.finish(i).coef_)


def figures(results: Results) -> list[Figure]:
    """Return the figures to reach."""
    found = results["sweep"]
    middle = {name: median(times) for name, times in found["seconds"].items()}
    ratio = {name: middle[name] / middle["one fit"] for name in middle}
    worst = max(found["differences"])
    return [
        Figure(
            "32 candidates, 10 epochs, all to the end",
            f"≤ {MOST:g} × one fit",
            f"{ratio['all to the end']:.2f} ×",
            ratio["all to the end"] <= MOST,
        ),
        Figure(
            "the same, the hopeless stopped early",
            f"≤ {MOST:g} × one fit",
            f"{ratio['stopped early']:.2f} × ({found['candidate_epochs']} of {32 * EPOCHS} epochs trained)",
            ratio["stopped early"] <= MOST,
        ),
        Figure("coefficients against separate fits", "≤ 1e-5 of the largest", f"{worst:.1e}", worst <= 1e-5),
    ]


def page(results: Results) -> str:
    """Return results as Markdown."""
    seconds = results["sweep"]["seconds"]
    rows = [[name, f"{median(times):.3f}", f"{min(times):.3f}"] for name, times in seconds.items()]
    sections = [
        *markdown.opening(results, figures(results)),
        "## The sweep",
        f"Fashion-MNIST, 60,000 × 784 uint8, batch 256, {EPOCHS} epochs, validated on 10,000 rows after each; "
        f"{len(RATES)} learning rates × {len(ALPHAS)} penalties, two threads. All in one process, in turn.",
        markdown.table(["who", "seconds, median", "least"], rows),
    ]
    return "\n\n".join(sections) + "\n"


def versions(results: Results) -> dict[str, str]:
    """Return the versions of the packages that took part."""
    return {name: version(name) for name in ("onelayer", "numba", "numpy", "scikit-learn")}


def summary(results: Results) -> dict[str, Any]:
    """Return the figures to reach for the JSON file."""
    return markdown.record(figures(results))


SUITE = Suite("sweep", ("sweep", "sweep-quick"), parts, versions, page, summary)

"""The results on tables as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from benchmarks import markdown
from benchmarks.markdown import table
from benchmarks.regression import figures
from benchmarks.regression.figures import MEGABYTE, Records, Results
from benchmarks.regression.problems import ABSOLUTE, GROWTH, HUBER, LEAST_SQUARES, SUMMARY, Problem

WAYS = {
    "onelayer": "onelayer",
    "householder": "pivoted Householder QR (SciPy)",
    "sklearn": "scikit-learn",
    "lstsq": "`np.linalg.lstsq`",
    "normal": "normal equations",
}
_FLOOR = "gram"


def page(results: Results) -> str:
    """Return the page: the figures to reach, the races, the file, the accuracy, and the commands."""
    sections = markdown.opening(results, figures.read(results))
    races = results.get("races", {})
    for problem, note in _RACES:
        if problem.name in races:
            sections += [f"## {_capital(problem.title)}", note, _race(races[problem.name], problem)]
    growth = [problem for problem in GROWTH if problem.name in races]
    if growth:
        sections += ["## The absolute loss as a linear programme", _growth(races, growth)]
    for name, title, section in _SECTIONS:
        if name in results:
            sections += [f"## {title}", section(results[name])]
    return "\n\n".join(sections) + "\n"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _race(race: Records, problem: Problem) -> str:
    records, n_rows, n_features = race["who"], race["n_rows"], race["n_features"]
    ours = next(task for task in records if task.startswith("onelayer"))
    header = (
        "who", "s, median", "least", "rounds", "× XᵀX", "× onelayer", "MB above the rows at the peak",
        "coefficients off by", "mean squared loss", "mean absolute loss",
    )  # fmt: skip
    rows = []
    for record in sorted(records.values(), key=lambda record: median(record["seconds"])):
        took, outcome = median(record["seconds"]), record["outcome"]
        fitted = "coef" in outcome
        rows.append(
            (
                record["label"],
                f"{took:.3f}",
                f"{min(record['seconds']):.3f}",
                str(len(record["seconds"])),
                f"{took / figures.seconds(records, _FLOOR):.2f}",
                f"{took / figures.seconds(records, ours):.2f}",
                f"{figures.growth(record) / MEGABYTE:.1f}",
                f"{outcome['off']:.1e}" if fitted and problem.least_squares else "",
                f"{outcome['squared']:.10g}" if fitted else "",
                f"{outcome['absolute']:.10g}" if fitted else "",
            )
        )
    flops = n_rows * n_features * (n_features + 1)
    size = next(iter(records.values()))["memory"]["data"]
    gram = figures.seconds(records, _FLOOR)
    floor = (
        f"{n_rows:,} rows of {n_features} columns are {size / MEGABYTE:.0f} MB; XᵀX by BLAS is "
        f"{flops / 1e9:.1f} GFLOP, here at {flops / gram / 1e9:.0f} GFLOP/s and {size / gram / 1e9:.1f} GB/s."
    )
    return f"{floor}\n\n{table(header, rows)}{_gaps(records)}"


def _gaps(records: Records) -> str:
    """Return a line on the gap and the scale of every fit that found one."""
    lines = []
    for record in records.values():
        outcome, parts = record["outcome"], []
        if "gap" in outcome:
            parts.append(f"relative gap {outcome['gap']:.1e}")
        if "scale" in outcome:
            parts.append(f"σ = {outcome['scale']:.8g}, objective {outcome['concomitant']:.14g}")
        if parts:
            lines.append(f"{record['label']}: {', '.join(parts)}.")
    return "".join(f"\n\n{line}" for line in lines)


def _growth(races: dict[str, Records], problems: Sequence[Problem]) -> str:
    header = ("rows × columns", "who", "s", "MB above the rows", "mean absolute loss")
    rows = [
        (
            problem.title,
            record["label"],
            f"{median(record['seconds']):.3f}",
            f"{figures.growth(record) / MEGABYTE:.1f}",
            f"{record['outcome']['absolute']:.12g}",
        )
        for problem in problems
        for record in races[problem.name]["who"].values()
    ]
    return table(header, rows)


def _stream(records: list[Records]) -> str:
    header = (
        "rows × columns", "GB of the file", "polars' scan, s", "onelayer's fit, s", "× polars",
        "onelayer, MB at the peak", "of these anonymous", "polars, MB at the peak",
    )  # fmt: skip
    rows = []
    for record in records:
        runs = record["runs"]
        scan, fit = (figures.stream_seconds(record, name) for name in ("polars", "onelayer"))
        rows.append(
            (
                f"{record['n_rows']:,} × {record['n_features']} float32",
                f"{record['bytes'] / 1e9:.2f}",
                f"{scan:.2f}",
                f"{fit:.2f}",
                f"{figures.stream_times(record):.2f}",
                f"{figures.stream_memory(record):.0f}",
                f"{figures.stream_memory(record, 'anonymous'):.0f}",
                f"{max(run['peak'] for run in runs['polars']) / MEGABYTE:.0f}",
            )
        )
    note = (
        "Whole processes, start and imports included, in turn, the file in the system's cache. The scan is "
        '`scan_parquet(FILE).select(all().sum()).collect(engine="streaming")`, which touches every value; the fit is '
        "`onelayer fit FILE --target y --no-report`."
    )
    return f"{note}\n\n{table(header, rows)}"


def _accuracy(records: list[Records]) -> str:
    note = (
        "Digits of the worst coefficient, intercept included, that agree with least squares in exact rational "
        "arithmetic on the same float64 numbers."
    )
    rows = [(record["case"], *(f"{record['digits'][way]:.1f}" for way in WAYS)) for record in records]
    return f"{note}\n\n{table(('columns', *WAYS.values()), rows)}"


def _commands(records: Records) -> str:
    header = ("command", "rows", "R², held out", "s, median", "without report", "MB at the peak")
    rows = []
    for record in records.values():
        found = record["found"]
        rows.append(
            (
                f"`{record['command']}`",
                f"{found['n_train']:,} and {found['n_test']:,}",
                f"{found['test']['r2']:.4f}",
                f"{median(record['seconds']):.2f}",
                f"{median(record['seconds_without_report']):.2f}",
                f"{record['peak'] / MEGABYTE:.0f}",
            )
        )
    return table(header, rows)


_RACES = (
    (
        LEAST_SQUARES,
        "Coefficients are held against float64 normal equations of the same rows, relative to the largest.",
    ),
    (
        HUBER,
        "One row of ten has ten times the noise; δ = 1.35 σ, no penalty. The objective is the one of `HuberRegressor`, "
        "½σ + σ·mean ℓ(r/σ), taken at the σ that is best for each one's coefficients.",
    ),
    (
        ABSOLUTE,
        "Laplace noise; no penalty. The relative gap is certified by a dual point, and asked to be 1e-6.",
    ),
    (SUMMARY, "The fit, and its table of standard errors, tests and intervals as text."),
)
_SECTIONS: tuple[tuple[str, str, Callable[[Any], str]], ...] = (
    ("stream", "From a Parquet file", _stream),
    ("accuracy", "Digits that are right", _accuracy),
    ("commands", "Whole commands on real tables", _commands),
)

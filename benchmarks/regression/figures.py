"""The figures to reach on tables, and what a run measured."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Any

from benchmarks.figure import Figure

Results = dict[str, Any]
Records = dict[str, Any]
MEGABYTE = 1e6
_DIGITS_OF_ROUNDING = 15.0  # beyond which a digit is a matter of the last rounding


def who(results: Results, race: str) -> Records:
    """Return the records of those who took part in a race."""
    return results["races"][race]["who"]


def seconds(records: Records, task: str) -> float:
    """Return the median seconds of a contestant."""
    return median(records[task]["seconds"])


def growth(record: Records) -> float:
    """Return by how many bytes the work raised the peak of its process, the rows already in it."""
    return record["memory"]["peak"] - record["memory"]["before"]


def _against_gram(results: Results) -> Figure:
    records = who(results, "least-squares")
    times = seconds(records, "onelayer") / seconds(records, "gram")
    measured = f"{times:.2f} ×, {seconds(records, 'onelayer'):.3f} s against {seconds(records, 'gram'):.3f} s"
    return Figure("least squares, 1,000,000 × 100 float32", "≤ 1.5 × BLAS `X.T @ X`", measured, times <= 1.5)


def _against_sklearn(results: Results) -> Figure:
    records = who(results, "least-squares")
    times = seconds(records, "sklearn") / seconds(records, "onelayer")
    return Figure("the same", "≥ 15 × faster than scikit-learn", f"{times:.1f} ×", times >= 15)


def _memory(results: Results) -> Figure:
    grown = growth(who(results, "least-squares")["onelayer"]) / MEGABYTE
    return Figure("the same, memory above X", "≤ 50 MB", f"{grown:.1f} MB", grown <= 50)


def stream_seconds(record: Records, name: str) -> float:
    """Return the median seconds of the processes of a file."""
    return median(run["seconds"] for run in record["runs"][name])


def stream_times(record: Records) -> float:
    """Return how many times as long as polars' scan the fit took."""
    return stream_seconds(record, "onelayer") / stream_seconds(record, "polars")


def stream_memory(record: Records, kind: str = "peak") -> float:
    """Return the most megabytes of the whole process of a fit."""
    return max(run[kind] for run in record["runs"]["onelayer"]) / MEGABYTE


def _each(results: Results, value: Callable[[Records], float]) -> list[tuple[float, str]]:
    return [(value(record), f"{record['n_rows']:,} rows") for record in results["stream"]]


def _stream_time(results: Results) -> Figure:
    times = _each(results, stream_times)
    columns = ", ".join(dict.fromkeys(f"{record['n_features']} columns" for record in results["stream"]))
    return Figure(
        f"the same from a Parquet file, streamed, {columns}",
        "≤ 2 × polars' scan of the file",
        ", ".join(f"{value:.2f} × ({rows})" for value, rows in times),
        all(value <= 2 for value, _ in times),
    )


def _stream_memory(results: Results) -> Figure:
    memory = _each(results, stream_memory)
    return Figure(
        "the same, memory of the whole process",
        "≤ 500 MB whatever the length",
        ", ".join(f"{value:.0f} MB ({rows})" for value, rows in memory),
        all(value <= 500 for value, _ in memory),
    )


def _accuracy(results: Results) -> Figure:
    short = [
        record["case"]
        for record in results["accuracy"]
        if record["digits"]["onelayer"] < min(record["digits"]["householder"], _DIGITS_OF_ROUNDING)
    ]
    return Figure(
        "digits of the coefficients, hard columns",
        "never fewer than pivoted Householder QR",
        f"fewer in: {'; '.join(short)}" if short else f"never fewer in {len(results['accuracy'])} cases",
        not short,
    )


def _huber(results: Results) -> Figure:
    records = who(results, "huber")
    times = seconds(records, "sklearn-huber") / seconds(records, "onelayer-huber")
    ours, theirs = (records[task]["outcome"]["concomitant"] for task in ("onelayer-huber", "sklearn-huber"))
    return Figure(
        "Huber's loss, 200,000 × 100",
        "≥ 10 × faster than `HuberRegressor`, objective no higher",
        f"{times:.1f} ×, {ours:.12g} against {theirs:.12g}",
        times >= 10 and ours <= theirs * (1 + 1e-12),
    )


def _absolute(results: Results) -> Figure:
    record = who(results, "absolute")["onelayer-absolute"]
    took, gap = median(record["seconds"]), record["outcome"]["gap"]
    size = record["memory"]["data"]
    times = (size + growth(record)) / size
    return Figure(
        "the absolute loss, 1,000,000 × 20",
        "relative gap ≤ 1e-6 in ≤ 10 s, memory ≤ 3 × X",
        f"gap {gap:.1e} in {took:.2f} s, {times:.2f} × X, X included",
        gap <= 1e-6 and took <= 10 and times <= 3,
    )


def _summary(results: Results) -> Figure:
    records = who(results, "summary")
    times = seconds(records, "statsmodels") / seconds(records, "onelayer-summary")
    return Figure(
        "`fit` and `summary()`, 1,700,000 × 30",
        "≥ 10 × faster than statsmodels",
        f"{times:.1f} ×",
        times >= 10,
    )


def _houses(results: Results) -> Figure:
    r2 = results["commands"]["houses"]["found"]["test"]["r2"]
    return Figure(
        "King County houses, log price, one command", "R² of a held-out fifth ≥ 0.75", f"{r2:.3f}", r2 >= 0.75
    )


#: The place in the results that a figure needs, and how it is read from them.
FIGURES: tuple[tuple[tuple[str, ...], Callable[[Results], Figure]], ...] = (
    (("races", "least-squares"), _against_gram),
    (("races", "least-squares"), _against_sklearn),
    (("races", "least-squares"), _memory),
    (("stream",), _stream_time),
    (("stream",), _stream_memory),
    (("accuracy",), _accuracy),
    (("races", "huber"), _huber),
    (("races", "absolute"), _absolute),
    (("races", "summary"), _summary),
    (("commands",), _houses),
)


def read(results: Results) -> list[Figure]:
    """Return the figures that this run measured; none of a quick one, whose tables are smaller."""
    if results["quick"]:
        return []

    def measured(place: tuple[str, ...]) -> bool:
        part: Any = results
        for name in place:
            if name not in part:
                return False
            part = part[name]
        return True

    return [figure(results) for place, figure in FIGURES if measured(place)]

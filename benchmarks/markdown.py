"""What every page of results has: its tables, the machine, and the figures to reach."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks.figure import Figure
from benchmarks.machine import DISTURBED
from benchmarks.suite import Results


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table, its columns padded so that it can be read as text."""
    lines = [list(header), *map(list, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
    padded.insert(1, ["-" * width for width in widths])
    return "\n".join(f"| {' | '.join(line)} |" for line in padded)


def opening(results: Results, reached: Sequence[Figure]) -> list[str]:
    """Return the sections that a page begins with: when and where it was measured, and the figures to reach."""
    sections = [f"# Measured {results['created']}", _machine(results)]
    if reached:
        rows = [(row.what, row.asked, row.measured, "yes" if row.met else "**no**") for row in reached]
        sections += ["## Figures to reach", table(("what", "asked", "measured", "met"), rows)]
    return sections


def record(reached: Iterable[Figure]) -> dict[str, Any]:
    """Return the figures to reach for the JSON file."""
    return {
        f"{row.what}: {row.asked}": {"asked": row.asked, "measured": row.measured, "met": row.met}
        for row in reached
    }


def _machine(results: Results) -> str:
    machine = results["machine"]
    versions = "".join(f", {name} {number}" for name, number in sorted(results["versions"].items()))
    extent = "A short run (`--quick`): fewer rounds, so noisier. " if results["quick"] else ""
    others = results["share_of_others"]
    disturbed = "**Disturbed by other processes, not to be relied on.** " if others > DISTURBED else ""
    return (
        f"{disturbed}{extent}{machine['cores']} cores of {machine['processor']}, {machine['vectors']}, "
        f"{machine['memory_bytes'] / 1e9:.0f} GB, {machine['system']}, Python {machine['python']}"
        f"{versions}. The run took {results['seconds']:.0f} s; "
        f"other processes had {others:.1%} of the cores."
    )

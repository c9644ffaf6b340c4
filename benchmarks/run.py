"""``python -m benchmarks.run``: measure, print the tables, write them and all raw timings to ``results/``."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks import images, machine, sweep
from benchmarks.classification import suite as classification
from benchmarks.regression import suite as regression
from benchmarks.suite import Suite

RESULTS = Path(__file__).parent / "results"
SUITES = {suite.name: suite for suite in (images.SUITE, regression.SUITE, classification.SUITE, sweep.SUITE)}


def measure(suite: Suite, quick: bool, only: list[str] | None) -> dict[str, Any]:
    """Run the parts of a suite, or some of them, and return the results."""
    results: dict[str, Any] = {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "quick": quick,
        "machine": machine.describe(),
    }
    start, others = perf_counter(), machine.Others()
    for name, part in suite.parts(quick).items():
        if only is None or name in only:
            print(f"{perf_counter() - start:5.0f} s  {name}", file=sys.stderr, flush=True)
            part(results)
    return results | {
        "seconds": perf_counter() - start,
        "share_of_others": others.share(),
        "versions": suite.versions(results),
    }


def write(suite: Suite, results: dict[str, Any]) -> None:
    """Write the page, and everything as JSON."""
    stem = RESULTS / suite.stems[results["quick"]]
    stem.with_suffix(".md").write_text(suite.page(results), encoding="utf-8")
    record = {**results, "figures": suite.summary(results)}
    stem.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(f"written: {stem}.md and {stem}.json", file=sys.stderr)


def main() -> None:
    """Measure what the command line asks for."""
    names = [name for suite in SUITES.values() for name in suite.parts(False)]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=main.__doc__)
    parser.add_argument("suites", nargs="*", metavar="SUITE",
                        help=f"of {', '.join(SUITES)}; all by default")  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="fewer rounds, fewer parts, smaller tables")
    parser.add_argument("--only", action="append", choices=names, metavar="NAME",
                        help="one part alone, nothing written; may be repeated: %(choices)s")  # fmt: skip
    options = parser.parse_args()
    for name in options.suites:
        if name not in SUITES:
            parser.error(f"there is no suite {name!r}; there are {', '.join(SUITES)}")

    machine.pin()
    for name in options.suites or SUITES:
        suite = SUITES[name]
        if options.only is not None and not set(options.only) & set(suite.parts(options.quick)):
            continue
        results = measure(suite, options.quick, options.only)
        print(suite.page(results))
        if options.only is None:
            write(suite, results)


if __name__ == "__main__":
    main()

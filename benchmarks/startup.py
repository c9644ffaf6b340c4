"""What a user waits for around the training, in fresh processes: the import, and the whole command."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

IMPORTS = {
    "without": "import numpy, sklearn.base",
    "with": "import numpy, sklearn.base, onelayer",
    "estimator": "import numpy, sklearn.base; from onelayer import SoftmaxRegression",
}
COMMANDS = {
    "command": ("fit", "fashion-mnist"),
    "without_report": ("fit", "fashion-mnist", "--no-report"),
}


def _seconds(arguments: list[str], folder: Path, environment: Mapping[str, str]) -> float:
    """Run a Python process in a folder and return its seconds from start to end."""
    start = perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = perf_counter() - start
    if done.returncode:
        raise SystemExit(f"python {' '.join(arguments)} ended with code {done.returncode}:\n{done.stderr}")
    return seconds


def imports(rounds: int) -> dict[str, list[float]]:
    """Return the seconds of processes that import the same with and without onelayer, in turn."""
    records: dict[str, list[float]] = {name: [] for name in IMPORTS}
    with TemporaryDirectory() as folder:
        for _ in range(rounds + 1):
            for name, code in IMPORTS.items():
                records[name].append(_seconds(["-c", code], Path(folder), {}))
    return {name: seconds[1:] for name, seconds in records.items()}


def commands(first_runs: int, warm_runs: int) -> dict[str, Any]:
    """Return the seconds of ``onelayer fit fashion-mnist``: first runs on empty caches, then on full ones."""
    first: list[float] = []
    warm: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for run in range(first_runs):
        with TemporaryDirectory() as name:
            folder = Path(name)
            caches = ("ONELAYER_CACHE", "NUMBA_CACHE_DIR", "MPLCONFIGDIR", "XDG_CACHE_HOME")
            environment = {cache: str(folder / cache.lower()) for cache in caches}
            first.append(_seconds(["-m", "onelayer", *COMMANDS["command"]], folder, environment))
            if run == first_runs - 1:
                for _ in range(warm_runs):
                    for name, arguments in COMMANDS.items():
                        warm[name].append(_seconds(["-m", "onelayer", *arguments], folder, environment))
    return {"first": first, **warm}

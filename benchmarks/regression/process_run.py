"""One whole process from start to end: its seconds, its memory, and what it printed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

from benchmarks.process import ROOT

_PAUSE = 0.01


def run(arguments: Sequence[str | Path], folder: Path) -> dict[str, Any]:
    """Run Python with these arguments in a folder, and end the benchmark if it fails.

    ``peak`` is the most bytes that were resident, mapped pages of files included, as the system noted it until the
    last look (what it tells of a child that has ended counts the memory of its parent too); ``anonymous`` leaves those
    pages out, which the system may take back at any time, and is the most that was seen when looking every 10 ms.
    """
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        start = perf_counter()
        child = subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=out,
            stderr=err,
        )
        anonymous, peak, ended = 0, 0, 0
        while not ended:
            anonymous, peak = (
                max(anonymous, _resident(child.pid, "RssAnon")),
                max(peak, _resident(child.pid, "VmHWM")),
            )
            sleep(_PAUSE)
            ended, status = os.waitpid(child.pid, os.WNOHANG)
        seconds = perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            err.seek(0)
            raise SystemExit(
                f"python {' '.join(map(str, arguments))} ended with code {child.returncode}:\n{err.read()}"
            )
        out.seek(0)
        return {
            "seconds": seconds,
            "peak": peak,
            "anonymous": anonymous,
            "output": out.read(),
        }


def _resident(pid: int, what: str) -> int:
    """Return the bytes that the system has noted of a process, such as VmHWM; 0 when it has ended."""
    with suppress(FileNotFoundError, ProcessLookupError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(f"{what}:"):
                return int(line.split()[1]) * 1024
    return 0

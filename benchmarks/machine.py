"""The machine that the figures were measured on."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

CORES = 2
DISTURBED = 0.03  # others' share of the cores from which on a run is not to be relied on


def pin() -> None:
    """Give this process, and so every worker, the first cores alone; end the run where there are fewer."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < CORES:
        raise SystemExit(f"the benchmarks compare on {CORES} cores; this machine lends {len(cores)}")
    os.sched_setaffinity(0, cores[:CORES])


def describe() -> dict[str, Any]:
    """Return the processor, cores, memory, system and Python."""
    processor = _entry("/proc/cpuinfo", "model name")
    family, model = _entry("/proc/cpuinfo", "cpu family"), _entry("/proc/cpuinfo", "model")
    flags = set(_entry("/proc/cpuinfo", "flags").split())
    return {
        "processor": f"{processor} (family {family}, model {model})",
        "vectors": "AVX-512" if "avx512f" in flags else "AVX2" if "avx2" in flags else "none named",
        "cores": CORES,
        "memory_bytes": int(_entry("/proc/meminfo", "MemTotal").split()[0]) * 1024,
        "system": platform.system(),
        "python": platform.python_version(),
    }


class Others:
    """How much of the cores other processes have taken since this was made."""

    def __init__(self) -> None:
        self._cores = {f"cpu{core}" for core in os.sched_getaffinity(0)}
        self._start = self._seconds()

    def share(self) -> float:
        """Return the share of the cores' time that was not this process's, nor that of its ended children."""
        taken, wall = (after - before for after, before in zip(self._seconds(), self._start, strict=True))
        return max(0.0, taken / (wall * len(self._cores)))

    def _seconds(self) -> tuple[float, float]:
        ticks = 0
        for name, *counts in map(str.split, Path("/proc/stat").read_text().splitlines()):
            if name in self._cores:
                user, nice, system, _, _, interrupt, soft, stolen = map(int, counts[:8])
                ticks += user + nice + system + interrupt + soft + stolen
        own = os.times()
        return ticks / os.sysconf("SC_CLK_TCK") - sum(own[:4]), own.elapsed


def _entry(path: str, name: str) -> str:
    """Return the first value of a name in one of Linux's tables, "unknown" where it is missing."""
    for line in Path(path).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return "unknown"

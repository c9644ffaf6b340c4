"""The machine that the figures were measured on."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

CORES = 2


def pin() -> None:
    """Give this process, and so every worker, the first cores alone; end the run where there are fewer."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < CORES:
        raise SystemExit(f"the benchmarks compare on {CORES} cores; this machine lends {len(cores)}")
    os.sched_setaffinity(0, cores[:CORES])


def describe() -> dict[str, Any]:
    """Return the processor, cores, memory, system and Python, and how busy the machine was."""
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
        "load_at_start": os.getloadavg()[0],
    }


def _entry(path: str, name: str) -> str:
    """Return the first value of a name in one of Linux's tables, "unknown" where it is missing."""
    for line in Path(path).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return "unknown"

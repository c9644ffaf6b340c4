"""How much memory there is to be had."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

_SYSTEM = Path("/proc/meminfo")
_LIMIT, _USED = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")


def available() -> int | None:
    """Return how many bytes can be had without swapping, in the limits of a container; None where no one tells.

    Linux tells it, in ``MemAvailable`` of /proc/meminfo, and a container's limit in its control group.

    Examples
    --------
    >>> known = available()
    >>> known is None or known > 0
    True
    """
    found = []
    with suppress(OSError, ValueError, StopIteration):
        lines = _SYSTEM.read_text().splitlines()
        line = next(line for line in lines if line.startswith("MemAvailable:"))
        found.append(int(line.split()[1]) * 1024)
    with suppress(OSError, ValueError):  # "max" is no number: no limit
        found.append(max(0, int(_LIMIT.read_text()) - int(_USED.read_text())))
    return min(found, default=None)

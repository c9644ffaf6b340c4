"""The resident memory of this process, now and at its peak, from Linux's ``/proc/self``."""

from __future__ import annotations

import ctypes
import gc
from pathlib import Path


def _status(field: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    raise KeyError(field)


def settle() -> int:
    """Give freed memory back, start the peak anew, and return the bytes that are resident."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def peak() -> int:
    """Return the most bytes that were resident since :func:`settle`."""
    return _status("VmHWM")

"""How much memory there is: the least of what the system and a container's limit leave."""

from __future__ import annotations

import pytest

from onelayer import memory

MEMINFO = "MemTotal:       16000 kB\nMemFree:         1000 kB\nMemAvailable:    8000 kB\n"
CASES = {
    "no container": (MEMINFO, None, None, 8000 * 1024),
    "a container without a limit": (MEMINFO, "max\n", "5\n", 8000 * 1024),
    "a container with a limit": (MEMINFO, "5000000\n", "3000000\n", 2_000_000),
    "a container over its limit": (MEMINFO, "5\n", "7\n", 0),
    "an old system": ("MemFree: 1000 kB\n", None, None, None),
    "no Linux": (None, None, None, None),
}


@pytest.mark.parametrize(("system", "limit", "used", "expected"), CASES.values(), ids=CASES)
def test_available(tmp_path, monkeypatch, system, limit, used, expected):
    for name, text in {"_SYSTEM": system, "_LIMIT": limit, "_USED": used}.items():
        if text is not None:
            (tmp_path / name).write_text(text)
        monkeypatch.setattr(memory, name, tmp_path / name)
    assert memory.available() == expected

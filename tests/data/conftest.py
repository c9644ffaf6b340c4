"""What the tests of data share: a small data set in a folder, mirrors of it, and a cache of their own."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from onelayer.data.download import Network

from .mirror import Mirror, serve
from .tiny import PAYLOADS


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    yield from serve(Mirror())


@pytest.fixture
def second_mirror() -> Iterator[Mirror]:
    yield from serve(Mirror())


@pytest.fixture
def waits() -> list[float]:
    """The seconds that were waited between tries."""
    return []


@pytest.fixture
def network(waits: list[float]) -> Network:
    return Network(timeout=5.0, waits=(0.5, 2.0), sleep=waits.append)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache folder of each test; proxies of the machine are out of the way."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("ONELAYER_CACHE", str(folder))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def tiny_folder(tmp_path: Path) -> Path:
    """A folder with Tiny's four files, packed."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    for name, payload in PAYLOADS.items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(payload))
    return folder

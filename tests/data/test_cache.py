"""The cache: its place on each platform, and taking turns in it."""

from __future__ import annotations

import sys
import tempfile
import threading
from pathlib import Path

import pytest

from onelayer.data.cache import cache_folder, dataset_folder, locked
from onelayer.errors import OutputError


def test_the_user_may_choose(cache: Path) -> None:
    assert cache_folder() == cache
    assert dataset_folder("tiny") == cache / "datasets" / "tiny"


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {}, "/home/ada/.cache/onelayer"),
        ("linux", {"XDG_CACHE_HOME": "/fast"}, "/fast/onelayer"),
        ("linux", {"XDG_CACHE_HOME": ""}, "/home/ada/.cache/onelayer"),
        ("darwin", {}, "/home/ada/Library/Caches/onelayer"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/onelayer/cache"),
        ("win32", {}, "/home/ada/AppData/Local/onelayer/cache"),
        ("linux", {"ONELAYER_CACHE": "/mine"}, "/mine"),
    ],
)
def test_place_by_platform(
    monkeypatch: pytest.MonkeyPatch, platform: str, variables: dict[str, str], expected: str
) -> None:
    for name in ("ONELAYER_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setattr(sys, "platform", platform)
    assert cache_folder() == Path(expected)


def test_a_user_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("ONELAYER_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    monkeypatch.setattr(sys, "platform", "linux")
    assert cache_folder() == Path(tempfile.gettempdir()) / ".cache" / "onelayer"


def test_only_one_holds_a_folder(tmp_path: Path) -> None:
    """A thread that counts up while it holds the folder is never seen halfway."""
    seen = []
    inside = [0]

    def work() -> None:
        for _ in range(50):
            with locked(tmp_path / "deep" / "folder"):
                inside[0] += 1
                seen.append(inside[0])
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1] * 200


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with (
        pytest.raises(OutputError, match=r"below: cannot be written to: Not a directory"),
        locked(tmp_path / "file" / "below"),
    ):
        pass


def test_the_lock_is_dropped_after_an_error(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(KeyError), locked(tmp_path):
            raise KeyError

"""What the tests of callbacks share: no window opens, no figure of pyplot's stays."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib
import pytest

from .terminal import Terminal


@pytest.fixture(autouse=True)
def no_windows() -> Iterator[None]:
    from matplotlib import pyplot

    matplotlib.use("agg")
    yield
    pyplot.close("all")


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    monkeypatch.setenv("TERM", "xterm")
    screen = Terminal()
    yield screen
    screen.close()

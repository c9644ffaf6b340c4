"""Fonts for names in any script: only those that are installed are asked for, the user's first."""

from __future__ import annotations

import logging
import warnings

import matplotlib
import pytest
from matplotlib import font_manager
from matplotlib.figure import Figure

from onelayer.fonts import boxes_allowed, families


def installed(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr(font_manager, "get_font_names", lambda: list(names))


def test_the_users_fonts_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, "SimHei", "DejaVu Sans", "Microsoft YaHei", "Comic Sans MS")
    with matplotlib.rc_context({"font.family": ["Comic Sans MS", "serif"]}):
        assert families("精度") == ["Comic Sans MS", "serif", "Microsoft YaHei", "SimHei"]
        assert families("accuracy") == ["Comic Sans MS", "serif"]


def test_without_chinese_fonts_there_are_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, "DejaVu Sans")
    assert families("精度") == ["sans-serif"]


def test_matplotlib_has_nothing_to_say_about_them(caplog: pytest.LogCaptureFixture) -> None:
    figure = Figure()
    figure.suptitle("精度, R² and \ufffe", fontfamily=families("精度"))
    with caplog.at_level(logging.WARNING), warnings.catch_warnings():
        warnings.simplefilter("error")
        with boxes_allowed():
            figure.canvas.draw()
    assert not caplog.records


def test_other_warnings_are_not_hidden() -> None:
    with pytest.warns(UserWarning, match="something else"), boxes_allowed():
        warnings.warn("something else", stacklevel=1)

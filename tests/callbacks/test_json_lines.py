"""JSON lines: to a path and to a file object, and what cannot be written."""

from __future__ import annotations

import dataclasses
import io
import json
import math
from pathlib import Path

import pytest

from onelayer.callbacks import JSONLines
from onelayer.errors import OutputError

from .runs import FIRST, SECOND, run


def test_json_lines_to_a_path(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text("of an earlier run\n")
    run(JSONLines(path), FIRST, SECOND)
    assert [json.loads(line) for line in path.read_text().splitlines()] == [FIRST.record(), SECOND.record()]


def test_json_lines_can_be_followed_while_the_fit_runs(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    lines = JSONLines(path)
    lines.on_start(12, 60_000)
    lines.on_epoch(FIRST)
    assert json.loads(path.read_text()) == FIRST.record()
    lines.on_end()


def test_json_lines_leave_a_file_object_open() -> None:
    file = io.StringIO()
    run(JSONLines(file), FIRST)
    assert json.loads(file.getvalue()) == FIRST.record()


def test_json_lines_say_what_cannot_be_written(tmp_path: Path) -> None:
    lines = JSONLines(tmp_path / "missing" / "run.jsonl")
    with pytest.raises(OutputError, match=r"missing/run\.jsonl: No such file or directory"):
        lines.on_start(12, 60_000)
    lines.on_end()


def test_json_lines_report_a_full_disk() -> None:
    lines = JSONLines("/dev/full")
    lines.on_start(12, 60_000)
    with pytest.raises(OutputError, match="record of epoch 1: No space left on device"):
        lines.on_epoch(FIRST)
    lines.on_end()


def test_json_lines_are_json_where_a_score_is_undefined() -> None:
    file = io.StringIO()
    run(JSONLines(file), dataclasses.replace(FIRST, val_score=math.nan))
    assert "NaN" not in file.getvalue()
    assert json.loads(file.getvalue()) == {**FIRST.record(), "val_score": None}

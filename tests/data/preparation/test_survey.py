"""One pass over a column: any cut into batches finds the same, and it is what the whole column has."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onelayer.data.preparation import survey as module
from onelayer.data.preparation.survey import LevelSurvey, NumberSurvey, regular

NUMBERS = st.lists(st.none() | st.floats(-1e6, 1e6), min_size=1, max_size=60)


@settings(deadline=None)
@given(values=NUMBERS, cut=st.integers(1, 20))
def test_numbers(values: list[float | None], cut: int) -> None:
    survey = NumberSurvey(3)
    for start in range(0, len(values), cut):
        survey.add(pl.Series(values[start : start + cut], dtype=pl.Float64))
    present = [value for value in values if value is not None]
    assert (survey.n_rows, survey.n_missing) == (len(values), len(values) - len(present))
    assert survey.constant == (len(set(present)) <= 1)
    assert survey.values == (set(present) if len(set(present)) <= 3 else None)
    if present:
        assert (survey.low, survey.high) == (min(present), max(present))
        assert survey.mean == pytest.approx(np.mean(present), abs=1e-9, rel=1e-12)


@settings(deadline=None)
@given(values=st.lists(st.none() | st.sampled_from("abc"), max_size=40), cut=st.integers(1, 9))
def test_levels(values: list[str | None], cut: int) -> None:
    survey = LevelSurvey()
    for start in range(0, len(values), cut):
        survey.add(pl.Series(values[start : start + cut], dtype=pl.String))
    assert survey.counts == {level: values.count(level) for level in "abc" if level in values}
    assert survey.n_missing == values.count(None)


def test_the_mean_of_a_constant_is_that_constant() -> None:
    survey = NumberSurvey()
    survey.add(pl.Series([0.1] * 1000))
    assert survey.mean == 0.1
    assert survey.constant


@pytest.mark.parametrize(
    ("values", "counting"),
    [
        ([0, 1, 2, 3], True),
        ([1, 2, 3, 4], True),
        ([1, 2, 4], False),
        ([2, 3, 4], False),
        ([1990, 1991, 1992], False),
        ([0, 1, None, 3], False),
    ],
)
@pytest.mark.parametrize("cut", [1, 2, 4])
def test_a_counter_of_rows(values: list[int | None], counting: bool, cut: int) -> None:
    survey = NumberSurvey()
    for start in range(0, len(values), cut):
        survey.add(pl.Series(values[start : start + cut], dtype=pl.Float64))
    assert survey.counting == counting


@pytest.mark.parametrize(
    ("n_rows", "n_levels", "identifies"), [(100, 91, True), (100, 90, False), (20, 20, False), (21, 21, True)]
)
def test_names_of_rows(n_rows: int, n_levels: int, identifies: bool) -> None:
    survey = LevelSurvey()
    survey.add(pl.Series([str(row % n_levels) for row in range(n_rows)]))
    assert survey.identifies == identifies


def test_levels_are_not_counted_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_LEVELS", 10)
    survey = LevelSurvey()
    for start in range(0, 100, 5):
        survey.add(pl.Series([str(row) for row in range(start, start + 5)]))
    assert survey.full
    assert survey.identifies
    assert len(survey.counts) == 15


@settings(deadline=None)
@given(sizes=st.lists(st.integers(0, 12), max_size=12), n_rows=st.integers(1, 10))
def test_regular_frames(sizes: list[int], n_rows: int) -> None:
    values = pl.DataFrame({"a": range(sum(sizes))})
    stops = np.cumsum(sizes)
    frames = [values.slice(stop - size, size) for stop, size in zip(stops.tolist(), sizes, strict=True)]
    parts = list(regular(frames, n_rows))
    assert [len(part) for part in parts[:-1]] == [n_rows] * (len(parts) - 1)
    assert [row for part in parts for row in part["a"].to_list()] == list(range(sum(sizes)))

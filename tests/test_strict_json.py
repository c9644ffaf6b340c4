"""Whatever is written can be read by any JSON parser."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onelayer.strict_json import dumps


def refuse(constant: str) -> NoReturn:
    raise AssertionError(f"{constant} is not JSON")


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


@given(VALUES)
def test_is_json(value: Any) -> None:
    json.loads(dumps(value), parse_constant=refuse)


@given(st.recursive(st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.text(), st.lists))
def test_finite_values_are_kept(value: Any) -> None:
    assert json.loads(dumps(value)) == value


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_others_are_null(number: float) -> None:
    assert json.loads(dumps({"a": [number, 1.5], "b": (number,)})) == {"a": [None, 1.5], "b": [None]}

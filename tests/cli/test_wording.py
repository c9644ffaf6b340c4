"""What Python calls a parameter is an option to a user of the command line; all else stays as it is."""

from __future__ import annotations

import shlex

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onelayer.cli.fit import fit
from onelayer.cli.wording import in_flags


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("missing='drop'", "--missing drop"),
        ('categories=["it\'s"]', "--category 'it'\"'\"'s'"),
        ("drop=['id', 'time hour']", "--drop 'id,time hour'"),
        ("drop=['a,b', 'c']", "--drop '\"a,b\",c'"),
        ("drop=['a', 'b', …]", "--drop a,b,…"),
        ("alpha=[0.1, 1.0]: too many", "--alpha 0.1,1.0: too many"),
        ("with learning_rate=1e+06; try", "with --learning-rate 1e+06; try"),
        ("try learning_rate=1.5e-07, or", "try --learning-rate 1.5e-07, or"),
        ("tol=1e-08 after max_iter=200 steps", "--tol 1e-08 after --max-iter 200 steps"),
        ("say so with header=False", "say so with --no-header"),
        ("header=True", "--header"),
        ("delimiter='\\t'", "--delimiter tab"),
        ("delimiter=';'", "--delimiter ';'"),
        ("missing_values=['--']", "--missing-values --"),
        ("random_state=-1: expected", "--seed -1: expected"),
        ("alpha=0.1. Then", "--alpha 0.1. Then"),
        ("max_levels=200", "max_levels=200"),
        ("colour=red, my_drop=x, 'drop=x', x.loss=1", "colour=red, my_drop=x, 'drop=x', x.loss=1"),
        ("give alpha > 0", "give alpha > 0"),
    ],
)  # fmt: skip
def test_messages(message: str, expected: str) -> None:
    assert in_flags(message) == expected


@given(
    st.lists(
        st.text(st.characters(exclude_characters="]\\", categories=["L", "N", "P", "S"]), min_size=1),
        min_size=1,
    )
)
def test_what_is_said_can_be_typed(names: list[str]) -> None:
    repeated = [name for name in names if "'" not in name or '"' not in name]
    words = shlex.split(in_flags(f"drop=[{', '.join(map(repr, repeated))}]")) if repeated else []
    if repeated:
        assert words[0] == "--drop"
        option = next(option for option in fit.params if option.name == "drop")
        assert option.type_cast_value(click.Context(fit), words[1]) == tuple(repeated)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onelayer.course.book.parameters import Parameter, settings
from onelayer.errors import InvalidParameterError

RATE = Parameter("learning_rate", 0.1, "rate", "学习率", 0, 100, low_open=True)
EPOCHS = Parameter("epochs", 3, "passes", "轮数", 1, 50)
LOSS = Parameter("loss", "squared", "loss", "损失", choices=("squared", "absolute", "huber"))
ALL = (RATE, EPOCHS, LOSS)


def test_defaults():
    assert dict(settings(ALL)) == {"learning_rate": 0.1, "epochs": 3, "loss": "squared"}


def test_assignments_keep_the_type_of_the_default():
    chosen = settings(ALL, ["learning_rate=3", " epochs = 7 ", "loss=huber"])
    assert (chosen.learning_rate, type(chosen.learning_rate)) == (3.0, float)
    assert (chosen["epochs"], type(chosen.epochs)) == (7, int)
    assert chosen.loss == "huber"


def test_the_last_of_several_counts():
    assert settings(ALL, ["epochs=4", "epochs=5"]).epochs == 5


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        ("learning_rate=-1", "learning_rate='-1': expected a number above 0 and at most 100"),
        ("learning_rate=0", "above 0"),
        ("learning_rate=1000", "at most 100"),
        ("learning_rate=nan", "expected a number"),
        ("learning_rate=inf", "expected a number"),
        ("learning_rate=", "expected a number"),
        ("learning_rate=1e999", "expected a number"),
        ("epochs=2.5", "epochs='2.5': expected a whole number of at least 1 and at most 50"),
        ("epochs=0", "of at least 1"),
        ("loss=hinge", "loss='hinge': expected squared, absolute or huber"),
        ("rate=1", "there is no parameter 'rate' here; this page has: learning_rate, epochs, loss"),
        ("epochs", "'epochs' is not of the form name=value"),
    ],
)
def test_what_is_refused(assignment, words):
    with pytest.raises(InvalidParameterError) as caught:
        settings(ALL, [assignment])
    assert words in str(caught.value)


@given(st.integers())
def test_whole_numbers_in_the_range_and_no_others(number):
    if 1 <= number <= 50:
        assert settings(ALL, [f"epochs={number}"]).epochs == number
    else:
        with pytest.raises(InvalidParameterError):
            settings(ALL, [f"epochs={number}"])


def test_settings_have_only_their_names():
    with pytest.raises(AttributeError):
        settings(ALL).rate

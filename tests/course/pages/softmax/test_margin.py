import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from onelayer.course.pages.softmax.margin import Margins, margins


@given(st.integers(0, 2**32 - 1))
def test_above_zero_exactly_where_the_decision_is_right(seed):
    random_state = np.random.RandomState(seed)
    scores, y = random_state.standard_normal((30, 5)), random_state.randint(5, size=30)
    assert ((margins(scores, y) > 0) == (scores.argmax(axis=1) == y)).all()


@given(st.integers(0, 2**32 - 1), st.floats(0.1, 20))
def test_the_loss_lies_between_its_bounds(seed, size):
    random_state = np.random.RandomState(seed)
    scores, y = size * random_state.standard_normal((30, 5)), random_state.randint(5, size=30)
    each = Margins.of(scores, scores, scores, y)
    lower, upper = each.bounds(each.after)
    assert (lower <= each.losses + 1e-9).all()
    assert (each.losses <= upper + 1e-9).all()


def test_the_bounds_are_reached():
    rivals_equal = np.array([[3.0, 1.0, 1.0, 1.0]])
    each = Margins.of(rivals_equal, rivals_equal, rivals_equal, np.array([0]))
    assert np.isclose(each.losses[0], each.bounds(np.array([2.0]))[1][0])

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from onelayer.course.pages.cross_entropy.arithmetic_coding import decode, encode, steps


@st.composite
def messages(draw):
    random_state = np.random.RandomState(draw(st.integers(0, 2**32 - 1)))
    n, n_symbols = draw(st.integers(1, 200)), draw(st.integers(2, 12))
    rows = random_state.dirichlet(np.full(n_symbols, draw(st.sampled_from([0.1, 1.0, 10.0]))), n)
    symbols = np.array([random_state.choice(n_symbols, p=row) for row in rows])
    return symbols, rows


@given(messages())
def test_a_message_arrives_and_has_the_length_of_its_intervals(message):
    symbols, rows = message
    bits = encode(symbols, rows)
    assert set(bits) <= {"0", "1"}
    assert (decode(bits, rows) == symbols).all()
    ends, each = steps(rows), np.arange(len(symbols))
    ideal = -np.log2((ends[each, symbols + 1] - ends[each, symbols]) / 2**24).sum()
    assert ideal - 1e-6 <= len(bits) < ideal + 2


@given(messages())
def test_every_symbol_has_room(message):
    ends = steps(message[1])
    assert (ends[:, 0] == 0).all()
    assert (ends[:, -1] == 2**24).all()
    assert (np.diff(ends) >= 1).all()


def test_even_what_has_probability_0_can_be_sent():
    rows = np.tile([1.0, 0.0], (20, 1))
    symbols = np.arange(20) % 2
    assert (decode(encode(symbols, rows), rows) == symbols).all()
    assert 10 * 24 <= len(encode(symbols, rows)) < 10 * 24 + 2

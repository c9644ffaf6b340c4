import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import rel_entr
from scipy.stats import entropy as scipy_entropy

from onelayer.course.pages.cross_entropy.information import cross_entropy, divergence, entropy, surprise

pairs = (
    st.integers(2, 10)
    .flatmap(lambda n: st.tuples(*[st.lists(st.floats(0.001, 1), min_size=n, max_size=n) for _ in range(2)]))
    .map(lambda pair: [np.array(each) / sum(each) for each in pair])
)


@given(pairs)
def test_agrees_with_scipy(pair):
    p, q = pair
    assert entropy(p) == pytest.approx(scipy_entropy(p, base=2))
    assert divergence(p, q) == pytest.approx(rel_entr(p, q).sum() / np.log(2), abs=1e-12)


@given(pairs)
def test_cross_entropy_is_never_below_entropy(pair):
    p, q = pair
    assert cross_entropy(p, q) >= entropy(p) - 1e-12


@given(st.floats(1e-6, 1), st.floats(1e-6, 1))
def test_surprises_of_independent_events_add(p, q):
    assert surprise(p * q) == pytest.approx(surprise(p) + surprise(q), abs=1e-9)


def test_what_is_certain_has_no_entropy():
    assert entropy([1.0, 0.0]) == 0

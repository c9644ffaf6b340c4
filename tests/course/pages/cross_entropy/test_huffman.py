import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onelayer.course.pages.cross_entropy.huffman import bits_of_labels, bits_per_toss, huffman, mean_length
from onelayer.course.pages.cross_entropy.information import entropy

shares = st.lists(st.floats(0.001, 1), min_size=2, max_size=12).map(
    lambda each: list(np.array(each) / sum(each))
)


@given(shares)
def test_no_word_begins_another_and_the_code_is_full(probabilities):
    words = huffman(probabilities)
    assert not any(a != b and b.startswith(a) for a in words for b in words)
    assert sum(0.5 ** len(word) for word in words) == 1  # Kraft's inequality with nothing left over


@given(shares)
def test_the_mean_length_is_less_than_one_bit_above_the_entropy(probabilities):
    least = entropy(probabilities)
    assert least - 1e-9 <= mean_length(probabilities) < least + 1


def test_ten_equal_classes_take_six_words_of_three_bits_and_four_of_four():
    assert sorted(map(len, huffman([0.1] * 10))) == [3] * 6 + [4] * 4


@pytest.mark.parametrize("block", range(1, 9))
def test_a_fair_coin_cannot_be_compressed(block):
    assert bits_per_toss(0.5, block) == pytest.approx(1)


def test_each_label_is_coded_by_its_own_row():
    rows = np.array([[0.5, 0.25, 0.125, 0.125], [0.125, 0.125, 0.25, 0.5]])
    assert bits_of_labels(rows, np.array([0, 0])) == 1 + 3

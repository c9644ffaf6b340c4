import numpy as np
import pytest

from onelayer.course.book import document
from onelayer.course.pages.cross_entropy.information import entropy


@pytest.fixture(scope="module")
def found():
    return document.run("cross-entropy", ["rows=300", "epochs=2"]).found


def test_ignorance_costs_log2_10(found):
    assert found.coding.ways["equal"] == pytest.approx(3.321928, abs=1e-6)
    assert found.history[0] == pytest.approx(3.321928, abs=1e-6)


def test_the_message_arrives_and_takes_what_the_cross_entropy_says(found):
    assert found.coding.arrived
    assert 0 <= len(found.coding.message) - found.coding.surprises.sum() < 2 + 1e-3 * found.n_labels


def test_whole_bits_cost_more_and_never_less_than_one(found):
    ways = found.coding.ways
    assert max(1, ways["after"]) <= ways["huffman-after"] < ways["after"] + 1


def test_bits_are_the_test_loss_in_another_unit(found):
    assert found.coding.ways["after"] == pytest.approx(found.history[-1, 1], rel=1e-4)


def test_the_most_surprising_come_first(found):
    assert (found.bits == np.sort(found.coding.surprises)[::-1][: len(found.bits)]).all()


def test_the_frequencies_have_the_largest_likelihood(found):
    best = max(found.beliefs, key=lambda belief: belief.likelihood)
    assert best.probabilities == (0.5, 0.3, 0.2)
    assert best.likelihood == pytest.approx(3.375e-5)  # 0.5⁵ · 0.3³ · 0.2²
    assert all(belief.likelihood == pytest.approx(2 ** (-10 * belief.bits)) for belief in found.beliefs)


def test_blocks_stay_between_the_entropy_and_one_bit_in_a_block(found):
    least = entropy([0.9, 0.1])
    assert found.per_toss[0] == 1
    assert all(least <= bits < least + 1 / n for n, bits in enumerate(found.per_toss, 1))


def test_confident_mistakes_cost_more_than_ignorance():
    found = document.run("cross-entropy", ["rows=300", "epochs=2", "temperature=0.05"]).found
    assert found.coding.ways["after"] == pytest.approx(found.colder[0])
    assert found.coding.ways["after"] > found.coding.ways["equal"]
    assert found.worth_it == np.inf
    assert found.coding.arrived


def test_a_hundred_images_bring_it_between_one_and_two_bits():
    found = document.run("cross-entropy", ["rows=100"]).found
    assert 1 < found.coding.ways["after"] < 2

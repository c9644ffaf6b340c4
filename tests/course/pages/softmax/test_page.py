import numpy as np
import pytest

from onelayer.course.book import document


@pytest.fixture(scope="module")
def found():
    return document.run("softmax", ["rows=300", "epochs=2"]).found


def test_a_code_is_one_hot(found):
    assert (found.codes.sum(axis=1) == 1).all()
    assert (found.codes.argmax(axis=1) == found.labels).all()


def test_outputs_of_the_squared_loss_sum_to_one_but_are_no_probabilities(found):
    np.testing.assert_allclose(found.outputs.sum(axis=1), 1, atol=1e-5)
    assert found.outputs.min() < 0


def test_probabilities_are_the_exponentials_over_their_sum(found):
    each = found.example
    np.testing.assert_allclose(each.probabilities, each.exponentials / each.exponentials.sum())


def test_the_temperature_keeps_the_order_and_goes_to_the_two_ends(found):
    each = found.example
    assert all(each.at(T).argmax() == each.scores.argmax() for T in (0.05, 1, 50))
    assert each.at(0.05).max() > each.at(1).max() > each.at(50).max()
    np.testing.assert_allclose(each.at(1e6), 0.1, atol=1e-4)


def test_deciding_less_is_counted(found):
    assert found.confidences[0].answered == 1
    assert found.confidences[0].right == found.by_softmax
    answered = [each.answered for each in found.confidences]
    assert answered == sorted(answered, reverse=True)


def test_accuracy_is_the_share_of_margins_above_zero(found):
    assert found.by_softmax == (found.margins.after > 0).mean()
    assert found.by_squared == (found.margins.squared > 0).mean()


def test_a_shift_changes_no_probability_but_breaks_the_formula():
    found = document.run("softmax", ["rows=300", "epochs=1", "shift=1000"]).found
    assert found.shifted < 1e-12
    assert not found.naive_survives


def test_a_factor_that_does_not_divide_is_left_out():
    assert document.run("softmax", ["rows=300", "epochs=1", "factor=4"]).found.reduced_layer is None

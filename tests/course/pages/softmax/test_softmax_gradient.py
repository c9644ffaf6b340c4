import pytest
import torch

from onelayer.course import scratch
from onelayer.course.pages.softmax.softmax_gradient import by_autograd, gradient, slopes, weight_gap


def test_worked_by_hand():
    found = slopes([0.0, 0.0], y=1)
    assert [each.probability for each in found] == [0.5, 0.5]
    assert [each.formula for each in found] == [0.5, -0.5]


@pytest.mark.parametrize("scores", [[2.0, 1.0, -0.5, 0.3], [30.0, -30.0, 0.0], [1000.0, 999.0]])
def test_three_ways_agree_and_sum_to_zero(scores):
    found = slopes(scores, y=0)
    assert max(each.gap for each in found) < 1e-7
    assert sum(each.formula for each in found) == pytest.approx(0, abs=1e-12)


def test_many_rows_against_the_gradient_of_pytorch():
    generator = torch.Generator().manual_seed(0)
    scores = torch.randn(20, 5, dtype=torch.float64, generator=generator)
    y = torch.randint(5, (20,), generator=generator)
    S = scores.clone().requires_grad_()
    torch.nn.functional.cross_entropy(S, y, reduction="sum").backward()
    torch.testing.assert_close(gradient(scores, y), S.grad)
    torch.testing.assert_close(by_autograd(scores, y), S.grad)


def test_the_gradient_of_the_weights():
    generator = torch.Generator().manual_seed(0)
    X, y = torch.randn(30, 6, generator=generator), torch.randint(4, (30,), generator=generator)
    assert weight_gap(X, y, scratch.initialise(6, 4, generator=generator)) < 1e-15

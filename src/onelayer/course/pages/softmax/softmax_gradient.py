"""The gradient of cross-entropy in the scores, in three ways: by the formula, by differences, and by autograd."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from onelayer.course import scratch


def gradient(scores: Tensor, y: Tensor) -> Tensor:
    """Use the formula: probability minus one-hot label."""
    slopes = scratch.softmax(scores)
    slopes[torch.arange(len(y)), y] -= 1
    return slopes


def by_differences(scores: Tensor, y: Tensor, h: float = 1e-5) -> Tensor:
    """Move each score of a single row up and down by h, and see how much the loss changes."""
    steps = h * torch.eye(scores.shape[1], dtype=scores.dtype)
    labels = y.expand(len(steps))
    rise = scratch.cross_entropy(scores + steps, labels) - scratch.cross_entropy(scores - steps, labels)
    return rise[None] / (2 * h)


def by_autograd(scores: Tensor, y: Tensor) -> Tensor:
    """Let automatic differentiation go back through the loss."""
    scores = scores.clone().requires_grad_()
    scratch.cross_entropy(scores, y).sum().backward()
    return torch.as_tensor(scores.grad)


class Slope(NamedTuple):
    """A score of a row, its probability, its one-hot label, and the slope of the loss in it, in three ways."""

    score: float
    probability: float
    label: float
    formula: float
    differences: float
    autograd: float

    @property
    def gap(self) -> float:
        """Largest difference between the ways."""
        ways = self.formula, self.differences, self.autograd
        return max(ways) - min(ways)


def slopes(scores: list[float], y: int) -> list[Slope]:
    """Return the slope of each score of one row.

    Examples
    --------
    >>> [round(slope.formula, 4) for slope in slopes([0.0, 0.0], y=1)]
    [0.5, -0.5]
    """
    row, label = torch.tensor([scores], dtype=torch.float64), torch.tensor([y])
    one_hot = torch.eye(len(scores), dtype=torch.float64)[label]
    ways = [way(row, label) for way in (gradient, by_differences, by_autograd)]
    return [Slope(*each) for each in torch.cat([row, scratch.softmax(row), one_hot, *ways]).T.tolist()]


def weight_gap(X: Tensor, y: Tensor, parameters: scratch.Parameters) -> float:
    """Return how far Xᵀ(p − y)/n is from what autograd finds for W: the largest difference, in float64."""
    W, b = (each.detach().double().requires_grad_() for each in parameters)
    scores = scratch.linear(X.double(), W, b)
    scratch.cross_entropy(scores, y).mean().backward()
    by_formula = X.double().T @ gradient(scores.detach(), y) / len(X)
    return float((by_formula - torch.as_tensor(W.grad)).abs().max())

"""A training run from scratch that is watched minibatch by minibatch, so that one sees where and why it breaks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from onelayer.course import scratch
from onelayer.course.torch_threads import torch_threads

BATCH_SIZE = 256


@dataclass(frozen=True)
class Step:
    """What was seen in one minibatch.

    Attributes
    ----------
    loss : float
        Its mean loss.
    largest : float
        The largest score.
    behind : float
        How far the score of the true class lies behind the largest of its row, at most.
    overflown : int
        Rows in which the sum of the exps is infinite.
    underflown : int
        Other rows in which the probability of the true class is 0.
    """

    loss: float
    largest: float
    behind: float
    overflown: int
    underflown: int

    @classmethod
    def of(cls, scores: Tensor, y: Tensor, losses: Tensor) -> Step:
        """Look at the scores and the losses of a minibatch."""
        right = scores[torch.arange(len(y)), y]
        totals = scores.exp().sum(dim=1)
        overflown = totals.isinf()
        underflown = ~overflown & ~(right.exp() / totals > 0)
        return cls(
            losses.double().mean().item(),
            scores.max().item(),
            (scores.max(dim=1).values.double() - right.double()).max().item(),
            int(overflown.sum()),
            int(underflown.sum()),
        )

    @property
    def cause(self) -> str:
        """What breaks the naive form here, if it breaks."""
        if self.overflown:
            return "overflow"
        return "underflow" if self.underflown else "slope"


@dataclass(frozen=True)
class Run:
    """A training run, to its end or to the minibatch that broke it.

    Attributes
    ----------
    steps : list of Step
    broken : bool
        Whether the last of them left a parameter that is no finite number.
    n_nan, n_parameters : int
        Parameters that are ``nan`` in the end, and all of them.
    accuracy : float
        On the test images.
    """

    steps: list[Step]
    broken: bool
    n_nan: int
    n_parameters: int
    accuracy: float

    @property
    def last(self) -> Step:
        """The last minibatch: the one that broke the run, if one did."""
        return self.steps[-1]


def finite(*tensors: Tensor) -> bool:
    """Tell whether there is no infinity and no nan."""
    return all(bool(tensor.isfinite().all()) for tensor in tensors)


@torch_threads(1)
def watched_run(
    train: tuple[Tensor, Tensor],
    test: tuple[Tensor, Tensor],
    loss: scratch.Loss,
    learning_rate: float,
    n_steps: int,
    dtype: torch.dtype,
    seed: int,
) -> Run:
    """Train from scratch, the loss computed in a type, and stop once a parameter is no number.

    Runs with the same seed begin with the same parameters and read the rows in the same order. One core does it all: a
    minibatch is too small to share, and a run on the verge of breaking depends on every rounding.
    """
    (X, y), steps = train, list[Step]()
    generator = torch.Generator().manual_seed(seed)
    W, b = scratch.initialise(X.shape[1], 10, generator=generator)

    def watching(scores: Tensor, labels: Tensor) -> Tensor:
        losses = loss(scores.to(dtype), labels)
        steps.append(Step.of(scores.detach().to(dtype), labels, losses.detach()))
        return losses

    def unbroken(batches: Iterator[tuple[Tensor, Tensor]]) -> Iterator[tuple[Tensor, Tensor]]:
        for batch in batches:
            if len(steps) == n_steps or not finite(W, b):
                return
            yield batch

    while len(steps) < n_steps and finite(W, b):
        order = torch.randperm(len(X), generator=generator)
        batches = unbroken(scratch.minibatches(X, y, BATCH_SIZE, order))
        scratch.train_epoch(batches, (W, b), watching, lambda: scratch.sgd((W, b), learning_rate))
    n_nan = int(W.isnan().sum() + b.isnan().sum())
    accuracy = scratch.evaluate(*test, (W, b))
    return Run(steps, not finite(W, b), n_nan, W.numel() + b.numel(), accuracy)

"""The cross-entropy of two scores in several forms, each with its gradient, and its exact value to judge them by.

>>> {name: f"{form.loss:.3g}" for name, form in forms([40.0, 0.0], label=0, dtype="float64").items()}
{'naive': '0', 'shifted': '0', 'log-sum-exp': '0', 'PyTorch': '0', 'onelayer': '4.25e-18'}
>>> f"{exact(40.0):.3g}"
'4.25e-18'
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, localcontext

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from onelayer.course import scratch
from onelayer.course.pages.overflow.exponential_range import TYPES
from onelayer.losses import CrossEntropy
from onelayer.matrices import Dense
from onelayer.objective import Objective
from onelayer.solvers.fused import FusedLoop
from onelayer.solvers.loop import Setting

DIGITS = 60
_TINY = Decimal("1e-20")  # its cube is 60 digits below it


def naive(scores: Tensor, y: Tensor) -> Tensor:
    """Cross-entropy as its formula stands: softmax first, its logarithm afterwards."""
    return scratch.naive_cross_entropy(scratch.naive_softmax(scores), y)


def shifted(scores: Tensor, y: Tensor) -> Tensor:
    """The half of the cure: the softmax is safe, the logarithm of what it gives is not."""
    return scratch.naive_cross_entropy(scratch.softmax(scores), y)


FORMS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "naive": naive,
    "shifted": shifted,
    "log-sum-exp": scratch.cross_entropy,
    "PyTorch": nn.CrossEntropyLoss(reduction="none"),
}


def exact(margin: float) -> Decimal:
    """Return log(1 + e^−m), the loss of two scores of which the right one is m ahead, to 40 digits and more."""
    with localcontext() as context:
        context.prec = DIGITS
        x = (-Decimal(margin)).exp()
        return x - x * x / 2 if x < _TINY else (1 + x).ln()


def relative_error(loss: float, truth: Decimal) -> float:
    """Return how far a loss is from the truth, in shares of the truth; infinite if it is no number."""
    if not math.isfinite(loss):
        return math.inf
    with localcontext() as context:
        context.prec = DIGITS
        return float(abs(Decimal(loss) / truth - 1))


@dataclass(frozen=True)
class Outcome:
    """What a form makes of a row of scores: its loss, and the gradient of that in each score."""

    loss: float
    gradient: tuple[float, ...]


def outcome(form: Callable[[Tensor, Tensor], Tensor], scores: list[float], label: int, dtype: str) -> Outcome:
    """Compute the loss of one row in a type, and its gradient by automatic differentiation."""
    row = torch.tensor([scores], dtype=TYPES[dtype], requires_grad=True)
    loss = form(row, torch.tensor([label]))
    (gradient,) = torch.autograd.grad(loss.sum(), row)
    return Outcome(loss.item() + 0.0, tuple(gradient[0].tolist()))  # + 0.0 makes a plain 0 of −0


def forms(scores: list[float], label: int, dtype: str) -> dict[str, Outcome]:
    """Compute the loss of two scores in every form; that of onelayer last, with its own gradient."""
    row, loss = np.array([scores], dtype), CrossEntropy()
    own = Outcome(float(loss.rows(row, [label])[0]), tuple(map(float, loss.gradient(row, [label])[0])))
    return {name: outcome(form, scores, label, dtype) for name, form in FORMS.items()} | {"onelayer": own}


def losses(name: str, scores: NDArray, label: int, dtype: str) -> NDArray:
    """Return the losses of the rows (s, 0) for many s at once."""
    rows = np.stack([scores, np.zeros_like(scores)], axis=-1).astype(dtype)
    labels = np.full(len(rows), label)
    if name == "onelayer":
        return CrossEntropy().rows(rows, labels).astype(float)
    return FORMS[name](torch.from_numpy(rows), torch.from_numpy(labels)).double().numpy()


def by_training_loop(score: float, label: int, dtype: str) -> float:
    """Return the loss of (score, −score) that the compiled training loop reports: one row, a rate of 0."""
    objective = Objective(
        Dense(np.ones((1, 1), dtype)), np.array([[label]]), CrossEntropy(), 2, 0.0, None, True
    )
    W = np.array([[score], [-score]])
    setting = Setting(
        objective, np.zeros(1), np.ones(1), False, W, np.zeros(2), 1, 0.0, n_threads=1, limit=math.inf
    )
    return FusedLoop(setting).run(np.zeros(1, np.int64), rate=0.0)

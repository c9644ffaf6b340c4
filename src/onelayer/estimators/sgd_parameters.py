"""The parameters that only minibatch SGD has: one that is given is a wish for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onelayer.solvers.fused import FusedLoop
from onelayer.solvers.loop import Loop

OF_SGD = {
    "epochs": 10,
    "batch_size": 256,
    "learning_rate": "auto",
    "schedule": "auto",
    "momentum": 0.0,
    "early_stopping": False,
}
"""The parameters and their defaults."""


def asks_for_sgd(parameters: Mapping[str, Any], loop: type[Loop] = FusedLoop) -> bool:
    """Tell whether solver="auto" is to be minibatch SGD: where one of its parameters is not at its default.

    Parameters
    ----------
    parameters : mapping
        Holds those of ``OF_SGD``.
    loop : type of Loop
        The implementation of the pass over the rows; one that is not onelayer's own goes with SGD alone.

    Examples
    --------
    >>> asks_for_sgd(OF_SGD), asks_for_sgd({**OF_SGD, "epochs": 5})
    (False, True)
    """
    changed = any(parameters[name] != default for name, default in OF_SGD.items())
    return changed or loop is not FusedLoop

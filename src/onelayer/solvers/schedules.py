"""How the learning rate changes from epoch to epoch."""

from __future__ import annotations

import math

from onelayer.errors import InvalidParameterError

SCHEDULES = ("auto", "constant", "step", "cosine", "1/t")
_STEP_FACTOR, _STEPS = 0.1, 3


def learning_rate(schedule: str, initial: float, epoch: int, epochs: int) -> float:
    """Return the learning rate of an epoch, counted from 0.

    ============  =================================================================================
    ``constant``  η
    ``step``      η·0.1^⌊3·epoch/epochs⌋: a tenth after each third of the run
    ``cosine``    η·(1 + cos(π·epoch/epochs))/2 (Loshchilov and Hutter, SGDR, 2017)
    ``1/t``       η/(1 + epoch) (Robbins and Monro, 1951)
    ============  =================================================================================

    Examples
    --------
    >>> [round(learning_rate("cosine", 0.1, epoch, 4), 4) for epoch in range(4)]
    [0.1, 0.0854, 0.05, 0.0146]
    >>> [learning_rate("1/t", 0.1, epoch, 4) for epoch in range(2)]
    [0.1, 0.05]
    >>> [round(learning_rate("step", 0.1, epoch, 6), 6) for epoch in range(6)]
    [0.1, 0.1, 0.01, 0.01, 0.001, 0.001]
    """
    match schedule:
        case "constant":
            return initial
        case "step":
            return initial * _STEP_FACTOR ** (_STEPS * epoch // epochs)
        case "cosine":
            return initial * (1 + math.cos(math.pi * epoch / epochs)) / 2
        case "1/t":
            return initial / (1 + epoch)
    raise InvalidParameterError(f"schedule={schedule!r}: expected one of {', '.join(map(repr, SCHEDULES))}")

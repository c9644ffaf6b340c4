"""Which candidates are worth going on with: asynchronous successive halving."""

from __future__ import annotations

import math
from collections.abc import Mapping

from onelayer.errors import InvalidParameterError


class Halving:
    """Lets one of ``factor`` candidates pass each rung: epoch 1, ``factor``, ``factor``², ….

    At a rung a candidate goes on if its validation loss is among the least 1/``factor`` of all that have come there so
    far, those of groups trained before included; of those that come together, at least one goes on.

    Parameters
    ----------
    factor : float or None
        Above 1; None lets everybody pass.

    References
    ----------
    Li, Jamieson, Rostamizadeh, Gonina, Ben-tzur, Hardt, Recht and Talwalkar, *A system for massively parallel
    hyperparameter tuning*, MLSys 2020.

    Examples
    --------
    >>> halving = Halving(3)
    >>> sorted(halving.survivors(1, {0: 0.5, 1: 0.4, 2: 0.6, 3: math.inf}))
    [0, 1]
    >>> sorted(halving.survivors(2, {0: 0.45, 1: 0.39}))
    [0, 1]
    >>> sorted(halving.survivors(3, {0: 0.4, 1: 0.38}))
    [1]
    """

    def __init__(self, factor: float | None) -> None:
        if factor is not None and not factor > 1:
            raise InvalidParameterError(f"factor={factor!r}: expected a number above 1, or None")
        self.factor = factor
        self._seen: dict[int, list[float]] = {}

    def survivors(self, epoch: int, losses: Mapping[int, float]) -> set[int]:
        """Return which of the candidates, that have this loss after this epoch, go on."""
        if self.factor is None or not self._is_rung(epoch):
            return set(losses)
        seen = self._seen.setdefault(epoch, [])
        seen += [loss for loss in losses.values() if not math.isnan(loss)]
        place = max(1, math.ceil(len(seen) / self.factor))
        worst = sorted(seen)[place - 1] if seen else math.inf
        best = min(losses.values(), default=math.inf)
        return {name for name, loss in losses.items() if loss <= worst or loss == best}

    def _is_rung(self, epoch: int) -> bool:
        """Return whether an epoch is the first at or after a power of the factor."""
        assert self.factor is not None
        rung = 1.0
        while rung < epoch:
            rung *= self.factor
        return epoch - 1 < rung <= epoch

"""How fast the descent goes in one metric, and how far it has still to go at that pace."""

from __future__ import annotations

import math
from collections import deque

_WINDOW = 4  # steps that are held against as many before
_HALF = 0.5  # where there is nothing before
_SLOWEST = 0.9  # share of the gain of the window before, at most


class Pace:
    """What the steps in one metric, and in one type, have told.

    Where the metric is rough, the gains of F tell it: each window of steps is taken to gain the same share of what the
    one before has gained. Where it is the Hessian, ½·gᵀB⁻¹g is as good as the distance itself.

    Parameters
    ----------
    rough : bool
    near : bool
        Whether the descent began near its end. Its first steps then make up for what was guessed, and tell little of
        those that follow: no window is then taken to gain less than half of the one before.
    """

    def __init__(self, rough: bool, near: bool = False) -> None:
        self._rough, self._near = rough, near
        self._gains: deque[float] = deque(maxlen=2 * _WINDOW)
        self._logarithms: deque[float] = deque(maxlen=2 * _WINDOW)

    def gained(self, gain: float) -> None:
        """Take in by how much a step has let F fall."""
        self._gains.append(gain)

    def at(self, distance: float) -> None:
        """Take in how far F seems to be above its least value, before a step."""
        self._logarithms.append(math.log(distance))

    @property
    def window(self) -> int:
        """How many steps can be held against as many before, at most ``_WINDOW``."""
        return len(self._gains if self._rough else self._logarithms) // 2

    def fallen(self) -> float:
        """Return by how much the logarithm of the distance falls with each step; there must be a window."""
        n = self.window
        if self._rough:
            now, before = self._last(n)
            return math.log(before / now) / n if 0 < now < before else 0.0
        seen = list(self._logarithms)
        return (sum(seen[-2 * n : -n]) - sum(seen[-n:])) / n**2

    def to_come(self, noise: float) -> float:
        """Return how much F is still to fall, by its gains; none where these are below the noise of one."""
        n = max(1, len(self._gains) // 2)
        now, before = self._last(n)
        if now <= n * noise:
            return 0.0
        share = min(now / before, _SLOWEST) if before > 0 else _HALF
        if self._near:
            share = max(share, _HALF)
        return now * share / (1 - share)

    def _last(self, n: int) -> tuple[float, float]:
        gains = list(self._gains)
        return sum(gains[-n:]), sum(gains[-2 * n : -n])

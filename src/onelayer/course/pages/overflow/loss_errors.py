"""How far each form of the cross-entropy is from the truth, for scores of every size.

>>> errors = LossErrors.of("naive", label=1, dtype="float16")
>>> bool(errors.largest[errors.scores < 10].max() < 0.01), bool(np.isinf(errors.largest[errors.scores > 12]).all())
(True, True)
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache

import numpy as np
from numpy.typing import NDArray

from onelayer.course.pages.overflow.loss_forms import exact, losses, relative_error

_PLACES, _NEIGHBOURS = 72, 6
_SMALLEST, _LARGEST = 0.25, 1000.0


def _scores() -> NDArray:
    """Return neighbouring scores at each of many places, numbers that every type has: (n_places, n_neighbours)."""
    places = np.geomspace(_SMALLEST, _LARGEST, _PLACES)[:, None]
    return (places * np.linspace(0.94, 1.06, _NEIGHBOURS)).astype(np.float16).astype(float)


@cache
def _truths(label: int) -> list[Decimal]:
    return [exact(score if label == 0 else -score) for score in _scores().ravel()]


@dataclass(frozen=True)
class LossErrors:
    """Relative errors of the loss of (s, 0) for growing s.

    Attributes
    ----------
    scores : (n_places,) array
    largest : (n_places,) array
        The largest error of some neighbouring scores; infinite where one of the losses is ``inf`` or ``nan``.
    truth : (n_places,) array
        The smallest true loss among them.
    """

    scores: NDArray
    largest: NDArray
    truth: NDArray

    @classmethod
    def of(cls, name: str, label: int, dtype: str) -> LossErrors:
        """Compare one form in one type with the exact loss."""
        scores = _scores()
        computed, truths = losses(name, scores.ravel(), label, dtype), _truths(label)
        errors = [relative_error(float(loss), truth) for loss, truth in zip(computed, truths, strict=True)]
        return cls(
            scores.max(axis=1),
            np.reshape(errors, scores.shape).max(axis=1),
            np.reshape(np.array(truths, float), scores.shape).min(axis=1),
        )

"""The penalties to choose from, and the folds that judge them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedKFold

N_FOLDS = 5
ALPHAS = [float(alpha) for alpha in np.logspace(0, -4, 12)]


def split(X: Any, y: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the places of the rows to train on and to test on; what ``cv=5`` means for classes."""
    return StratifiedKFold(N_FOLDS).split(X, y)

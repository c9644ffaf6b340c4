"""How good a fit is: one measure for all who took part, in float64."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.classification.problems import read
from benchmarks.rival import scale

_CHUNK_ROWS = 5_000


def judge(folder: Path, coef: np.ndarray, intercept: np.ndarray, alpha: float) -> dict[str, float]:
    """Return ``loss``, ``objective``, and ``accuracy`` where there is a test set.

    The loss is the mean cross-entropy, the objective F = loss + alpha/2 · ‖coef‖², for two classes too, where
    ``coef`` is the one row of the difference of their scores. Both are those of the rows multiplied by ``scale``.
    """
    coef = coef.astype(np.float64)
    losses = np.concatenate(
        [
            _log_sum_exp(scores) - scores[np.arange(len(labels)), labels]
            for scores, labels in _scores(folder, "", coef, intercept)
        ]
    )
    loss = float(losses.mean())
    found = {"loss": loss, "objective": loss + 0.5 * alpha * float(np.vdot(coef, coef))}
    if (folder / "y_test.npy").exists():
        parts = _scores(folder, "_test", coef, intercept)
        found["accuracy"] = float(np.concatenate([S.argmax(axis=1) == labels for S, labels in parts]).mean())
    return found


def _log_sum_exp(scores: np.ndarray) -> np.ndarray:
    top = scores.max(axis=1, keepdims=True)
    return top[:, 0] + np.log(np.exp(scores - top).sum(axis=1))


def _scores(
    folder: Path, part: str, coef: np.ndarray, intercept: np.ndarray
) -> Iterator[tuple[Any, np.ndarray]]:
    """Yield the scores and labels of some rows at a time; the first of two classes has the score 0."""
    X, y = read(folder, f"X{part}"), read(folder, f"y{part}")
    for start in range(0, len(y), _CHUNK_ROWS):
        chunk = slice(start, start + _CHUNK_ROWS)
        scores = scale(X) * (X[chunk].astype(np.float64) @ coef.T) + intercept
        if scores.shape[1] == 1:
            scores = np.hstack([np.zeros_like(scores), scores])
        yield scores, y[chunk]

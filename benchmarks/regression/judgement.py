"""How good the coefficients of a race are: one measure for all who took part, in float64."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import brentq

DELTA = 1.35
_CHUNK_ROWS = 100_000


def judge(records: dict[str, dict[str, Any]], folder: Path) -> None:
    """Add to the outcome of every fit its mean losses, and how far it is from the coefficients of least squares."""
    reference = least_squares(folder)
    for record in records.values():
        outcome = record["outcome"]
        if "coef" not in outcome:
            continue
        found = np.array([outcome["intercept"], *outcome["coef"]])
        errors = np.concatenate([Z @ found - y for Z, y in _chunks(folder)])
        outcome["off"] = float(np.abs(found - reference).max() / np.abs(reference).max())
        outcome["squared"] = float(0.5 * np.mean(errors * errors))
        outcome["absolute"] = float(np.mean(np.abs(errors)))
        outcome["concomitant"] = concomitant(errors)


def least_squares(folder: Path) -> np.ndarray:
    """Return intercept and coefficients by the normal equations, which the columns of these problems allow."""
    gram, product = 0.0, 0.0
    for Z, y in _chunks(folder):
        gram, product = gram + Z.T @ Z, product + Z.T @ y
    return np.linalg.solve(gram, product)


def concomitant(errors: np.ndarray) -> float:
    """Return the least ½σ + σ·mean ℓ(e/σ) over σ, with Huber's loss ℓ: where σ² = mean min(e², δ²σ²)."""
    square = errors * errors
    low, high = 1e-3 * float(np.median(np.abs(errors))), float(np.sqrt(square.mean()))
    scale = brentq(
        lambda scale: float(np.mean(np.minimum(square / scale**2, DELTA**2))) - 1, low, 2 * high, xtol=1e-12
    )
    size = np.abs(errors) / scale
    near = np.minimum(size, DELTA)
    return float(scale * (0.5 + np.mean(near * (size - 0.5 * near))))


def _chunks(folder: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the rows with a column of ones before them, and their targets, in float64."""
    X, y = np.load(folder / "X.npy", mmap_mode="r"), np.load(folder / "y.npy")
    for start in range(0, len(X), _CHUNK_ROWS):
        rows = X[start : start + _CHUNK_ROWS].astype(np.float64)
        yield np.column_stack([np.ones(len(rows)), rows]), y[start : start + _CHUNK_ROWS].astype(np.float64)

"""The arrays of the races: made from a seed, of a linear model whose noise suits the loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

Noise = Callable[[np.random.Generator, int], np.ndarray]


def gaussian(draw: np.random.Generator, n: int) -> np.ndarray:
    """Return standard normal noise."""
    return draw.standard_normal(n)


def laplace(draw: np.random.Generator, n: int) -> np.ndarray:
    """Return Laplace noise of scale 1."""
    return draw.laplace(size=n)


def contaminated(draw: np.random.Generator, n: int) -> np.ndarray:
    """Return standard normal noise, in one row of ten with ten times the deviation."""
    return np.where(draw.random(n) < 0.1, 10.0, 1.0) * draw.standard_normal(n)


@dataclass(frozen=True)
class Problem:
    """Rows of y = x·w + 3 + noise; the columns of X are normal around 1 with deviation 1, w is standard normal.

    Attributes
    ----------
    name, title : str
        Its name on the command line, and in the tables.
    n_rows, n_features : int
    dtype : str
        Type of X and y.
    noise : callable
    least_squares : bool
        Whether the coefficients sought are those of least squares.
    """

    name: str
    title: str
    n_rows: int
    n_features: int
    dtype: str
    noise: Noise
    least_squares: bool = False

    def shorter(self, times: int) -> Problem:
        """Return the same with fewer rows."""
        return replace(self, n_rows=self.n_rows // times)

    def write(self, folder: Path) -> None:
        """Write ``X.npy`` and ``y.npy``."""
        draw = np.random.default_rng(0)
        X = draw.standard_normal((self.n_rows, self.n_features), dtype=np.float32).astype(
            self.dtype, copy=False
        )
        X += 1
        w = draw.standard_normal(self.n_features)
        y = X @ w.astype(self.dtype) + 3 + self.noise(draw, self.n_rows)
        np.save(folder / "X.npy", X)
        np.save(folder / "y.npy", y.astype(self.dtype))


LEAST_SQUARES = Problem(
    "least-squares", "least squares, 1,000,000 × 100 float32", 1_000_000, 100, "float32", gaussian, True
)
HUBER = Problem("huber", "Huber's loss, 200,000 × 100 float64", 200_000, 100, "float64", contaminated)
ABSOLUTE = Problem("absolute", "the absolute loss, 1,000,000 × 20 float64", 1_000_000, 20, "float64", laplace)
SUMMARY = Problem(
    "summary", "fit and summary, 1,700,000 × 30 float64", 1_700_000, 30, "float64", gaussian, True
)
GROWTH = tuple(
    Problem(f"absolute-{n_rows}", f"{n_rows:,} × 20", n_rows, 20, "float64", laplace)
    for n_rows in (1_000, 2_000, 4_000)
)

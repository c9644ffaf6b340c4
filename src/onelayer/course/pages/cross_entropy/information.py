"""Surprise, entropy and cross-entropy, in bits.

>>> surprise(0.5), surprise(0.25), surprise(0.125)
(1.0, 2.0, 3.0)
>>> entropy([0.5, 0.25, 0.125, 0.125])
1.75
>>> round(cross_entropy([0.5, 0.5], [0.9, 0.1]), 4), round(divergence([0.5, 0.5], [0.9, 0.1]), 4)
(1.737, 0.737)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import xlogy


def surprise(p: float) -> float:
    """Return −log₂ p: how many bits it takes to say that something of probability p has happened."""
    return float(-np.log2(p))


def cross_entropy(p: ArrayLike, q: ArrayLike) -> float:
    """Return the mean surprise, where p is true, of one who believes in q: −Σ pₖ log₂ qₖ."""
    return float(-xlogy(p, q).sum() / np.log(2))


def entropy(p: ArrayLike) -> float:
    """Return the mean surprise of one who knows p: the least that there is."""
    return cross_entropy(p, p)


def divergence(p: ArrayLike, q: ArrayLike) -> float:
    """Return the bits wasted by believing in q, the Kullback–Leibler divergence of p from q."""
    return cross_entropy(p, q) - entropy(p)

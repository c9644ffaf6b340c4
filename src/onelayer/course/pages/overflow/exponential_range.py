"""Where exp leaves the numbers of a type: found by bisection, and foretold from the largest and smallest of them.

>>> half = Range.of("float16")
>>> half.overflow, half.underflow
(11.0859375, -17.328125)
>>> half.log_largest > half.overflow
True
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

TYPES = {"float16": torch.float16, "float32": torch.float32, "float64": torch.float64}
Condition = Callable[[float], bool]
_FAR = 1000.0  # a score for which exp overflows, and exp of its negative underflows, in every type


def last(holds: Condition, inside: float, outside: float, dtype: torch.dtype) -> float:
    """Halve an interval until no number of the type is left in it; return its good end."""
    while True:
        middle = torch.tensor((inside + outside) / 2, dtype=dtype).item()
        if middle in (inside, outside):
            return inside
        if holds(middle):
            inside = middle
        else:
            outside = middle


@dataclass(frozen=True)
class Range:
    """A type of floating-point number, and how far one gets with it.

    Attributes
    ----------
    name : str
    bits : int
    largest : float
    smallest : float
        The smallest number above 0; below ``normal`` the numbers have fewer and fewer digits.
    normal : float
        The smallest number with all digits.
    eps : float
        The distance from 1 to the next number.
    overflow : float
        The largest score whose exp is finite.
    underflow : float
        The smallest score whose exp is not 0.
    certain : float
        The largest s for which 1 + exp(−s) is more than 1.
    """

    name: str
    bits: int
    largest: float
    smallest: float
    normal: float
    eps: float
    overflow: float
    underflow: float
    certain: float

    @classmethod
    def of(cls, name: str) -> Range:
        """Find the three scores for a type."""
        dtype = TYPES[name]
        info = torch.finfo(dtype)

        def exp(score: float) -> float:
            return torch.tensor(score, dtype=dtype).exp().item()

        def one_more(score: float) -> float:
            return (1 + torch.tensor(-score, dtype=dtype).exp()).item()

        return cls(
            name,
            info.bits,
            info.max,
            info.tiny * info.eps,
            info.tiny,
            info.eps,
            last(lambda score: math.isfinite(exp(score)), 0.0, _FAR, dtype),
            last(lambda score: exp(score) > 0, 0.0, -_FAR, dtype),
            last(lambda score: one_more(score) > 1, 0.0, _FAR, dtype),
        )

    @property
    def log_largest(self) -> float:
        """Beyond this score exp is larger than the largest number."""
        return math.log(self.largest)

    @property
    def log_half_smallest(self) -> float:
        """Below this score exp is nearer to 0 than to the smallest number."""
        return math.log(self.smallest) - math.log(2)

    @property
    def log_normal(self) -> float:
        """Below this score exp has fewer digits than the type has."""
        return math.log(self.normal)

    @property
    def log_two_over_eps(self) -> float:
        """Beyond this s the term exp(−s) is rounded away when it is added to 1."""
        return math.log(2 / self.eps)
